"""What connectors share: what they yield, the HTTP client with its limits, and running one alone."""

from __future__ import annotations

import argparse
import hashlib
import logging
import re
import sys
import time
import zlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, Self

import httpcore
import httpx
import tenacity

from lake.contracts.profile import Format, Slug
from lake.errors import IocError, PayloadRefused, SourceUnreachable
from lake.sources.address import shown, without_secrets
from lake.sources.declared import FORMATS, Source, declare
from lake.sources.network import Call, PrivateAddressError, Resolve, addresses, guarded_transport

MAX_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 5
ATTEMPTS = 4
CONNECT_S, READ_S, DEADLINE_S = 5.0, 15.0, 60.0
RETRIED_STATUS = frozenset({429, 502, 503, 504})
USER_AGENT = "ioc-lakehouse/0.1"

Params = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Payload:
    """One answer of a source, exactly as received.

    `body` is the bytes, or the path of a local file that may be too large for memory.
    `origin` is the URL (as `address.origin` writes it) or file name; `received_at` an aware UTC instant.
    """

    body: bytes | Path
    origin: str
    format: Format
    received_at: datetime


class Fetch(Protocol):
    """What every connector offers as `fetch`.

    `location` is the source's location with `simulator:` resolved; `since` the instant up to which the source was
    harvested (None: full history), before which a connector asks again for as long as its records may be late;
    `until` the source's present instant. Each yielded list is one batch, committed together.
    Raises SourceError; batches yielded before it stand.
    """

    def __call__(
        self, source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
    ) -> Iterator[list[Payload]]: ...


def file_payload(location: str, format: Format, received_at: datetime) -> Payload:
    """A local file as a payload, unread. Raises SourceUnreachable when it is not there."""
    path = Path(location)
    if not path.is_file():
        raise SourceUnreachable(f"File {location} was not found; correct the path and run again.")
    return Payload(path, path.name, format, received_at)


@dataclass(frozen=True)
class Answer:
    """An answer: decoded body, status 2xx or one of `answered`, headers (names in any case), address after redirects.

    `is_public`: a public address had a say in it, so addresses read in it are to be fetched with `from_public`.
    """

    body: bytes
    status: int
    headers: Mapping[str, str]
    url: str
    is_public: bool


class HttpClient:
    """GET with limits, safe to share between threads.

    Connect 5 s; silence between two reads 15 s; `deadline_s` for the whole call with its redirects, retries
    and waits; `max_bytes` on the wire and decompressed; 5 redirects. Lost connections and 429, 502, 503, 504
    are tried `attempts` times with exponential back-off and jitter, later if Retry-After asks for it. A public address
    cannot lead into a private network, by a redirect or in a document. Proxies named in the environment are not used.
    """

    def __init__(
        self,
        *,
        deadline_s: float = DEADLINE_S,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = addresses,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._sleep = sleep
        self._call = Call()
        self._client = httpx.Client(
            transport=guarded_transport(self._call, resolve, network or httpcore.SyncBackend()),
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            trust_env=False,
        )
        for name in ("httpx", "httpcore"):  # below this level they log whole addresses, with the keys in them
            logging.getLogger(name).setLevel(logging.WARNING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
        from_public: bool = False,
        answered: Container[int] = (),
    ) -> Answer:
        """The body of `url`, with `params` added to its query.

        `from_public`: the address was read in a public document, so it must not lead into a private network.
        `answered`: status codes besides 2xx that are an answer like any other, redirects among them.
        Raises SourceUnreachable (no connection, time-out, status other than 2xx) or PayloadRefused (more than
        `max_bytes`, broken or truncated compression).
        """
        ends_at = time.monotonic() + self._deadline_s
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_RETRIED),
            wait=_wait_s,
            stop=lambda state: (
                state.attempt_number >= self._attempts or time.monotonic() + state.upcoming_sleep >= ends_at
            ),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._get_once, url, params, headers, max_bytes, ends_at, from_public, answered)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):  # whose words repeat parts of the address
            raise _unreachable(url, "not an http or https address") from None
        except (httpx.TransportError, PrivateAddressError, _FailedError) as error:
            raise _unreachable(url, without_secrets(str(error), url) or type(error).__name__) from error

    def _get_once(
        self,
        url: str,
        params: Params | None,
        headers: Mapping[str, str] | None,
        max_bytes: int,
        ends_at: float,
        from_public: bool,
        answered: Container[int],
    ) -> Answer:
        self._call.begin(ends_at, from_public=from_public)
        # The parameter `params` of a request would replace the query of the declared address.
        asked = httpx.URL(url).copy_merge_params(params) if params else url
        request = self._client.build_request("GET", asked, headers=headers)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            try:
                if response.next_request is None or response.status_code in answered:
                    return self._answer(response, max_bytes, ends_at, answered)
                request = response.next_request
            finally:
                response.close()
        raise _FailedError(f"more than {MAX_REDIRECTS} redirects")

    def _answer(self, response: httpx.Response, max_bytes: int, ends_at: float, answered: Container[int]) -> Answer:
        status = response.status_code
        if status in RETRIED_STATUS and status not in answered:
            raise _BusyError(status, retry_after_s(response.headers))
        if not response.is_success and status not in answered:
            raise _FailedError(f"HTTP {status}{_excerpt(response, ends_at)}")
        try:
            body = b"".join(_decoded(response, max_bytes, ends_at))
        except httpx.ReadTimeout:
            raise _FailedError("the answer began and did not end in time") from None
        return Answer(body, status, response.headers, str(response.url), self._call.is_public)


