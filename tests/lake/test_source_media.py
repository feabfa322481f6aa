"""The media connector against loopback feeds: lists, archives, and feeds that fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Server, reply

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused, SourceError, SourceUnreachable
from lake.simulator.answer_key import answer_key
from lake.simulator.province import CLOCK
from lake.simulator.server import Simulator
from lake.sources.base import HttpClient, Payload, main
from lake.sources.declared import declare
from lake.sources.media import fetch
from transforms.media import parse

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
SOURCE = declare("media-test", slug="media", format="feed", location="x", name_vi="x", name_en="x")


def harvest(location: str, since: datetime | None = None) -> tuple[list[Payload], str]:
    """(payloads of the only batch, what was raised after it)."""
    batches: list[list[Payload]] = []
    with HttpClient(sleep=lambda _: None) as http:
        try:
            for batch in fetch(
                SOURCE.model_copy(update={"location": location}), location=location, since=since, until=UNTIL, http=http
            ):
                batches.append(batch)
        except SourceError as error:
            if not batches:
                raise
            return batches[0], str(error)
    assert len(batches) == 1
    return batches[0], ""


def opml(*urls: str) -> bytes:
    outlines = "".join(f'<outline type="rss" text="Báo" xmlUrl="{url}"/>' for url in urls)
    group = f'<outline text="Nhóm">{outlines}</outline>'
    return f'<?xml version="1.0"?><opml version="2.0"><body>{group}</body></opml>'.encode()


def feed(*days: str, archive: str = "") -> bytes:
    link = f"<atom:link href='{archive}' rel=\"prev-archive\"/>" if archive else ""
    items = "".join(f"<entry><updated>{day}T08:00:00+07:00</updated></entry>" for day in days)
    return f"<rss><channel><link>http://x/</link>{link}{items}</channel></rss>".encode()


def test_every_feed_of_a_list_is_a_payload_in_one_batch(server: Server) -> None:
    urls = [f"{server.url}/feeds/{number}.xml" for number in range(20)]
    server.serve(
        {"/list.opml": opml(*urls, urls[0]), **{f"/feeds/{n}.xml": f"<rss>{n}</rss>".encode() for n in range(20)}}
    )
    payloads, failure = harvest(f"{server.url}/list.opml")
    assert failure == ""
    assert [(p.origin, p.body) for p in payloads] == [(url, f"<rss>{n}</rss>".encode()) for n, url in enumerate(urls)]
    assert {(p.format, p.received_at) for p in payloads} == {("feed", UNTIL)}
    assert len(server.seen) == 21


def test_feed_keeps_its_name_when_the_list_moves_to_another_address(server: Server) -> None:
    server.serve({"/v1/list.opml": opml("/feeds/1.xml", "2.xml"), "/feeds/1.xml": b"1", "/v1/2.xml": b"2"})
    payloads, _ = harvest(f"{server.url}/v1/list.opml")
    assert [(p.origin, p.body) for p in payloads] == [("/feeds/1.xml", b"1"), ("2.xml", b"2")]


def test_one_failing_feed_does_not_lose_the_others_and_is_named(server: Server) -> None:
    urls = [f"{server.url}/{number}.xml" for number in range(10)]
    server.serve({"/list.opml": opml(*urls, "ftp://e.vn/x"), "/1.xml": b"<rss/>", "/2.xml": b"<rss/>"})
    payloads, failure = harvest(f"{server.url}/list.opml")
    assert [p.origin for p in payloads] == [urls[1], urls[2]]
    assert failure.startswith("9 of 11 feeds answered in part or not at all")
    assert f"{urls[0]} did not answer (HTTP 404)" in failure and failure.count("did not answer") == 5


def test_address_nobody_can_read_does_not_lose_the_other_feeds(server: Server) -> None:
    broken = ["http://[bad/1.xml", "http://user:pa/ss@bao.example/2.xml"]
    server.serve({"/list.opml": opml(*broken, "/ok.xml"), "/ok.xml": feed("2021-09-28", archive="http://[bad/")})
    payloads, failure = harvest(f"{server.url}/list.opml")
    assert [p.origin for p in payloads] == ["/ok.xml"]
    assert failure.startswith("3 of 3 feeds answered in part or not at all")
    assert failure.count("is not an address") == 3 and "ss@" not in failure


def test_no_feed_answering_is_an_unreachable_source(server: Server) -> None:
    server.serve({"/list.opml": opml(f"{server.url}/1.xml", f"{server.url}/2.xml")})
    with pytest.raises(SourceUnreachable, match="None of the 2 feeds"):
        harvest(f"{server.url}/list.opml")
    with pytest.raises(SourceUnreachable, match="HTTP 404"):
        harvest(f"{server.url}/nothing.opml")


@pytest.mark.parametrize("body", [b'<opml version="2.0"><body/></opml>', b"<opml><body><outline"])
def test_list_without_readable_feeds_is_refused(server: Server, body: bytes) -> None:
    server.serve({"/list.opml": body})
    with pytest.raises(PayloadRefused, match=r"list\.opml"):
        harvest(f"{server.url}/list.opml")


def chain(server: Server) -> None:
    """A feed with two archives behind it."""
    server.serve(
        {
            "/f.xml": feed("2021-09-28", "2021-09-20", archive="/a/2.xml?x=1&amp;y=2"),
            "/a/2.xml": feed("2021-09-10", "2021-09-01", archive="1.xml"),
            "/a/1.xml": feed("2021-08-10"),
        }
    )


def test_first_harvest_follows_the_archives_to_the_end(server: Server) -> None:
    chain(server)
    payloads, failure = harvest(f"{server.url}/f.xml")
    assert failure == "" and server.seen == ["/f.xml", "/a/2.xml?x=1&y=2", "/a/1.xml"]
    assert [p.origin for p in payloads] == [f"{server.url}/f.xml"] * 3  # archives belong to their feed


def test_feed_that_was_dead_for_days_catches_up_from_its_archive(server: Server) -> None:
    """The source's watermark moved on with its other feeds, so `since` is minutes old."""
    dead_for = timedelta(days=5)
    archive = feed(f"{UNTIL - dead_for:%Y-%m-%d}")
    server.serve({"/f.xml": feed(f"{UNTIL:%Y-%m-%d}", archive="/a.xml"), "/a.xml": archive})
    payloads, _ = harvest(f"{server.url}/f.xml", UNTIL - timedelta(minutes=30))
    assert [p.body for p in payloads][1:] == [archive]


