"""News feeds (RSS, Atom, RDF) -> media__articles.

Parsed by feedparser, which is slower than its rivals and mends more: a bare `&`, an enclosure before the link.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax import SAXException
from zoneinfo import ZoneInfo

import feedparser
import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import ARTICLES
from lake.errors import PayloadRefused
from transforms.feed_document import MAX_ITEM_BYTES, examined
from transforms.privacy import redact
from transforms.text import clean, plain, what_arrived

_SCHEMA = ARTICLES.polars_schema
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)

# Vietnamese newsrooms write GMT+7, which RFC 822 readers take for an unknown zone.
_OFFSET = re.compile(r"(?:GMT|UTC|ICT)?\s*([+-])(\d{1,2}):?(00|30)?$")

_EARLY_YEAR = re.compile(r"[A-Za-z]{3} 0\d{3}\b")

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
            f"{delivery.origin} sent {what_arrived(body)}, not an RSS or Atom feed; "
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
            published_at = _instant(entry, "published", delivery)
            modified_at = _instant(entry, "updated", delivery)
            row = {
                "article_id": article_id,
                "feed_id": delivery.origin,
                "feed_title": feed_title,
                "url": _web_address(delivery.origin, link),
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
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    return Parsed(rows={ARTICLES.table: frame}, rejected=rejected_frame(rejects))


def _instant(entry: Fields, name: str, delivery: Delivery) -> datetime | None:
    """UTC instant of an ISO 8601 or RFC 822 time; None when unusable. feedparser's own reading is not asked: it
    makes a date of any digits (1518478934 -> 3 July 2015) and UTC of a time without an offset."""
    written = dict.get(entry, name)  # its own .get() answers `published` when asked for `updated`
    if not isinstance(written, str):
        return None
    for read in (datetime.fromisoformat, _rfc_822):
        try:
            instant = read(written.strip())
            if instant.tzinfo is None:
                zone = delivery.profile.time_zone if delivery.profile else "UTC"
                instant = instant.replace(tzinfo=ZoneInfo(zone))
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        return instant if EARLIEST <= instant <= delivery.received_at + CLOCK_TOLERANCE else None
    return None


def _rfc_822(written: str) -> datetime:
    if _EARLY_YEAR.search(written):
        raise ValueError("parsedate would read the year 0000 as 2000")
    return parsedate_to_datetime(_OFFSET.sub(lambda at: f"{at[1]}{at[2]:0>2}{at[3] or '00'}", written))


def _web_address(origin: str, link: str) -> str | None:
    """The link, absolute, when a browser may follow it: http or https; a javascript: or data: link is null."""
    try:
        url = link if link.startswith(("http://", "https://")) else urljoin(origin, link)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if link and parts.scheme in ("http", "https") and parts.hostname else None


def _section(entry: Fields) -> str | None:
    for tag in entry.get("tags", []):
        if section := plain(tag.get("term") or ""):
            return section
    return None


def _read(entry: Fields) -> bytes:
    """The item as read, for want of the item as received: the document is so broken that its place is unknown."""
    kept = {name: entry.get(name) for name in ("id", "link", "title", "summary", "published")}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")
