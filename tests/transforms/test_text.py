"""Text work: what a field must not carry into the lake, and what must survive."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text import clean, nfc, plain, what_arrived

ANY_TEXT = st.text(st.characters())  # surrogates included: JSON can carry them


def test_decomposed_vietnamese_becomes_the_same_word() -> None:
    decomposed = unicodedata.normalize("NFD", "Phản ánh hiện trường")
    assert decomposed != "Phản ánh hiện trường"
    assert nfc(decomposed) == clean(decomposed) == plain(decomposed) == "Phản ánh hiện trường"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Vị \u00a0Thanh\r\n\t Hậu Giang ", "Vị Thanh Hậu Giang"),
        ("a\u202eb\u2066c\u200fd", "abcd"),  # right-to-left override would show the text reversed
        ("09\u200d12\u00ad34", "091234"),  # hidden characters would carry a phone number past redaction
        ("a\u200bb", "a b"),
        ("nu\x00l\x07 \x1b[31m", "nul [31m"),
        ("\ud83d", "\ufffd"),
        ("1.422 phản ánh; 93,5% 🚧", "1.422 phản ánh; 93,5% 🚧"),
        ("", ""),
    ],
)
def test_clean(written: str, kept: str) -> None:
    assert clean(written) == kept


@given(ANY_TEXT)
def test_clean_text_is_stored_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned.encode().decode() == cleaned == unicodedata.normalize("NFC", cleaned)
    assert not any(unicodedata.category(character) == "Cc" for character in cleaned)
    assert cleaned == cleaned.strip() and "  " not in cleaned


@given(st.lists(st.text("abcđêô0123", min_size=1), min_size=1))
def test_clean_loses_no_word(words: list[str]) -> None:
    assert clean("\n\u200b ".join(words)).split(" ") == [nfc(word) for word in words]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Ch<b>ào</b> bạn<br/>nhé</p>", "Chào bạn nhé"),
        ('<a href="http://e.vn/1"><img width=130 src="x.jpg" ></a></br>Quốc hội đánh giá', "Quốc hội đánh giá"),
        ("A &amp; B &lt; C &nbsp;D &#7843;", "A & B < C D ả"),
        ("5 < 6 và 7 > 3", "5 < 6 và 7 > 3"),
        ("&lt;p&gt;hai lần&lt;/p&gt;", "hai lần"),
        ('<img alt="a > b" src=x>sau', "sau"),
        ("trước<script>if (a<b) x()</script>sau", "trước sau"),
        ("trước<style>p{}</style><!-- <b> -->sau", "trước sau"),
        ("trước<script>không đóng", "trước"),
        ("<a title='lệch>chữ", "chữ"),
        ("không có thẻ", "không có thẻ"),
    ],
)
def test_plain(markup: str, text: str) -> None:
    assert plain(markup) == text


@given(ANY_TEXT)
def test_plain_holds_no_whole_tag_of_the_source(text: str) -> None:
    assert "<script>" not in plain(f"<script>{text}</script>") and "<b>" not in plain(f"<b>{text}</b>")


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<a '", '<a ""\'', "<script", "<!--", "&amp;", "</", "<a \"'", "&amp;lt;b"]
)
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    began = time.process_time()
    plain(piece * (400_000 // len(piece)))
    assert time.process_time() - began < 3  # quadratic behaviour needs minutes


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML><html>", "an HTML page"),
        (b"<html lang=vi>", "an HTML page"),
        (b"<!-- proxy --><html>", "an HTML page"),
        (b"<?xml version='1.0'?><rss/>", "an XML document"),
        (b"", "an empty answer"),
        (b" \n", "an empty answer"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b'{"a":1', "a JSON document"),
        (b"502 Bad Gateway", "text or binary data"),
    ],
)
def test_what_arrived(body: bytes, said: str) -> None:
    assert what_arrived(body) == said
