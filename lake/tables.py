"""Writes raw tables: one batch is one commit, idempotent by batch id, with quarantine and accounts beside the rows.

DuckLake keeps no unique index, so uniqueness is kept here: a batch is compared with the rows of the same source and
time span before it is inserted, in the same transaction.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import polars as pl

from lake import crashpoint
from lake.catalog import Catalog
from lake.contracts.base import Contract
from lake.errors import CatalogError, ContractViolation, LakeError, engine_words
from lake.landing import Landed
from lake.quarantine import sealing
from lake.schema import CONTRACTS, QUARANTINE, RECEIVED_AT, RECORD_HASH, record_hash
from lake.transactions import COMMIT_ATTEMPTS, insert, transaction


@dataclass(frozen=True)
class Receipt:
    """Accounts of one batch: offered = accepted + quarantined + deduplicated, over all its tables."""

    batch_id: str
    n_offered: int
    n_accepted: int
    n_quarantined: int
    n_deduplicated: int
    is_new: bool


@dataclass(frozen=True)
class Batch:
    """What is committed together. The id follows from the bytes and the way they are read, never from the clock."""

    source: str
    slug: str
    run_id: str
    objects: Sequence[Landed]
    reading: str  # fingerprint of format, profile and contracts: reading the same bytes otherwise is another batch
    after: str = ""  # object delivered before, where a return to older bytes is news (`unread`)

    @property
    def batch_id(self) -> str:
        """32 hex digits."""
        parts = [self.source, self.reading, self.after, *sorted(landed.sha256 for landed in self.objects)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @property
    def received_at(self) -> datetime:
        """When its last payload was received."""
        return max(landed.received_at for landed in self.objects)


Relation = pl.DataFrame | str  # a frame, or SQL that yields the contract's columns on the writer's connection


def find(con: duckdb.DuckDBPyConnection, batch: Batch) -> Receipt | None:
    """The receipt of a batch that is already committed."""
    row = con.execute(
        "select count(*), sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
        "from lake.ops.batches where batch_id = ?",
        [batch.batch_id],
    ).fetchone()
    if row is None or row[0] == 0:
        return None
    offered, accepted, quarantined, deduplicated = (int(n) for n in row[1:])
    return Receipt(batch.batch_id, offered, accepted, quarantined, deduplicated, is_new=False)


def commit(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    rows: Mapping[str, Relation],
    rejected: Relation,
) -> Receipt:
    """Write one batch: rows of each raw table, quarantined records and accounts, in one transaction.

    `con` is a connection to `catalog`; batches of one source are written one after another.
    `rows` maps raw table names to a relation with exactly the contract's columns; `rejected` has REJECTED_SCHEMA.
    A batch that is already there changes nothing. Conflicting commits of other writers are retried.
    Raises ContractViolation if a relation does not have the contract's shape, LakeError if the commit fails.
    """
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            if (receipt := _commit(catalog, con, batch, rows, rejected)) is not None:
                # Found after a failure: this batch was committed and only the answer was lost.
                return replace(receipt, is_new=receipt.is_new or attempt > 0)
        except (duckdb.TransactionException, CatalogError) as error:
            if attempt + 1 == COMMIT_ATTEMPTS:
                raise LakeError(
                    f"The lake refused the batch {COMMIT_ATTEMPTS} times ({engine_words(error)}); "
                    "see that the catalogue's disk has room, and run it again when it is quiet."
                ) from error
        time.sleep(0.05 * 2**attempt)
    raise LakeError("The catalogue's connection was lost again and again; run `ioc doctor`, then run it again.")


def _commit(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    rows: Mapping[str, Relation],
    rejected: Relation,
) -> Receipt | None:
    """One attempt; None if the connection to the catalogue was lost in it, so whether it succeeded is not known."""
    with catalog.lock(f"source {batch.source}") as is_held:
        try:
            if (known := find(con, batch)) is not None:
                return known
            with sealing(con, catalog.settings), transaction(con):
                receipt = _write(con, batch, rows, rejected)
                crashpoint.reach("before_commit")
            crashpoint.reach("after_commit")
            return receipt
        except duckdb.TransactionException:
            raise
        except duckdb.Error as error:
            if not is_held():
                return None
            raise LakeError(
                f"The batch could not be written and nothing of it was kept ({engine_words(error)}); "
                "free or repair the disk, then run it again."
            ) from error


def _write(con: duckdb.DuckDBPyConnection, batch: Batch, rows: Mapping[str, Relation], rejected: Relation) -> Receipt:
    committed_at = datetime.now(UTC)
    accounts: list[_Account] = []
    for table, relation in rows.items():
        account = _append(con, batch, CONTRACTS[table], relation, committed_at)
        crashpoint.reach("parquet_write")
        if not CONTRACTS[table].is_derived:
            accounts.append(account)
    with _staged(con, "rejected", rejected):
        n_rejected = _count(con, "select count(*) from rejected")
        n_kept = _quarantine(con, batch, "rejected", committed_at)
    accounts.append(_Account(QUARANTINE, n_rejected, 0, n_kept))
    insert(
        con,
        "ops.batches",
        [
            (
                *(batch.batch_id, batch.run_id, batch.source, batch.slug, a.table),
                *(a.n_offered, a.n_accepted, a.n_quarantined, a.n_deduplicated),
                *(a.event_min_at, a.event_max_at, batch.received_at, committed_at),
            )
            for a in accounts
        ],
    )
    insert(
        con,
        "ops.objects",
        [
            (o.sha256, batch.source, batch.reading, batch.batch_id, o.origin, o.n_bytes, o.received_at)
            for o in batch.objects
        ],
    )
    return Receipt(
        batch.batch_id,
        n_offered=sum(a.n_offered for a in accounts),
        n_accepted=sum(a.n_accepted for a in accounts),
        n_quarantined=sum(a.n_quarantined for a in accounts),
        n_deduplicated=sum(a.n_deduplicated for a in accounts),
        is_new=True,
    )


@dataclass(frozen=True)
class _Account:
    table: str
    n_offered: int
    n_accepted: int
    n_quarantined: int
    event_min_at: datetime | None = None
    event_max_at: datetime | None = None

    @property
    def n_deduplicated(self) -> int:
        return self.n_offered - self.n_accepted - self.n_quarantined


def _append(
    con: duckdb.DuckDBPyConnection, batch: Batch, contract: Contract, relation: Relation, committed_at: datetime
) -> _Account:
    """Insert the rows of one table that are not there yet; set conflicting ones aside."""
    identity = [*contract.key, RECORD_HASH] if contract.versioned else list(contract.key)
    columns = [*contract.names, RECORD_HASH] if contract.versioned else contract.names
    compared = [c for c in columns if c not in identity and c not in contract.volatile]
    keys, order = _listed(identity), _listed(columns)
    same_key = " and ".join(f'a."{c}" = b."{c}"' for c in identity)
    differs = " or ".join(f'a."{c}" is distinct from b."{c}"' for c in compared)
    lacks = " or ".join(f'"{c}" is null' for c in contract.required)
    with _staged(con, "incoming", relation, contract):
        shape = con.execute(
            f'select count(*), min("{contract.event_at}"), max("{contract.event_at}"), '
            f"count(*) filter (where {lacks}) from incoming"
        ).fetchone()
        assert shape is not None
        n_offered, first, last, n_null = shape
        if n_null:
            raise ContractViolation(
                f"{n_null} rows for raw.{contract.table} lack a required column; the transform must reject them."
            )
        if n_offered == 0:
            return _Account(contract.table, 0, 0, 0)
        con.execute(f"create temp table repeated as select {keys} from incoming group by all having count(*) > 1")
        con.execute(
            f"create temp table ranked as select a.*, row_number() over (partition by {keys} order by {order}) as nth "
            f"from incoming a semi join repeated b on {same_key}"
        )
        # Rows outside the batch's time span cannot be the same record, unless the time itself is volatile.
        is_bounded = contract.event_at not in contract.volatile and not contract.changed_at
        stored = f"(select * from lake.raw.{contract.table} where source = ?" + (
            f' and "{contract.event_at}" between ? and ?)' if is_bounded else ")"
        )
        if contract.changed_at:
            # Versions that say when they changed are known for ever; of the others only the one received last
            # counts, because a record may return to an older state.
            stored = (
                f"(select * from {stored} qualify {contract.changed_at} is not null or row_number() over "
                f"(partition by {_listed(contract.key)} order by {RECEIVED_AT} desc, ingested_at desc) = 1)"
            )
        con.execute(
            f"create temp table existing as select {order} from {stored} a semi join incoming b on {same_key}",
            [batch.source, first, last] if is_bounded else [batch.source],
        )
        fresh = (
            f"(select {order} from incoming a anti join repeated b on {same_key} "
            f"union all select {order} from ranked where nth = 1)"
        )
        own = {"source": batch.source, "batch_id": batch.batch_id, "ingested_at": committed_at}
        if contract.versioned:
            own[RECEIVED_AT] = batch.received_at
        n_accepted = _count(
            con,
            f"insert into lake.raw.{contract.table} ({order}, {', '.join(own)}) "
            f"select {order}, {', '.join('?' * len(own))} from {fresh} a anti join existing b on {same_key}",
            list(own.values()),
        )
        n_quarantined = 0
        if differs:
            packed = ", ".join(f'"{c}" := a."{c}"' for c in columns)
            con.execute(
                f"create temp table conflicts as select null::bigint as position, 'conflict' as reason_code, "
                f"'Same {', '.join(contract.key)} as a row of raw.{contract.table}, but other values' as reason, "
                f"encode(to_json(struct_pack({packed}))::varchar) as raw from ("
                f"select a.* exclude (nth) from ranked a join ranked b on {same_key} and b.nth = 1 "
                f"where a.nth > 1 and ({differs}) union all "
                f"select a.* from {fresh} a join existing b on {same_key} where {differs}) a"
            )
            n_quarantined = _quarantine(con, batch, "conflicts", committed_at)
            con.execute("drop table conflicts")
        con.execute("drop table repeated; drop table ranked; drop table existing")
    return _Account(contract.table, n_offered, n_accepted, n_quarantined, first, last)


def _quarantine(con: duckdb.DuckDBPyConnection, batch: Batch, relation: str, committed_at: datetime) -> int:
    """Keep bad records with their reason and raw bytes; the same bad record again is a duplicate."""
    return _count(
        con,
        "insert into lake.raw.quarantine "
        "select ?, ?, ?, ?, any_value(position), reason_code, without_erased(any_value(reason)), "
        "sealed_record(any_value(raw)), raw_sha256, ? "
        f"from (select *, keyed_digest(raw) as raw_sha256 from {relation}) where (reason_code, raw_sha256) not in "
        "(select (reason_code, raw_sha256) from lake.raw.quarantine where source = ?) "
        "group by reason_code, raw_sha256",
        [batch.source, batch.slug, batch.batch_id, batch.objects[0].origin, committed_at, batch.source],
    )


@contextmanager
def _staged(
    con: duckdb.DuckDBPyConnection, name: str, relation: Relation, contract: Contract | None = None
) -> Iterator[None]:
    """The relation under the name `name` for the block, shape checked; record hash added to a versioned table.

    SQL stays a view: its own staging is materialised already, and a copy of a large file costs a tenth of the work.
    """
    kind = "view" if isinstance(relation, str) else "table"
    if isinstance(relation, pl.DataFrame):
        con.register("staging_frame", relation)
        relation = "select * from staging_frame"
    try:
        columns = "*"
        if contract is not None:
            _check_shape(con, relation, contract)
            if contract.versioned:
                columns = f"*, {record_hash(contract)} as {RECORD_HASH}"
        con.execute(f"create temp {kind} {name} as select {columns} from ({relation})")
        yield
        con.execute(f"drop {kind} {name}")  # after an error the rollback drops it
    finally:
        con.unregister("staging_frame")


def _check_shape(con: duckdb.DuckDBPyConnection, relation: str, contract: Contract) -> None:
    offered = [tuple(column[:2]) for column in con.execute(f"describe ({relation})").fetchall()]
    wanted = con.execute(f"describe lake.raw.{contract.table}").fetchall()[: len(contract.columns)]
    if offered != [tuple(column[:2]) for column in wanted]:
        raise ContractViolation(
            f"Rows for raw.{contract.table} have the columns {offered}, not those of the contract; "
            "correct the transform."
        )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _count(con: duckdb.DuckDBPyConnection, statement: str, parameters: Sequence[object] = ()) -> int:
    row = con.execute(statement, list(parameters)).fetchone()
    assert row is not None
    return int(row[0])
