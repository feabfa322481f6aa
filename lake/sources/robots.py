"""What a host's robots.txt lets us read (RFC 9309), with protego, which knows wildcards and the longest match."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from lake.errors import SourceError
from lake.sources.base import HttpClient

AGENT = "ioc-lakehouse"  # the token of our User-Agent
MAX_BYTES = 512 << 10  # RFC 9309 section 2.5: at least 500 KiB are to be read
EVERY_STATUS = range(400, 600)


@dataclass(frozen=True)
class Rules:
    """What one host allows. `crawl_delay_s`: seconds it asks us to wait between two requests, 0 if it does not say."""

    crawl_delay_s: float
    refusal: str  # why nothing may be read, "" where the file decides
    _file: Protego | None

    def allows(self, url: str) -> bool:
        """Whether the page may be read."""
        return not self.refusal and (self._file is None or bool(self._file.can_fetch(url, AGENT)))


def fetch_rules(url: str, http: HttpClient, *, from_public: bool) -> Rules:
    """The rules of the host of `url`, by one request, redirects followed.

    RFC 9309 section 2.3.1: no such file (4xx) allows everything; an error of the server (5xx), no answer, and a file
    too large or damaged to be read forbid everything.
    """
    parts = urlsplit(url)
    try:
        answer = http.get(
            f"{parts.scheme}://{parts.netloc}/robots.txt",
            max_bytes=MAX_BYTES,
            from_public=from_public,
            answered=EVERY_STATUS,
        )
    except SourceError as error:
        return Rules(0.0, f"its robots.txt cannot be read: {error}", None)
    if answer.status >= 500:
        return Rules(0.0, f"its robots.txt answers HTTP {answer.status}", None)
    if answer.status >= 400:
        return Rules(0.0, "", None)
    file = Protego.parse(answer.body.decode("utf-8", "replace"))
    return Rules(float(file.crawl_delay(AGENT) or 0.0), "", file)
