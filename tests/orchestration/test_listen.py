"""`ioc listen` on a real lake and a real broker: each message is in the lake once, whoever dies in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from broker import PATIENCE_S, Broker, publish
from frigate_messages import event, plate_update, stats

from lake.catalog import Catalog, open_catalog
from lake.contracts.pseudonym import token
from lake.errors import SettingsError
from lake.keys import pseudonym_keys
from lake.schema import ensure_tables
from lake.settings import Settings, load_settings
from lake.sources.declared import Source, declare
from lake.sources.mqtt import Subscription
from orchestration.harvest import harvest
from orchestration.listen import listen, listen_to, listening_sources

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("listen")]  # one lake for all tests of this module
KILLED = """
import os, signal, sys, threading
from pathlib import Path
from lake import crashpoint
from lake.settings import Settings, load_settings
from lake.sources.declared import declare
from orchestration import harvest  # before the fork: each death would load it anew
from orchestration.listen import listen_to
home, name, url, *points = sys.argv[1:]
def die(at):
    return lambda point: os.kill(os.getpid(), signal.SIGKILL) if point == at else None
for at in points:
    if (child := os.fork()) == 0:
        crashpoint.install(die(at))
        source = declare(name, slug="camera", format="mqtt", location=url, name_vi="x", name_en="x")
        listen_to(Settings(home=Path(home)), source, threading.Event(), batch_s=0.2)
    print(at, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("listen") / "home")


@pytest.fixture(scope="module")
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


def subscribed(name: str, broker: Broker) -> Source:
    """A source whose session the broker knows: what is published from now on waits for it."""
    source = declare(name, slug="camera", format="mqtt", location=broker.url, name_vi="x", name_en="x")
    assert left_at_the_broker(source) == 0
    return source


def left_at_the_broker(source: Source) -> int:
    """Messages nobody has acknowledged; they are after this."""
    with Subscription(source, source.location) as subscription:
        batches = subscription.batches(for_s=PATIENCE_S, quiet_s=0.5)
        return sum(payload.body.count(b"\n") for batch in batches for payload in batch)  # type: ignore[union-attr]


@contextmanager
def listening(settings: Settings, source: Source, batch_s: float = 0.2) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=listen_to, args=(settings, source, stop), kwargs={"batch_s": batch_s})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_at, "it never came"
        time.sleep(0.05)


def count(con: duckdb.DuckDBPyConnection, what: str, source: Source) -> int:
    return int(con.execute(f"select {what} where source = ?", [source.id]).fetchone()[0])  # type: ignore[index]


EVENTS = "count(*) from lake.raw.camera__events"


def accounts(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, int]:
    row = con.execute(
        "select sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
        "from lake.ops.batches where source = ?",
        [source.id],
    ).fetchone()
    assert row is not None
    return dict(zip(("offered", "accepted", "quarantined", "deduplicated"), map(int, row), strict=True))


def test_restart_of_the_broker_loses_nothing_and_what_comes_twice_is_counted_once(
    settings: Settings, con: duckdb.DuckDBPyConnection, broker: Broker
) -> None:
    source = subscribed("restart", broker)
    first, second = [event(i) for i in range(300)], [event(i) for i in range(250, 600)]
    with listening(settings, source):
        publish(broker, first[:200])
        until(lambda: count(con, EVENTS, source) > 0)
        publish(broker, first[200:])
        broker.stop()
        broker.start()
        publish(broker, second)
        until(lambda: count(con, EVENTS, source) == 600)
    assert left_at_the_broker(source) == 0
    told = accounts(con, source)
    assert (told["accepted"], told["quarantined"]) == (600, 0)
    assert told["deduplicated"] >= 50  # published twice, and whatever the restart made the broker repeat
    assert told["offered"] == 600 + told["deduplicated"]


def test_listener_killed_before_the_acknowledgement_loses_nothing(
    settings: Settings, con: duckdb.DuckDBPyConnection, broker: Broker
) -> None:
    source = subscribed("killed", broker)
    publish(broker, [event(i) for i in range(100)])
    points = ["landing_rename", "after_commit"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(settings.home), source.id, broker.url, *points],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.splitlines() == [f"{point} {-signal.SIGKILL}" for point in points]
    with listening(settings, source):
        publish(broker, [event(i) for i in range(100, 120)])
        until(lambda: count(con, EVENTS, source) == 120)
    assert left_at_the_broker(source) == 0
    assert accounts(con, source)["accepted"] == 120


