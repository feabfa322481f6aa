"""Citizens' reports: an Open311 GeoReport v2 endpoint page by page and its service list, or one document."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.address import below, is_url, origin, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

log = logging.getLogger(__name__)

PAGE_SIZE = 500
MAX_PAGES = 10_000
OVERLAP = timedelta(days=1)  # endpoints stamp updated_datetime before the change is visible
SPAN = timedelta(days=90)  # GeoReport v2: start_date and end_date span at most 90 days
ENDINGS = {"open311": ".json", "open311-xml": ".xml"}
XML_LIST = re.compile(rb"<(?:\w+:)?service_requests[\s/>]")
XML_ID = re.compile(rb"<(?:\w+:)?service_request_id>([^<]*)<")


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch: the whole answer, so that the watermark never passes a page that was not committed.

    `location` is an Open311 root (…/open311/v2), or a file or URL delivered as it is, among them an address inside
    the API that ends in .json or .xml. From an Open311 root come the requests updated after `since` minus a day, or
    the history: from `first_day` in 90-day spans, else whatever the endpoint gives without dates; and its service
    list, without which the requests stand alone. Raises SourceError.
    """
    if not is_url(location):
        yield [file_payload(location, source.format, until)]
    elif (ending := ENDINGS.get(source.format)) is None or shown(location).partition("?")[0].endswith(ending):
        answer = http.get(location)
        yield [Payload(answer.body, origin(location), source.format, until)]
    else:
        pages = list(_pages(source, below(location, f"/requests{ending}"), since, until, http))
        yield pages + list(_services(source, below(location, f"/services{ending}"), until, http))


def _pages(source: Source, url: str, since: datetime | None, until: datetime, http: HttpClient) -> Iterator[Payload]:
    for question in _questions(source, since, until):
        seen: set[str] = set()
        for page in range(1, MAX_PAGES + 2):
            if page > MAX_PAGES:
                raise PayloadRefused(
                    f"{shown(url)} still has pages after {MAX_PAGES:,}; set first_day in sources.toml."
                )
            answer = http.get(url, params={**question, "page": page, "page_size": PAGE_SIZE})
            ids = _ids(answer.body)
            # A page without a new id ends the walk: it is empty, or the server repeats its last or only page.
            # A short page does not, because servers cap page_size below what was asked.
            if ids is not None and ids <= seen:
                if page == 1:
                    yield Payload(answer.body, origin(answer.url), source.format, until)
                break
            yield Payload(answer.body, origin(answer.url), source.format, until)
            if ids is None:
                return
            seen |= ids


def _services(source: Source, url: str, until: datetime, http: HttpClient) -> Iterator[Payload]:
    """The service list, if the endpoint has one: its want is no reason to go without the requests."""
    try:
        answer = http.get(url)
    except (SourceUnreachable, PayloadRefused) as error:
        log.warning("%s The requests are harvested without the service list.", error)
        return
    if b"service_code" not in answer.body or _ids(answer.body):
        log.warning("%s sent no service list; the requests are harvested without it.", shown(url))
        return
    yield Payload(answer.body, origin(answer.url), source.format, until)


def _questions(source: Source, since: datetime | None, until: datetime) -> Iterator[dict[str, str]]:
    if since is not None:
        yield {"updated_after": _iso(min(since, until) - OVERLAP)}
    elif source.first_day is None:
        yield {}
    else:
        start = datetime.combine(source.first_day, time(), ZoneInfo(source.time_zone)).astimezone(UTC)
        while start < until:
            end = min(start + SPAN, until)
            yield {"start_date": _iso(start), "end_date": _iso(end)}
            start = end


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ids(body: bytes) -> set[str] | None:
    """Ids on a page; None when it is no list of requests: it is landed, and parsing refuses it."""
    if XML_LIST.search(body):
        return {found.strip().decode("utf-8", "replace") for found in XML_ID.findall(body)}
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(page, list):
        return None
    return {str(request["service_request_id"]) for request in page if _is_request(request)}


def _is_request(request: object) -> bool:
    return isinstance(request, dict) and "service_request_id" in request


if __name__ == "__main__":
    raise SystemExit(main("ticket", fetch))
