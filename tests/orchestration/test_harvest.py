"""One harvest of one source on a small real lake: nothing skipped, nothing doubled, failures named and repaired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest
from loopback import Server, query, reply

from lake.catalog import Catalog, open_catalog
from lake.schema import CONTRACTS, ensure_tables
from lake.settings import Settings
from lake.sources.declared import Source, declare
from lake.sources.server import OVERLAP
from lake.vault import Vault
from orchestration.harvest import Outcome, harvest, watermark

pytestmark = pytest.mark.xdist_group("harvest")  # one lake for all tests of this module
STEP_S = 60


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("harvest") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


class Harvester:
    """Harvests of the one lake; every test names its own sources."""

    def __init__(self, catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
        self._catalog = catalog
        self._con = con

    def __call__(self, source: Source, window: tuple[datetime, datetime] | None = None) -> Outcome:
        return harvest(self._catalog, self._con, source, run_id="run", location=source.location, window=window)

    def rows(self, statement: str, source: Source) -> list[tuple[Any, ...]]:
        """Rows of a query with one `?` for the source's id."""
        return self._con.execute(statement, [source.id]).fetchall()

    def count(self, table: str, source: Source) -> int:
        return int(self.rows(f"select count(*) from lake.{table} where source = ?", source)[0][0])

    def account(self, source: Source) -> list[tuple[str, str | None, datetime, int]]:
        """(status, error, as_of, n_payloads) of every harvest, oldest first."""
        return self.rows(
            "select status, error, as_of, n_payloads from lake.ops.harvests where source = ? order by started_at",
            source,
        )

    def watermark(self, source: Source) -> datetime | None:
        return watermark(self._con, source)


