"""Server metrics: the Prometheus HTTP API by windows of time, or one metrics page."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from lake.errors import PayloadRefused, SourceError, SourceUnreachable
from lake.sources.address import below, is_url, origin, shown, without_secrets
from lake.sources.base import MAX_BYTES, HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

log = logging.getLogger(__name__)

POINTS_PER_WINDOW = 10_000
"""Prometheus refuses a range query of more than 11,000 points per series (web/api/v1, `query_range`)."""
BATCH_BYTES = 24 << 20
"""Of the answers to all queries over one window: parsing takes several times as much memory."""
FIRST_HARVEST = timedelta(days=1)
OVERLAP, OVERLAP_STEPS = timedelta(minutes=10), 10
"""The longer of the two is asked again: a scrape is stored after the instant it is dated, rules are evaluated later.

What comes by remote write after a longer cut is not waited for; harvest its days again.
"""
API_PATH = "/api/v1/"
PAGE_TYPES = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
REMARKS = re.compile(rb'"(warnings|infos)"\s*:\s*(\[(?:\s*"(?:[^"\\]|\\.)*"\s*,?)*\s*\])')
SERIES = b'"metric"'  # begins every series of an answer
UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
DURATION_PART = re.compile(r"(\d+)(ms|[smhdwy])")
DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")
REFUSAL = re.compile(r'"error"\s*:\s*"((?:[^"\\]|\\.)*)')
REMARKED = {b"warnings": "warns", b"infos": "remarks"}
ERROR_TYPE = re.compile(r'"errorType"\s*:\s*"(\w*)"')


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """Batches of answers, oldest first.

    `prometheus`: `location` is the server's root; each of `source.queries` is asked over the same windows of
    at most 10,000 steps, aligned to `source.step_s`, and a window with all its queries is one batch of about 24 MB at
    most: where the answers are larger the windows are shorter. They begin an overlap before `since`; without it on
    `source.first_day` (midnight in `source.time_zone`), else 24 hours before `until`. Then each of
    `source.instant_queries` is asked once, at the last step. `openmetrics`, `csv`, `zabbix`, a file, or an address
    that ends inside the API (`…/api/v1/query_range?…`): one payload as it is. Raises SourceUnreachable, or
    PayloadRefused with the server's own words when it refuses a query, and when the first harvest brings no series.
    """
    if not is_url(location):
        yield [file_payload(location, source.format, until)]
    elif source.format != "prometheus":
        page = http.get(location, headers={"Accept": PAGE_TYPES} if source.format == "openmetrics" else None)
        yield [Payload(page.body, origin(page.url), source.format, until)]
    else:
        has_series = False
        for batch in _answers(source, location, since, until, http):
            has_series |= any(SERIES in answer.body for answer in batch if isinstance(answer.body, bytes))
            yield batch
        if since is None and not has_series:
            raise _nothing(source, location)


def scrape_interval_s(location: str, http: HttpClient) -> int | None:
    """Seconds between two scrapes of most active targets of the Prometheus server with this root.

    None when it does not say: nobody answers, it only keeps what others scrape, or it scrapes nothing yet.
    """
    if not is_url(location) or API_PATH in urlsplit(location).path:
        return None
    try:
        answer = json.loads(http.get(below(location, f"{API_PATH}targets"), params={"state": "active"}).body)
        intervals = Counter(_seconds(target["scrapeInterval"]) for target in answer["data"]["activeTargets"])
    except (SourceError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return max(1, round(intervals.most_common(1)[0][0])) if intervals else None


def _seconds(duration: str) -> float:
    """Seconds of a Prometheus duration: 15s, 1m30s, 500ms. Raises ValueError, LookupError or TypeError."""
    if not DURATION.fullmatch(duration):
        raise ValueError(duration)
    return sum(int(number) * UNITS_S[unit] for number, unit in DURATION_PART.findall(duration))


def _answers(
    source: Source, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    if API_PATH in urlsplit(location).path:
        yield [_answer(location, {}, until, http)]
        return
    overlap = max(OVERLAP, OVERLAP_STEPS * timedelta(seconds=source.step_s))
    # The same instants are asked again on every harvest, so a sample delivered twice is equal, not a neighbour.
    at = _aligned(since - overlap if since else _first(source, until), source.step_s)
    last = _aligned(until, source.step_s)
    n_steps = POINTS_PER_WINDOW
    while at <= last:
        end = min(at + (n_steps - 1) * source.step_s, last)
        n_steps = (end - at) // source.step_s + 1
        try:
            batch, n_bytes = _window(source, location, at, end, until, http)
        except _OverfullError as overfull:
            if n_steps == 1:
                assert overfull.refusal is not None  # one step alone is taken as it is
                raise overfull.refusal from overfull
            n_steps = min(n_steps - 1, _fitting(n_steps, overfull.n_bytes))
            continue
        yield batch
        at = end + source.step_s
        n_steps = _fitting(n_steps, n_bytes)
    if source.instant_queries:
        address = below(location, f"{API_PATH}query")
        yield [_answer(address, {"query": query, "time": last}, until, http) for query in source.instant_queries]


class _OverfullError(Exception):
    """A window whose answers are too large. `n_bytes`: what they would have had in all, as far as known."""

    def __init__(self, n_bytes: int, refusal: PayloadRefused | None = None) -> None:
        super().__init__(n_bytes)
        self.n_bytes = n_bytes
        self.refusal = refusal


def _window(
    source: Source, location: str, start: int, end: int, until: datetime, http: HttpClient
) -> tuple[list[Payload], int]:
    """Answers to all queries over one window and their bytes. Raises _OverfullError before they fill the memory."""
    address = below(location, f"{API_PATH}query_range")
    batch, n_bytes = [], 0
    for n_asked, query in enumerate(source.queries, 1):
        try:
            answer = _answer(address, {"query": query, "start": start, "end": end, "step": source.step_s}, until, http)
        except _OverfullError as overfull:
            raise _OverfullError(overfull.n_bytes * len(source.queries), overfull.refusal) from overfull
        assert isinstance(answer.body, bytes)
        batch.append(answer)
        n_bytes += len(answer.body)
        if n_bytes > BATCH_BYTES and start < end:
            raise _OverfullError(n_bytes * len(source.queries) // n_asked)
    return batch, n_bytes


def _fitting(n_steps: int, n_bytes: int) -> int:
    """Steps of a window that fills a batch, where one of `n_steps` had `n_bytes`; a tenth is left for chance."""
    return max(1, min(POINTS_PER_WINDOW, n_steps * BATCH_BYTES * 9 // (max(1, n_bytes) * 10)))


def _aligned(instant: datetime, step_s: int) -> int:
    """Unix seconds of the last step that is not after an instant."""
    return int(instant.timestamp()) // step_s * step_s


def _first(source: Source, until: datetime) -> datetime:
    if source.first_day is None:
        return until - FIRST_HARVEST
    return datetime.combine(source.first_day, time(), ZoneInfo(source.time_zone)).astimezone(UTC)


def _answer(address: str, params: dict[str, str | int], until: datetime, http: HttpClient) -> Payload:
    """One answer of the API. Raises SourceUnreachable, PayloadRefused, or _OverfullError for a window too large."""
    try:
        answer = http.get(address, params=params or None)
    except PayloadRefused as refusal:
        if "start" not in params:
            raise
        raise _OverfullError(2 * MAX_BYTES, refusal) from refusal
    except SourceUnreachable as error:
        # Prometheus answers a query it cannot read with HTTP 400 and the reason in JSON: the address works.
        if refused := REFUSAL.search(str(error)):
            kind = ERROR_TYPE.search(str(error))
            raise _refused(address, kind[1] if kind else "", refused[1].replace('\\"', '"')) from error
        raise
    if answer.body[:200].lstrip()[:1] == b"{" and b'"error"' in answer.body[:200]:
        _check_status(address, answer.body)
    for kind, said in REMARKS.findall(answer.body[-16_384:]):
        level = logging.WARNING if kind == b"warnings" else logging.INFO
        log.log(level, "%s %s: %s", shown(address), REMARKED[kind], _legible(said, address))
    return Payload(answer.body, origin(answer.url), "prometheus", until)


def _legible(said: bytes, address: str) -> str:
    return without_secrets(said.decode("utf-8", "replace"), address)


def _check_status(address: str, body: bytes) -> None:
    try:
        answer = json.loads(body)
    except ValueError:
        return  # not JSON after all: the transform says what it is
    if isinstance(answer, dict) and answer.get("status") == "error":
        raise _refused(address, str(answer.get("errorType", "")), str(answer.get("error")))


def _refused(address: str, kind: str, reason: str) -> PayloadRefused:
    said = without_secrets(f"{kind}: {reason}" if kind else reason, address)
    return PayloadRefused(
        f"{shown(address)} refused the query ({said}); correct `queries` or `step_s` in sources.toml."
    )


def _nothing(source: Source, location: str) -> PayloadRefused:
    queries = parse_qs(urlsplit(location).query).get("query") or source.queries
    return PayloadRefused(
        f"{shown(location)} knows no series for {' or '.join(queries)} in the time asked for; correct `queries` or "
        "`first_day` in sources.toml, or wait until it has scraped something."
    )


if __name__ == "__main__":
    sys.exit(main("server", fetch))
