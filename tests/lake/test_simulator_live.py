"""The province that runs: its time follows the real one, nothing is told before it happens, all of it is synthetic."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from broker import Broker

from lake.errors import SettingsError
from lake.simulator.clocks import RunningClock
from lake.simulator.live import LiveCameras, MinuteFiles
from lake.simulator.live_broker import Publisher
from lake.simulator.open311 import Open311
from lake.simulator.province import CLOCK, SEED, local
from lake.simulator.server import Simulator
from lake.simulator.ticket import ledger
from lake.sources import mqtt
from lake.sources.base import HttpClient
from lake.sources.declared import load_sources
from orchestration.simulate import clock_of, declaration_of

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_running_clock_keeps_weekday_and_hour_and_tells_times_in_order(speed: float) -> None:
    started = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    clock = RunningClock(started, speed)
    assert (clock.began_at.weekday(), clock.began_at.hour) == (2, 16)  # a Wednesday, half past four in the province
    assert timedelta(weeks=4) <= CLOCK - clock.began_at < timedelta(weeks=5)
    moments = [clock.began_at + timedelta(hours=hours) for hours in (-2000, -1, 0, 1, 300)]
    told = [clock.told(moment) for moment in moments]
    assert told == sorted(told)
    assert told[1] == started - timedelta(hours=1)
    assert told[3] == started + timedelta(hours=1) / speed
    assert abs(clock.at(told[4]) - moments[4]) <= timedelta(seconds=speed)


def test_a_running_province_tells_nothing_before_it_happens() -> None:
    """Two weeks into the story: reports are open that are closed later, and no instant lies ahead of now."""
    clock = RunningClock(NOW - timedelta(days=14))
    answer = Open311(SEED, clock).respond("requests.json", {"page_size": "500", "updated_after": "2000-01-01"})
    everything = json.loads(answer.body)
    for page in (2, 3):
        answer = Open311(SEED, clock).respond("requests.json", {"page_size": "500", "page": str(page)})
        everything += json.loads(answer.body)
    times = [
        datetime.fromisoformat(text)
        for request in everything
        for text in (
            *(request["requested_datetime"], request["updated_datetime"]),
            *(note["datetime"] for note in request["notes"]),
        )
    ]
    assert max(times) <= datetime.now(UTC)
    at = clock.at(NOW)
    assert len(everything) == sum(ticket.requested_at <= at for ticket in ledger(SEED))
    is_open = {r["service_request_id"] for r in everything if r["status"] == "open"}
    later = {t.request_id for t in ledger(SEED) if t.closed_at and t.requested_at <= at < t.closed_at}
    assert later and later <= is_open


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    clock = RunningClock(NOW - timedelta(days=2))
    with Simulator(tmp_path_factory.mktemp("live"), clock=clock) as simulator:
        yield simulator


def test_measurements_and_articles_arrive_up_to_now(running: Simulator) -> None:
    now = int(datetime.now(UTC).timestamp())
    with httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client:
        window = {"query": "up", "start": now // 300 * 300 - 3600, "end": now // 300 * 300 + 3600, "step": 300}
        series = client.get("/prometheus/api/v1/query_range", params=window).json()["data"]["result"]
        newest = max(at for one in series for at, _ in one["values"])
        assert now - 300 <= newest <= now
        assert client.get("/feeds/9.xml").headers["Last-Modified"].split()[3] == f"{datetime.now(UTC).year}"


def test_cameras_write_a_file_for_a_minute_of_which_every_message_is_of_that_minute(tmp_path: Path) -> None:
    minute = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
    speeds = {}
    for speed in (1.0, 30.0):
        files = MinuteFiles(tmp_path / str(speed))
        path = files.write(minute, LiveCameras(RunningClock(minute, speed), files.write).messages(minute))
        messages = [json.loads(line) for line in path.read_text().splitlines()]
        passages = [message["after"] for message in messages if "after" in message]
        assert sum("service" in message for message in messages) == 1
        assert all(0 <= p["end_time"] - minute.timestamp() < 60 for p in passages)
        assert len({p["id"] for p in passages}) == len(passages)
        speeds[speed] = len(passages)
    assert speeds[30.0] > 20 * speeds[1.0] > 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def test_cameras_at_a_broker_tell_the_subscriber_of_it_each_message_once(tmp_path: Path, broker: Broker) -> None:
    minute = NOW.replace(second=0) - timedelta(minutes=1)
    (tmp_path / "sources.toml").write_text(declaration_of("http://x", broker.url, RunningClock(minute)))
    camera = next(source for source in load_sources(tmp_path / "sources.toml") if source.slug == "camera")
    with HttpClient() as http, Publisher(broker.url) as publisher:
        ask = partial(mqtt.fetch, camera, location=broker.url, since=None, until=NOW, http=http)
        assert list(ask()) == [], "a session of its own from now on"
        messages = LiveCameras(RunningClock(minute, 30.0), publisher.publish).messages(minute)
        publisher.publish(minute, messages)
        bodies = [payload.body for batch in ask() for payload in batch]
    lines = [json.loads(line) for body in bodies if isinstance(body, bytes) for line in body.splitlines()]
    assert len(lines) == len(messages) > 10
    assert sum("after" in json.dumps(line) for line in lines) == len(messages) - 1


def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(SettingsError, match=r"No broker answers at mqtt://127\.0\.0\.1:9"):
        Publisher("mqtt://127.0.0.1:9")
    with pytest.raises(SettingsError, match="no address of a broker"):
        Publisher("http://127.0.0.1")


def test_declared_sources_are_synthetic_and_their_clock_runs(tmp_path: Path) -> None:
    clock = RunningClock(NOW)
    declaration = tmp_path / "sources.toml"
    declaration.write_text(declaration_of("http://127.0.0.1:8710", "/camera", clock), encoding="utf-8")
    sources = load_sources(declaration)
    assert {source.slug for source in sources} == {"ticket", "server", "media", "camera"}
    assert all(source.is_synthetic and not source.has_standing_clock for source in sources)
    first = next(source.first_day for source in sources if source.id == "phan-anh")
    assert first == clock.told(local(ledger(SEED)[0].requested_at.date().replace(day=1))).date()


def test_a_restart_goes_on_where_time_is_and_refuses_another_speed(tmp_path: Path) -> None:
    begun = clock_of(tmp_path, 2.0)
    assert clock_of(tmp_path, 2.0) == begun
    with pytest.raises(SettingsError, match="speed 2"):
        clock_of(tmp_path, 3.0)


def test_what_the_simulator_delivers_cannot_be_declared_real(tmp_path: Path) -> None:
    declaration = tmp_path / "sources.toml"
    declaration.write_text(
        '[t]\nslug = "ticket"\nformat = "open311"\nlocation = "simulator:/open311/v2"\n'
        'name_vi = "t"\nname_en = "t"\nis_synthetic = false\n'
    )
    with pytest.raises(SettingsError, match="is synthetic"):
        load_sources(declaration)
