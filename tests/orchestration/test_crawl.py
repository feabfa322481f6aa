"""Pages of articles on a small real lake: read once, asked about while they may change, never half-noted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import duckdb
import pytest
from loopback import Server, reply

from lake.catalog import Catalog, open_catalog
from lake.contracts.base import Delivery
from lake.landing import Landing
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources import crawler
from lake.sources.declared import Source, declare
from orchestration import confined_parsing
from orchestration.crawl import crawl_source
from orchestration.harvest import Outcome, harvest, watermark

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crawl")]

NOW = datetime.now(UTC).replace(microsecond=0)
TEXT = "Sáng nay đoàn công tác của tỉnh kiểm tra tiến độ xây dựng cây cầu nối hai xã ven sông trước mùa mưa lũ. " * 4


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("crawl") / "home")) as catalog:
        yield catalog


@pytest.fixture
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


class Publisher:
    """A loopback newspaper: a feed of articles by name and age in days, and their pages."""

    def __init__(self, server: Server, articles: dict[str, float]) -> None:
        self.server = server
        self.pages: dict[str, tuple[int, str]] = {name: (200, f"<p>{name}. {TEXT}</p>") for name in articles}
        items = "".join(
            f"<item><title>{name}</title><link>{server.url}/{name}.html</link>"
            f"<pubDate>{format_datetime(NOW - timedelta(days=age))}</pubDate></item>"
            for name, age in articles.items()
        )
        self.feed = f'<rss version="2.0"><channel><title>Báo</title>{items}</channel></rss>'.encode()
        server.answer = self.answer

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.strip("/").removesuffix(".html")
        if name == "feed":
            return reply(request, self.feed)
        if name == "robots.txt":
            return reply(request, b"User-agent: *\nDisallow: /kin\n")
        status, body = self.pages[name]
        etag = f'"{zlib.crc32(body.encode())}"'
        if request.headers["If-None-Match"] == etag:
            return reply(request, b"", 304)
        page = f"<html><title>Bài</title><body><article>{body}</article></body></html>".encode()
        return reply(request, page, status, Content_Type="text/html; charset=utf-8", ETag=etag)

    def asked(self) -> list[str]:
        """Paths asked for since the last call, without robots.txt, sorted."""
        asked = sorted(path for path in self.server.seen if path != "/robots.txt")
        self.server.seen.clear()
        return asked


class Reader:
    """The source of one publisher in the lake."""

    def __init__(self, catalog: Catalog, con: duckdb.DuckDBPyConnection, identity: str, publisher: Publisher) -> None:
        self.catalog, self.con = catalog, con
        location = f"{publisher.server.url}/feed"
        fields: dict[str, Any] = {"slug": "media", "format": "feed", "location": location, "is_crawled": True}
        self.source: Source = declare(identity, name_vi="x", name_en="x", **fields)
        outcome = harvest(catalog, con, self.source, run_id="r", location=location)
        assert outcome.error is None
        publisher.asked()

    def crawl(self) -> Outcome:
        location = self.source.location
        return crawl_source(self.catalog, self.con, self.source, run_id="r", location=location, as_of=datetime.now(UTC))

    def pass_days(self, days: int) -> None:
        """As if all that is known of pages had happened earlier."""
        self.con.execute(
            "update lake.ops.pages set asked_at = asked_at - to_days(?::int), retry_at = retry_at - to_days(?::int) "
            "where source = ?",
            [days, days, self.source.id],
        )

    def texts(self) -> list[str]:
        """Beginnings of the texts, sorted."""
        rows = self.con.execute("select text from lake.raw.media__texts where source = ?", [self.source.id]).fetchall()
        return sorted(text.split(".")[0] for (text,) in rows)

    def status(self) -> dict[str, str]:
        rows = self.con.execute(
            "select url, arg_max(status, asked_at) from lake.ops.pages where source = ? group by url", [self.source.id]
        ).fetchall()
        return {url.rsplit("/", 1)[1].removesuffix(".html"): status for url, status in rows}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawler, "GAP_S", 0.01)


def test_pages_are_read_once_then_asked_about_while_they_may_change(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, server: Server
) -> None:
    publisher = Publisher(server, {"moi": 0.5, "cu": 5, "xua": 30, "kin": 0.5})
    reader = Reader(catalog, con, "bao-moi", publisher)
    mark = watermark(con, reader.source)

    assert reader.crawl().error is None
    assert publisher.asked() == ["/cu.html", "/moi.html"], "neither what is too old nor what is disallowed"
    assert reader.texts() == ["cu", "moi"]
    assert reader.status() == {"moi": "fetched", "cu": "fetched", "kin": "disallowed"}
    assert watermark(con, reader.source) == mark, "reading pages says nothing of the feeds"

    assert reader.crawl().error is None and publisher.asked() == []
    reader.pass_days(2)
    reader.crawl()
    assert publisher.asked() == ["/moi.html"] and reader.status()["moi"] == "unchanged"
    assert server.headers[-1].get("If-None-Match")

    publisher.pages["moi"] = (200, f"<p>moi sửa. {TEXT}</p>")
    reader.pass_days(2)
    reader.crawl()
    assert reader.texts() == ["cu", "moi", "moi sửa"], "an edited article is another version"
    assert reader.status()["moi"] == "fetched"


def test_failing_page_is_tried_again_and_given_up_in_the_end(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, server: Server
) -> None:
    publisher = Publisher(server, {"hong": 0.1, "mat": 0.1})
    publisher.pages |= {"hong": (500, "x"), "mat": (404, "x")}
    reader = Reader(catalog, con, "bao-hong", publisher)
    for _ in range(7):
        assert reader.crawl().error is None
        reader.pass_days(1)
    assert publisher.asked() == ["/hong.html"] * 5 + ["/mat.html"]
    assert reader.texts() == []


def test_page_that_kills_the_parser_costs_no_other(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(server, {"doc": 0.1, "lanh": 0.1})
    publisher.pages["doc"] = (200, "<div>" * 200_000 + "<p>x</p>" + "<table><tr><td>" * 100_000)
    strict = confined_parsing.ConfinedParser("transforms.media", cpu_s=1, memory_mb=100)
    monkeypatch.setattr(confined_parsing, "child", lambda _: strict)
    reader = Reader(catalog, con, "bao-doc", publisher)
    assert reader.crawl().error is None
    assert reader.texts() == ["lanh"]
    assert con.execute("select reason_code from lake.raw.quarantine where source = 'bao-doc'").fetchall() in (
        [("parser_killed",)],
        [("no_text",)],
    )
    strict.close()


def test_bytes_of_pages_are_sealed_and_can_be_read_again(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, server: Server
) -> None:
    reader = Reader(catalog, con, "bao-kin", Publisher(server, {"bai": 0.1}))
    reader.crawl()
    landing = Landing(catalog.settings)
    (landed,) = [kept for name, kept in landing.payloads() if name == "bao-kin" and kept.format == "article"]
    assert landed.origin == f"{server.url}/bai.html" and "cây cầu".encode() not in landed.path.read_bytes()
    again = confined_parsing.media(landing.read(landed), Delivery("article", None, NOW, landed.origin, {}))
    assert again.rows["media__texts"]["text"][0].startswith("bai. Sáng nay")
