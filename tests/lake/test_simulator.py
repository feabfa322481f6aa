"""The synthetic province as a whole: the same seed tells the same bytes, every seed the published totals."""

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lake.simulator import camera_files
from lake.simulator.answer_key import answer_key
from lake.simulator.camera import DAYS
from lake.simulator.server import Simulator

REPOSITORY = Path(__file__).parents[2]

FINGERPRINT = """
import hashlib, sys
from lake.simulator.camera import ledger
from lake.simulator.clocks import StandingClock
from lake.simulator.feeds import Feeds
from lake.simulator.frigate import Messages
from lake.simulator.open311 import Open311
from lake.simulator.prometheus import Prometheus
seed = int(sys.argv[1])
traffic = ledger(seed)
window = {"query": "node_load1", "start": "1632900000", "end": "1632990000", "step": "300"}
clock = StandingClock()
feeds = Feeds(seed, clock)
for content in (
    "\\n".join(Messages(traffic).lines(traffic.lines[2])).encode(),
    Open311(seed, clock).respond("requests.json", {"page": "2"}).body,
    Prometheus(seed, clock).respond("api/v1/query_range", window).body,
    feeds.respond("feeds.opml").body + feeds.respond("feeds/9.xml").body + feeds.respond("feeds/10.xml").body,
):
    print(hashlib.sha256(content).hexdigest())
"""


def fingerprint(seed: int, hash_seed: str) -> list[str]:
    command = [sys.executable, "-c", FINGERPRINT, str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environment)
    return done.stdout.split()


@pytest.mark.long
@pytest.mark.slow
def test_same_seed_gives_the_same_bytes_in_another_process(simulator: Simulator, client: httpx.Client) -> None:
    first, other_seed = fingerprint(2021, "1"), fingerprint(7, "2")
    window = {"query": "node_load1", "start": "1632900000", "end": "1632990000", "step": "300"}
    with gzip.open(Path(simulator.resolve("simulator:/camera")) / camera_files.file_name(DAYS[2])) as file:
        served = [
            file.read().removesuffix(b"\n"),
            client.get("/open311/v2/requests.json?page=2").content,
            client.get("/prometheus/api/v1/query_range", params=window).content,
            b"".join(client.get(path).content for path in ("/feeds.opml", "/feeds/9.xml", "/feeds/10.xml")),
        ]
    assert first == [hashlib.sha256(content).hexdigest() for content in served]
    assert not set(first[:3]) & set(other_seed)


@pytest.mark.slow
def test_every_seed_reproduces_the_published_totals() -> None:
    other = answer_key(7)
    assert (other.ticket.n_received, other.ticket.n_resolved, other.media.n_feeds) == (1422, 1329, 300)
    assert all(other.media.items_per_week[week] > 2000 for week in other.media.complete_weeks)


def test_locations_resolve(simulator: Simulator, client: httpx.Client) -> None:
    assert simulator.resolve("simulator:/open311/v2") == f"{simulator.url}/open311/v2"
    assert Path(simulator.resolve("simulator:/camera")).is_dir()
    assert Path(simulator.resolve("simulator:/camera/events-2021-09-30.ndjson")).is_file()
    assert simulator.resolve("https://example.com/x") == "https://example.com/x"
    assert client.get("/nowhere").status_code == 404
    assert client.post("/feeds.opml", data={"a": "b"}).status_code == 405
