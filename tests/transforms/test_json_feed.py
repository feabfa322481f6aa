"""JSON Feed: a real one counted, every field of an item, and what must not pass for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts.base import Delivery, Parsed
from lake.errors import PayloadRefused
from transforms.feed_document import MAX_ITEMS
from transforms.media import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
FEED = "https://bao-001.example/feed.json"
ITEM = {
    "id": "1",
    "url": "https://bao-001.example/1",
    "title": "Bài một",
    "date_published": "2021-09-29T19:45:55+07:00",
}


def read(*items: object, **feed: object) -> Parsed:
    body = {"version": "https://jsonfeed.org/version/1.1", "title": "Báo Mô phỏng", "items": list(items)} | feed
    return parse(json.dumps(body).encode(), Delivery("feed", None, NOW, FEED, {}))


def test_real_feed_is_read_whole(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("media/feeds/json_feed.json").read_bytes()
    result = parse(body, Delivery("feed", None, NOW, FEED, {}))
    frame = result.rows["media__articles"]
    assert (frame.height, result.rejected.height, frame["article_id"].n_unique()) == (20, 0, 20)
    assert set(frame["feed_title"]) == {"inessential.com"} and not frame["is_published_at_missing"].any()
    first = frame.row(0, named=True)
    assert first["headline"] == "James Dempsey and the Breakpoints Benefit App Camp for Girls"
    assert str(first["summary"]).startswith("On Wednesday night I know where")
    assert (frame["published_at"].min(), frame["published_at"].max()) == (
        datetime(2017, 3, 25, 18, 55, 21, tzinfo=UTC),
        datetime(2017, 6, 3, 5, 5, 47, tzinfo=UTC),
    )


def test_every_field_of_an_item_and_no_author() -> None:
    item = ITEM | {
        "id": 7,
        "title": "Ngập <b>sâu</b>",
        "content_html": "<p>Gọi 0912.345.678</p><script>x()</script>",
        "date_modified": "2021-09-29T20:00:00+07:00",
        "tags": ["", "Thời sự"],
        "authors": [{"name": "Tên Tác giả"}],
    }
    assert read(item, language="VI").rows["media__articles"].row(0, named=True) == {
        "article_id": "7",
        "feed_id": FEED,
        "feed_title": "Báo Mô phỏng",
        "url": "https://bao-001.example/1",
        "headline": "Ngập sâu",
        "summary": "Gọi [số điện thoại]",
        "section": "Thời sự",
        "language": "vi",
        "published_at": datetime(2021, 9, 29, 12, 45, 55, tzinfo=UTC),
        "modified_at": datetime(2021, 9, 29, 13, 0, tzinfo=UTC),
        "is_published_at_missing": False,
    }


def test_bad_items_are_set_aside_and_the_others_kept() -> None:
    bad = [ITEM | {"title": " "}, "text", {"title": "x"}, ITEM | {"title": ["x"]}]
    result = read(bad[0], ITEM, *bad[1:])
    assert result.rejected.select("position", "reason_code").rows() == [
        (0, "missing_title"),
        (2, "not_an_object"),
        (3, "missing_link"),
        (4, "missing_title"),
    ]
    assert json.loads(result.rejected["raw"][1]) == "text"
    assert result.rows["media__articles"]["article_id"].to_list() == ["1"]


def test_oldest_version_and_byte_order_mark_are_known() -> None:
    body = b"\xef\xbb\xbf\n" + json.dumps({"version": "https://jsonfeed.org/version/1", "items": [ITEM]}).encode()
    assert parse(body, Delivery("feed", None, NOW, FEED, {})).rows["media__articles"].height == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "not an RSS, Atom or JSON feed"),
        (b'{"version": "2", "items": []}', "not an RSS, Atom or JSON feed"),
        (b'{"version": ["https://jsonfeed.org/version/1"], "items": []}', "not an RSS, Atom or JSON feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"', "cannot be read"),
        (b"{" * 100_000, "cannot be read"),
        (
            b'{"version": "https://jsonfeed.org/version/1", "items": [' + b"1," * MAX_ITEMS + b"1]}",
            "more than 20,000 items",
        ),
    ],
)
def test_what_is_no_json_feed_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        parse(body, Delivery("feed", None, NOW, FEED, {}))
