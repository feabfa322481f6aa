"""Reading the payloads of a committed batch again: what the earlier reading left gives way to today's.

A replay is no new delivery. Its batch carries the difference between the two readings, so that the accounts of a
batch and its replays together are those of today's reading: a record that left the quarantine is accepted once more
and quarantined once less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from lake.accounts import Account
from lake.contracts.base import Contract


@dataclass(frozen=True)
class Replay:
    """Which batch is read again.

    `family` are the ids of the batch and of its replays so far, `committed_at` is when the batch itself was. Rows
    of a raw table older than its `kept_since` are past their retention and stay away.
    """

    of: str
    family: Sequence[str]
    committed_at: datetime
    kept_since: Mapping[str, datetime]

    @property
    def members(self) -> str:
        """SQL list of the family's ids; literals, because DuckLake skips the files without them by their statistics."""
        return "(" + ", ".join(f"'{batch_id}'" for batch_id in self.family) + ")"


def withdraw(con: duckdb.DuckDBPyConnection, replay: Replay, contract: Contract) -> int:
    """Delete the batch's rows that today's reading, the relation `incoming`, does not repeat; returns how many.

    Volatile columns count here: the delivery is the same, so a difference comes from the reading.
    """
    same = " and ".join(f'a."{column}" is not distinct from b."{column}"' for column in contract.names)
    stale = f"a.batch_id in {replay.members} and not exists (select 1 from incoming b where {same})"
    found = con.execute(f"select count(*) from lake.raw.{contract.table} a where {stale}").fetchone()
    assert found is not None
    if found[0]:
        con.execute(f"delete from lake.raw.{contract.table} a where {stale}")
    return int(found[0])


def put_aside_again(con: duckdb.DuckDBPyConnection, relation: str | None = None) -> None:
    """Note the records of `relation` as quarantined by today's reading too; without one, begin the list."""
    if relation is None:
        con.execute("create or replace temp table put_aside (reason_code varchar, raw_sha256 varchar)")
    else:
        con.execute(f"insert into put_aside select distinct reason_code, keyed_digest(raw) from {relation}")


def supersede(con: duckdb.DuckDBPyConnection, replay: Replay, batch_id: str, at: datetime) -> int:
    """Mark the batch's quarantined records that today's reading does not put aside; returns how many."""
    is_over = (
        f"batch_id in {replay.members} and replayed_at is null "
        "and (reason_code, raw_sha256) not in (select (reason_code, raw_sha256) from put_aside)"
    )
    found = con.execute(f"select count(*) from lake.raw.quarantine where {is_over}").fetchone()
    assert found is not None
    if found[0]:
        con.execute(f"update lake.raw.quarantine set replayed_at = ?, replayed_by = ? where {is_over}", [at, batch_id])
    con.execute("drop table put_aside")
    return int(found[0])


def moved(con: duckdb.DuckDBPyConnection, replay: Replay, batch_id: str, accounts: Sequence[Account]) -> list[Account]:
    """Accounts of a whole reading -> what they add to those of the readings before. The quarantine's comes last.

    The quarantine's account is of what is in force; it also takes what conflicts of other tables came to.
    """
    booked = {
        table: tuple(map(int, numbers))
        for table, *numbers in con.execute(
            "select table_name, sum(n_offered), sum(n_quarantined), sum(n_deduplicated) from lake.ops.batches "
            f"where batch_id in {replay.members} group by table_name"
        ).fetchall()
    }
    in_force = con.execute(
        f"select count(*) from lake.raw.quarantine where batch_id in {replay.members[:-1]}, '{batch_id}') "
        "and replayed_at is null"
    ).fetchone()
    assert in_force is not None
    *tables, quarantine = (
        replace(
            account,
            n_offered=account.n_offered - booked.get(account.table, (0, 0, 0))[0],
            n_accepted=account.n_accepted - account.n_replaced,
        )
        for account in accounts
    )
    n_quarantined = in_force[0] - sum(numbers[1] for numbers in booked.values())
    quarantine = replace(quarantine, n_quarantined=n_quarantined - sum(account.n_quarantined for account in tables))
    # Rows that their retention has removed since remain counted as accepted; they are not offered less for it.
    n_left = sum(numbers[2] for numbers in booked.values())
    n_left += sum(account.n_deduplicated for account in (*tables, quarantine))
    return [*tables, replace(quarantine, n_offered=quarantine.n_offered - min(n_left, 0))]
