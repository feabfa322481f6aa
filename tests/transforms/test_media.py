"""Feeds: real ones counted exactly, broken ones read as far as they go, and nothing dangerous kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.base import Delivery, Parsed
from lake.contracts.media import ARTICLES
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms.media import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
FEED = "https://bao-001.example/rss/tin.xml"


def delivery(profile: Profile | None = None) -> Delivery:
    return Delivery("feed", profile, NOW, FEED, {})


def item(**fields: str | None) -> str:
    values = {
        "title": "Bài một",
        "link": "https://bao-001.example/1",
        "guid": "tag:1",
        "description": "Tóm tắt",
        "pubDate": "Wed, 29 Sep 2021 19:45:55 +0700",
        **fields,
    }
    return "<item>" + "".join(f"<{k}>{v}</{k}>" for k, v in values.items() if v is not None) + "</item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return (
        f'{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Báo Mô phỏng</title>'
        f"<language>vi-VN</language><link>https://bao-001.example</link>{''.join(items)}</channel></rss>"
    )


def parsed(*items: str, profile: Profile | None = None) -> Parsed:
    return parse(rss(*items).encode(), delivery(profile))


def only_row(*items: str, profile: Profile | None = None) -> dict[str, object]:
    result = parsed(*(items or (item(),)), profile=profile)
    assert result.rejected.is_empty() and result.rows["media__articles"].height == 1
    return result.rows["media__articles"].row(0, named=True)


@pytest.mark.parametrize(
    ("file", "n_items"),
    [
        ("vnexpress_rss_tin-moi-nhat_2017-04-19.xml", 25),
        ("vnexpress_rss_tin-moi-nhat_2017-07-26.xml", 25),
        ("feeds/AmazonWebServicesBlog.xml", 10),
        ("feeds/SamRuby.xml", 20),
        ("feeds/TechCrunch.xml", 20),
        ("feeds/google_alerts_atom.xml", 20),
        ("feeds/youtube_atom.xml", 15),
        ("feeds/InvalidDateFormat.xml", 2),
    ],
)
def test_real_feeds_are_read_whole(shared_data: Callable[[str], Path], file: str, n_items: int) -> None:
    result = parse(shared_data(f"media/{file}").read_bytes(), delivery())
    frame = result.rows["media__articles"]
    assert (frame.height, result.rejected.height) == (n_items, 0)
    assert frame.schema == ARTICLES.polars_schema
    assert frame["article_id"].n_unique() == n_items
    assert frame["url"].str.starts_with("http").all() and not frame["is_published_at_missing"].any()
    assert not frame["summary"].drop_nulls().str.contains(r"</?(p|a|img|br|div)\b").any()


def test_real_vietnamese_feed_word_by_word(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("media/vnexpress_rss_tin-moi-nhat_2017-04-19.xml").read_bytes()
    row = parse(body, delivery()).rows["media__articles"].row(0, named=True)
    assert row["headline"] == "Ủy ban Tài chính: Chi 65 tỷ đồng mua quà tặng thành lập tỉnh là quá lãng phí"
    assert str(row["summary"]).startswith("Quốc hội đánh giá việc các địa phương tổ chức kỷ niệm")
    assert row["published_at"] == datetime(2017, 4, 19, 12, 45, 55, tzinfo=UTC)
    assert row["url"] == row["article_id"] and str(row["url"]).endswith("-3572838.html")
    assert (row["feed_id"], row["feed_title"]) == (FEED, "Tin mới nhất - VnExpress RSS")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("dantri_home_2019-08.html", "an HTML page"),
        ("sitemaps/sitemap.xml", "an XML document"),
    ],
)
def test_real_documents_that_are_not_feeds_are_refused(
    shared_data: Callable[[str], Path], file: str, said: str
) -> None:
    with pytest.raises(PayloadRefused, match=f"sent {said}, not an RSS, Atom or JSON feed"):
        parse(shared_data(f"media/{file}").read_bytes(), delivery())


def test_every_field_of_an_rss_item() -> None:
    row = only_row(
        item(
            title=" Ngập&lt;br&gt; sâu\n tại <![CDATA[<b>Vị</b> Thanh]]> ",
            description='<![CDATA[<p>Gọi <a href="x">0912.345.678</a> hoặc a@b.vn</p><script>x()</script>]]>',
            category="Thời sự",
            author="toa.soan@bao.example (Tên Tác giả)",
        )
    )
    assert row == {
        "article_id": "tag:1",
        "feed_id": FEED,
        "feed_title": "Báo Mô phỏng",
        "url": "https://bao-001.example/1",
        "headline": "Ngập sâu tại Vị Thanh",
        "summary": "Gọi [số điện thoại] hoặc [thư điện tử]",
        "section": "Thời sự",
        "language": "vi-vn",
        "published_at": datetime(2021, 9, 29, 12, 45, 55, tzinfo=UTC),
        "modified_at": None,
        "is_published_at_missing": False,
    }


def test_atom_entry_with_enclosure_xhtml_and_relative_link() -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="vi"><title>T</title><id>f</id>
    <updated>2021-07-05T00:00:00+07:00</updated><entry><id>urn:1</id>
    <title type="html">A &lt;b&gt;b&lt;/b&gt; &amp;amp; c</title>
    <link rel="enclosure" href="http://e.vn/2.mp3"/><link href="/bai/1"/><author><name>Tên Tác giả</name></author>
    <updated>2021-07-05T00:00:00+07:00</updated>
    <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x <b>y</b></div></summary>
    <category term="Thời sự"/></entry></feed>"""
    row = parse(feed.encode(), delivery()).rows["media__articles"].row(0, named=True)
    assert (row["headline"], row["summary"], row["language"]) == ("A b & c", "x y", "vi")
    assert row["url"] == "https://bao-001.example/bai/1"
    assert row["published_at"] == row["modified_at"] == datetime(2021, 7, 4, 17, tzinfo=UTC)
    assert row["is_published_at_missing"] is False
    assert "Tác giả" not in str(row)


