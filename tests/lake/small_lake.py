"""Batches for the tests that look after a lake: server samples of a source, a second apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from lake import tables
from lake.accounts import Batch, Receipt
from lake.catalog import Catalog
from lake.contracts import server
from lake.contracts.base import REJECTED_SCHEMA
from lake.landing import Landed

NOON = datetime(2026, 9, 30, 5, tzinfo=UTC)
NOTHING = pl.DataFrame(schema=REJECTED_SCHEMA)


def deliver(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    source: str,
    name: str,
    *,
    first: datetime = NOON,
    n: int = 10,
    series: tuple[str, ...] = ("b", "a"),
) -> Receipt:
    """Commit one batch of `n` samples of each series, the first at `first`; `name` tells batches apart."""
    landed = Landed(f"{source} {name}".encode().hex(), Path("unused"), 1, "test", "prometheus", first)
    rows = [(s, first + timedelta(seconds=i), float(i)) for s in series for i in range(n)]
    frame = pl.DataFrame(rows, schema=server.SAMPLES.polars_schema, orient="row")
    batch = Batch(source, "server", "run", [landed], "reading")
    return tables.commit(catalog, con, batch, {"server__samples": frame}, NOTHING)


def declare(con: duckdb.DuckDBPyConnection, source: str, *, is_synthetic: bool = False) -> None:
    """Say in `ops.sources` whose clock the source goes by."""
    con.execute(
        "insert into lake.ops.sources by name select ? as source, 'server' as slug, ? as is_synthetic",
        [source, is_synthetic],
    )


def hashes(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Number of rows and a hash of the rows of every table of the lake, in whatever order they lie."""
    found = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake' order by all"
    ).fetchall()
    return {
        table: con.execute(f"select count(*), bit_xor(hash(t)) from lake.{table} t").fetchone()  # type: ignore[misc]
        for (table,) in found
    }


def files_of(con: duckdb.DuckDBPyConnection, table: str) -> list[Path]:
    """The Parquet files of a raw table's present state."""
    listed = con.execute(f"select data_file from ducklake_list_files('lake', '{table}', schema => 'raw')")
    return [Path(file) for (file,) in listed.fetchall()]


def flip(file: Path, position: int | None = None) -> None:
    """Invert one byte in the middle of a file, its size and times kept out of the question."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 0xFF
    file.write_bytes(content)
