"""Sitemaps (sitemaps.org 0.9, with Google's news extension) -> media__articles and media__addresses."""

from __future__ import annotations

import io
import itertools
import re
from typing import NamedTuple

import polars as pl
from lxml import etree

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import ADDRESSES, ARTICLES
from lake.errors import PayloadRefused
from transforms.feed_item import instant, web_address
from transforms.privacy import redact
from transforms.text import clean, plain, what_arrived

MAX_BYTES = 50 << 20  # the protocol's own limits
MAX_ENTRIES = 50_000
MAX_ADDRESS = 2_048  # characters

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ENTRY = re.compile(rb"<(?:[\w.-]+:)?url(?=[\s/>])")
_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?url\s*>")
_END = re.compile(rb"</(?:[\w.-]+:)?urlset\s*>|<(?:[\w.-]+:)?urlset\b[^>]*/>")
_TAIL = 200  # bytes kept of what ends too early between two entries
_NEWS = "sitemap-news"  # in the namespace of the extension, whatever its version


class _Entry(NamedTuple):
    fields: dict[str, str]  # of the entry and, under `news:`, of its news element
    raw: bytes


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One sitemap -> an article for every entry with a news title, an address for every other.

    `feed_id` is `delivery.origin`. Times as in `feed_item`; an article without one takes the harvest time, flagged.
    Junk before the first tag is passed over; XML that is broken is read as far as its entries can be told apart.
    Reason codes: missing_link, bad_link, truncated_item.
    Raises PayloadRefused for what is no sitemap, for an index of sitemaps (its connector follows it), and past 50 MB
    or 50,000 entries.
    """
    if len(body) > MAX_BYTES:
        raise PayloadRefused(f"{delivery.origin} sent more than {MAX_BYTES >> 20} MB; split the sitemap.")
    root, entries = _read(body)
    if root == "sitemapindex":
        raise PayloadRefused(
            f"{delivery.origin} is an index of sitemaps; declare its address, so that its sitemaps are fetched."
        )
    if root != "urlset":
        raise PayloadRefused(f"{delivery.origin} sent {what_arrived(body)}, not a sitemap; check its address.")
    if len(entries) > MAX_ENTRIES:
        raise PayloadRefused(f"{delivery.origin} sent more than {MAX_ENTRIES:,} entries; split the sitemap.")
    is_cut = len(_ENTRY_END.findall(body)) < len(entries)
    is_whole = body.startswith(_UTF_16) or _END.search(body) is not None
    if not entries and not is_whole:
        raise PayloadRefused(f"{delivery.origin} sent a sitemap that ends before its first entry; harvest it again.")
    articles: list[tuple[object, ...]] = []
    addresses: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, (fields, raw) in enumerate(entries):
        written = clean(fields.get("loc", ""))
        address = web_address(delivery.origin, written)
        if is_cut and position == len(entries) - 1:
            rejects.append((position, "truncated_item", "the document ends inside this entry.", raw))
        elif not written:
            rejects.append((position, "missing_link", "loc is empty.", raw))
        elif address is None or len(address) > MAX_ADDRESS:
            rejects.append((position, "bad_link", "loc is no http or https address of at most 2,048 characters.", raw))
        elif headline := plain(fields.get("news:title", "")):
            articles.append(_article(address, headline, fields, delivery))
        else:
            addresses.append((address, delivery.origin, instant(fields.get("lastmod"), delivery), delivery.received_at))
    if not (is_cut or is_whole):
        rejects.append((len(entries), "truncated_item", "the document ends without its closing tag.", body[-_TAIL:]))
    return Parsed(
        rows={
            ARTICLES.table: pl.DataFrame(articles, schema=ARTICLES.polars_schema, orient="row"),
            ADDRESSES.table: pl.DataFrame(addresses, schema=ADDRESSES.polars_schema, orient="row"),
        },
        rejected=rejected_frame(rejects),
    )


def _article(address: str, headline: str, fields: dict[str, str], delivery: Delivery) -> tuple[object, ...]:
    published_at = instant(fields.get("news:publication_date"), delivery)
    modified_at = instant(fields.get("lastmod"), delivery)
    row = {
        "article_id": address,
        "feed_id": delivery.origin,
        "feed_title": plain(fields.get("news:name", "")) or None,
        "url": address,
        "headline": redact(headline),
        "summary": None,
        "section": None,
        "language": clean(fields.get("news:language", "")).lower() or None,
        "published_at": published_at or modified_at or delivery.received_at,
        "modified_at": modified_at,
        "is_published_at_missing": published_at is None and modified_at is None,
    }
    return tuple(row[name] for name in ARTICLES.names)


def _read(body: bytes) -> tuple[str, list[_Entry]]:
    """(local name of the root, its entries). Nothing is fetched, no entity is expanded, nothing nests 256 deep."""
    text = body if body.startswith(_UTF_16) else body[max(body.find(b"<"), 0) :]
    entries: list[_Entry] = []
    root = ""
    events = etree.iterparse(
        io.BytesIO(text),
        events=("start", "end"),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        for event, element in events:
            name = _name(element)
            if event == "start":
                root = root or name
            elif name == "url":
                if len(entries) <= MAX_ENTRIES:
                    entries.append(_Entry(_fields(element), etree.tostring(element, with_tail=False)))
                element.clear(keep_tail=False)
    except etree.XMLSyntaxError:
        pass  # past mending: the entries before it stand, and the root tells whether it was a sitemap
    spans = _spans(body)
    if len(spans) == len(entries):  # else a comment or the like holds one, and the mended form must do
        entries = [_Entry(fields, span) for (fields, _), span in zip(entries, spans, strict=True)]
    return root, entries


def _fields(entry: etree._Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for element in entry.iterdescendants():
        name = _name(element)
        if _NEWS in str(element.tag).partition("}")[0]:
            fields.setdefault(f"news:{name}", element.text or "")
        elif element.getparent() is entry:
            fields.setdefault(name, element.text or "")
    return fields


def _name(element: etree._Element) -> str:
    """Local name, "" of what is no element."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _spans(body: bytes) -> list[bytes]:
    """The entries as received."""
    starts = [found.start() for found in _ENTRY.finditer(body)]
    spans = []
    for start, following in itertools.pairwise([*starts, len(body)]):
        end = _ENTRY_END.search(body, start, following)
        spans.append(body[start : end.end() if end else following])
    return spans
