"""One harvest of one source: fetch → land → parse → commit, with its account in `ops.harvests`."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl

import lake.sources.camera
import lake.sources.form
import lake.sources.indicator
import lake.sources.media
import lake.sources.place
import lake.sources.server
import lake.sources.ticket
import orchestration.media_parsing
import transforms.camera
import transforms.camera_documents
import transforms.indicator
import transforms.media
import transforms.place
import transforms.server
import transforms.ticket
from lake import clock, crashpoint, tables
from lake.catalog import Catalog
from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Format, Slug
from lake.errors import IocError, PayloadRefused
from lake.keys import pseudonym_keys
from lake.landing import Landed, Landing
from lake.lines import stage_lines
from lake.payloads import known_objects, newest_object, refuse, unread
from lake.schema import CONTRACTS
from lake.sources.address import without_secrets
from lake.sources.base import Fetch, HttpClient, Payload
from lake.sources.camera import SINGLE_EVENTS
from lake.sources.declared import Source
from lake.sources.turn import sole_subscriber
from lake.suppression import Suppression
from lake.transactions import record, transaction
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
PARSE: Mapping[Slug, Callable[[bytes, Delivery], Parsed]] = {
    "ticket": transforms.ticket.parse,
    "server": transforms.server.parse,
    "media": orchestration.media_parsing.parse,
    "camera": transforms.camera_documents.parse,
    "indicator": transforms.indicator.parse,
    "place": transforms.place.parse,
    **FORM_PARSERS,
}
STREAMED: frozenset[Format] = frozenset({"mqtt"})  # what cannot be read is kept in the landing zone, and let go there
# One bad feed of 300, workbook of a folder or form of a unit must not lose the others.
INDEPENDENT: frozenset[Slug] = frozenset({"media", "indicator", *FORM_PARSERS})


@dataclass(frozen=True)
class Outcome:
    """What one harvest brought. `error` is the sentence to show when it failed."""

    source: Source
    n_payloads: int
    n_known: int  # batches without a new byte
    receipts: tuple[tables.Receipt, ...]
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
    receipts: list[tables.Receipt] = []
    refused: list[str] = []
    failures: list[str] = []
    n_payloads, n_known = 0, 0
    landing = Landing(catalog.settings)
    try:
        for landed in landing.pending(source.id, known_objects(con, source.id)):
            try:
                receipt, _ = _commit(catalog, con, landing, source, run_id, [landed])
            except PayloadRefused as refusal:
                refused.append(str(refusal))
                continue
            receipts += [receipt] if receipt else []
        with HttpClient() as http:
            connector = fetch or FETCH[source.slug]
            batches = connector(source, location=location, since=since, until=min(until, as_of), http=http)
            landed_batches = _landed(landing, source, batches)
            for objects in _one_ahead(landed_batches) if source.format == "ndjson" else landed_batches:
                n_payloads += len(objects)
                report(source.id, f"{n_payloads} payloads")
                try:
                    receipt, left_out = _commit(catalog, con, landing, source, run_id, objects)
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
    status = "ok" if error is None else "partial" if has_brought_data and _stand_alone(source) else "failed"
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


def _one_ahead(batches: Iterator[list[Landed]]) -> Iterator[list[Landed]]:
    """The same batches, each landed while the one before is committed.

    For local files: no network is waited for, and no connector takes the next question for an acknowledgement.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (objects := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield objects


def _stand_alone(source: Source) -> bool:
    """Whether a payload of the source that is refused leaves the others of its batch unharmed."""
    return source.slug in INDEPENDENT or source.format in SINGLE_EVENTS or source.format in STREAMED


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


def _commit(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    run_id: str,
    objects: Sequence[Landed],
) -> tuple[tables.Receipt | None, list[str]]:
    """Commit what is new of one batch; the sentences of payloads left out because each of their kind stands alone."""
    profile = source.profile.model_dump_json() if source.profile else ""
    reading = hashlib.sha256(f"{source.format}\n{source.time_zone}\n{profile}".encode()).hexdigest()
    after = ""
    if source.is_undated:
        after = newest_object(con, source.id, reading)
        objects = [landed for landed in objects if landed.sha256 != after]
    else:
        objects = unread(con, source.id, reading, objects)
    if not objects:
        return None, []
    try:
        batch = tables.Batch(source.id, source.slug, run_id, objects, reading, after)
        return _commit_batch(catalog, con, landing, source, batch)
    except PayloadRefused as error:
        refuse(con, source.id, run_id, {landed: str(error) for landed in objects})
        raise


def _commit_batch(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, landing: Landing, source: Source, batch: tables.Batch
) -> tuple[tables.Receipt, list[str]]:
    # A clock ahead of ours may tell of a year that begins tomorrow.
    keys = pseudonym_keys(catalog.settings, (batch.received_at + timedelta(days=1)).year)
    deliveries = {
        landed: Delivery(
            format=landed.format,
            profile=source.profile,
            received_at=landed.received_at,
            origin=landed.origin,
            pseudonym_keys=keys,
        )
        for landed in batch.objects
    }
    if batch.objects[0].format == "ndjson":
        return _commit_lines(catalog, con, landing, batch, deliveries[batch.objects[0]]), []
    parsed: dict[Landed, Parsed] = {}
    refused: dict[Landed, str] = {}
    for landed, delivery in deliveries.items():
        try:
            parsed[landed] = PARSE[source.slug](landing.read(landed), delivery)
        except PayloadRefused as error:
            if not _stand_alone(source):
                raise
            refused[landed] = str(error)
    if not parsed:
        raise PayloadRefused(next(iter(refused.values())))
    # A refused payload is not part of the batch, so the next harvest tries and names it again.
    refuse(con, source.id, batch.run_id, refused)
    suppression = Suppression.load(con, catalog.settings)
    names = next(iter(parsed.values())).rows
    rows = {
        table: suppression.applied(con, CONTRACTS[table], pl.concat([p.rows[table] for p in parsed.values()]))
        for table in names
    }
    rejected = pl.concat([p.rejected for p in parsed.values()])
    receipt = tables.commit(catalog, con, replace(batch, objects=list(parsed)), rows, rejected)
    for landed in parsed:
        if suppression.holds(landing.chunks(landed)):  # raw bytes that name an erased person are not kept
            landing.forget(landed)
    return receipt, list(refused.values())


def _commit_lines(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, landing: Landing, batch: tables.Batch, delivery: Delivery
) -> tables.Receipt:
    """Commit a batch of one file of newline JSON, which may be larger than memory and never passes through Python."""
    (landed,) = batch.objects
    with landing.plain_file(landed) as path:
        try:
            stage_lines(
                con,
                path,
                fast=transforms.camera.fast_sql(str(path), delivery),
                careful=transforms.camera.careful_sql(delivery),
                variables=transforms.camera.variables(delivery),
            )
        except PayloadRefused as error:
            raise PayloadRefused(f"{delivery.origin}: {error}") from error
        suppression = Suppression.load(con, catalog.settings)
        rows = {
            table: suppression.applied(con, CONTRACTS[table], sql) for table, sql in transforms.camera.ROWS_SQL.items()
        }
        receipt = tables.commit(catalog, con, batch, rows, transforms.camera.REJECTED_SQL)
    if suppression.n_hits or (receipt.n_quarantined and suppression.holds(landing.chunks(landed))):
        landing.forget(landed)
    return receipt
