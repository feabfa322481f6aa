"""Posts of pages: a real export counted, the Graph API's shape, and no person in either."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.media import POSTS
from lake.errors import PayloadRefused
from transforms.media import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
POST = {
    "id": "1001_7",
    "from": {"id": "1001", "name": "Trang Mô phỏng"},
    "message": "Thông báo\n\n cắt điện. Gọi 0912.345.678",
    "created_time": "2021-09-29T12:45:55+0000",
    "permalink_url": "https://www.facebook.com/1001/posts/7",
    "shares": {"count": 3},
    "reactions": {"data": [{"id": "5", "name": "Người Bấm Thích"}], "summary": {"total_count": 12}},
    "like": {"summary": {"total_count": 10}},
    "comments": {
        "data": [{"from": {"id": "6", "name": "Người Bình Luận"}, "message": "lời bình"}],
        "summary": {"total_count": 2},
    },
    "message_tags": [{"id": "9", "name": "Người Được Nhắc"}],
}
PERSONS = ("Người Bấm Thích", "Người Bình Luận", "Người Được Nhắc", "Người Đăng", "lời bình", "0912")


def read(body: object) -> Parsed:
    given = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return parse(given, Delivery("posts", None, NOW, "https://graph.example/1001/posts", {}))


def test_real_export_is_counted_exactly(shared_data: Callable[[str], Path]) -> None:
    result = read(shared_data("media/facebook_news_posts_8pages.csv").read_bytes())
    frame = result.rows["media__posts"]
    assert (frame.height, result.rejected.height) == (2000, 0) and frame.schema == POSTS.polars_schema
    assert (frame["post_id"].n_unique(), frame["page_id"].n_unique()) == (2000, 8)
    nulls = {name: frame[name].null_count() for name in ("message", "description", "link")}
    assert nulls == {"message": 29, "description": 742, "link": 5}
    assert (frame["n_love"].sum(), frame["n_shares"].sum()) == (117_579, 411_000)
    assert frame["message"].str.contains("\n").sum() == 180
    assert frame["created_at"].min() == datetime(2016, 10, 15, tzinfo=UTC)


def test_graph_post_is_read_and_no_person_with_it() -> None:
    result = read({"data": [POST], "paging": {"next": "https://graph.example/?access_token=x"}})
    assert result.rejected.is_empty()
    row = result.rows["media__posts"].row(0, named=True)
    assert row | {"n_love": 0, "n_haha": 0, "n_wow": 0, "n_sad": 0, "n_angry": 0} == {
        "post_id": "1001_7",
        "page_id": "1001",
        "page_name": "Trang Mô phỏng",
        "message": "Thông báo\ncắt điện. Gọi [số điện thoại]",
        "description": None,
        "link": None,
        "permalink": "https://www.facebook.com/1001/posts/7",
        "created_at": datetime(2021, 9, 29, 12, 45, 55, tzinfo=UTC),
        "n_like": 10,
        **dict.fromkeys(("n_love", "n_haha", "n_wow", "n_sad", "n_angry"), 0),
        "n_reactions": 12,
        "n_comments": 2,
        "n_shares": 3,
    }


def test_post_of_a_visitor_leaves_nothing_but_its_id() -> None:
    visitor = POST | {"from": {"id": "77", "name": "Người Đăng"}, "message": "Người Đăng viết"}
    result = read([visitor, POST | {"id": "77"}, POST])
    assert result.rejected.select("position", "reason_code", "raw").rows() == [
        (0, "not_by_page", b'{"id": "1001_7"}'),
        (1, "not_by_page", b'{"id": "77"}'),
    ]
    assert result.rows["media__posts"].height == 1


def test_rejected_post_takes_no_person_into_the_quarantine() -> None:
    bad = [POST | {"created_time": None}, POST | {"shares": {"count": -1}}, POST | {"id": None}, "x"]
    result = read(bad)
    codes = ["bad_created_time", "bad_count", "missing_post_id", "not_an_object"]
    assert result.rejected["reason_code"].to_list() == codes
    raw = b" ".join(result.rejected["raw"].to_list()[:3]).decode()
    assert "cắt điện" in raw
    assert not any(person in raw for person in PERSONS if person != "0912")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "Session has expired", "code": 190}}', "renew the token"),
        (b'{"posts": []}', "without posts"),
        (b"[1", "cannot be read"),
        (b"<html></html>", "an HTML page"),
        (b"", "an empty answer"),
        (b"a,b\n1,2\n", "column"),
    ],
)
def test_what_is_no_export_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        read(body)
