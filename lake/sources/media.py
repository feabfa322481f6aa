"""News feeds: all of an OPML list or a single one, with the RFC 5005 archives where history is missing.

A feed is a whole document, so one that was dead is complete again once it answers; only what has moved to its
archives meanwhile could be missed, because `since` is the source's last harvest, not the feed's own. So archives are
followed a week further back than `since`: an outage of a feed up to `OVERLAP` leaves no gap, and archives that were
fetched before cost a request but no row.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree

from lake.errors import PayloadRefused, SourceError, SourceUnreachable
from lake.sources import form
from lake.sources.address import is_url, linked, origin, same_host, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source
from lake.sources.page_posts import fetch_posts
from lake.sources.sitemap import fetch_sitemaps

MAX_FEED_BYTES = 5 * 1024 * 1024
MAX_ARCHIVES = 500
WORKERS = 8
OVERLAP = timedelta(days=7)
SHOWN_FAILURES = 5

_LINK = re.compile(rb"<(?:\w+:)?link\b[^<>]*>")
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_DATE = re.compile(rb"<(?:\w+:)?(?:pubDate|published|updated|date)>\s*([^<]{1,64}?)\s*</")


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch with every feed that answered; then SourceError naming those that did not.

    `location` is a URL or file holding an OPML list or a single feed. A payload's origin is the feed's address
    as the list or the source declares it, without secrets, for its archives too, so that it names the feed wherever
    the list is served from. Archives are followed to the end when `since` is None, else until one reaches back to
    `OVERLAP` before it. A list or feed from a public address may not name one inside a private network, a list in
    a file or on a private address may. Raises SourceUnreachable when no feed answered.
    """
    if source.format == "sitemap":
        yield from fetch_sitemaps(source, location=location, since=since, until=until, http=http)
        return
    if source.format == "posts":
        yield from fetch_posts(source, location=location, since=since, until=until, http=http)
        return
    if source.format == "form":
        yield from form.fetch(source, location=location, since=since, until=until, http=http)
        return
    if source.format in ("outlets", "article"):
        yield [_document(source, location, until, http)]
        return
    is_public = False
    if is_url(location):
        answer = http.get(location, max_bytes=MAX_FEED_BYTES)
        body, is_public = answer.body, answer.is_public
    else:
        file = file_payload(location, source.format, until)
        body = Path(location).read_bytes()
        if not _is_list(body):
            yield [file]
            return
    if _is_list(body):
        with ThreadPoolExecutor(WORKERS, "feed") as pool:
            harvests = list(
                pool.map(lambda name: _harvest(name, location, since, http, is_public), _listed(body, location))
            )
    else:
        harvests = [_with_archives(_Harvest(source.location, location, [body]), since, http, is_public)]
    payloads = [
        Payload(document, origin(harvest.name), source.format, until)
        for harvest in harvests
        for document in harvest.documents
    ]
    failures = [harvest.failure for harvest in harvests if harvest.failure]
    if not payloads:
        raise SourceUnreachable(
            f"None of the {len(failures)} feeds of {shown(location)} answered; first: {failures[0]}"
        )
    yield payloads
    if failures:
        named = " | ".join(failures[:SHOWN_FAILURES])
        raise SourceError(
            f"{len(failures)} of {len(harvests)} feeds answered in part or not at all, the rest was harvested; "
            f"run again, or take them off the list: {named}"
        )


def _document(source: Source, location: str, until: datetime, http: HttpClient) -> Payload:
    """The file or answer at `location`, whole."""
    if not is_url(location):
        return file_payload(location, source.format, until)
    answer = http.get(location, max_bytes=MAX_FEED_BYTES)
    return Payload(answer.body, origin(source.location), source.format, until)


@dataclass
class _Harvest:
    """What one feed gave, newest document first, and what of it failed."""

    name: str  # as declared
    url: str = ""
    documents: list[bytes] = field(default_factory=list)
    failure: str = ""