@pytest.mark.parametrize(
    ("written", "utc_hour"),
    [
        ("Wed, 29 Sep 2021 19:45:00 +0700", 12),
        ("29 Sep 2021 19:45 GMT+7", 12),
        ("Wed, 29 Sep 2021 19:45:00 +07:00", 12),
        ("Wed, 29 Sep 2021 12:45:00 GMT", 12),
        ("2021-09-29T19:45:00+07:00", 12),
        ("2021-09-29T12:45:00Z", 12),
        ("2021-09-29 19:45:00", 12),  # no offset: the profile's zone
        ("Wed, 29 Sep 2021 19:45:00", 12),
    ],
)
def test_dates_as_newsrooms_write_them(written: str, utc_hour: int) -> None:
    profile = Profile(slug="media", format="feed", time_zone="Asia/Ho_Chi_Minh")
    row = only_row(item(pubDate=written), profile=profile)
    assert row["published_at"] == datetime(2021, 9, 29, utc_hour, 45, tzinfo=UTC)
    assert row["is_published_at_missing"] is False


@pytest.mark.parametrize(
    "written",
    [None, "", "hôm qua", "1518478934", "Sat, 31 Feb 2021 08:00:00 +0700", "2031-01-01T00:00:00Z", "0001-01-01"],
)
def test_unusable_date_becomes_the_harvest_time_and_is_flagged(written: str | None) -> None:
    row = only_row(item(pubDate=written))
    assert (row["published_at"], row["is_published_at_missing"]) == (NOW, True)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://", "ftp://e.vn/1", "https://[::bad/1"]
)
def test_link_a_browser_must_not_follow_is_null(link: str) -> None:
    row = only_row(item(link=link))
    assert row["url"] is None and row["article_id"] == "tag:1"


def test_item_without_title_or_link_is_set_aside_byte_for_byte() -> None:
    untitled, nameless = item(title="<![CDATA[ <b></b> ]]>", author="x"), item(link=None, guid=None)
    result = parsed(untitled, item(), nameless, item(guid=None))
    assert result.rejected.select("position", "reason_code", "raw").rows() == [
        (0, "missing_title", untitled.encode()),
        (2, "missing_link", nameless.encode()),
    ]
    assert result.rows["media__articles"]["article_id"].to_list() == ["tag:1", "https://bao-001.example/1"]