def test_garbage_is_kept_and_named_and_does_not_come_again_for_ever(
    settings: Settings, con: duckdb.DuckDBPyConnection, broker: Broker
) -> None:
    source = subscribed("garbage", broker)
    publish(broker, [("frigate/events", b"\xff\xfe not JSON")] * 3)
    with listening(settings, source):
        until(lambda: count(con, "count(*) from lake.ops.refusals", source) == 1)
        publish(broker, [event(1), ("frigate/events", b"{"), ("frigate/events", b'{"hello": 1}')])
        until(lambda: count(con, EVENTS, source) == 1)
    assert left_at_the_broker(source) == 0
    assert accounts(con, source) == {"offered": 3, "accepted": 1, "quarantined": 2, "deduplicated": 0}
    assert len(list((settings.landing / source.id).glob("??/*.json"))) == 2  # the refused one, the committed one


def test_plates_pass_as_tokens_and_names_not_at_all(
    settings: Settings, con: duckdb.DuckDBPyConnection, catalog: Catalog, broker: Broker
) -> None:
    source = subscribed("plates", broker)
    publish(broker, [event(1, kind="new"), plate_update(1, "95A-123.45"), event(1, plate="95A-123.45"), stats(0)])
    while count(con, EVENTS, source) < 2 or count(con, "count(*) from lake.raw.camera__status", source) < 1:
        outcome = harvest(catalog, con, source, run_id="run", location=source.location)  # as `ioc run` does
        assert outcome.error is None
    key = pseudonym_keys(settings, 2021)[2021]
    read = con.execute("select event_id, plate_token from lake.raw.camera__plates where source = ?", [source.id])
    assert read.fetchall() == [("1632977991.5-x1", token("95A12345", key))]
    seen = "select distinct plate_token from lake.raw.camera__events where source = ? and event_type = 'end'"
    assert con.execute(seen, [source.id]).fetchall() == [(token("95A12345", key),)]
    assert count(con, "count(*) from lake.raw.camera__status", source) == 1
    everything = "".join(
        json.dumps(con.execute(f"select * from lake.{table} where source = ?", [source.id]).fetchall(), default=str)
        for table in ("raw.camera__events", "raw.camera__plates", "raw.quarantine", "ops.objects", "ops.harvests")
    )
    kept = b"".join(path.read_bytes() for path in (settings.landing / source.id).rglob("*") if path.is_file())
    for secret in ("95A", "Nguyen", "aGVsbG8="):
        assert secret not in everything
        assert secret.encode() not in kept
    assert left_at_the_broker(source) == 0


def test_schedule_leaves_the_session_to_the_listener(
    settings: Settings, con: duckdb.DuckDBPyConnection, catalog: Catalog, broker: Broker
) -> None:
    source = subscribed("schedule", broker)
    publish(broker, [event(1)])
    with listening(settings, source):
        until(lambda: count(con, EVENTS, source) == 1)
        outcome = harvest(catalog, con, source, run_id="scheduled", location=source.location)
        assert (outcome.error, outcome.receipts) == (None, ())
        with pytest.raises(SettingsError, match="listens to schedule already"):
            listen_to(settings, source, threading.Event())
    runs: list[Any] = con.execute("select run_id from lake.ops.harvests where source = ?", [source.id]).fetchall()
    assert runs
    assert ("scheduled",) not in runs


def test_stopped_listener_leaves_nothing_between_the_broker_and_the_lake(
    settings: Settings, con: duckdb.DuckDBPyConnection, broker: Broker
) -> None:
    source = subscribed("stopped", broker)
    publish(broker, [event(i) for i in range(10)])
    with listening(settings, source, batch_s=3_600):  # no batch is due when it is stopped
        until((settings.home / "subscribers" / "stopped.lock").exists)
    in_the_lake, left = count(con, EVENTS, source), 0
    while in_the_lake + left < 10:
        left += left_at_the_broker(source)
    assert in_the_lake + left == 10


def test_listener_needs_a_source_that_it_can_tell_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="No source with format mqtt"):
        listen(None)
    entry = (
        '[{0}]\nslug = "camera"\nformat = "mqtt"\nlocation = "mqtt://broker.example"\nname_vi = "x"\nname_en = "x"\n'
    )
    (tmp_path / "sources.toml").write_text(entry.format("north") + entry.format("south"), encoding="utf-8")
    assert [source.id for source in listening_sources(load_settings())] == ["north", "south"]  # `ioc serve` runs both
    with pytest.raises(SettingsError, match="name one: north, south"):
        listen(None)
    with pytest.raises(SettingsError, match="No source west with format mqtt"):
        listen("west")