@pytest.mark.parametrize(
    ("since", "n_documents"),
    [("2021-09-28", 1), ("2021-09-27", 2), ("2021-09-09", 2), ("2021-09-07", 3), ("2021-01-01", 3)],
)
def test_later_harvest_follows_only_what_is_missing(server: Server, since: str, n_documents: int) -> None:
    chain(server)
    payloads, _ = harvest(f"{server.url}/f.xml", datetime.fromisoformat(since).replace(tzinfo=UTC))
    assert len(payloads) == n_documents


def test_archives_that_point_at_each_other_end(server: Server) -> None:
    server.serve({"/f.xml": feed("2021-09-28", archive="/a.xml"), "/a.xml": feed("2021-09-01", archive="/f.xml")})
    assert len(harvest(f"{server.url}/f.xml")[0]) == 2


def test_archive_on_another_host_is_not_followed_but_reported(server: Server) -> None:
    inside = "http://127.0.0.2:9/latest/meta-data"
    server.serve({"/f.xml": feed("2021-09-28", archive=inside)})
    payloads, failure = harvest(f"{server.url}/f.xml")
    assert len(payloads) == 1 and "keeps its archive on another host" in failure


def test_lost_archive_is_reported_and_the_feed_kept(server: Server) -> None:
    server.serve({"/f.xml": feed("2021-09-28", archive="/gone.xml")})
    payloads, failure = harvest(f"{server.url}/f.xml")
    assert len(payloads) == 1 and "/gone.xml did not answer (HTTP 404)" in failure


def test_oversized_feed_is_a_failure_not_a_memory_problem(server: Server) -> None:
    server.answer = lambda request: reply(
        request,
        opml(f"{server.url}/big.xml", f"{server.url}/ok.xml")
        if request.path == "/list.opml"
        else b"x" * (6 * 1024 * 1024 if request.path == "/big.xml" else 10),
    )
    payloads, failure = harvest(f"{server.url}/list.opml")
    assert len(payloads) == 1 and "more than 5,242,880 bytes" in failure


def test_files_are_read_in_place(tmp_path: Path, server: Server) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(feed("2021-09-28", archive="/a.xml"))
    assert harvest(str(path)) == ([Payload(path, "feed.xml", "feed", UNTIL)], "")
    server.serve({"/1.xml": b"<rss/>"})
    listing = tmp_path / "list.opml"
    listing.write_bytes(b"\n" + opml(f"{server.url}/1.xml"))
    assert [p.body for p in harvest(str(listing))[0]] == [b"<rss/>"]


def test_connector_runs_alone(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.serve({"/f.xml": b"<rss/>"})
    assert main("media", fetch, [f"{server.url}/f.xml", "--since", "7d"]) == 0
    assert capsys.readouterr().out.startswith(f"{server.url}/f.xml 6 ")


@pytest.mark.long
@pytest.mark.slow
def test_synthetic_province_arrives_whole(tmp_path: Path) -> None:
    until = CLOCK.astimezone(UTC)
    key = answer_key().media
    with Simulator(tmp_path) as province, HttpClient() as http:
        location = province.resolve("simulator:/feeds.opml")
        (batch,) = fetch(SOURCE, location=location, since=None, until=until, http=http)
    articles: set[tuple[str, str]] = set()
    for payload in batch:
        assert isinstance(payload.body, bytes)
        result = parse(payload.body, Delivery("feed", None, until, payload.origin, {}))
        assert result.rejected.is_empty() and not result.rows["media__articles"]["is_published_at_missing"].any()
        articles |= set(result.rows["media__articles"].select("article_id", "feed_id").rows())
    assert len({origin for _, origin in articles}) == key.n_feeds
    assert len(articles) == key.n_items
