"""Sitemaps: real ones counted, news entries as articles, broken and hostile XML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.base import Delivery, Parsed
from lake.contracts.media import ADDRESSES, ARTICLES
from lake.errors import PayloadRefused
from transforms.media import parse
from transforms.sitemap import MAX_ENTRIES

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
MAP = "https://bao-001.example/sitemap.xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)
ENTRY = "<url><loc>https://bao-001.example/1</loc><lastmod>2021-09-29</lastmod></url>"
NEWS = (
    "<url><loc>https://bao-001.example/2</loc><image:image><image:title>Ảnh</image:title></image:image>"
    "<n:news><n:publication><n:name>Báo Mô phỏng</n:name><n:language>vi</n:language></n:publication>"
    "<n:publication_date>2021-09-29T19:45:55+07:00</n:publication_date><n:title>Ngập &amp; lụt</n:title></n:news></url>"
)


def read(body: str | bytes) -> Parsed:
    given = body if isinstance(body, bytes) else body.encode()
    return parse(given, Delivery("sitemap", None, NOW, MAP, {}))


def addresses(result: Parsed) -> list[str]:
    return result.rows["media__addresses"]["url"].to_list()


def test_real_sitemap_gives_every_address(shared_data: Callable[[str], Path]) -> None:
    result = read(shared_data("media/sitemaps/sitemap.xml").read_bytes())
    frame = result.rows["media__addresses"]
    assert (frame.height, frame["url"].n_unique(), result.rejected.height) == (84, 84, 0)
    assert result.rows["media__articles"].is_empty() and frame.schema == ADDRESSES.polars_schema
    assert frame.row(0) == ("https://www.sitemaps.org/", MAP, datetime(2016, 11, 21, tzinfo=UTC), NOW)


def test_real_index_is_refused_as_a_sitemap(shared_data: Callable[[str], Path]) -> None:
    with pytest.raises(PayloadRefused, match="is an index of sitemaps"):
        read(shared_data("media/sitemaps/sitemap2.xml").read_bytes())


@pytest.mark.parametrize("file", ["dantri_home_2019-08.html", "feeds/json_feed.json", "feeds/TechCrunch.xml"])
def test_real_documents_that_are_no_sitemaps_are_refused(shared_data: Callable[[str], Path], file: str) -> None:
    with pytest.raises(PayloadRefused, match="not a sitemap"):
        read(shared_data(f"media/{file}").read_bytes())


def test_news_entry_is_an_article_and_the_other_an_address() -> None:
    result = read(HEAD + ENTRY + NEWS + "</urlset>")
    assert addresses(result) == ["https://bao-001.example/1"]
    assert result.rows["media__articles"].schema == ARTICLES.polars_schema
    assert result.rows["media__articles"].row(0, named=True) == {
        "article_id": "https://bao-001.example/2",
        "feed_id": MAP,
        "feed_title": "Báo Mô phỏng",
        "url": "https://bao-001.example/2",
        "headline": "Ngập & lụt",
        "summary": None,
        "section": None,
        "language": "vi",
        "published_at": datetime(2021, 9, 29, 12, 45, 55, tzinfo=UTC),
        "modified_at": None,
        "is_published_at_missing": False,
    }


@pytest.mark.parametrize("before", ["\n\n ", "\ufeff", "rác "])
def test_junk_before_the_declaration_is_passed_over(before: str) -> None:
    assert addresses(read(before + HEAD + ENTRY + "</urlset>")) == ["https://bao-001.example/1"]


def test_broken_markup_and_bare_ampersand_cost_nothing_else() -> None:
    body = HEAD + ENTRY + "<url><loc>https://bao-001.example/?a=1&b=2</loc><x></url>" + ENTRY + "</urlset>"
    assert len(addresses(read(body))) == 3


def test_cut_off_document_sets_its_last_entry_aside() -> None:
    body = HEAD + ENTRY + "<url><loc>https://bao-001.example/cut"
    result = read(body)
    assert addresses(result) == ["https://bao-001.example/1"]
    assert result.rejected.select("position", "reason_code", "raw").rows() == [
        (1, "truncated_item", b"<url><loc>https://bao-001.example/cut")
    ]


def test_entry_without_a_usable_address_is_set_aside_as_received() -> None:
    bad = ["<url><loc> </loc></url>", "<url><loc>javascript:x()</loc></url>", f"<url><loc>/{'x' * 2100}</loc></url>"]
    result = read(HEAD + "".join(bad) + ENTRY + "</urlset>")
    assert result.rejected["reason_code"].to_list() == ["missing_link", "bad_link", "bad_link"]
    assert result.rejected["raw"].to_list() == [entry.encode() for entry in bad]
    assert addresses(result) == ["https://bao-001.example/1"]


def test_entities_are_neither_read_from_disk_nor_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 50 if n else "x" * 50}">' for n in range(10))
    head = f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY f SYSTEM "file://{tmp_path}/secret">{bomb}]>'
    result = read(head + f"<urlset>{ENTRY}<url><loc>/&f;</loc></url><url><loc>/&b9;</loc></url></urlset>")
    assert addresses(result)[0] == "https://bao-001.example/1"
    assert not any("canary" in url or "x" * 50 in url for url in addresses(result))


def test_more_entries_than_the_protocol_allows_are_refused() -> None:
    with pytest.raises(PayloadRefused, match="more than 50,000 entries"):
        read(HEAD + "<url/>" * (MAX_ENTRIES + 1) + "</urlset>")


@given(st.binary(max_size=200))
def test_any_bytes_inside_an_entry_are_a_row_a_reject_or_a_refusal(dirt: bytes) -> None:
    body = (HEAD + ENTRY + "<url><loc>DIRT</loc></url>" + ENTRY + "</urlset>").encode().replace(b"DIRT", dirt)
    try:
        result = read(body)
    except PayloadRefused:
        return
    assert all(url.startswith("http") for url in addresses(result))
