"""A feed document before it is parsed: is it too much to parse, which bytes are damaged, where is each item?

feedparser mends what it is given and has no limits: a megabyte of attributes takes it minutes, and one byte that is
not UTF-8 makes it read the whole feed in another encoding, in silence.
"""

from __future__ import annotations

import codecs
import itertools
import re
from typing import NamedTuple

from lake.errors import PayloadRefused

MAX_BYTES = 16 << 20
MAX_MARKS = 250_000  # of `<`, and twice as many `&`: feedparser takes about 10 µs for each
MAX_ITEMS = 20_000
MAX_ITEM_BYTES = 1 << 20
MAX_TAG_BYTES = 1 << 16
MAX_DEPTH = 1_000

_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])")
_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")
_END = re.compile(rb"</(?:[\w.-]+:)?(?:channel|feed|rdf)\s*>", re.IGNORECASE)  # some forget that of rss
# Possessive throughout: linear in the length whatever the quotes do.
_TAG = re.compile(rb"""<(/?)[A-Za-z](?:[^"'<>]++|"[^"]*+"|'[^']*+')*+""")
_NOT_MARKUP = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]+)""")
_ESCAPED = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


class FeedDocument(NamedTuple):
    """`text` is what to parse: the body, with `?` for every byte that is not UTF-8 where it should be."""

    body: bytes
    text: bytes

    @property
    def is_damaged(self) -> bool:
        """Whether bytes were replaced."""
        return self.text is not self.body

    def items(self, n_entries: int) -> list[slice] | None:
        """Where the items lie in both texts, in document order; None if that cannot be said of `n_entries` items."""
        starts = [found.start() for found in _ITEM.finditer(self.body)]
        if len(starts) != n_entries:
            return None
        spans = []
        for start, following in itertools.pairwise([*starts, len(self.body)]):
            end = _ITEM_END.search(self.body, start, following)
            spans.append(slice(start, end.end() if end else following))
        return spans

    @property
    def n_item_ends(self) -> int:
        """Closing tags of items."""
        return len(_ITEM_END.findall(self.body))

    @property
    def is_closed(self) -> bool:
        """Whether the element that holds the items ends."""
        return _END.search(self.body) is not None


def examined(body: bytes, origin: str) -> FeedDocument:
    """The document, fit to be parsed in a few seconds and 100 MB. Raises PayloadRefused naming the limit it breaks."""
    for excess in _excesses(body):
        raise PayloadRefused(f"{origin} sent {excess}, which no feed needs; look at what it serves.")
    return FeedDocument(body, _repaired(body))


def _excesses(body: bytes) -> list[str]:
    if len(body) > MAX_BYTES:
        return [f"more than {MAX_BYTES >> 20} MB"]
    if body.count(b"<") > MAX_MARKS or body.count(b"&") > 2 * MAX_MARKS:
        return [f"more than {MAX_MARKS:,} tags or {2 * MAX_MARKS:,} entities"]
    if len(_ITEM.findall(body)) > MAX_ITEMS:
        return [f"more than {MAX_ITEMS:,} items"]
    depth = 0
    for tag in _TAG.finditer(_NOT_MARKUP.sub(b"", body.replace(b"\0", b""))):  # UTF-16 without its NULs is ASCII
        if tag.end() - tag.start() > MAX_TAG_BYTES:
            return [f"a tag of more than {MAX_TAG_BYTES:,} bytes"]
        if _ITEM.match(tag[0] + b">"):  # publishers leave a few tags open in every item
            depth = 0
        elif tag[1]:
            depth = max(0, depth - 1)
        elif not tag[0].endswith(b"/"):
            depth += 1
        if depth > MAX_DEPTH:
            return [f"tags nested more than {MAX_DEPTH:,} deep"]
    return []


def _repaired(body: bytes) -> bytes:
    """The body with `?` for every byte that is not UTF-8, if UTF-8 is what it is; else the same object."""
    declared = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "surrogateescape")
        n_bad = len(_ESCAPED.findall(text))
        if declared or n_bad < len(_NOT_ASCII.findall(text)) - n_bad:
            return text.encode("utf-8", "replace")  # one `?` for each byte, so the places stay
    return body