@pytest.fixture
def harvested(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> Harvester:
    return Harvester(catalog, con)


def declared(identity: str, slug: str, format: str, location: str, **fields: Any) -> Source:
    fields = {"step_s": STEP_S} | fields
    return declare(identity, slug=slug, format=format, location=location, name_vi="x", name_en="x", **fields)


def matrix(request: BaseHTTPRequestHandler) -> None:
    """A Prometheus that has one sample, at the first instant asked for."""
    series = {"metric": {"__name__": "up", "instance": "a:9100", "job": "node"}, "values": [[_start(request), "1"]]}
    body = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    reply(request, json.dumps(body).encode(), Content_Type="application/json")


def _start(request: BaseHTTPRequestHandler) -> int:
    return int(query(request)["start"])


def asked(server: Server, number: int) -> tuple[int, int]:
    """(start, end) of a query the server has seen, in Unix seconds."""
    span = dict(parse_qsl(urlsplit(server.seen[number]).query))
    return int(span["start"]), int(span["end"])


def aligned(instant: datetime) -> int:
    return int(instant.timestamp()) // STEP_S * STEP_S


def request_json(number: int | str, **fields: Any) -> dict[str, Any]:
    known = {"service_request_id": number, "status": "open", "requested_datetime": "2021-09-01T08:00:00+07:00"}
    return known | fields


def rss(*guids: str) -> bytes:
    items = "".join(
        f"<item><guid>{g}</guid><title>Tin {g}</title><link>https://bao.example/{g}</link>"
        "<pubDate>Thu, 30 Sep 2021 08:00:00 +0700</pubDate></item>"
        for g in guids
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Báo</title>{items}</channel></rss>'.encode()


def opml(*names: str) -> bytes:
    outlines = "".join(f'<outline type="rss" text="x" xmlUrl="{name}"/>' for name in names)
    return f'<?xml version="1.0"?><opml version="2.0"><body>{outlines}</body></opml>'.encode()


def test_next_harvest_goes_on_where_the_last_one_ended_with_an_overlap(harvested: Harvester, server: Server) -> None:
    server.answer = matrix
    first_day = (datetime.now(UTC) - timedelta(days=3)).date()
    source = declared("overlap", "server", "prometheus", server.url, first_day=str(first_day), time_zone="UTC")
    assert harvested.watermark(source) is None
    assert harvested(source).error is None
    assert asked(server, 0)[0] == int(datetime(*first_day.timetuple()[:3], tzinfo=UTC).timestamp())
    ((status, _, as_of, n_payloads),) = harvested.account(source)
    assert (status, n_payloads) == ("ok", 1)
    assert harvested.watermark(source) == as_of
    assert harvested(source).error is None
    assert asked(server, 1)[0] == aligned(as_of - OVERLAP)
    assert asked(server, 1)[0] < asked(server, 0)[1] <= asked(server, 1)[1]  # no gap


def test_undeclared_step_is_the_scrape_interval_and_outlives_an_outage(harvested: Harvester, server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if "/targets" in request.path:
            reply(request, b'{"data": {"activeTargets": [{"scrapeInterval": "15s"}]}}')
        else:
            matrix(request)

    server.answer = answer
    fields = {"slug": "server", "format": "prometheus", "location": server.url, "name_vi": "x", "name_en": "x"}
    source = declare("undeclared-step", **fields)
    harvested(source)
    assert "step=15" in server.seen[1]
    server.serve({})
    harvested(source)
    assert harvested.rows("select step_s from lake.ops.sources where source = ?", source) == [(15,)]
    harvested(declare("undeclared-step", **fields, step_s=30))
    assert harvested.rows("select step_s from lake.ops.sources where source = ?", source) == [(30,)]


def test_failed_harvest_does_not_move_the_watermark(harvested: Harvester, server: Server) -> None:
    server.answer = matrix
    source = declared("standing", "server", "prometheus", server.url)
    harvested(source)
    mark = harvested.watermark(source)
    server.serve({})
    assert "HTTP 404" in (harvested(source).error or "")
    assert harvested.watermark(source) == mark
    server.answer = matrix
    harvested(source)
    assert mark is not None
    assert asked(server, -1)[0] == aligned(mark - OVERLAP)


@pytest.mark.parametrize("days_back", [(20, 19), (1, 0)], ids=["an old day", "today alone, after an outage"])
def test_backfill_does_not_move_the_watermark_past_what_was_fetched(
    harvested: Harvester, con: duckdb.DuckDBPyConnection, server: Server, days_back: tuple[int, int]
) -> None:
    server.answer = matrix
    source = declared(f"backfill-{days_back[0]}", "server", "prometheus", server.url)
    harvested(source)
    # The source was out of reach for ten days: the last good harvest is that old.
    con.execute("update lake.ops.harvests set as_of = as_of - interval 10 days where source = ?", [source.id])
    mark = harvested.watermark(source)
    now = datetime.now(UTC)
    start, end = (now - timedelta(days=days) for days in days_back)
    assert harvested(source, (start, end)).error is None
    assert asked(server, -1) == (aligned(start - OVERLAP), aligned(end))
    assert harvested.watermark(source) == mark


@pytest.mark.parametrize(
    ("slug", "format", "body", "status", "sentence"),
    [
        ("ticket", "open311", b"<!doctype html><title>Login</title>", 200, "HTML page"),
        ("ticket", "open311", b"", 404, "did not answer (HTTP 404)"),
        ("ticket", "open311", b'[{"service_request_id": "1"', 200, "JSON"),
        ("server", "prometheus", b"<html>", 200, "HTML page"),
        ("server", "openmetrics", b"up 1\nhalf a li", 200, "not a whole metrics page"),
        ("media", "feed", b"<!doctype html><title>Login</title>", 200, "not an RSS, Atom or JSON feed"),
        ("media", "feed", b"", 403, "did not answer (HTTP 403)"),
        ("camera", "ndjson", b"not json\n", 200, "None of the 1 lines delivered is JSON"),
    ],
)
def test_failing_source_is_recorded_with_its_sentence_and_leaves_no_rows(
    harvested: Harvester,
    server: Server,
    tmp_path: Path,
    slug: str,
    format: str,
    body: bytes,
    status: int,
    sentence: str,
) -> None:
    server.answer = lambda request: reply(request, body, status)
    location = server.url
    if slug == "camera":
        (tmp_path / "camera.ndjson").write_bytes(body)
        location = str(tmp_path / "camera.ndjson")
    source = declared(f"failing-{slug}-{format}-{status}-{len(body)}", slug, format, location)
    outcome = harvested(source)
    assert outcome.error is not None
    assert outcome.error.startswith(f"{source.id}: ")
    assert sentence in outcome.error
    assert "defect of the software" not in outcome.error
    ((recorded, error, _, _),) = harvested.account(source)
    assert (recorded, error) == ("failed", outcome.error)
    for table in (*(f"raw.{name}" for name in CONTRACTS), "raw.quarantine", "ops.batches", "ops.objects"):
        assert harvested.count(table, source) == 0, table
    assert harvested.watermark(source) is None


def test_first_harvest_without_a_single_series_is_no_success(harvested: Harvester, server: Server) -> None:
    """A wrong metric name, or a history younger than the step, must not look like a source that works."""
    body = b'{"status": "success", "data": {"resultType": "matrix", "result": []}}'
    server.answer = lambda request: reply(request, body, Content_Type="application/json")
    source = declared("no-series", "server", "prometheus", server.url, queries=["upp"])
    assert "upp" in (harvested(source).error or "")
    assert harvested.watermark(source) is None


def test_harvest_that_fails_on_the_way_keeps_what_was_whole_and_resumes(harvested: Harvester, server: Server) -> None:
    def first_window_only(request: BaseHTTPRequestHandler) -> None:
        if _start(request) == asked(server, 0)[0]:
            matrix(request)
        else:
            reply(request, b"", 404)

    server.answer = first_window_only
    first_day = (datetime.now(UTC) - timedelta(days=10)).date()  # more than the 10,000 minutes of one window
    source = declared("halfway", "server", "prometheus", server.url, first_day=str(first_day), time_zone="UTC")
    broken = harvested(source)
    assert (len(broken.receipts), harvested.count("raw.server__samples", source)) == (1, 1)
    assert [status for status, *_ in harvested.account(source)] == ["failed"]
    assert harvested.watermark(source) is None
    server.answer = matrix
    whole = harvested(source)
    assert (whole.error, whole.n_known, whole.n_accepted) == (None, 1, 1)
    assert harvested.count("raw.server__samples", source) == 2


def test_one_bad_feed_of_several_is_named_and_the_rest_lands(harvested: Harvester, server: Server) -> None:
    documents = {
        "/list.opml": opml("/a.xml", "/login.xml", "/gone.xml", "/b.xml"),
        "/a.xml": rss("a1", "a2"),
        "/login.xml": b"<!doctype html><title>Login</title>",
        "/b.xml": rss("b1"),
    }
    server.serve(documents)
    source = declared("feeds", "media", "feed", f"{server.url}/list.opml")
    outcome = harvested(source)
    feeds = "select feed_id, count(*) from lake.raw.media__articles where source = ? group by all order by all"
    assert harvested.rows(feeds, source) == [("/a.xml", 2), ("/b.xml", 1)]
    ((status, error, as_of, n_payloads),) = harvested.account(source)
    assert (status, error, n_payloads) == ("partial", outcome.error, 3)
    assert harvested.watermark(source) == as_of
    assert outcome.error is not None
    assert "/gone.xml" in outcome.error


def test_every_bad_feed_is_named_whatever_is_wrong_with_it(harvested: Harvester, server: Server) -> None:
    server.serve(
        {"/list.opml": opml("/a.xml", "/login.xml", "/gone.xml"), "/a.xml": rss("a1"), "/login.xml": b"<!doctype html>"}
    )
    error = harvested(declared("both", "media", "feed", f"{server.url}/list.opml")).error or ""
    assert "/gone.xml" in error
    assert "/login.xml" in error


def test_refused_feed_is_tried_and_named_again_until_it_is_mended(harvested: Harvester, server: Server) -> None:
    documents = {"/list.opml": opml("/a.xml", "/login.xml"), "/a.xml": rss("a1"), "/login.xml": b"<!doctype html>"}
    server.serve(documents)
    source = declared("mended", "media", "feed", f"{server.url}/list.opml")
    first, second = harvested(source), harvested(source)
    assert first.error is not None
    assert "1 of 2 payloads were refused" in first.error
    assert "/login.xml" in first.error
    assert second.receipts == ()
    assert "/login.xml" in (second.error or "")
    assert harvested.count("raw.media__articles", source) == 1
    documents["/login.xml"] = rss("l1", "l2")
    third = harvested(source)
    assert (third.error, third.n_accepted) == (None, 2)
    assert harvested.count("raw.media__articles", source) == 3


def test_unchanged_payload_is_not_parsed_again(harvested: Harvester, server: Server) -> None:
    server.serve({"/feed.xml": rss("u1", "u2")})
    source = declared("unchanged", "media", "feed", f"{server.url}/feed.xml")
    first, second = harvested(source), harvested(source)
    assert (first.n_accepted, first.n_known) == (2, 0)
    assert (second.receipts, second.n_known, second.error) == ((), 1, None)
    n_batches = "select count(distinct batch_id) from lake.ops.batches where source = ?"
    assert harvested.rows(n_batches, source) == [(1,)]
    assert [status for status, *_ in harvested.account(source)] == ["ok", "ok"]  # and yet it was asked: data are fresh
    server.serve({"/feed.xml": rss("u1", "u2", "u3")})
    third = harvested(source)
    assert (third.n_accepted, third.n_known, harvested.count("raw.media__articles", source)) == (1, 0, 3)


def test_the_same_bytes_read_another_way_are_parsed_again(harvested: Harvester, tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    file.write_text("id,state,at\n1,open,2021-09-01 08:00\n2,done,2021-09-01 09:00\n", encoding="utf-8")
    profile: dict[str, Any] = {
        "slug": "ticket",
        "format": "csv",
        "time_zone": "Asia/Ho_Chi_Minh",
        "columns": {"request_id": "id", "status": "state", "requested_at": "at"},
        "status": {"open": "open"},
    }
    source = declared("reading", "ticket", "csv", str(file), profile=profile)
    assert (harvested(source).n_accepted, harvested.count("raw.quarantine", source)) == (1, 1)
    better = profile | {"status": {"open": "open", "done": "closed"}}
    assert harvested(declared("reading", "ticket", "csv", str(file), profile=better)).n_accepted == 1
    found = "select request_id, status, requested_at from lake.raw.ticket__requests where source = ? order by 1"
    assert harvested.rows(found, source) == [
        ("1", "open", datetime(2021, 9, 1, 1, tzinfo=UTC)),
        ("2", "closed", datetime(2021, 9, 1, 2, tzinfo=UTC)),
    ]


def test_quarantined_record_is_kept_once(harvested: Harvester, catalog: Catalog, server: Server) -> None:
    bad = request_json("bad", requested_datetime="hôm qua")
    server.serve({"/v2/requests.json": json.dumps([request_json("1"), bad, bad]).encode()})
    source = declared("poison", "ticket", "open311", f"{server.url}/v2")
    (first,) = harvested(source).receipts
    assert (first.n_offered, first.n_accepted, first.n_quarantined, first.n_deduplicated) == (3, 1, 1, 1)
    server.serve({"/v2/requests.json": json.dumps([request_json("1"), request_json("2"), bad]).encode()})
    (second,) = harvested(source).receipts
    assert (second.n_offered, second.n_accepted, second.n_quarantined, second.n_deduplicated) == (3, 1, 0, 2)
    kept = "select reason_code, position, raw from lake.raw.quarantine where source = ?"
    ((code, position, raw),) = harvested.rows(kept, source)
    assert (code, position) == ("unreadable_date", 1)
    assert json.loads(Vault(catalog.settings).open(raw)) == bad


def test_same_records_of_two_sources_stand_apart(harvested: Harvester, server: Server) -> None:
    server.serve({"/feed.xml": rss("x1")})
    one, other = (declared(name, "media", "feed", f"{server.url}/feed.xml") for name in ("one-paper", "other-paper"))
    assert (harvested(one).n_accepted, harvested(other).n_accepted) == (1, 1)


def test_present_declaration_is_remembered_once(harvested: Harvester, server: Server) -> None:
    server.serve({"/feed.xml": rss("r1")})
    source = declared("remembered", "media", "feed", f"{server.url}/feed.xml", freshness_s=60)
    harvested(source)
    harvested(source)
    harvested(source.model_copy(update={"freshness_s": 120}))
    assert harvested.rows("select freshness_s from lake.ops.sources where source = ?", source) == [(120,)]


def test_history_is_kept_whole_per_version_and_the_accounts_count_reports(harvested: Harvester, server: Server) -> None:
    opened = {"datetime": "2021-09-01T01:00:00Z", "type": "opened"}
    closed = {"datetime": "2021-09-02T01:00:00Z", "type": "closed"}
    listed = b'[{"service_code": "R", "service_name": "R\xc3\xa1c", "type": "realtime"}]'
    source = declared("history", "ticket", "open311", server.url)
    for updated, notes in (("2021-09-01T02:00:00Z", [opened]), ("2021-09-02T02:00:00Z", [opened, closed])):
        page = json.dumps([request_json(1, updated_datetime=updated, notes=notes)]).encode()
        server.serve({"/requests.json": page, "/services.json": listed})
        assert [harvested(source).error for _ in range(2)] == [None, None]
    events = harvested.rows(
        "select updated_at, seq, event_type from lake.raw.ticket__events where source = ? order by all", source
    )
    assert [(at.day, seq, event_type) for at, seq, event_type in events] == [
        *((1, 1, "opened"), (2, 1, "opened"), (2, 2, "closed"))
    ]
    assert (harvested.count("raw.ticket__requests", source), harvested.count("raw.ticket__services", source)) == (2, 1)
    accounts = "select sum(n_offered), sum(n_accepted), sum(n_quarantined) from lake.ops.batches where source = ?"
    assert harvested.rows(accounts, source) == [(2, 2, 0)]


def test_inventory_that_returns_to_an_older_state_is_news(harvested: Harvester, tmp_path: Path) -> None:
    file = tmp_path / "zbx_export_hosts.yaml"
    source = declared("inventory", "server", "zabbix", str(file))
    for status in ("ENABLED", "DISABLED", "DISABLED", "ENABLED"):
        hosts = f"    - host: sv-01\n      status: {status}\n"
        file.write_text(f"zabbix_export:\n  version: '7.0'\n  hosts:\n{hosts}")
        assert harvested(source).error is None
    states = harvested.rows(
        "select status, group_names from lake.raw.server__hosts where source = ? order by exported_at", source
    )
    assert states == [("enabled", []), ("disabled", []), ("enabled", [])]