def test_byte_that_is_not_utf8_costs_its_item_and_not_the_letters_of_the_others() -> None:
    body = rss(item(title="Đường phố"), item(title="BAD", guid="tag:2"), item(guid="tag:3")).encode()
    result = parse(body.replace(b"BAD", b"\xff\xfe x"), delivery())
    assert result.rows["media__articles"]["headline"].to_list() == ["Đường phố", "Bài một"]
    bad = item(title="BAD", guid="tag:2").encode().replace(b"BAD", b"\xff\xfe x")
    assert result.rejected.select("position", "reason_code", "raw").rows() == [(1, "bad_utf8", bad)]


def test_enormous_item_costs_only_itself() -> None:
    result = parsed(item(), item(guid="tag:2", description="x" * (2 << 20)), item(guid="tag:3"))
    assert result.rejected["reason_code"].to_list() == ["oversized_record"]
    assert result.rows["media__articles"]["article_id"].to_list() == ["tag:1", "tag:3"]


@pytest.mark.parametrize("before", ["\n\n ", "\ufeff\n", "junk "])
def test_junk_before_the_declaration_is_tolerated(before: str) -> None:
    result = parse((before + rss(item())).encode(), delivery())
    assert result.rows["media__articles"]["headline"].to_list() == ["Bài một"]


def test_bare_ampersand_loses_neither_text_nor_date() -> None:
    row = only_row(item(description="mô & tả &nbsp;tiếp"))
    assert row["summary"] == "mô & tả tiếp"
    assert row["published_at"] == datetime(2021, 9, 29, 12, 45, 55, tzinfo=UTC)


def test_cut_off_document_keeps_whole_items_and_sets_the_last_aside() -> None:
    body = rss(item(), item(guid="tag:2"), item(guid="tag:3")).encode()
    cut = body[: body.index(b"tag:3") - 20]
    result = parse(cut, delivery())
    assert result.rows["media__articles"]["article_id"].to_list() == ["tag:1", "tag:2"]
    assert result.rejected["reason_code"].to_list() == ["truncated_item"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><head><title>502</title></head><body/></html>", "an HTML page"),
        (b"", "an empty answer"),
        (b'{"error": "x"}', "a JSON document"),
        (b'<?xml version="1.0"?><foo><bar/></foo>', "an XML document"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>c', "an XML document"),
    ],
)
def test_what_is_not_a_feed_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=f"{FEED} sent {said}"):
        parse(body, delivery())


def test_body_that_names_a_local_file_is_not_opened(tmp_path: Path) -> None:
    planted = tmp_path / "feed.xml"
    planted.write_text(rss(item()))
    with pytest.raises(PayloadRefused):
        parse(str(planted).encode(), delivery())


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>'
    result = parse(rss(item(description="[&x;]"), head=head).encode(), delivery())
    assert "canary" not in str(result.rows["media__articles"].rows())


def test_feed_without_items_is_legal() -> None:
    result = parsed()
    assert result.rows["media__articles"].is_empty() and result.rejected.is_empty()
    assert result.rows["media__articles"].schema == ARTICLES.polars_schema


@pytest.mark.parametrize(
    ("encoding", "title"),
    [("utf-16", "Đường phố"), ("utf-8", "Đường phố"), ("windows-1258", "Đươ\u0300ng phô\u0301")],  # marks apart
)
def test_declared_encoding_is_honoured(encoding: str, title: str) -> None:
    channel = f"<title>b</title><item><title>{title}</title><guid>1</guid></item>"
    body = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>{channel}</channel></rss>'
    frame = parse(body.encode(encoding), delivery()).rows["media__articles"]
    assert frame["headline"].to_list() == ["Đường phố"]


@given(st.binary(max_size=400))
def test_any_bytes_inside_an_item_are_a_row_a_reject_or_a_refusal(dirt: bytes) -> None:
    body = rss(item(), item(description="DIRT"), item(guid="tag:3")).encode().replace(b"DIRT", dirt)
    try:
        result = parse(body, delivery())
    except PayloadRefused:
        return
    for row in result.rows["media__articles"].iter_rows(named=True):
        assert row["headline"] and row["article_id"] and row["published_at"] <= NOW.replace(year=2022)
