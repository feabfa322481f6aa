"""Sitemaps and their indexes against loopback servers."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback import Server

from lake.errors import PayloadRefused, SourceError, SourceUnreachable
from lake.sources.base import HttpClient, Payload
from lake.sources.declared import declare
from lake.sources.media import fetch

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)


def harvest(location: str, since: datetime | None = None) -> tuple[list[Payload], str]:
    """(payloads, one to a batch, and what was raised after them)."""
    source = declare("maps", slug="media", format="sitemap", location=location, name_vi="x", name_en="x")
    payloads: list[Payload] = []
    with HttpClient(sleep=lambda _: None) as http:
        try:
            for batch in fetch(source, location=location, since=since, until=UNTIL, http=http):
                payloads += batch
        except SourceError as error:
            if not payloads:
                raise
            return payloads, str(error)
    return payloads, ""


def index(*entries: tuple[str, str]) -> bytes:
    listed = "".join(f"<sitemap><loc>{loc}</loc><lastmod>{day}</lastmod></sitemap>" for loc, day in entries)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()


def test_every_sitemap_of_a_packed_index_is_fetched_as_received(server: Server) -> None:
    packed = gzip.compress(b"<urlset>2</urlset>", mtime=0)
    listed = index(("/1.xml", "2021-09-01"), (f"{server.url}/2.xml.gz", ""), ("/1.xml", ""))
    server.serve({"/index.xml.gz": gzip.compress(listed), "/1.xml": b"<urlset>1</urlset>", "/2.xml.gz": packed})
    payloads, failure = harvest(f"{server.url}/index.xml.gz")
    assert failure == "" and [p.body for p in payloads] == [b"<urlset>1</urlset>", packed]
    assert {(p.origin, p.format) for p in payloads} == {(f"{server.url}/index.xml.gz", "sitemap")}


def test_sitemap_that_did_not_change_since_is_not_asked_for(server: Server) -> None:
    server.serve({"/i.xml": index(("/old.xml", "2021-09-01"), ("/new.xml", "2021-09-29")), "/new.xml": b"<urlset/>"})
    payloads, failure = harvest(f"{server.url}/i.xml", datetime(2021, 9, 29, tzinfo=UTC))
    assert (len(payloads), failure, server.seen) == (1, "", ["/i.xml", "/new.xml"])


def test_failing_sitemap_is_named_and_the_others_kept(server: Server) -> None:
    entries = [(path, "") for path in ("/gone.xml", "/ok.xml", "http://127.0.0.2:9/inside.xml", "/nested.xml")]
    server.serve({"/i.xml": index(*entries), "/ok.xml": b"<urlset/>", "/nested.xml": index()})
    payloads, failure = harvest(f"{server.url}/i.xml")
    assert [p.body for p in payloads] == [b"<urlset/>"]
    assert failure.startswith("3 of 4 sitemaps")
    assert "HTTP 404" in failure and "another host" in failure and "index inside an index" in failure


def test_nothing_answering_is_an_unreachable_source(server: Server) -> None:
    server.serve({"/i.xml": index(("/gone.xml", ""))})
    with pytest.raises(SourceUnreachable, match="1 of 1 sitemaps"):
        harvest(f"{server.url}/i.xml")


@pytest.mark.parametrize(
    "body", [gzip.compress(index(("/1.xml", "")))[:-9][:-1], gzip.compress(index(("/1.xml", "")))[:-30]]
)
def test_truncated_packed_index_is_not_taken_for_a_short_one(server: Server, body: bytes) -> None:
    server.serve({"/i.xml.gz": body})
    with pytest.raises(PayloadRefused, match="truncated"):
        harvest(f"{server.url}/i.xml.gz")


def test_single_sitemap_and_file_are_one_payload(server: Server, tmp_path: Path) -> None:
    server.serve({"/s.xml": b"<urlset/>"})
    assert [p.body for p in harvest(f"{server.url}/s.xml")[0]] == [b"<urlset/>"]
    file = tmp_path / "s.xml"
    file.write_bytes(b"<urlset/>")
    assert harvest(str(file))[0] == [Payload(file, "s.xml", "sitemap", UNTIL)]


def test_real_index_names_its_sitemaps(shared_data: Callable[[str], Path], server: Server) -> None:
    """Both are asked for by name; example.com is not reached: the index and they differ in host."""
    server.serve({"/i.xml": shared_data("media/sitemaps/sitemap2.xml").read_bytes()})
    with pytest.raises(SourceUnreachable, match=r"2 of 2 .*sitemap1\.xml\.gz lies on .*sitemap2\.xml\.gz lies on"):
        harvest(f"{server.url}/i.xml")
