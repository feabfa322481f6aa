"""A small payload that unpacks to an enormous one is refused before it fills the memory, in a sentence."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import Server, reply

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
N = 300_000
HEAD = b'<?xml version="1.0"?>%b<rss version="2.0"><channel><title>b</title><item><title>t</title><guid>1</guid>'
FEED = HEAD + b"<description>%b</description></item></channel></rss>"
LAUGHS = b'<!DOCTYPE l [<!ENTITY a0 "ha">%b]>' % b"".join(
    b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
)
QUADRATIC = b'<!DOCTYPE l [<!ENTITY a9 "%b">]>' % (b"x" * 100_000)
PRELUDE = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from lake.contracts.base import Delivery
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from lake.landing import Landing
from lake.lines import stage_lines
from lake.settings import Settings
from lake.sources import media as feeds
from lake.sources.base import HttpClient, Payload
from lake.sources.declared import declare
from transforms import camera, media, server, ticket

NOW = datetime(2021, 9, 30, 10, tzinfo=UTC)
KEYS = {year: bytes(32) for year in range(1999, 2023)}
profile = Profile(slug="ticket", format="csv", columns={"request_id": "id", "status": "s", "requested_at": "at"})

def delivery(format):
    return Delivery(format, profile if format == "csv" else None, NOW, "delivery", KEYS)

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

given = sys.argv[1:]
body = Path(given[0]).read_bytes() if given and Path(given[0]).is_file() else b""
con = duckdb.connect()
con.execute("set threads = 2")
before, started = peak_mb(), time.process_time()
try:
"""
END = """
    print("read")
except PayloadRefused as refusal:
    print(refusal)
print(peak_mb() - before, round(time.process_time() - started, 1), file=sys.stderr)
"""


def told(action: str, *arguments: object, megabytes: int = 100, seconds: float = 10) -> str:
    """What a process of its own says of one action, which may take that much memory and CPU time."""
    script = PRELUDE + "    " + action + END
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    used_mb, used_s = map(float, done.stderr.split()[-2:])
    assert used_mb < megabytes
    assert used_s < seconds
    return done.stdout.strip()


def test_answer_that_unpacks_to_gigabytes_is_refused(server: Server) -> None:
    bomb = gzip.compress(bytes(300 << 20), 9)
    server.answer = lambda request: reply(request, bomb, Content_Encoding="gzip")
    assert "sent more than 67,108,864 bytes" in told("HttpClient().get(given[0])", server.url)


@pytest.mark.parametrize("format", ["open311", "csv", "prometheus", "openmetrics", "feed", "ndjson"])
def test_gzip_file_that_unpacks_past_the_limit_is_refused(tmp_path: Path, format: str) -> None:
    with gzip.open(tmp_path / "delivery.gz", "wb", 9) as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
    read = "landing.plain_file(landed).__enter__()" if format == "ndjson" else "landing.read(landed)"
    action = (
        "landing = Landing(Settings(home=Path(given[1]), max_payload_mb=40)); "
        f"landed = landing.keep('s', Payload(Path(given[0]), 'delivery.gz', '{format}', NOW)); {read}"
    )
    said = told(action, tmp_path / "delivery.gz", tmp_path / "home")
    assert said.startswith("delivery.gz unpacks to more than 40 MB")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (FEED % (b"", b"<a>" * N + b"</a>" * N), "tags or"),
        (FEED % (b"", b"<a>" * 50_000 + b"</a>" * 50_000), "nested more than"),
        (FEED % (b"", b"<b>&" + b"<a>" * 50_000), "nested more than"),
        (FEED % (b"", b"<" * 2_000_000), "tags or"),
        (FEED % (b"", b"<a %b>" % b"".join(b'x%d="" ' % n for n in range(100_000))), "a tag of more than"),
        (FEED % (b"", b"<a" + b" " * 2_000_000 + b">"), "a tag of more than"),
        (FEED % (b"", b"</description></item>" + b"<item>" * 100_000), "items"),
        (FEED % (b"", b"x" * (17 << 20)), "more than 16 MB"),
        (FEED % (LAUGHS, b"&a9;"), "read"),
        (FEED % (QUADRATIC, b"&a9;" * 50_000), "read"),
    ],
    ids=["wide", "deep", "deep, broken", "openings", "attributes", "spaces", "items", "long", "laughs", "quadratic"],
)
def test_feed_bomb_takes_neither_memory_nor_time(tmp_path: Path, body: bytes, said: str) -> None:
    (tmp_path / "feed.xml").write_bytes(body)
    assert said in told('media.parse(body, delivery("feed"))', tmp_path / "feed.xml", seconds=5)


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?>%b<opml><body><outline text="&a9;"/></body></opml>' % LAUGHS,
        b'<?xml version="1.0"?>%b<opml><body>%b</body></opml>' % (QUADRATIC[:60] + b'">]>', b"&a9;" * 10),
        b"<opml><body>" + b"<outline>" * N + b"</outline>" * N + b"</body></opml>",
    ],
    ids=["laughs", "broken entity", "deep"],
)
def test_list_bomb_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "list.opml").write_bytes(body)
    said = told("feeds._listed(body, 'list.opml')", tmp_path / "list.opml", megabytes=250)
    assert said.startswith("list.opml ")


def test_csv_of_one_enormous_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "delivery").write_bytes(b"id,s,at\n" + b"x" * (100 << 20))
    said = told('ticket.parse(body, delivery("csv"))', tmp_path / "delivery")
    assert said == "delivery has a line of more than 16 MB; check that it is a CSV."


def test_message_of_one_enormous_line_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "delivery").write_bytes(b'{"x": "' + b"y" * (100 << 20) + b'"}\n{"hello": 1}\n')
    action = (
        "d = delivery('ndjson'); stage_lines(con, Path(given[1]), fast=camera.fast_sql(given[1], d), "
        "careful=camera.careful_sql(d), variables=camera.variables(d)); "
        "print(con.execute('select reason_code from (' + camera.REJECTED_SQL + ') order by position').fetchall())"
    )
    said = told(action, "none", tmp_path / "delivery", megabytes=200)
    assert said.splitlines()[0] == "[('oversized_line',), ('unknown_shape',)]"


@pytest.mark.parametrize(("slug", "format"), [("ticket", "open311"), ("server", "prometheus")])
@pytest.mark.parametrize("body", [b"[" * 5_000_000, b'{"a":' * 1_000_000, b'["' + b"\\" * 5_000_000])
def test_document_nested_or_escaped_without_end_is_refused(tmp_path: Path, slug: str, format: str, body: bytes) -> None:
    (tmp_path / "delivery").write_bytes(body)
    said = told(f'{slug}.parse(body, delivery("{format}"))', tmp_path / "delivery")
    assert said.startswith("delivery ")
