"""Sockets of the HTTP client: no read outlives its call's deadline, no redirect enters a private network."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterable

import httpcore
import httpx


class PrivateAddressError(Exception):
    """A public address sent the client on to an address inside a private network."""


class Call(threading.local):
    """The call a thread is in: its deadline (monotonic clock), and whether it began at a public address."""

    ends_at: float = float("inf")
    is_public: bool | None = None

    def begin(self, ends_at: float) -> None:
        """A new attempt: nothing connected yet."""
        self.ends_at, self.is_public = ends_at, None

    def left(self, timeout_s: float | None) -> float:
        """`timeout_s` cut to what is left of the call, in seconds."""
        left_s = max(0.001, self.ends_at - time.monotonic())
        return left_s if timeout_s is None else min(timeout_s, left_s)


def guarded_transport(call: Call) -> httpx.HTTPTransport:
    """A transport whose connections obey `call`; nothing is kept alive, so every hop connects and is checked.

    httpx has no parameter for the network backend, so the pool is replaced; the tests of the deadline and of
    redirects fail if that stops working.
    """
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        max_keepalive_connections=0,
        network_backend=GuardedBackend(call, httpcore.SyncBackend()),
    )
    return transport


class GuardedBackend(httpcore.NetworkBackend):
    """Judges the address really connected to, because a name may resolve differently the second time."""

    def __init__(self, call: Call, network: httpcore.NetworkBackend) -> None:
        self._call = call
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(host, port, self._call.left(timeout), local_address, socket_options)
        is_public = _is_public(str(stream.get_extra_info("server_addr")[0]))
        if self._call.is_public and not is_public:
            stream.close()
            raise PrivateAddressError(f"it redirects to {host}, inside a private network")
        if self._call.is_public is None:
            self._call.is_public = is_public
        return _DeadlineStream(self._call, stream)


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


def _is_public(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global
