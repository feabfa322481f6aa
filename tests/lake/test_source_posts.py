"""Posts and registers against loopback servers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback import Server

from lake.errors import PayloadRefused, SourceError
from lake.sources.base import HttpClient, Payload
from lake.sources.declared import declare
from lake.sources.media import fetch

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)


def harvest(location: str, format: str, since: datetime | None = None) -> tuple[list[Payload], str]:
    source = declare("x", slug="media", format=format, location=location, name_vi="x", name_en="x")
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


def answer(day: str, following: str | None = None) -> bytes:
    posts = {"data": [{"id": "1_1", "created_time": f"{day}T00:00:00+0000"}], "paging": {"next": following}}
    return json.dumps(posts).encode()


def test_posts_are_followed_as_far_back_as_they_change(server: Server) -> None:
    pages = {f"/{n}": answer(f"2021-09-{29 - 5 * n:02d}", f"{server.url}/{n + 1}?access_token=bimat") for n in range(5)}
    server.serve(pages)
    location = f"{server.url}/0?access_token=bimat"
    payloads, failure = harvest(location, "posts", datetime(2021, 9, 28, tzinfo=UTC))
    assert failure == "" and [p.body for p in payloads] == [pages["/0"], pages["/1"], pages["/2"]]
    assert {p.origin for p in payloads} == {f"{server.url}/0?access_token=***"}


def test_posts_that_go_on_elsewhere_or_in_a_circle_end(server: Server) -> None:
    server.serve(
        {"/0": answer("2021-09-29", "http://127.0.0.2:9/steal"), "/1": answer("2021-09-29", f"{server.url}/1")}
    )
    payloads, failure = harvest(f"{server.url}/0", "posts")
    assert len(payloads) == 1 and "another host" in failure
    assert len(harvest(f"{server.url}/1", "posts")[0]) == 1


def test_answer_that_is_no_json_is_refused(server: Server) -> None:
    server.serve({"/0": b"<html>"})
    with pytest.raises(PayloadRefused, match="no JSON"):
        harvest(f"{server.url}/0", "posts")


def test_register_in_csv_is_also_the_list_of_feeds(server: Server, tmp_path: Path) -> None:
    register = tmp_path / "nguon.csv"
    register.write_text(
        "outlet_id,name,kind,feed_url\n"
        f'1,"Báo, một",news,{server.url}/1.xml\n2,Trang,facebook_page,1001\n'
        f"3,Báo,news,\n4,Báo,news,{server.url}/1.xml\n",
        encoding="utf-8-sig",
    )
    server.serve({"/1.xml": b"<rss/>"})
    payloads, failure = harvest(str(register), "feed")
    assert ([(p.origin, p.body) for p in payloads], failure) == ([(f"{server.url}/1.xml", b"<rss/>")], "")
    assert harvest(str(register), "outlets")[0] == [Payload(register, "nguon.csv", "outlets", UNTIL)]
