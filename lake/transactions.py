"""Transactions of the lake: all or nothing, and again when another writer was first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import duckdb
import pyarrow as pa

from lake.errors import LakeError, engine_words

COMMIT_ATTEMPTS = 10  # half a minute of waiting in all, time for the catalogue's server to recover

Result = TypeVar("Result")


def retried(work: Callable[[], Result]) -> Result:
    """Do a transaction again when a writer committed first; raises duckdb.TransactionException after the last time."""
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            return work()
        except duckdb.TransactionException:
            if attempt + 1 == COMMIT_ATTEMPTS:
                raise
        time.sleep(0.05 * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def record(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """`insert` in a transaction of its own, tried again when another writer was first. Raises LakeError."""

    def work() -> None:
        with transaction(con):
            insert(con, table, rows)

    try:
        retried(work)
    except duckdb.Error as error:
        raise LakeError(
            f"{table} could not be written ({engine_words(error)}); free or repair the disk, then run it again."
        ) from error


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Append rows, values in the order of the columns, to a table such as `ops.batches`, in one statement.

    `executemany` would write one Parquet file per row.
    """
    if not rows:
        return
    schema = con.execute(f"select * from lake.{table} limit 0").to_arrow_table().schema
    columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
    con.register("new_rows", pa.Table.from_arrays(columns, schema=schema))
    try:
        con.execute(f"insert into lake.{table} select * from new_rows")
    finally:
        con.unregister("new_rows")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block does, or nothing of it."""
    con.execute("begin")
    try:
        yield
        con.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a failed commit has already ended the transaction
            con.execute("rollback")
        raise
