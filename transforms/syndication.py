"""XML feeds (RSS, Atom, RDF) -> media__articles.

Parsed by feedparser, which is slower than its rivals and mends more: a bare `&`, an enclosure before the link.
"""

from __future__ import annotations

import io
import json
from typing import Any
from xml.sax import SAXException

import feedparser
import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import ARTICLES
from lake.errors import PayloadRefused
from transforms.feed_document import MAX_ITEM_BYTES, examined
from transforms.feed_item import instant, web_address
from transforms.privacy import redact
from transforms.text import clean, plain, what_arrived

_TAIL = 200  # bytes kept of what ends too early between two items
_SCHEMA = ARTICLES.polars_schema
Fields = dict[str, Any]  # feedparser's dictionaries: text and lists of them


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One feed document -> rows of `media__articles` in document order, and the items that cannot be rows.

    `feed_id` is `delivery.origin`. A publication time that is missing, unreadable, before 1990 or more than a day
    after the harvest becomes the harvest time and is flagged; an item with only a modification time takes that.
    Times without an offset are in the profile's zone, else UTC. Authors are dropped. Repeated items are kept: the
    table writer de-duplicates. Reason codes: missing_title, missing_link, truncated_item, bad_utf8, oversized_record.
    Raises PayloadRefused for anything that is not a feed: an HTML page, JSON, XML broken before its first item; and
    for what is too much to parse (`feed_document`).
    """
    given = examined(body, delivery.origin)
    # A stream, because feedparser tries bytes as a file name first. Its sanitiser and link resolver would take a
    # quarter of the time, and only summaries gain, of which no markup is kept.
    document = feedparser.parse(io.BytesIO(given.text), sanitize_html=False, resolve_relative_uris=False)
    entries: list[Fields] = document.entries
    is_broken = isinstance(document.get("bozo_exception"), SAXException)
    if not entries and (is_broken or not document.get("version")):
        raise PayloadRefused(
            f"{delivery.origin} sent {what_arrived(body)}, not an RSS, Atom or JSON feed; "
            "check the address of the feed in its list."
        )
    is_cut = is_broken and given.n_item_ends < len(entries)
    spans = given.items(len(entries))
    if given.is_damaged and spans is None:
        raise PayloadRefused(f"{delivery.origin} holds bytes that are not UTF-8; tell the publisher.")
    feed: Fields = document.feed
    feed_title = plain(feed.get("title", "")) or None
    language = clean(feed.get("language", "")).lower() or None
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, entry in enumerate(entries):
        headline = plain(entry.get("title", ""))
        link = clean(entry.get("link", ""))
        article_id = clean(entry.get("id", "")) or link
        span = spans[position] if spans else slice(0, 0)
        if given.body[span] != given.text[span]:
            reject = ("bad_utf8", "the item holds bytes that are not UTF-8.")
        elif span.stop - span.start > MAX_ITEM_BYTES:
            reject = ("oversized_record", f"the item has more than {MAX_ITEM_BYTES:,} bytes.")
        elif is_cut and position == len(entries) - 1:
            reject = ("truncated_item", "the document ends inside this item.")
        elif not headline:
            reject = ("missing_title", "title is empty.")
        elif not article_id:
            reject = ("missing_link", "the item has neither guid, id nor link.")
        else:
            published_at = instant(_written(entry, "published"), delivery)
            modified_at = instant(_written(entry, "updated"), delivery)
            row = {
                "article_id": article_id,
                "feed_id": delivery.origin,
                "feed_title": feed_title,
                "url": web_address(delivery.origin, link),
                "headline": redact(headline),
                "summary": redact(plain(entry.get("summary", ""))) or None,
                "section": _section(entry),
                "language": language,
                "published_at": published_at or modified_at or delivery.received_at,
                "modified_at": modified_at,
                "is_published_at_missing": published_at is None and modified_at is None,
            }
            rows.append(tuple(row[name] for name in ARTICLES.names))
            continue
        rejects.append((position, *reject, given.body[span] or _read(entry)))
    if is_broken and not is_cut and not given.is_closed:
        rejects.append((len(entries), "truncated_item", "the document ends without its closing tag.", body[-_TAIL:]))
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    return Parsed(rows={ARTICLES.table: frame}, rejected=rejected_frame(rejects))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    feedparser.parse(io.BytesIO(b'<?xml version="1.0" encoding="windows-1258"?><rss version="2.0"><channel/></rss>'))


def _written(entry: Fields, name: str) -> object:
    """The time as it stands in the feed. feedparser's own reading is not asked: it makes a date of any digits
    (1518478934 -> 3 July 2015) and UTC of a time without an offset; its `get` answers `published` for `updated`."""
    return dict.get(entry, name)


def _section(entry: Fields) -> str | None:
    for tag in entry.get("tags", []):
        if section := plain(tag.get("term") or ""):
            return section
    return None


def _read(entry: Fields) -> bytes:
    """The item as read, for want of the item as received: the document is so broken that its place is unknown."""
    kept = {name: entry.get(name) for name in ("id", "link", "title", "summary", "published")}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")
