"""Sitemaps of one publisher: a single one, or an index and the sitemaps it names."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from lake.errors import PayloadRefused, SourceError, SourceUnreachable
from lake.sources.address import is_url, linked, origin, same_host, shown
from lake.sources.base import HttpClient, Payload, file_payload
from lake.sources.declared import Source

MAX_SITEMAP_BYTES = 50 << 20  # the protocol's own limits, packed or not
MAX_SITEMAPS = 1_000
OVERLAP = timedelta(days=2)  # lastmod is often a day without a zone, and written before the sitemap is
SHOWN_FAILURES = 5

_GZIP = b"\x1f\x8b"


def fetch_sitemaps(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """A batch per sitemap, as received, gzip or not; then SourceError naming those that did not answer.

    Of an index, sitemaps on its own host are fetched unless their lastmod lies `OVERLAP` before `since`. The origin
    of every payload is the address declared, because names of sitemaps turn with the days. Raises SourceUnreachable
    when none answered, PayloadRefused for an index of indexes.
    """
    if is_url(location):
        answer = http.get(location, max_bytes=MAX_SITEMAP_BYTES)
        body, from_public = answer.body, answer.is_public
    else:
        file = file_payload(location, source.format, until)
        with Path(location).open("rb") as stored:
            body, from_public = stored.read(MAX_SITEMAP_BYTES + 1), False
        if not is_index(body):
            yield [file]
            return
    name = origin(source.location)
    if not is_index(body):
        yield [Payload(body, name, source.format, until)]
        return
    failures: list[str] = []
    listed = [sitemap for sitemap in _listed(body, location) if not _is_old(sitemap, since)]
    for sitemap in listed[:MAX_SITEMAPS]:
        try:
            url = linked(location, sitemap.location)
            if is_url(location) and not same_host(url, location):
                raise SourceError(f"{shown(url)} lies on another host than its index {shown(location)}; declare it")
            child = http.get(url, max_bytes=MAX_SITEMAP_BYTES, from_public=from_public)
            if is_index(child.body):
                raise PayloadRefused(f"{shown(url)} is an index inside an index; declare it on its own")
        except SourceError as error:
            failures.append(str(error))
            continue
        yield [Payload(child.body, name, source.format, until)]
    if len(listed) > MAX_SITEMAPS:
        failures.append(f"{shown(location)} names {len(listed):,} sitemaps, {MAX_SITEMAPS:,} were fetched")
    if failures:
        kind = SourceUnreachable if len(failures) == len(listed) else SourceError
        named = " | ".join(failures[:SHOWN_FAILURES])
        raise kind(f"{len(failures)} of {len(listed)} sitemaps of {shown(location)} were not harvested: {named}")


def is_index(body: bytes) -> bool:
    """Whether a document, gzip or not, is an index of sitemaps."""
    start = body
    if body.startswith(_GZIP):
        try:
            start = zlib.decompressobj(31).decompress(body, 4096)
        except zlib.error:
            return False  # what reads it will say that it is damaged
    return b"<sitemapindex" in start[:4096] or b":sitemapindex" in start[:4096]


class _Listed(NamedTuple):
    location: str
    modified_at: datetime | None


def _listed(body: bytes, location: str) -> list[_Listed]:
    """What an index names, each once, in order. Raises PayloadRefused."""
    if body.startswith(_GZIP):
        unpack = zlib.decompressobj(31)
        try:
            body = unpack.decompress(body, MAX_SITEMAP_BYTES)
        except zlib.error as error:
            raise PayloadRefused(f"{shown(location)} is a damaged gzip file ({error}); harvest it again.") from error
        if not unpack.eof:
            raise PayloadRefused(
                f"{shown(location)} is truncated or unpacks to more than {MAX_SITEMAP_BYTES >> 20} MB; look at it."
            )
    found: dict[str, _Listed] = {}
    # Nothing is fetched and no entity expanded; broken markup costs the entries it stands in.
    events = etree.iterparse(
        io.BytesIO(body[max(body.find(b"<"), 0) :]),
        tag="{*}sitemap",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    try:
        for _, element in events:
            named = " ".join((element.findtext("{*}loc") or "").split())
            if named:
                found.setdefault(named, _Listed(named, _instant(element.findtext("{*}lastmod") or "")))
            element.clear()
    except etree.XMLSyntaxError as error:
        if not found:
            raise PayloadRefused(f"{shown(location)} is not a readable index ({error}); tell the publisher.") from error
    return list(found.values())


def _is_old(sitemap: _Listed, since: datetime | None) -> bool:
    return bool(since and sitemap.modified_at and sitemap.modified_at < since - OVERLAP)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
