"""Server metrics: the Prometheus HTTP API by windows of time, or one metrics page."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.base import HttpClient, Payload, file_payload, is_url, main, shown
from lake.sources.declared import Source

log = logging.getLogger(__name__)

POINTS_PER_WINDOW = 10_000
"""Prometheus refuses a range query of more than 11,000 points per series (web/api/v1, `query_range`)."""
FIRST_HARVEST = timedelta(days=1)
API_PATH = "/api/v1/"
PAGE_TYPES = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
WARNINGS = re.compile(rb'"warnings"\s*:\s*(\[(?:\s*"(?:[^"\\]|\\.)*"\s*,?)*\s*\])')
REFUSAL = re.compile(r'"error"\s*:\s*"((?:[^"\\]|\\.)*)')


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """Batches of answers, oldest first.

    `prometheus`: `location` is the server's root; each of `source.queries` is asked over the same windows of
    at most 10,000 steps, aligned to `source.step_s`, and a window with all its queries is one batch. Without
    `since` it starts on `source.first_day` (midnight in `source.time_zone`), else 24 hours before `until`.
    `openmetrics`, a file, or an address that ends inside the API (`…/api/v1/query_range?…`): one payload as
    it is. Raises SourceUnreachable, or PayloadRefused with the server's own words when it refuses a query.
    """
    if not is_url(location):
        yield [file_payload(location, source.format, until)]
    elif source.format == "openmetrics":
        page = http.get(location, headers={"Accept": PAGE_TYPES})
        yield [Payload(page.body, _origin(page.url), source.format, until)]
    elif API_PATH in urlsplit(location).path:
        yield [_answer(location, {}, until, http)]
    else:
        address = f"{location.rstrip('/')}{API_PATH}query_range"
        for start, end in windows(_first(source, until) if since is None else since, until, source.step_s):
            span: dict[str, str | int] = {"start": start, "end": end, "step": source.step_s}
            yield [_answer(address, {"query": query, **span}, until, http) for query in source.queries]


def windows(since: datetime, until: datetime, step_s: int) -> Iterator[tuple[int, int]]:
    """(first, last) evaluation instants in Unix seconds, both multiples of `step_s` and both asked for.

    The same instants are asked again on every harvest, so a sample delivered twice is equal, not a neighbour.
    """
    start = int(since.timestamp()) // step_s * step_s
    last = int(until.timestamp()) // step_s * step_s
    while start <= last:
        end = min(start + (POINTS_PER_WINDOW - 1) * step_s, last)
        yield start, end
        start = end + step_s


def _first(source: Source, until: datetime) -> datetime:
    if source.first_day is None:
        return until - FIRST_HARVEST
    return datetime.combine(source.first_day, time(), ZoneInfo(source.time_zone)).astimezone(UTC)


def _answer(address: str, params: dict[str, str | int], until: datetime, http: HttpClient) -> Payload:
    try:
        answer = http.get(address, params=params or None)
    except SourceUnreachable as error:
        # Prometheus answers a query it cannot read with HTTP 400 and the reason in JSON: the address works.
        if refusal := REFUSAL.search(str(error)):
            raise _refused(address, refusal[1].replace('\\"', '"')) from error
        raise
    if answer.body[:200].lstrip()[:1] == b"{" and b'"error"' in answer.body[:200]:
        _check_status(address, answer.body)
    for found in WARNINGS.finditer(answer.body[-16_384:]):
        log.warning("%s warns: %s", shown(address), found[1].decode("utf-8", "replace"))
    return Payload(answer.body, _origin(answer.url), "prometheus", until)


def _origin(url: str) -> str:
    """The address with its query, which says what was asked, but without a user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _check_status(address: str, body: bytes) -> None:
    try:
        answer = json.loads(body)
    except ValueError:
        return  # not JSON after all: the transform says what it is
    if isinstance(answer, dict) and answer.get("status") == "error":
        raise _refused(address, str(answer.get("error")))


def _refused(address: str, reason: str) -> PayloadRefused:
    return PayloadRefused(
        f"{shown(address)} refused the query ({reason}); correct `queries` or `step_s` in sources.toml."
    )


if __name__ == "__main__":
    sys.exit(main("server", fetch))
