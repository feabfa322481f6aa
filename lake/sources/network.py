"""Sockets of the HTTP client: no read outlives its call's deadline, no public address leads into a private network."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence

import httpcore
import httpx

Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of (host, port), in the order to be tried. Raises OSError."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: its last 32 bits are an IPv4 address
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class PrivateAddressError(Exception):
    """A public address sent the client on to an address inside a private network."""


class Call(threading.local):
    """The call a thread is in: its deadline (monotonic clock), and whether a public address had a say in it."""

    ends_at: float = float("inf")
    is_public: bool = False

    def begin(self, ends_at: float, *, from_public: bool = False) -> None:
        """A new attempt: nothing connected yet. `from_public`: its address was read in a public document."""
        self.ends_at, self.is_public = ends_at, from_public

    def left(self, timeout_s: float | None) -> float:
        """`timeout_s` cut to what is left of the call, in seconds."""
        left_s = max(0.001, self.ends_at - time.monotonic())
        return left_s if timeout_s is None else min(timeout_s, left_s)


def addresses(host: str, port: int) -> list[str]:
    """IP addresses of a host, as the system resolves names and reads numbers (`2130706433` is 127.0.0.1)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def guarded_transport(call: Call, resolve: Resolve, network: httpcore.NetworkBackend) -> httpx.HTTPTransport:
    """A transport whose connections obey `call`; nothing is kept alive, so every hop connects and is checked.

    httpx has no parameter for the network backend, so the pool is replaced; the tests of the deadline and of
    redirects fail if that stops working.
    """
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        max_keepalive_connections=0,
        network_backend=_GuardedBackend(call, resolve, network),
    )
    return transport


class _GuardedBackend(httpcore.NetworkBackend):
    """Resolves a name once and connects to what it judged: a second look-up may have another answer."""

    def __init__(self, call: Call, resolve: Resolve, network: httpcore.NetworkBackend) -> None:
        self._call = call
        self._resolve = resolve
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        if self._call.is_public and not all(map(is_public, found)):
            raise PrivateAddressError(f"a public address leads to {host}, inside a private network")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            try:
                stream = self._network.connect_tcp(
                    address, port, self._call.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self._call.is_public |= is_public(address)
            return _DeadlineStream(self._call, stream)
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    """Dripping header bytes would reset a plain read time-out for ever; this one counts the whole call."""

    def __init__(self, call: Call, stream: httpcore.NetworkStream) -> None:
        self._call = call
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= self._call.ends_at:
            raise httpcore.ReadTimeout("answer still arriving at the deadline")
        return self._stream.read(max_bytes, self._call.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._call.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._call.left(timeout))
        return _DeadlineStream(self._call, inner)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def is_public(address: str) -> bool:
    """Whether an IP address is reached through the public internet; an IPv4 address inside an IPv6 one counts."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64 or ip in IPV4_COMPATIBLE:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
