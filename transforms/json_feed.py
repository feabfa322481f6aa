"""JSON Feed 1.0 and 1.1 (jsonfeed.org) -> media__articles."""

from __future__ import annotations

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import ARTICLES
from lake.errors import PayloadRefused
from transforms import json_records
from transforms.feed_document import MAX_BYTES, MAX_ITEMS
from transforms.feed_item import instant, web_address
from transforms.privacy import redact
from transforms.text import clean, plain

VERSIONS = ("https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1")


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One JSON Feed -> rows of `media__articles` in document order, and the items that cannot be rows.

    As `syndication.parse`, which see. The specification lets an item have no title; such an item is no article here.
    A summary is the item's own, else its text. Authors are dropped.
    Reason codes: missing_title, missing_link, not_an_object, and those of `json_records`.
    Raises PayloadRefused where it is no JSON Feed, or has more than 16 MB or 20,000 items.
    """
    if len(body) > MAX_BYTES:
        raise PayloadRefused(
            f"{delivery.origin} sent more than {MAX_BYTES >> 20} MB, which no feed needs; look at what it serves."
        )
    try:
        document = json_records.read(body, path=("items",), number=str)
    except ValueError as error:
        raise PayloadRefused(
            f"{delivery.origin} sent a JSON document that cannot be read ({error}); tell the publisher."
        ) from error
    feed = document.envelope
    if document.records is None or not isinstance(feed, dict) or not _is_known(feed.get("version")):
        raise PayloadRefused(
            f"{delivery.origin} sent a JSON document, not an RSS, Atom or JSON feed; "
            "check the address of the feed in its list."
        )
    if len(document.records) > MAX_ITEMS:
        raise PayloadRefused(
            f"{delivery.origin} sent more than {MAX_ITEMS:,} items, which no feed needs; look at what it serves."
        )
    feed_title, language = plain(_text(feed.get("title"))) or None, clean(_text(feed.get("language"))).lower() or None
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, record in enumerate(document.records):
        item = record.value
        if record.fault:
            rejects.append((position, *record.fault, record.raw))
            continue
        if not isinstance(item, dict):
            rejects.append((position, "not_an_object", "the item is no JSON object.", record.raw))
            continue
        headline = plain(_text(item.get("title")))
        link = clean(_text(item.get("url")) or _text(item.get("external_url")))
        article_id = clean(_text(item.get("id"))) or link
        if not headline:
            rejects.append((position, "missing_title", "title is empty.", record.raw))
            continue
        if not article_id:
            rejects.append((position, "missing_link", "the item has neither id nor url.", record.raw))
            continue
        published_at = instant(item.get("date_published"), delivery)
        modified_at = instant(item.get("date_modified"), delivery)
        told = next((t for name in ("summary", "content_text", "content_html") if (t := _text(item.get(name)))), "")
        tags = item.get("tags")
        row = {
            "article_id": article_id,
            "feed_id": delivery.origin,
            "feed_title": feed_title,
            "url": web_address(delivery.origin, link),
            "headline": redact(headline),
            "summary": redact(plain(told)) or None,
            "section": next(filter(None, map(plain, map(_text, tags))), None) if isinstance(tags, list) else None,
            "language": clean(_text(item.get("language"))).lower() or language,
            "published_at": published_at or modified_at or delivery.received_at,
            "modified_at": modified_at,
            "is_published_at_missing": published_at is None and modified_at is None,
        }
        rows.append(tuple(row[name] for name in ARTICLES.names))
    frame = pl.DataFrame(rows, schema=ARTICLES.polars_schema, orient="row")
    return Parsed(rows={ARTICLES.table: frame}, rejected=rejected_frame(rejects))


def _is_known(version: object) -> bool:
    return isinstance(version, str) and version.replace("http://", "https://", 1) in VERSIONS


def _text(value: object) -> str:
    """A text as it is, "" for anything else; `json_records` made texts of numbers, as ids often are."""
    return value if isinstance(value, str) else ""
