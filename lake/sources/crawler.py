"""Reads pages politely: what robots.txt allows, one request to a host at a time, a second or more apart.

Every host has its own queue and clock, so one that is slow, endless or down costs the others nothing: it holds one of
`WORKERS` threads for at most `REQUEST_S` at a time and is left alone after `MAX_FAILURES` failures in a row.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from lake.errors import SourceError
from lake.sources.address import is_url, linked, shown
from lake.sources.base import HttpClient, retry_after_s
from lake.sources.robots import Rules, fetch_rules

GAP_S = 1.0  # from the end of one request to the beginning of the next at the same host
MAX_GAP_S = 30.0  # a host that asks for more by Crawl-delay is not read
MAX_WAIT_S = 60.0  # a longer Retry-After is for the next crawl
REQUEST_S = 30.0
HOST_S = 600.0  # what is not read of a host by then is for the next crawl
MAX_PAGE_BYTES = 4 << 20
MAX_REDIRECTS = 5
MAX_FAILURES = 3
MAX_BUSY = 3
WORKERS = 32

Status = Literal["fetched", "unchanged", "gone", "disallowed", "failed", "postponed"]
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({401, 403, 404, 410, 451})
BUSY = frozenset({429, 503})
_EVERY_STATUS = range(300, 600)
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Wanted:
    """A page to be read. `etag`, `last_modified`: as its host gave them last, "" if it did not.

    `from_public`: its address was read in a public document, so it must not lead into a private network.
    """

    url: str
    from_public: bool
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Page:
    """What became of one wanted page. `url` is the wanted address, wherever redirects led.

    fetched: `body` is the page. unchanged: as it was when `etag` or `last_modified` was given. gone: not there or not
    for us. disallowed: by robots.txt. failed: no page this time. postponed: its host could not be asked this time, and
    not for `wait_s` seconds or more. `reason` says why, "" for the first two.
    """

    url: str
    status: Status
    reason: str = ""
    body: bytes = b""
    etag: str = ""
    last_modified: str = ""
    wait_s: float = 0.0


def page_client() -> HttpClient:
    """A client fit for `crawl`: it does not repeat a request by itself, which would break the gap."""
    return HttpClient(deadline_s=REQUEST_S, attempts=1)


def crawl(
    wanted: Iterable[Wanted],
    http: HttpClient,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Page]:
    """One `Page` for every wanted address, as they come in. `http` must be a `page_client`; `now` is in seconds."""
    hosts = _Hosts()
    yield from hosts.add([_Visit(page, page.url, page.from_public) for page in wanted])
    order = itertools.count()
    due: list[tuple[float, int, _Host]] = []
    running: dict[Future[_Outcome], _Host] = {}
    with ThreadPoolExecutor(WORKERS, "crawl") as pool:
        while True:
            for host in hosts.woken():
                heapq.heappush(due, (host.next_at, next(order), host))
            while due and due[0][0] <= now() and len(running) < WORKERS:
                _, _, host = heapq.heappop(due)
                running[pool.submit(host.step, http, now)] = host
            ahead_s = max(0.0, due[0][0] - now()) if due else None
            if not running:
                if ahead_s is None:
                    return
                sleep(ahead_s)
                continue
            done, _ = wait(running, None if len(running) == WORKERS else ahead_s, FIRST_COMPLETED)
            for future in done:
                hosts.rest(running.pop(future))
                settled, redirected = future.result()
                yield from settled
                yield from hosts.add(redirected)


@dataclass(frozen=True)
class _Visit:
    """A wanted page on its way: where it is now asked for, after how many redirects."""

    page: Wanted
    url: str
    from_public: bool
    n_redirects: int = 0


_Outcome = tuple[list[Page], list[_Visit]]  # pages settled by a step, and visits that lead on, most to another host


@dataclass
class _Host:
    """One host's queue. Only one thread at a time takes a step of it; redirects of others join the end."""

    queue: deque[_Visit] = field(default_factory=deque)
    next_at: float = 0.0
    _rules: Rules | None = None
    _gap_s: float = GAP_S
    _busy_s: float = 0.0
    _ends_at: float = 0.0
    _n_failures: int = 0
    _n_busy: int = 0

    def step(self, http: HttpClient, now: Callable[[], float]) -> _Outcome:
        """One request at most, the first of all for robots.txt."""
        try:
            if self._rules is None:
                self._ends_at = now() + HOST_S
                first = self.queue[0]
                self._rules = fetch_rules(first.url, http, from_public=first.from_public)
                self._gap_s = max(GAP_S, self._rules.crawl_delay_s)
                return [], []
            if self._rules.refusal:
                return self._give_up(self._rules.refusal), []
            if now() >= self._ends_at:
                return self._give_up(f"its host was not read within {HOST_S:g} s"), []
            settled: list[Page] = []
            while self.queue:
                visit = self.queue.popleft()
                if self._gap_s > MAX_GAP_S:
                    why = f"robots.txt asks for {self._gap_s:g} s between two requests"
                elif not self._rules.allows(visit.url):
                    why = "robots.txt disallows it"
                else:
                    pages, redirected = self._ask(visit, http)
                    return settled + pages, redirected
                settled.append(Page(visit.page.url, "disallowed", why))
            return settled, []
        finally:
            self.next_at = now() + max(self._gap_s, self._busy_s)

    def _ask(self, visit: _Visit, http: HttpClient) -> _Outcome:
        page = visit.page
        conditions = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        try:
            answer = http.get(
                visit.url,
                headers={name: value for name, value in conditions.items() if value},
                max_bytes=MAX_PAGE_BYTES,
                from_public=visit.from_public,
                answered=_EVERY_STATUS,
            )
        except SourceError as error:
            return self._failed(page, str(error)), []
        status, given = answer.status, answer.headers
        if status in BUSY:
            return self._busy(visit, status, retry_after_s(given)), []
        self._n_busy, self._busy_s = 0, 0.0
        if status >= 500:
            return self._failed(page, f"HTTP {status}"), []
        self._n_failures = 0
        if status in REDIRECTS:
            return _led_on(visit, given.get("Location", ""), answer.is_public)
        if status == 304 and (page.etag or page.last_modified):
            return [Page(page.url, "unchanged", etag=page.etag, last_modified=page.last_modified)], []
        if status in GONE:
            return [Page(page.url, "gone", f"HTTP {status}")], []
        if status >= 300:
            return [Page(page.url, "failed", f"HTTP {status}")], []
        kind = given.get("Content-Type", "text/html").partition(";")[0].strip().lower()
        if kind not in _HTML:
            return [Page(page.url, "gone", f"it is {kind[:60]}, not an HTML page")], []
        return [Page(page.url, "fetched", "", answer.body, given.get("ETag", ""), given.get("Last-Modified", ""))], []

    def _failed(self, page: Wanted, reason: str) -> list[Page]:
        self._n_failures += 1
        pages = [Page(page.url, "failed", reason)]
        if self._n_failures >= MAX_FAILURES:
            pages += self._give_up(f"its host failed {MAX_FAILURES} times in a row")
        return pages

    def _busy(self, visit: _Visit, status: int, asked_s: float) -> list[Page]:
        """The host asks for time: it gets it, up to MAX_WAIT_S and MAX_BUSY times; then all else is for later."""
        self.queue.appendleft(visit)
        self._n_busy += 1
        if asked_s > MAX_WAIT_S or self._n_busy >= MAX_BUSY:
            return self._give_up(f"HTTP {status}, asks to wait {asked_s:.0f} s", asked_s)
        self._busy_s = max(asked_s, 2.0**self._n_busy)
        return []

    def _give_up(self, reason: str, wait_s: float = 0.0) -> list[Page]:
        """Everything still in the queue is for the next crawl."""
        pages = []
        while self.queue:
            pages.append(Page(self.queue.popleft().page.url, "postponed", reason, wait_s=wait_s))
        return pages