def _harvest(name: str, location: str, since: datetime | None, http: HttpClient, from_public: bool) -> _Harvest:
    harvest = _Harvest(name)
    try:
        harvest.url = linked(location, name)
        answer = http.get(harvest.url, max_bytes=MAX_FEED_BYTES, from_public=from_public)
    except SourceError as error:
        harvest.failure = str(error)
        return harvest
    harvest.documents.append(answer.body)
    return _with_archives(harvest, since, http, answer.is_public)


def _with_archives(harvest: _Harvest, since: datetime | None, http: HttpClient, from_public: bool) -> _Harvest:
    """Add the archives of a feed. They must live on its own host: a link is only the publisher's word."""
    here = harvest.url
    seen = {here}
    try:
        while not _reaches(harvest.documents[-1], since) and (link := _previous(harvest.documents[-1])):
            here = linked(here, link)
            if here in seen:
                break
            seen.add(here)
            if len(seen) > MAX_ARCHIVES:
                harvest.failure = f"{shown(harvest.url)} has more than {MAX_ARCHIVES} archives"
                break
            if not same_host(here, harvest.url):
                harvest.failure = f"{shown(harvest.url)} keeps its archive on another host, {shown(here)}"
                break
            harvest.documents.append(http.get(here, max_bytes=MAX_FEED_BYTES, from_public=from_public).body)
    except SourceError as error:
        harvest.failure = str(error)
    return harvest


def _is_list(body: bytes) -> bool:
    return b"<opml" in body[:4096].lower() or _is_register(body)


def _is_register(body: bytes) -> bool:
    """Whether a document is a register of outlets in CSV, as `transforms.outlet` reads it."""
    header = body[:4096].removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    return bool(header) and not header[0].lstrip().startswith(b"<") and b"feed_url" in header[0].split(b",")


def _listed(body: bytes, location: str) -> list[str]:
    """Feed addresses of an OPML list or a register in CSV, each once, in order. Raises PayloadRefused."""
    if _is_register(body):
        register = csv.DictReader(io.StringIO(body.decode("utf-8-sig", "replace")))
        named = dict.fromkeys((row["feed_url"] or "").strip() for row in register if row.get("kind") != "facebook_page")
        named.pop("", None)
        if not named:
            raise PayloadRefused(f"{shown(location)} lists no feed; fill its column feed_url.")
        return list(named)
    try:
        # Expat itself refuses entity bombs and ElementTree fetches nothing.
        root = ElementTree.fromstring(body.lstrip())  # noqa: S314
    except ElementTree.ParseError as error:
        raise PayloadRefused(f"{shown(location)} is not a readable OPML list ({error}); correct the file.") from error
    urls = dict.fromkeys(outline.get("xmlUrl", "").strip() for outline in root.iter("outline"))
    urls.pop("", None)
    if not urls:
        raise PayloadRefused(f"{shown(location)} lists no feed; give its outlines an xmlUrl.")
    return list(urls)


def _previous(body: bytes) -> str | None:
    """Address in `<link rel="prev-archive">` (RFC 5005 section 4), None without one."""
    for tag in _LINK.findall(body):
        found = {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}
        if found.get(b"rel") == b"prev-archive" and found.get(b"href"):
            href: bytes = found[b"href"]
            return html.unescape(href.decode("utf-8", "replace")).strip()
    return None


def _reaches(body: bytes, since: datetime | None) -> bool:
    """Whether a document goes back to `since`, so that nothing older is missing."""
    if since is None:
        return False
    instants = [instant for text in _DATE.findall(body) if (instant := _instant(text.decode("ascii", "replace")))]
    return bool(instants) and min(instants) <= since - OVERLAP


def _instant(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            instant = read(text)
        except ValueError:
            continue
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return None


if __name__ == "__main__":
    raise SystemExit(main("media", fetch))
