"""One harvest of one source: fetch → land → parse → commit, with its account in `ops.harvests`."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

import lake.sources.camera
import lake.sources.form
import lake.sources.indicator
import lake.sources.media
import lake.sources.place
import lake.sources.server
import lake.sources.ticket
from lake import clock, crashpoint
from lake.accounts import Receipt
from lake.ahead import one_ahead
from lake.catalog import Catalog
from lake.contracts.profile import Slug
from lake.errors import IocError, PayloadRefused
from lake.landing import Landed, Landing
from lake.payloads import known_objects, unread
from lake.sources.address import without_secrets
from lake.sources.base import Fetch, HttpClient, Payload
from lake.sources.declared import Source
from lake.sources.turn import sole_subscriber
from lake.transactions import record, transaction
from orchestration import camera_lines
from orchestration.delivery import STREAMED, commit_new, deliveries_of, reading_of, stands_alone
from orchestration.forms import FORM_PARSERS
from orchestration.progress import report

log = logging.getLogger(__name__)

FETCH: Mapping[Slug, Fetch] = {
    "ticket": lake.sources.ticket.fetch,
    "server": lake.sources.server.fetch,
    "media": lake.sources.media.fetch,
    "camera": lake.sources.camera.fetch,
    "indicator": lake.sources.indicator.fetch,
    "place": lake.sources.place.fetch,
    **dict.fromkeys(FORM_PARSERS, lake.sources.form.fetch),
}


@dataclass(frozen=True)
class Outcome:
    """What one harvest brought. `error` is the sentence to show when it failed."""

    source: Source
    n_payloads: int
    n_known: int  # batches without a new byte
    receipts: tuple[Receipt, ...]
    error: str | None

    @property
    def n_accepted(self) -> int:
        """Rows new to the lake."""
        return sum(receipt.n_accepted for receipt in self.receipts)


def harvest(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    source: Source,
    *,
    run_id: str,
    location: str,
    window: tuple[datetime, datetime] | None = None,
    fetch: Fetch | None = None,
) -> Outcome:
    """Harvest one source and record how it went; an IocError ends this source only and is in the outcome.

    `location` is the source's location with `simulator:` resolved. Without a `window` the harvest goes on from the
    last successful one; the connector knows how far before it records may be late.
    `fetch` takes the place of the slug's connector where its session outlives a harvest. Without it nothing is fetched,
    and no account written, from a broker whose session another process holds.
    """
    if fetch is None and source.format in STREAMED:
        with sole_subscriber(catalog.settings, source.id) as is_alone:
            if not is_alone:
                return Outcome(source, 0, 0, (), None)
            return harvest(
                catalog, con, source, run_id=run_id, location=location, window=window, fetch=FETCH[source.slug]
            )
    started_at, as_of = datetime.now(UTC), clock.now(is_standing=source.has_standing_clock)
    source = with_step(con, source, location)
    remember(catalog, con, source)
    mark = watermark(con, source)
    since, until = window if window else (mark, as_of)
    recorded: datetime | None = min(until, as_of)
    if window and not (mark and window[0] <= mark):
        recorded = mark  # days fetched out of turn do not vouch for those between them and the watermark
    receipts: list[Receipt] = []
    refused: list[str] = []
    failures: list[str] = []
    n_payloads, n_known = 0, 0
    landing = Landing(catalog.settings)
    try:
        for landed in landing.pending(source.id, known_objects(con, source.id)):
            try:
                receipt, _ = commit_new(catalog, con, landing, source, run_id, [landed])
            except PayloadRefused as refusal:
                refused.append(str(refusal))
                continue
            receipts += [receipt] if receipt else []
        with HttpClient() as http:
            connector = fetch or FETCH[source.slug]
            batches = connector(source, location=location, since=since, until=min(until, as_of), http=http)
            for objects, staged in _ready(catalog, con, landing, source, _landed(landing, source, batches)):
                n_payloads += len(objects)
                report(source.id, f"{n_payloads} payloads")
                try:
                    receipt, left_out = commit_new(catalog, con, landing, source, run_id, objects, staged)
                except PayloadRefused as refusal:
                    if source.format not in STREAMED:
                        raise
                    refused.append(str(refusal))
                    continue
                if receipt is None:
                    n_known += 1
                else:
                    receipts.append(receipt)
                refused += left_out
    except IocError as failure:
        failures.append(str(failure))
    except OSError as failure:
        failures.append(f"The disk refused ({failure}); free space or correct its permissions, then run it again.")
    except Exception as defect:  # the other sources must not fall with a parser that met the unforeseen
        log.exception("Harvest of %s", source.id)
        told = without_secrets(f"{type(defect).__name__}: {defect}", location)
        failures.append(f"{told}; this is a defect of the software, please report it.")
    if refused:
        failures.insert(0, f"{len(refused)} of {n_payloads} payloads were refused, first: {refused[0]}")
    error = f"{source.id}: {' | '.join(failures)}" if failures else None
    has_brought_data = bool(receipts or n_known)
    status = "ok" if error is None else "partial" if has_brought_data and stands_alone(source) else "failed"
    account = (
        *(uuid.uuid4().hex, run_id, source.id, source.slug, started_at, datetime.now(UTC)),
        *(status, error, recorded, n_payloads),
    )
    record(con, "ops.harvests", [account])
    outcome = Outcome(source, n_payloads, n_known, tuple(receipts), error)
    report(source.id, error or f"{outcome.n_accepted:,} new rows")
    return outcome


def _landed(landing: Landing, source: Source, batches: Iterator[list[Payload]]) -> Iterator[list[Landed]]:
    for payloads in batches:
        crashpoint.reach("after_fetch")
        yield [landing.keep(source.id, payload) for payload in payloads]


def _ready(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    batches: Iterator[list[Landed]],
) -> Iterator[tuple[list[Landed], camera_lines.Staged | None]]:
    """The batches. Of newline JSON one file is landed and one staged while one is committed."""
    if source.format != "ndjson":
        return ((objects, None) for objects in batches)

    def staged() -> Iterator[tuple[list[Landed], camera_lines.Staged | None]]:
        for objects in one_ahead(batches):
            with con.cursor() as own:
                news = unread(own, source.id, reading_of(source), objects)
            yield objects, camera_lines.stage(con, landing, deliveries_of(catalog, source, news)) if news else None

    return one_ahead(staged())


def with_step(con: duckdb.DuckDBPyConnection, source: Source, location: str) -> Source:
    """The source with the sampling interval in force: declared, else what the server says its targets have, else what
    it said last time (it may be down just now), else the default."""
    if source.format != "prometheus" or "step_s" in source.model_fields_set:
        return source
    with HttpClient() as http:
        step_s = lake.sources.server.scrape_interval_s(location, http)
    if step_s is None:
        known = con.execute("select step_s from lake.ops.sources where source = ?", [source.id]).fetchone()
        step_s = known[0] if known else source.step_s
    return source.model_copy(update={"step_s": step_s})


def remember(catalog: Catalog, con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Keep the present declaration of a source in `ops.sources`."""
    row = (
        *(source.id, source.slug, source.format, source.name_vi, source.name_en, source.unit_code),
        *(source.time_zone, source.is_synthetic, source.freshness_s, source.step_s),
    )
    if con.execute("select * from lake.ops.sources where source = ?", [source.id]).fetchall() == [row]:
        return
    with catalog.lock("sources"), transaction(con):
        con.execute("delete from lake.ops.sources where source = ?", [source.id])
        con.execute("insert into lake.ops.sources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def watermark(con: duckdb.DuckDBPyConnection, source: Source) -> datetime | None:
    """Where the next harvest of `source` goes on: its last one that brought data; None before the first.

    A partial harvest counts: among 300 feeds one is always down, and it must not make the others start over.
    """
    row = con.execute(
        "select max(as_of) from lake.ops.harvests where source = ? and status <> 'failed'", [source.id]
    ).fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None
