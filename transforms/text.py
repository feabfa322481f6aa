"""Text as every table holds it: NFC, one line, no markup, no invisible characters."""

from __future__ import annotations

import html
import re
import unicodedata

# White space first: a control character between two words must not join them.
_SPACE = re.compile(r"[\s\u0085\u200b\u2028\u2029\ufeff]+")
# Controls, zero-width and bidirectional marks (they hide or reorder text), soft hyphen, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200c-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Each pattern stops at the next tag or runs to the end: none is quadratic on hostile text.
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_REST_OF_TAG = r"""(?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|[^<>]*+>)"""
_INLINE_TAG = re.compile(
    rf"</?(?:a|abbr|b|em|font|i|mark|s|small|span|strong|sub|sup|u)\b{_REST_OF_TAG}", re.IGNORECASE
)
_TAG = re.compile(rf"<[A-Za-z/!?]{_REST_OF_TAG}")
# Latin letters with marks -> the bare letter; marks standing apart -> nothing. đ has no decomposition.
_BARE = {
    **{code: unicodedata.normalize("NFD", chr(code))[0] for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))},
    **dict.fromkeys(range(0x300, 0x370)),
    ord("đ"): "d",
    ord("Đ"): "D",
}
_WORD = re.compile(r"[^\W_]+")
_MARKUP_ROUNDS = 3  # feeds escape their markup twice now and then; more rounds would be an attack


def nfc(text: str) -> str:
    """Composed form (Unicode NFC): Vietnamese typed as base letter plus marks becomes one code point per letter."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Text without diacritics, as many people type it: "Ngập ở Vị Thanh" -> "Ngap o Vi Thanh"; composed or not."""
    return text.translate(_BARE)


def clean(text: str) -> str:
    """One line of NFC text: white space folded, invisible characters dropped. Idempotent.

    Half a surrogate pair, which JSON can carry and no database stores, becomes U+FFFD.
    """
    if not text.isprintable():  # printable text holds no white space but U+0020, no control, no surrogate
        text = _SURROGATE.sub("\ufffd", _SPACE.sub(" ", text))
    if not text.isascii() or not text.isprintable():
        text = nfc(_INVISIBLE.sub("", text))
    return " ".join(text.split())


def bare_words(text: str) -> str:
    """What two spellings of a Vietnamese phrase have in common: no accents, no case, no punctuation, đ as d.

    "Ngày  Tiếp-nhận" and "ngay tiep nhan" become "ngay tiep nhan".
    """
    return " ".join(_WORD.findall(folded(unicodedata.normalize("NFKC", text)).lower()))


def plain(markup: str) -> str:
    """`clean` text of an HTML fragment: tags and scripts dropped, entities read. Takes time linear in its length."""
    text = markup
    for _ in range(_MARKUP_ROUNDS):
        if "<" not in text and "&" not in text:
            break
        text = html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", _HIDDEN.sub(" ", text))))
    return clean(text)


def what_arrived(body: bytes) -> str:
    """What a body looks like, for the message that refuses it: "an HTML page", "an empty answer" …"""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "an empty answer"
    if start.startswith(b"\x1f\x8b"):
        return "a gzip file"
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<!--") and b"<html" in start):
        return "an HTML page"
    if start.startswith(b"<"):
        return "an XML document"
    if start.startswith((b"{", b"[")):
        return "a JSON document"
    return "text or binary data"  # its first words may be a person's: they would end up in logs and on the quality page
