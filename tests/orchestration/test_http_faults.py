"""A source whose server misbehaves says precisely how; the others finish, and what came of it is kept for a replay."""

from __future__ import annotations

import gzip
import itertools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from loopback import Server, reply

from lake.catalog import Catalog, open_catalog
from lake.landing import Landing
from lake.payloads import committed_objects
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.base import HttpClient
from lake.sources.declared import Source, declare
from orchestration import harvest as harvests
from orchestration.harvest import Outcome, harvest
from orchestration.replay import replay

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("http_faults")]

HTML = "<!doctype html><title>Đăng nhập</title>".encode()
SOUND = b'[{"service_request_id": "1", "status": "open", "requested_datetime": "2021-09-01T08:00:00+07:00"}]'
CONNECTORS: Mapping[str, dict[str, Any]] = {
    "ticket": {"slug": "ticket", "format": "open311"},
    "server": {"slug": "server", "format": "prometheus", "queries": ["up"], "step_s": 60},
    "media": {"slug": "media", "format": "feed"},
}
# fault -> what the source must say
FAULTS = {
    "busy": "HTTP 429, asks to wait 3600 s",
    "broken": "HTTP 500",
    "slow": "did not answer (timed out)",
    "endless": "the answer began and did not end in time",
    "html": "HTML page",
    "truncated": "truncated gzip",
}


def answer(request: BaseHTTPRequestHandler, closing: threading.Event) -> None:
    """Misbehave as the first part of the path says."""
    fault = urlsplit(request.path).path.split("/")[1]
    match fault:
        case "busy":
            reply(request, b"", 429, Retry_After="3600")
        case "broken":
            reply(request, b"Internal Server Error", 500)
        case "slow":
            closing.wait(30)
        case "endless":
            request.send_response(200)
            request.send_header("Content-Type", "application/json")
            request.end_headers()
            while not closing.is_set():
                try:
                    request.wfile.write(b"[" + b" " * 999)
                except OSError:
                    return
                closing.wait(0.02)
        case "html":
            reply(request, HTML, Content_Type="application/json")
        case "truncated":
            packed = gzip.compress(bytes(range(256)) * 40)
            reply(request, packed[: len(packed) // 2], Content_Encoding="gzip", Content_Type="application/json")
        case _:
            reply(request, SOUND if "requests" in request.path else b"[]", Content_Type="application/json")


@dataclass(frozen=True)
class Run:
    """One run over every connector at every fault, and one sound source at the end."""

    catalog: Catalog
    con: duckdb.DuckDBPyConnection
    outcomes: Mapping[str, Outcome]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    server, closing = Server(), threading.Event()
    server.answer = lambda request: answer(request, closing)
    wanted = [(f"{slug}-{fault}", fault, fields) for fault in FAULTS for slug, fields in CONNECTORS.items()]
    wanted.append(("sound", "sound", CONNECTORS["ticket"]))
    sources = [
        declare(name, **fields, location=f"{server.url}/{path}", name_vi="x", name_en="x")
        for name, path, fields in wanted
    ]
    with pytest.MonkeyPatch.context() as patch, open_catalog(Settings(home=tmp_path_factory.mktemp("h") / "h")) as own:
        patch.setattr(harvests, "HttpClient", partial(HttpClient, deadline_s=0.6))
        con = own.connect()
        ensure_tables(own, con)
        yield Run(own, con, {s.id: harvest(own, con, s, run_id="run", location=s.location) for s in sources})
        con.close()
    closing.set()
    server.close()


@pytest.mark.parametrize(("slug", "fault"), itertools.product(CONNECTORS, FAULTS))
def test_fault_is_named_with_its_source_and_leaves_no_row(run: Run, slug: str, fault: str) -> None:
    outcome = run.outcomes[f"{slug}-{fault}"]
    assert outcome.error is not None and outcome.error.startswith(f"{slug}-{fault}: ")
    assert FAULTS[fault] in outcome.error
    assert "defect of the software" not in outcome.error and outcome.error.endswith(".")
    assert not outcome.n_accepted
    told = run.con.execute("select status, error from lake.ops.harvests where source = ?", [f"{slug}-{fault}"])
    assert told.fetchall() == [("failed", outcome.error)]


def test_the_sound_source_finishes_after_all_of_them(run: Run) -> None:
    assert run.outcomes["sound"].error is None
    assert run.outcomes["sound"].n_accepted == 1


@pytest.mark.parametrize("slug", CONNECTORS)
def test_refused_bytes_stay_and_are_read_again_by_a_replay(run: Run, slug: str) -> None:
    source: Source = run.outcomes[f"{slug}-html"].source
    landing = Landing(run.catalog.settings)
    kept = landing.pending(source.id, committed_objects(run.con, source.id))
    assert [landing.read(landed) for landed in kept] == [HTML]
    again = replay(run.catalog, run.con, source, run_id="again")
    assert "1 payloads are refused as before" in again.notes[0] and "HTML page" in again.notes[0]
