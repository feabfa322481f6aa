"""The crawler against loopback hosts: polite to each, and no host a burden to another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from loopback import Server, reply

from lake.sources import crawler
from lake.sources.base import HttpClient
from lake.sources.crawler import Page, Wanted, crawl, page_client

HTML = {"Content_Type": "text/html; charset=utf-8"}


class Clock:
    """Passes when it is slept on, so that gaps of seconds cost none."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += seconds


class Host(Server):
    """A loopback host that notes on the given clock when each request arrived."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.arrived: list[float] = []
        self.robots: tuple[int, bytes] = (404, b"")
        self.page = lambda request: reply(request, b"<html/>", **HTML)

        def answer(request: BaseHTTPRequestHandler) -> None:
            self.arrived.append(clock.now())
            if request.path == "/robots.txt":
                reply(request, self.robots[1], self.robots[0])
            else:
                self.page(request)

        self.answer = answer

    def pages(self, count: int) -> list[Wanted]:
        return [Wanted(f"{self.url}/{n}.html", False) for n in range(count)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hosts(clock: Clock) -> Iterator[list[Host]]:
    started = [Host(clock) for _ in range(3)]
    yield started
    for host in started:
        host.close()


def read(wanted: list[Wanted], clock: Clock) -> list[Page]:
    with page_client() as http:
        return list(crawl(wanted, http, now=clock.now, sleep=clock.sleep))


def statuses(pages: list[Page]) -> dict[str, str]:
    return {urlsplit(page.url).path: page.status for page in pages}


def test_requests_to_one_host_arrive_a_second_or_more_apart(hosts: list[Host], clock: Clock) -> None:
    pages = read([page for host in hosts for page in host.pages(5)], clock)
    assert len(pages) == 15 and {page.status for page in pages} == {"fetched"}
    for host in hosts:
        assert len(host.arrived) == 6 and host.seen[0] == "/robots.txt"
        gaps = [later - earlier for earlier, later in zip(host.arrived, host.arrived[1:], strict=False)]
        assert min(gaps) >= 1.0 and max(gaps) < 2.0, "polite, and not idle"


def test_gap_holds_for_redirects_and_for_a_crawl_delay(hosts: list[Host], clock: Clock) -> None:
    host = hosts[0]
    host.robots = (200, b"User-agent: *\nCrawl-delay: 3\n")
    host.page = lambda request: (
        reply(request, b"", 302, Location="/new.html") if request.path == "/0.html" else reply(request, b"x", **HTML)
    )
    assert [page.url for page in read(host.pages(1), clock)] == [f"{host.url}/0.html"]
    assert host.seen == ["/robots.txt", "/0.html", "/new.html"] and host.arrived == [0.0, 3.0, 6.0]


def test_crawl_delay_of_minutes_means_the_host_is_not_read(hosts: list[Host], clock: Clock) -> None:
    hosts[0].robots = (200, b"User-agent: ioc-lakehouse\nCrawl-delay: 120\n")
    (page,) = read(hosts[0].pages(1), clock)
    assert (page.status, hosts[0].seen) == ("disallowed", ["/robots.txt"])


def test_what_robots_txt_disallows_is_never_asked_for(hosts: list[Host], clock: Clock) -> None:
    host = hosts[0]
    host.robots = (200, b"User-agent: *\nDisallow: /*?print=\nDisallow: /kin/\nAllow: /kin/mo.html\n")
    paths = ["/kin/1.html", "/kin/mo.html", "/1.html?print=1", "/2.html"]
    found = statuses(read([Wanted(host.url + path, False) for path in paths], clock))
    assert found == {
        "/kin/1.html": "disallowed",
        "/kin/mo.html": "fetched",
        "/1.html": "disallowed",
        "/2.html": "fetched",
    }
    assert host.seen == ["/robots.txt", "/kin/mo.html", "/2.html"]


@pytest.mark.parametrize(
    ("status", "body", "read_as"),
    [
        (404, b"", "fetched"),
        (403, b"", "fetched"),
        (500, b"", "postponed"),
        (503, b"", "postponed"),
        (200, b"User-agent: *\nDisallow: /\n", "disallowed"),
        (200, b"\xff\xfe\x00 no rules", "fetched"),
        (200, b"# " + b"x" * (600 << 10), "postponed"),
    ],
)
def test_robots_txt_that_fails_is_taken_as_rfc_9309_says(
    hosts: list[Host], clock: Clock, status: int, body: bytes, read_as: str
) -> None:
    hosts[0].robots = (status, body)
    (page,) = read(hosts[0].pages(1), clock)
    assert page.status == read_as
    assert (len(hosts[0].seen) == 2) == (read_as == "fetched")


def test_page_known_is_asked_for_conditionally(hosts: list[Host], clock: Clock) -> None:
    host = hosts[0]

    def answer(request: BaseHTTPRequestHandler) -> None:
        is_known = request.headers["If-None-Match"] == '"1"' and request.headers["If-Modified-Since"] == "yesterday"
        reply(
            request,
            b"" if is_known else b"new",
            304 if is_known else 200,
            ETag='"1"',
            Last_Modified="yesterday",
            **HTML,
        )

    host.page = answer
    (page,) = read(host.pages(1), clock)
    assert (page.status, page.body, page.etag, page.last_modified) == ("fetched", b"new", '"1"', "yesterday")
    (again,) = read([Wanted(page.url, False, page.etag, page.last_modified)], clock)
    assert (again.status, again.body, again.etag) == ("unchanged", b"", '"1"')


def test_retry_after_is_waited_for_and_a_long_one_ends_the_visit(hosts: list[Host], clock: Clock) -> None:
    host, strict = hosts[:2]
    host.page = lambda request: (
        reply(request, b"", 429, Retry_After="20") if len(host.seen) == 2 else reply(request, b"x", **HTML)
    )
    strict.page = lambda request: reply(request, b"", 503, Retry_After="3600")
    pages = read([*host.pages(2), *strict.pages(3)], clock)
    assert [page.status for page in pages if page.url.startswith(host.url)] == ["fetched"] * 2
    assert host.arrived[2] - host.arrived[1] >= 20
    left = [page for page in pages if page.url.startswith(strict.url)]
    assert [(page.status, page.wait_s) for page in left] == [("postponed", 3600.0)] * 3
    assert len(strict.seen) == 2


def test_host_that_fails_again_and_again_is_left_alone(hosts: list[Host], clock: Clock) -> None:
    hosts[0].page = lambda request: reply(request, b"", 500)
    pages = read(hosts[0].pages(10), clock)
    assert [page.status for page in pages] == ["failed"] * 3 + ["postponed"] * 7
    assert len(hosts[0].seen) == 4


def test_hanging_hosts_delay_no_other_even_when_there_are_more_than_threads(
    hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hosts hang until every page of the third has come: were they waited for, this would never end."""
    monkeypatch.setattr(crawler, "WORKERS", 3)
    monkeypatch.setattr(crawler, "GAP_S", 0.01)
    *hanging, good = hosts
    is_done = threading.Event()
    for host in hanging:
        host.page = lambda request: (is_done.wait(30), reply(request, b"late", **HTML))
    arrived = []
    with page_client() as http:
        for page in crawl([p for h in hosts for p in h.pages(6 if h is good else 1)], http):
            arrived.append(page)
            if sum(p.url.startswith(good.url) for p in arrived) == 6:
                is_done.set()
    assert [p.url.startswith(good.url) for p in arrived] == [True] * 6 + [False] * 2
    assert {page.status for page in arrived} == {"fetched"}


