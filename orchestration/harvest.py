"""One harvest of one source: fetch → land → parse → commit, with its account in `ops.harvests`."""

from __future__ import annotations

import hashlib
import logging
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl

import lake.sources.camera
import lake.sources.media
import lake.sources.server
import lake.sources.ticket
import transforms.camera
import transforms.media
import transforms.server
import transforms.ticket
from lake import clock, tables
from lake.catalog import Catalog
from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Slug
from lake.errors import IocError, PayloadRefused
from lake.landing import Landed, Landing
from lake.lines import stage_lines
from lake.settings import Settings, private_folder
from lake.sources.base import Fetch, HttpClient
from lake.sources.declared import Source
from orchestration.progress import report

OVERLAP = timedelta(days=1)  # fetched again before the watermark: late records are common, doubles are harmless

log = logging.getLogger(__name__)

FETCH: Mapping[Slug, Fetch] = {
    "ticket": lake.sources.ticket.fetch,
    "server": lake.sources.server.fetch,
    "media": lake.sources.media.fetch,
    "camera": lake.sources.camera.fetch,
}
PARSE: Mapping[Slug, Callable[[bytes, Delivery], Parsed]] = {
    "ticket": transforms.ticket.parse,
    "server": transforms.server.parse,
    "media": transforms.media.parse,
}
INDEPENDENT: frozenset[Slug] = frozenset({"media"})  # one bad feed of 300 must not lose the other 299


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
) -> Outcome:
    """Harvest one source and record how it went; an IocError ends this source only and is in the outcome.

    `location` is the source's location with `simulator:` resolved. Without a `window` the harvest goes on from the
    last successful one, with a day of overlap.
    """
    started_at, as_of = datetime.now(UTC), clock.now(synthetic=source.is_synthetic)
    remember(catalog, con, source)
    mark = watermark(con, source)
    since, until = window if window else (mark, as_of)
    if window:
        # Days fetched out of turn do not vouch for those between them and the watermark.
        reached = mark + OVERLAP if mark else None
        recorded = min(until, as_of) if reached and window[0] <= reached else reached
    else:
        recorded = as_of
    receipts: list[tables.Receipt] = []
    refused: list[str] = []
    n_payloads, n_known, error = 0, 0, None
    landing = Landing(catalog.settings)
    try:
        with HttpClient() as http:
            for payloads in FETCH[source.slug](
                source, location=location, since=since, until=min(until, as_of), http=http
            ):
                report(source.id, f"{n_payloads + len(payloads)} payloads")
                objects = [landing.keep(source.id, payload) for payload in payloads]
                n_payloads += len(objects)
                receipt, left_out = _commit(catalog, con, landing, source, run_id, objects)
                if receipt is None:
                    n_known += 1
                else:
                    receipts.append(receipt)
                refused += left_out
        if refused:
            error = f"{source.id}: {len(refused)} of {n_payloads} payloads were refused, first: {refused[0]}"
    except IocError as failure:
        error = f"{source.id}: {failure}"
    except Exception as defect:  # the other sources must not fall with a parser that met the unforeseen
        log.exception("Harvest of %s", source.id)
        error = f"{source.id}: {type(defect).__name__}: {defect}; this is a defect of the software, please report it."
    has_brought_data = bool(receipts or n_known)
    status = "ok" if error is None else "partial" if has_brought_data and source.slug in INDEPENDENT else "failed"
    con.execute(
        "insert into lake.ops.harvests values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(uuid.uuid4().hex, run_id, source.id, source.slug, started_at, datetime.now(UTC)),
            *(status, error, recorded, n_payloads),
        ],
    )
    outcome = Outcome(source, n_payloads, n_known, tuple(receipts), error)
    report(source.id, error or f"{outcome.n_accepted:,} new rows")
    return outcome


def remember(catalog: Catalog, con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Keep the present declaration of a source in `ops.sources`."""
    row = (
        *(source.id, source.slug, source.format, source.name_vi, source.name_en, source.unit_code),
        *(source.time_zone, source.is_synthetic, source.freshness_s, source.step_s),
    )
    if con.execute("select * from lake.ops.sources where source = ?", [source.id]).fetchall() == [row]:
        return
    with catalog.lock("sources"), tables.transaction(con):
        con.execute("delete from lake.ops.sources where source = ?", [source.id])
        con.execute("insert into lake.ops.sources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def pseudonym_key(settings: Settings) -> bytes:
    """Secret of the keyed HMAC for plates and other identifiers: 32 bytes outside the lake, made once."""
    file = private_folder(settings.secrets) / "pseudonym.key"
    if not file.exists():
        draft = file.with_suffix(f".{uuid.uuid4().hex}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        with suppress(FileExistsError):  # another process was first
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_bytes()


def watermark(con: duckdb.DuckDBPyConnection, source: Source) -> datetime | None:
    """Where the next harvest of `source` goes on: a day before its last one that brought data; None before the first.

    A partial harvest counts: among 300 feeds one is always down, and it must not make the others start over.
    """
    row = con.execute(
        "select max(as_of) from lake.ops.harvests where source = ? and status <> 'failed'", [source.id]
    ).fetchone()
    return row[0].astimezone(UTC) - OVERLAP if row and row[0] else None


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
    objects = tables.unread(con, source.id, reading, objects)
    if not objects:
        return None, []
    key = pseudonym_key(catalog.settings)
    deliveries = [
        Delivery(
            format=landed.format,
            profile=source.profile,
            received_at=landed.received_at,
            origin=landed.origin,
            pseudonym_key=key,
        )
        for landed in objects
    ]
    if source.slug == "camera":
        batch = tables.Batch(source.id, source.slug, run_id, objects, reading)
        return _commit_lines(catalog, con, landing, batch, deliveries[0]), []
    parsed: dict[str, Parsed] = {}
    refused: list[str] = []
    for landed, delivery in zip(objects, deliveries, strict=True):
        try:
            parsed[landed.sha256] = PARSE[source.slug](landing.read(landed), delivery)
        except PayloadRefused as error:
            if source.slug not in INDEPENDENT:
                raise
            refused.append(str(error))
    if not parsed:
        raise PayloadRefused(refused[0])
    # A refused payload is not part of the batch, so the next harvest tries and names it again.
    kept = [landed for landed in objects if landed.sha256 in parsed]
    batch = tables.Batch(source.id, source.slug, run_id, kept, reading)
    names = next(iter(parsed.values())).rows
    rows = {table: pl.concat([p.rows[table] for p in parsed.values()]) for table in names}
    rejected = pl.concat([p.rejected for p in parsed.values()])
    return tables.commit(catalog, con, batch, rows, rejected), refused


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
        return tables.commit(catalog, con, batch, transforms.camera.ROWS_SQL, transforms.camera.REJECTED_SQL)