class _Hosts:
    """All hosts of a crawl, by name and port; touched by the crawl's own thread alone."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}
        self._resting: list[_Host] = []

    def add(self, visits: Iterable[_Visit]) -> Iterator[Page]:
        """Put visits into the queues of their hosts; the pages of those that are no web addresses."""
        for visit in visits:
            try:
                url = linked(visit.url, "")
                if not is_url(url):
                    raise SourceError(f"{shown(visit.url)} is not an http or https address")
            except SourceError as error:
                yield Page(visit.page.url, "failed", str(error))
                continue
            name = urlsplit(url).netloc.rpartition("@")[2].lower()
            if (host := self._hosts.get(name)) is None:
                host = self._hosts[name] = _Host()
                self._resting.append(host)
            host.queue.append(visit)

    def rest(self, host: _Host) -> None:
        """The host's step is over."""
        self._resting.append(host)

    def woken(self) -> list[_Host]:
        """Hosts without a thread that have something to be asked; they must be scheduled."""
        found = [host for host in self._resting if host.queue]
        self._resting = [host for host in self._resting if not host.queue]
        return found


def _led_on(visit: _Visit, location: str, is_public: bool) -> _Outcome:
    """The target is a page of its own host: its robots.txt, its gap and its failures are what counts from there."""
    reason = ""
    if visit.n_redirects >= MAX_REDIRECTS:
        reason = f"more than {MAX_REDIRECTS} redirects"
    elif not location:
        reason = "a redirect that leads nowhere"
    else:
        try:
            onward = replace(
                visit, url=linked(visit.url, location), from_public=is_public, n_redirects=visit.n_redirects + 1
            )
        except SourceError as error:
            reason = str(error)
    return ([Page(visit.page.url, "failed", reason)], []) if reason else ([], [onward])