def test_endless_and_oversized_pages_fail_within_their_limits(
    hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler, "GAP_S", 0.01)

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            request.wfile.write(b"x")
            time.sleep(0.05)

    hosts[0].page = endless
    hosts[1].page = lambda request: reply(request, b"x" * (5 << 20), **HTML)
    with HttpClient(deadline_s=0.5, attempts=1) as http:
        pages = {page.url: page for page in crawl([*hosts[0].pages(1), *hosts[1].pages(1)], http)}
    assert [page.status for page in pages.values()] == ["failed", "failed"]
    assert "more than 4,194,304 bytes" in pages[f"{hosts[1].url}/0.html"].reason
    assert "did not answer" in pages[f"{hosts[0].url}/0.html"].reason


def test_redirect_to_another_host_obeys_that_hosts_robots(hosts: list[Host], clock: Clock) -> None:
    here, there = hosts[:2]
    there.robots = (200, b"User-agent: *\nDisallow: /kin/\n")
    targets = {"/0.html": "/kin/1.html", "/1.html": "/mo.html"}
    here.page = lambda request: reply(request, b"", 301, Location=there.url + targets[request.path])
    assert statuses(read(here.pages(2), clock)) == {"/0.html": "disallowed", "/1.html": "fetched"}
    assert there.seen == ["/robots.txt", "/mo.html"]


def test_redirects_in_a_circle_or_nowhere_end(hosts: list[Host], clock: Clock) -> None:
    target = {"/0.html": "/0.html", "/1.html": "http://[bad/", "/2.html": "ftp://e.vn/x"}
    hosts[0].page = lambda request: reply(request, b"", 302, Location=target[request.path])
    assert {page.status for page in read(hosts[0].pages(3), clock)} == {"failed"}
    assert hosts[0].seen.count("/0.html") == 6


def test_public_document_cannot_send_the_crawler_into_a_private_network(hosts: list[Host], clock: Clock) -> None:
    """Not for robots.txt either."""
    (page,) = read([Wanted(f"{hosts[0].url}/0.html", True)], clock)
    assert page.status == "postponed" and "private network" in page.reason and hosts[0].seen == []


@pytest.mark.parametrize(("status", "kind", "told"), [(404, "text/html", "404"), (200, "application/pdf", "pdf")])
def test_page_that_is_not_there_or_no_page_is_gone(
    hosts: list[Host], clock: Clock, status: int, kind: str, told: str
) -> None:
    hosts[0].page = lambda request: reply(request, b"%PDF", status, Content_Type=kind)
    (page,) = read(hosts[0].pages(1), clock)
    assert page.status == "gone" and told in page.reason


def test_nothing_to_read_and_no_address_end_at_once(clock: Clock) -> None:
    assert read([], clock) == []
    pages = read([Wanted("ftp://e.vn/x", False), Wanted("http://[bad/", False)], clock)
    assert [page.status for page in pages] == ["failed", "failed"]
