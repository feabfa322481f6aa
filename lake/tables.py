"""Writes raw tables: one batch is one commit, idempotent by batch id, with quarantine and accounts beside the rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import duckdb

from lake import crashpoint
from lake.accounts import Account, Batch, Receipt
from lake.appending import Relation, append, count_of, quarantine, staged
from lake.catalog import Catalog
from lake.errors import CatalogError, LakeError, engine_words
from lake.payloads import unread
from lake.quarantine import sealing
from lake.replaying import Replay, moved, put_aside_again, supersede
from lake.schema import CONTRACTS, QUARANTINE
from lake.transactions import COMMIT_ATTEMPTS, insert, transaction


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
    replay: Replay | None = None,
) -> Receipt:
    """Write one batch: rows of each raw table, quarantined records and accounts, in one transaction.

    `con` is a connection to `catalog`; batches of one source are written one after another.
    `rows` maps raw table names to a relation with exactly the contract's columns; `rejected` has REJECTED_SCHEMA.
    A batch that is already there changes nothing. Conflicting commits of other writers are retried.
    With `replay` the payloads are those of a batch committed before: its rows and quarantined records become what they
    are by the reading at hand, its accounts follow, and nothing is written where the reading is the same.
    Raises ContractViolation if a relation does not have the contract's shape, LakeError if the commit fails.
    """
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            if (receipt := _commit(catalog, con, batch, rows, rejected, replay)) is not None:
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
    replay: Replay | None,
) -> Receipt | None:
    """One attempt; None if the connection to the catalogue was lost in it, so whether it succeeded is not known."""
    with catalog.lock(f"source {batch.source}") as is_held:
        try:
            if (known := find(con, batch)) is not None:
                return known
            with sealing(con, catalog.settings), transaction(con):
                receipt = _write(con, batch, rows, rejected, replay)
                crashpoint.reach("before_commit")
            crashpoint.reach("after_commit")
            return receipt
        except _UnchangedError:
            return Receipt(batch.batch_id, 0, 0, 0, 0, is_new=False)
        except duckdb.TransactionException:
            raise
        except duckdb.Error as error:
            if not is_held():
                return None
            raise LakeError(
                f"The batch could not be written and nothing of it was kept ({engine_words(error)}); "
                "free or repair the disk, then run it again."
            ) from error


class _UnchangedError(Exception):
    """A replay read what was read before, so that its transaction is given up."""


def _write(
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    rows: Mapping[str, Relation],
    rejected: Relation,
    replay: Replay | None,
) -> Receipt:
    committed_at = datetime.now(UTC)
    if replay:
        put_aside_again(con)
    written: dict[str, Account] = {}
    for table, relation in rows.items():
        written[table] = append(con, batch, CONTRACTS[table], relation, committed_at, replay)
        crashpoint.reach("parquet_write")
    with staged(con, "rejected", rejected):
        n_rejected = count_of(con, "select count(*) from rejected")
        n_kept = quarantine(con, batch, "rejected", committed_at, replay)
    accounts = [account for table, account in written.items() if not CONTRACTS[table].is_derived]
    accounts.append(Account(QUARANTINE, n_rejected, 0, n_kept))
    n_replaced = sum(account.n_replaced for account in written.values())
    objects = batch.objects
    if replay:
        n_superseded = supersede(con, replay, batch.batch_id, committed_at)
        accounts = moved(con, replay, batch.batch_id, accounts)
        changes = [n_superseded, n_replaced, *(a.n_accepted for a in written.values())]
        if not any(changes) and not any(a.n_offered or a.n_quarantined for a in accounts):
            raise _UnchangedError
        objects = unread(con, batch.source, batch.reading, objects)
    insert(
        con,
        "ops.batches",
        [
            (
                *(batch.batch_id, batch.run_id, batch.source, batch.slug, a.table),
                *(a.n_offered, a.n_accepted, a.n_quarantined, a.n_deduplicated),
                *(a.event_min_at, a.event_max_at, batch.received_at, committed_at, replay.of if replay else None),
            )
            for a in accounts
        ],
    )
    insert(
        con,
        "ops.objects",
        [(o.sha256, batch.source, batch.reading, batch.batch_id, o.origin, o.n_bytes, o.received_at) for o in objects],
    )
    return Receipt(
        batch.batch_id,
        n_offered=sum(a.n_offered for a in accounts),
        n_accepted=sum(a.n_accepted for a in accounts),
        n_quarantined=sum(a.n_quarantined for a in accounts),
        n_deduplicated=sum(a.n_deduplicated for a in accounts),
        is_new=True,
        n_replaced=n_replaced,
    )
