"""An address read in a public document, or a public redirect, must not lead the client into a private network."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpcore
import pytest
from loopback import Server, reply

from lake.errors import SourceError, SourceUnreachable
from lake.sources.base import HttpClient, Payload
from lake.sources.declared import declare
from lake.sources.media import fetch
from lake.sources.network import addresses, is_public

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
SOURCE = declare("media-test", slug="media", format="feed", location="x", name_vi="x", name_en="x")
PUBLIC = "203.0.112.7"
NAMES = {
    "public.test": [PUBLIC],
    "inside.test": ["127.0.0.1"],
    "inside6.test": ["::1"],
    "office.test": ["10.1.2.3"],
    "both.test": [PUBLIC, "127.0.0.1"],
}


def resolve(host: str, port: int) -> list[str]:
    """DNS of the tests; numbers are read as the system reads them."""
    return NAMES[host] if host in NAMES else addresses(host, port)


class Network(httpcore.SyncBackend):
    """The internet is on loopback: the public address is the test's server. Notes every address connected to."""

    def __init__(self, public_port: int) -> None:
        self.connected: list[str] = []
        self._public_port = public_port

    def connect_tcp(self, host: str, port: int, *args: object, **options: object) -> httpcore.NetworkStream:
        self.connected.append(host)
        if host == PUBLIC:
            return super().connect_tcp("127.0.0.1", self._public_port)
        return super().connect_tcp(host, port, timeout=1)


@pytest.fixture
def network(server: Server) -> Network:
    return Network(int(server.url.rpartition(":")[2]))


@pytest.fixture
def http(network: Network) -> Iterator[HttpClient]:
    with HttpClient(sleep=lambda _: None, resolve=resolve, network=network) as client:
        yield client


@pytest.fixture
def canary() -> Iterator[int]:
    """A port nobody may connect to, on IPv4 and IPv6 loopback; the connections are counted at the end."""
    with contextlib.ExitStack() as held:
        four = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = four.getsockname()[1]
        sockets = [four]
        with contextlib.suppress(OSError):  # a machine without IPv6
            sockets.append(held.enter_context(socket.create_server(("::1", port), family=socket.AF_INET6)))
        yield port
        for listening in sockets:
            listening.setblocking(False)
            with pytest.raises(BlockingIOError):
                listening.accept()


INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.1:{port}/",
    "http://127.255.255.254:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fd00::1]:{port}/",
    "http://10.1.2.3:{port}/",
    "http://172.16.0.1:{port}/",
    "http://192.168.0.1:{port}/",
    "http://100.64.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://public.test@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@public.test/",
    "http://inside.test:{port}/",
    "http://inside6.test:{port}/",
    "http://office.test:{port}/",
    "http://both.test:{port}/",
    "https://inside.test:{port}/",
    "http://１２７.０.０.１:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_x",
    "file:///etc/passwd",
    "//127.0.0.1:{port}/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_address_from_a_public_document_reaches_nothing_inside(
    http: HttpClient, network: Network, canary: int, url: str
) -> None:
    with pytest.raises(SourceUnreachable):
        http.get(url.format(port=canary), from_public=True)
    assert network.connected == []


@pytest.mark.parametrize("url", INSIDE)
def test_public_redirect_reaches_nothing_inside(
    http: HttpClient, network: Network, server: Server, canary: int, url: str
) -> None:
    target = url.format(port=canary).encode("ascii", "ignore").decode()
    server.answer = lambda request: reply(request, b"", 302, Location=target if len(server.seen) == 1 else "/end")
    with pytest.raises(SourceUnreachable):
        http.get("http://public.test/feed.xml")
    assert set(network.connected) == {PUBLIC}


def opml(*urls: str) -> bytes:
    outlines = "".join(f'<outline type="rss" text="x" xmlUrl="{url}"/>' for url in urls)
    return f'<?xml version="1.0"?><opml version="2.0"><body>{outlines}</body></opml>'.encode()


def feed(archive: str = "") -> bytes:
    link = f'<link rel="prev-archive" href="{archive}"/>' if archive else ""
    return f"<rss><channel>{link}</channel></rss>".encode()


def harvest(http: HttpClient, location: str) -> tuple[list[Payload], str]:
    payloads: list[Payload] = []
    try:
        for batch in fetch(SOURCE, location=location, since=None, until=UNTIL, http=http):
            payloads += batch
    except SourceError as error:
        return payloads, str(error)
    return payloads, ""


def test_public_list_may_name_public_feeds_but_none_inside(
    http: HttpClient, network: Network, server: Server, canary: int
) -> None:
    urls = [url.format(port=canary) for url in INSIDE]
    server.serve({"/list.opml": opml("http://public.test/1.xml", *urls), "/1.xml": feed()})
    payloads, failure = harvest(http, "http://public.test/list.opml")
    assert [p.origin for p in payloads] == ["http://public.test/1.xml"]
    assert failure.startswith(f"{len(urls)} of {len(urls) + 1} feeds")
    assert "a public address leads to 127.0.0.1, inside a private network" in failure
    assert network.connected == [PUBLIC] * 2


def test_inner_list_behind_a_public_redirect_counts_as_public(
    http: HttpClient, network: Network, server: Server, canary: int
) -> None:
    documents = {"/list.opml": opml(f"http://127.0.0.1:{canary}/1.xml")}

    def move(request: object) -> None:
        server.serve(documents)
        reply(request, b"", 302, Location="http://public.test/list.opml")

    server.answer = move
    assert "a public address leads to" in harvest(http, f"{server.url}/list.opml")[1]
    assert network.connected == ["127.0.0.1", PUBLIC]


def test_list_of_the_owner_may_name_feeds_inside(http: HttpClient, server: Server, tmp_path: Path) -> None:
    server.serve({"/list.opml": opml(f"{server.url}/1.xml"), "/1.xml": feed()})
    listing = tmp_path / "list.opml"
    listing.write_bytes(opml(f"{server.url}/1.xml"))
    for location in (str(listing), f"{server.url}/list.opml"):
        payloads, failure = harvest(http, location)
        assert (len(payloads), failure) == (1, "")


def test_archive_of_a_public_feed_cannot_move_inside(
    network: Network, server: Server, canary: int, tmp_path: Path
) -> None:
    """Its host is the same name, which by then resolves to another address."""
    moving = f"http://moving.test:{canary}"
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    listing = tmp_path / "list.opml"
    listing.write_bytes(opml(f"{moving}/1.xml"))
    server.serve({"/1.xml": feed(f"{moving}/0.xml")})
    with HttpClient(sleep=lambda _: None, resolve=lambda host, port: next(answers), network=network) as moved:
        payloads, failure = harvest(moved, str(listing))
    assert len(payloads) == 1
    assert "a public address leads to moving.test, inside a private network" in failure
    assert network.connected == [PUBLIC]


def test_dead_first_address_of_a_host_is_followed_by_its_next(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    network = Network(port)
    with HttpClient(resolve=lambda host, _: ["::1", "127.0.0.1"], network=network) as http:
        assert http.get(f"http://two.test:{port}/").body == b"ok"
    assert network.connected == ["::1", "127.0.0.1"]


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
