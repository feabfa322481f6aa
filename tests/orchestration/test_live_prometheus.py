"""A real Prometheus scraping a real node exporter on loopback, from the scrape to the KPIs of the data centre."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from command import Ioc

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.xdist_group("live-prometheus")]

SCRAPED_S = 20
STEP_S = 1  # the server's scrape interval, which an undeclared source takes over
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: prometheus
  static_configs: [{{targets: ["{prometheus}"]}}]
- job_name: node
  static_configs: [{{targets: ["{exporter}"]}}]
- job_name: switched-off
  static_configs: [{{targets: ["{dead}"]}}]
"""


@dataclass(frozen=True)
class Live:
    """Addresses (host:port) of the servers; nothing listens on `dead`."""

    prometheus: str
    exporter: str
    dead: str

    @property
    def url(self) -> str:
        return f"http://{self.prometheus}"


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"Debian package {name} is not installed")
    return path


def free_addresses(n: int) -> list[str]:
    """`n` loopback addresses nobody listens on; all are taken together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    addresses = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for s in sockets:
        s.close()
    return addresses


def n_targets(url: str) -> int:
    """How many targets Prometheus has scraped, with or without success."""
    try:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": "up"}, timeout=2)
        return len(answer.json()["data"]["result"])
    except (httpx.TransportError, ValueError):
        return 0  # not ready


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Both programs, after `SCRAPED_S` seconds of scraping."""
    programs = [program("prometheus"), program("prometheus-node-exporter")]
    folder = tmp_path_factory.mktemp("prometheus")
    live = Live(*free_addresses(3))
    (folder / "prometheus.yml").write_text(
        CONFIG.format(prometheus=live.prometheus, exporter=live.exporter, dead=live.dead)
    )
    arguments = [
        [
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={live.prometheus}",
            "--log.level=error",
        ],
        [f"--web.listen-address={live.exporter}", "--collector.disable-defaults", "--collector.loadavg"],
    ]
    log = (folder / "log").open("wb")
    started: list[subprocess.Popen[bytes]] = []
    try:
        for path, options in zip(programs, arguments, strict=True):
            started.append(subprocess.Popen([path, *options], cwd=folder, stdout=log, stderr=log))
        ends_at = time.monotonic() + 60
        while n_targets(live.url) < 3:
            assert time.monotonic() < ends_at, (folder / "log").read_text()
            assert all(process.poll() is None for process in started), (folder / "log").read_text()
            time.sleep(0.2)
        time.sleep(SCRAPED_S)
        yield live
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


@pytest.fixture(scope="module")
def ingested(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Ioc:
    ioc = Ioc(tmp_path_factory.mktemp("live") / "home")
    done = ioc("ingest", "server", live.url, "--source", "live")
    assert "live: offered " in done.stdout
    return ioc


def kpi(ioc: Ioc, code: str) -> dict[str, object]:
    (row,) = ioc.json("kpi", code, "--source", "live", "--period", "all", "--json")
    return row


def test_every_target_is_a_server_of_the_data_centre(live: Live, ingested: Ioc) -> None:
    days = ingested.sql(
        "select instance, sum(n_up)::int as up, sum(n_received)::int as received, sum(n_expected)::int as expected "
        "from marts.fct_server_days where source = 'live' group by instance"
    )
    found = {row["instance"]: (row["up"], row["received"], row["expected"]) for row in days}
    assert found.keys() == {live.prometheus, live.exporter, live.dead}
    for instance, (up, received, expected) in found.items():
        assert received == expected >= 1, found
        assert up == (0 if instance == live.dead else received), found


def test_coverage_and_availability_follow_from_what_was_scraped(ingested: Ioc) -> None:
    coverage, availability = kpi(ingested, "S1"), kpi(ingested, "S2")
    assert coverage["value"] == 1  # no second of the twenty is missing
    assert coverage["denominator"] == availability["denominator"]
    assert availability["value"] == pytest.approx(2 / 3, abs=0.05)  # two of three targets are up
    assert availability["value_low"] == availability["value_high"] == availability["value"]
    assert not availability["is_synthetic"]


def test_second_ingest_doubles_nothing(live: Live, ingested: Ioc) -> None:
    ingested("ingest", "server", live.url, "--source", "live", "--no-build")
    (status,) = ingested.json("status", "--json")
    assert status["offered"] == status["accepted"] + status["deduplicated"]
    assert status["quarantined"] == 0
    assert status["last_error"] is None
    assert status["deduplicated"] >= 3 * SCRAPED_S  # the overlap brings the first ingest's samples again
    assert 0 <= status["freshness_s"] <= 30
