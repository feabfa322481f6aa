"""Texts of articles from pages: the article and nothing else of the page, flagged where it is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.media import TEXTS
from transforms.article_text import MAX_BYTES
from transforms.media import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
URL = "https://bao-001.example/1.html?id=7"
PARAGRAPHS = (
    "Sáng 29/9, đoàn công tác của tỉnh đã kiểm tra tiến độ xây dựng cây cầu nối hai xã ven sông trước mùa mưa lũ.",
    "Theo chủ đầu tư, công trình đã hoàn thành hơn tám mươi phần trăm khối lượng, dự kiến thông xe vào cuối năm nay.",
    "Người dân cần phản ánh xin gọi số 0912.345.678 để được tổ giám sát cộng đồng tiếp nhận và trả lời trong ngày.",
)


def page(*paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        "<!doctype html><html lang='vi'><head><meta charset='utf-8'><title>Kiểm tra cầu</title></head><body>"
        "<nav><ul><li><a href='/'>Trang chủ</a></li><li><a href='/the-thao'>Thể thao</a></li></ul></nav>"
        f"<article><h1>Kiểm tra cầu</h1><span class='author'>Tên Tác Giả</span>{body}</article>"
        "<section id='comments' class='comments'><div class='comment'><b>Nguyễn Văn Mẫu</b><p>Ý kiến bạn đọc</p></div>"
        "</section><script>var x = 'mã';</script></body></html>"
    )


def read(body: str | bytes) -> Parsed:
    given = body if isinstance(body, bytes) else body.encode()
    return parse(given, Delivery("article", None, NOW, URL, {}))


def test_article_is_kept_and_menus_comments_and_scripts_are_not() -> None:
    result = read(page(*PARAGRAPHS))
    frame = result.rows["media__texts"]
    assert frame.schema == TEXTS.polars_schema and result.rejected.is_empty()
    row = frame.row(0, named=True)
    assert (row["url"], row["title"], row["is_short"], row["fetched_at"]) == (URL, "Kiểm tra cầu", False, NOW)
    assert PARAGRAPHS[0] in row["text"] and PARAGRAPHS[1] in row["text"]
    assert "gọi số [số điện thoại] để" in row["text"]
    for absent in ("Thể thao", "Nguyễn Văn Mẫu", "Ý kiến bạn đọc", "mã", "0912"):
        assert absent not in row["text"]


def test_decomposed_text_is_composed_and_other_encodings_are_read() -> None:
    composed = read(page(*PARAGRAPHS)).rows["media__texts"]["text"][0]
    assert read(unicodedata.normalize("NFD", page(*PARAGRAPHS))).rows["media__texts"]["text"][0] == composed
    utf16 = page(*PARAGRAPHS).replace("utf-8", "utf-16").encode("utf-16")
    assert read(utf16).rows["media__texts"]["text"][0] == composed


def test_short_text_is_flagged_not_dropped() -> None:
    row = read(page("Trang đang được bảo trì, mời bạn đọc quay lại sau.")).rows["media__texts"].row(0, named=True)
    assert row["is_short"] and 0 < row["n_characters"] < 200


@pytest.mark.parametrize("body", [b"", b"{}", b"%PDF-1.4 \x00\x01", b"<html></html>", b"\x00" * 1000])
def test_page_without_a_text_is_set_aside_with_its_bytes(body: bytes) -> None:
    result = read(body)
    assert result.rows["media__texts"].is_empty()
    assert result.rejected.select("reason_code", "raw").rows() == [("no_text", body)]


def test_enormous_page_is_set_aside() -> None:
    assert read(b"<p>" + b"x" * MAX_BYTES).rejected["reason_code"].to_list() == ["oversized_record"]


@pytest.mark.parametrize("file", ["dantri_home_2017-08.html", "dantri_home_2019-08.html"])
def test_real_page_is_text_without_markup_and_composed(shared_data: Callable[[str], Path], file: str) -> None:
    row = read(shared_data(f"media/{file}").read_bytes()).rows["media__texts"].row(0, named=True)
    assert row["n_characters"] > 5_000 and "<" not in row["text"] and "function(" not in row["text"]
    assert unicodedata.is_normalized("NFC", row["text"]) and "Dân trí" in row["title"] + row["text"]
    assert not any(line != line.strip() or not line for line in row["text"].split("\n"))
