"""Puts the rows of one raw table into the open transaction: what is not there yet, conflicting ones set aside.

DuckLake keeps no unique index, so uniqueness is kept here: a batch is compared with the rows of the same source and
time span before it is inserted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import duckdb
import polars as pl

from lake.accounts import Account, Batch
from lake.contracts.base import Contract
from lake.errors import ContractViolation
from lake.replaying import Replay, put_aside_again, withdraw
from lake.schema import RECEIVED_AT, RECORD_HASH, record_hash

Relation = pl.DataFrame | str  # a frame, or SQL that yields the contract's columns on the writer's connection


def append(
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    contract: Contract,
    relation: Relation,
    committed_at: datetime,
    replay: Replay | None,
) -> Account:
    """Insert the rows of one table that are not there yet; set conflicting ones aside."""
    identity = [*contract.key, RECORD_HASH] if contract.versioned else list(contract.key)
    columns = [*contract.names, RECORD_HASH] if contract.versioned else contract.names
    compared = [c for c in columns if c not in identity and c not in contract.volatile]
    keys, order = _listed(identity), _listed(columns)
    same_key = " and ".join(f'a."{c}" = b."{c}"' for c in identity)
    differs = " or ".join(f'a."{c}" is distinct from b."{c}"' for c in compared)
    lacks = " or ".join(f'"{c}" is null' for c in contract.required)
    with staged(con, "incoming", relation, contract):
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
        n_replaced = withdraw(con, replay, contract) if replay else 0
        if n_offered == 0:
            return Account(contract.table, 0, 0, 0, n_replaced=n_replaced)
        con.execute(f"create temp table repeated as select {keys} from incoming group by all having count(*) > 1")
        con.execute(
            f"create temp table ranked as select a.*, row_number() over (partition by {keys} order by {order}) as nth "
            f"from incoming a semi join repeated b on {same_key}"
        )
        _find_existing(con, batch, contract, (first, last), same_key, order, replay)
        fresh = (
            f"(select {order} from incoming a anti join repeated b on {same_key} "
            f"union all select {order} from ranked where nth = 1)"
        )
        own = {"source": batch.source, "batch_id": batch.batch_id, "ingested_at": committed_at}
        if replay:  # of two versions received together the one committed last stands, and so it must stay
            own["ingested_at"] = replay.committed_at
        if contract.versioned:
            own[RECEIVED_AT] = batch.received_at
        kept_since = replay.kept_since.get(contract.table) if replay else None
        n_accepted = count_of(
            con,
            f"insert into lake.raw.{contract.table} ({order}, {', '.join(own)}) "
            f"select {order}, {', '.join('?' * len(own))} from {fresh} a anti join existing b on {same_key} "
            f"where a.\"{contract.event_at}\" >= coalesce(?::timestamptz, '-infinity')",
            [*own.values(), kept_since],
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
            n_quarantined = quarantine(con, batch, "conflicts", committed_at, replay)
            con.execute("drop table conflicts")
        con.execute("drop table repeated; drop table ranked; drop table existing")
    return Account(contract.table, n_offered, n_accepted, n_quarantined, first, last, n_replaced)


def _find_existing(
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    contract: Contract,
    span: tuple[datetime, datetime],
    same_key: str,
    order: str,
    replay: Replay | None,
) -> None:
    """Make the temporary table `existing`: rows of the source that the lake has of what is incoming."""
    # Rows outside the batch's time span cannot be the same record, unless the time itself is volatile.
    is_bounded = contract.event_at not in contract.volatile and not contract.changed_at
    parameters: list[object] = [batch.source]
    stored = f"select * from lake.raw.{contract.table} where source = ?"
    if is_bounded:
        stored += f' and "{contract.event_at}" between ? and ?'
        parameters += span
    if contract.changed_at:
        # Versions that say when they changed are known for ever; of the others only the one received last
        # counts, because a record may return to an older state.
        newest = f"{RECEIVED_AT} desc, ingested_at desc"
        partition = _listed(contract.key)
        is_known = f"{contract.changed_at} is not null"
        if replay:  # a delivery of the past lies between two others, and its own rows are there
            is_later = f"{RECEIVED_AT} > timestamptz '{batch.received_at.isoformat()}'"
            partition += f", {is_later}"
            newest = f"if({is_later}, -1, 1) * epoch_us({RECEIVED_AT}) desc, ingested_at desc"
            is_known += f" or batch_id in {replay.members}"
        stored += f" qualify {is_known} or row_number() over (partition by {partition} order by {newest}) = 1"
    con.execute(
        f"create temp table existing as select {order} from ({stored}) a semi join incoming b on {same_key}", parameters
    )


def quarantine(
    con: duckdb.DuckDBPyConnection, batch: Batch, relation: str, committed_at: datetime, replay: Replay | None
) -> int:
    """Keep bad records with their reason and raw bytes; the same bad record again is a duplicate."""
    if replay:
        put_aside_again(con, relation)
    return count_of(
        con,
        "insert into lake.raw.quarantine "
        "select ?, ?, ?, ?, any_value(position), reason_code, without_erased(any_value(reason)), "
        "sealed_record(any_value(raw)), raw_sha256, ?, null, null "
        f"from (select *, keyed_digest(raw) as raw_sha256 from {relation}) where (reason_code, raw_sha256) not in "
        "(select (reason_code, raw_sha256) from lake.raw.quarantine where source = ? and replayed_at is null) "
        "group by reason_code, raw_sha256",
        [batch.source, batch.slug, batch.batch_id, batch.objects[0].origin, committed_at, batch.source],
    )


@contextmanager
def staged(
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
    types = {column[0]: column[1] for column in con.execute(f"describe lake.raw.{contract.table}").fetchall()}
    if offered != [(name, types[name]) for name in contract.names]:  # a column added to an old table stands last
        raise ContractViolation(
            f"Rows for raw.{contract.table} have the columns {offered}, not those of the contract; "
            "correct the transform."
        )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def count_of(con: duckdb.DuckDBPyConnection, statement: str, parameters: Sequence[object] = ()) -> int:
    row = con.execute(statement, list(parameters)).fetchone()
    assert row is not None
    return int(row[0])
