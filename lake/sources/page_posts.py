"""Posts of a public page: an export file, or the Graph API's list of them, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lake.errors import PayloadRefused, SourceError
from lake.sources.address import is_url, origin, same_host, shown
from lake.sources.base import HttpClient, Payload, file_payload
from lake.sources.declared import Source

MAX_ANSWER_BYTES = 16 << 20
MAX_PAGES = 200
OVERLAP = timedelta(days=7)  # reactions come in for days, and posts are corrected


def fetch_posts(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """A batch per answer. `paging.next` is followed on the same host until a post older than `OVERLAP` before `since`.

    A token in the address goes to its host alone and is kept nowhere. Raises PayloadRefused for what is not JSON.
    """
    if not is_url(location):
        yield [file_payload(location, source.format, until)]
        return
    here, seen = location, {location}
    while True:
        body = http.get(here, max_bytes=MAX_ANSWER_BYTES).body
        answer = _answer(body, here)
        yield [Payload(body, origin(source.location), source.format, until)]
        following = (answer.get("paging") or {}).get("next") if isinstance(answer.get("paging"), dict) else None
        if not isinstance(following, str) or following in seen or _reaches(answer, since):
            return
        if not same_host(following, location):
            raise SourceError(f"{shown(location)} goes on at another host, {shown(following)}; declare that address.")
        if len(seen) >= MAX_PAGES:
            raise SourceError(f"{shown(location)} has more than {MAX_PAGES} pages of posts; ask for fewer at a time.")
        seen.add(following)
        here = following


def _answer(body: bytes, location: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadRefused(f"{shown(location)} sent no JSON; check the address and its token.") from error
    return answer if isinstance(answer, dict) else {}


def _reaches(answer: dict[str, Any], since: datetime | None) -> bool:
    """Whether the answer goes back far enough."""
    posts = answer.get("data")
    if since is None or not isinstance(posts, list):
        return False
    written = [post["created_time"] for post in posts if isinstance(post, dict) and "created_time" in post]
    try:
        oldest = min(datetime.fromisoformat(str(text)) for text in written)
        return oldest <= since - OVERLAP
    except (ValueError, TypeError):
        return False