class _FailedError(Exception):
    """An attempt that would not do better when repeated."""


class _BusyError(_FailedError):
    """A status worth another attempt, with the wait the server asks for in seconds."""

    def __init__(self, status: int, retry_after_s: float) -> None:
        asked = f", asks to wait {retry_after_s:.0f} s" if retry_after_s else ""
        super().__init__(f"HTTP {status}{asked}")
        self.retry_after_s = retry_after_s


_RETRIED = (
    _BusyError,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
_BACK_OFF = tenacity.wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(error.retry_after_s if isinstance(error, _BusyError) else 0.0, _BACK_OFF(state))


def _unreachable(url: str, reason: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"{shown(url)} did not answer ({reason}); check that it runs and that the address in sources.toml is right."
    )


def _excerpt(response: httpx.Response, ends_at: float) -> str:
    """What a JSON error body says: APIs explain a 400 there (Prometheus: `error`)."""
    if "json" not in response.headers.get("Content-Type", ""):
        return ""
    try:
        text = b"".join(_decoded(response, 4096, ends_at)).decode("utf-8", "replace")
    except (PayloadRefused, httpx.TransportError):
        return ""
    text = without_secrets(text, str(response.request.url))
    return ": " + re.sub(r"\s+", " ", text).strip()[:300]


def _decoded(response: httpx.Response, max_bytes: int, ends_at: float) -> Iterator[bytes]:
    """Body chunks. gzip is undone here: httpx caps no expansion and does not notice a truncated stream."""
    name = shown(str(response.url))
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise PayloadRefused(f"{name} sent Content-Encoding {encoding!r}; make it send gzip or plain bytes.")
    inflate = zlib.decompressobj(31) if "gzip" in encoding else None
    left = wire_left = max_bytes
    for chunk in response.iter_raw(64 * 1024):
        if time.monotonic() >= ends_at:
            raise _FailedError("the answer began and did not end in time")
        wire_left -= len(chunk)
        rest = chunk
        while rest:
            if inflate is None:
                out, rest = rest, b""
            else:
                if inflate.eof:  # a gzip file may hold several members
                    inflate = zlib.decompressobj(31)
                try:
                    out = inflate.decompress(rest, left + 1)
                except zlib.error as error:
                    raise PayloadRefused(f"{name} sent broken gzip ({error}); harvest it again.") from error
                rest = inflate.unused_data
            left -= len(out)
            if left < 0 or wire_left < 0:
                raise PayloadRefused(f"{name} sent more than {max_bytes:,} bytes; ask for less at a time.")
            yield out
    if inflate is not None and not inflate.eof:
        raise PayloadRefused(f"{name} sent a truncated gzip; harvest it again.")


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds of Retry-After (number or HTTP date, RFC 9110 section 10.2.3); 0 when absent or unreadable."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def main(slug: Slug, fetch: Fetch, argv: list[str] | None = None) -> int:
    """Run one connector alone: a line per payload (origin, bytes, sha256). Returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m lake.sources.{slug}", description=f"Fetch a {slug} source.")
    parser.add_argument("location", help="URL, file or folder")
    parser.add_argument("--format", choices=FORMATS[slug], default=FORMATS[slug][0])
    parser.add_argument("--profile", help="name of a shipped profile, or a TOML file")
    parser.add_argument("--since", help="30m, 12h, 7d or an ISO 8601 instant; without it, the full history")
    asked = parser.parse_args(argv)
    fields = {"slug": slug, "name_vi": slug, "name_en": slug, "profile": asked.profile}
    until = datetime.now(UTC)
    try:
        since = _since(asked.since, until) if asked.since else None
        source = declare("shell", **fields, format=asked.format, location=asked.location)
        with HttpClient() as http:
            for batch in fetch(source, location=asked.location, since=since, until=until, http=http):
                for payload in batch:
                    body = payload.body if isinstance(payload.body, bytes) else payload.body.read_bytes()
                    sys.stdout.write(f"{payload.origin} {len(body)} {hashlib.sha256(body).hexdigest()}\n")
    except (IocError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _since(text: str, until: datetime) -> datetime:
    if match := re.fullmatch(r"(\d+)([mhd])", text):
        return until - timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[match[2]]: int(match[1])})
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since {text!r} is neither a span nor an instant; write 1d or 2021-09-30.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
