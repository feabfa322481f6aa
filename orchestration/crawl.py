"""Reads the pages that articles in the lake lead to: which are due, what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

import duckdb

from lake.catalog import Catalog
from lake.errors import SourceError
from lake.sources.address import is_url, linked
from lake.sources.base import HttpClient, Payload
from lake.sources.crawler import Page, Wanted, crawl, page_client
from lake.sources.declared import Source
from lake.sources.network import addresses, is_public
from lake.transactions import record
from orchestration.harvest import Outcome, harvest

FRESH_DAYS = 14  # older articles are not read for the first time
EDITED_DAYS = 3  # articles are corrected in their first days
AGAIN = timedelta(days=1)
DISALLOWED_DAYS = 7
MAX_TRIES = 5
MAX_PAGES = 3_000  # in one crawl
BATCH = 50

# The newest word on every page, how often it has failed since it last answered, and what is due, newest first.
_DUE = f"""
with listed as (
    select url, arg_max(feed_id, published_at) as feed_id, max(published_at) as published_at
    from lake.raw.media__articles where source = $source and url is not null group by url
    union all
    select url, arg_max(feed_id, listed_at), coalesce(max(modified_at), min(listed_at))
    from lake.raw.media__addresses where source = $source group by url
),
pages as (
    select url, arg_max(status, asked_at) as status, max(asked_at) as asked_at, arg_max(retry_at, asked_at) as retry_at,
        max(etag) filter (where status in ('fetched', 'unchanged') and asked_at = answered_at) as etag,
        max(last_modified) filter (where status in ('fetched', 'unchanged') and asked_at = answered_at)
            as last_modified,
        count(*) filter (where status = 'failed' and (answered_at is null or asked_at > answered_at)) as n_failed
    from (
        select *, max(asked_at) filter (where status in ('fetched', 'unchanged')) over (partition by url) as answered_at
        from lake.ops.pages where source = $source
    )
    group by url
)
select any_value(listed.url), any_value(listed.feed_id), any_value(pages.etag), any_value(pages.last_modified)
from listed left join pages on listed.url = pages.url
where listed.published_at >= $as_of - interval {FRESH_DAYS} day and (
    pages.url is null
    or (pages.status in ('fetched', 'unchanged') and pages.asked_at < $now - interval {AGAIN.days} day
        and listed.published_at >= $as_of - interval {EDITED_DAYS} day)
    or (pages.status = 'disallowed' and pages.asked_at < $now - interval {DISALLOWED_DAYS} day)
    or (pages.status in ('failed', 'postponed') and pages.retry_at <= $now and pages.n_failed < {MAX_TRIES})
)
group by listed.url
order by max(listed.published_at) desc, listed.url
limit {MAX_PAGES}
"""


def crawl_source(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, source: Source, *, run_id: str, location: str, as_of: datetime
) -> Outcome:
    """Fetch the pages that are due of one source, land and parse them; its account is one more in `ops.harvests`.

    `as_of` is the source's present instant. What became of every page is kept in `ops.pages`: validators for the
    next conditional request, and when to try again. A page is noted only after its text was committed. The harvest of
    the source's feeds goes on where it ended, whatever happens here.
    """
    now = datetime.now(UTC)
    due = con.execute(_DUE, {"source": source.id, "as_of": as_of, "now": now}).fetchall()
    wanted = [
        Wanted(url, _is_from_public(feed, location), etag or "", modified or "") for url, feed, etag, modified in due
    ]

    def fetch(
        source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
    ) -> Iterator[list[Payload]]:
        with page_client() as pages:
            batch: list[Page] = []
            for page in crawl(wanted, pages):
                batch.append(page)
                if len(batch) == BATCH:
                    yield from _delivered(con, source, batch)
                    batch = []
            yield from _delivered(con, source, batch)

    return harvest(catalog, con, source, run_id=run_id, location=location, window=(as_of, as_of), fetch=fetch)


def _delivered(con: duckdb.DuckDBPyConnection, source: Source, pages: list[Page]) -> Iterator[list[Payload]]:
    now = datetime.now(UTC)
    # The whole address, query included: it was published, and without it pages could not be told apart.
    fetched = [Payload(page.body, page.url, "article", now) for page in pages if page.status == "fetched"]
    if fetched:
        yield fetched
    record(con, "ops.pages", [_noted(source, page, now) for page in pages])


def _noted(source: Source, page: Page, now: datetime) -> tuple[object, ...]:
    is_over = page.status not in ("failed", "postponed")
    retry_at = None if is_over else now + max(timedelta(minutes=30), timedelta(seconds=page.wait_s))
    return (source.id, page.url, page.status, page.reason, page.etag, page.last_modified, now, retry_at)


def _is_from_public(feed: str, location: str) -> bool:
    """Whether the feed that named a page lies on a public address, or on none that can be told."""
    try:
        address = linked(location, feed)
        if not is_url(address):
            return True
        parts = urlsplit(address)
        return _is_public_host(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except (SourceError, ValueError):
        return True


@cache
def _is_public_host(host: str, port: int) -> bool:
    try:
        return any(map(is_public, addresses(host, port)))
    except (OSError, UnicodeError):
        return True
