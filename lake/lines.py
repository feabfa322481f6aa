"""Newline-delimited files of any size as DuckDB tables: a fast reading of all lines, a careful one of doubtful lines.

No format is known here: both readings are SQL given by a transform, and what they mean is its matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.contracts.lines import CAREFUL, FAST, MALFORMED, RAW
from lake.errors import LakeError, PayloadRefused

RAW_SCHEMA = pa.schema([("position", pa.int64()), ("raw", pa.binary()), ("is_whole", pa.bool_())])
BATCH_BYTES = 4 << 20
MAX_LINE_BYTES = 16 << 20  # DuckDB's own limit of one JSON document
HEAD_BYTES = 64 << 10  # kept of a longer line


def stage_lines(
    con: duckdb.DuckDBPyConnection, path: Path, *, fast: str, careful: str, variables: Mapping[str, list[bytes]]
) -> None:
    """Read `path` into the temp tables `fast_lines` and `careful_lines`.

    `fast` is a SELECT over the file with one row per non-blank line in file order and a column `fault`, null
    where the line is good. `careful` is a SELECT over `raw_lines(position, raw, is_whole)`, which holds the lines
    with a fault; it holds every line, and `fast_lines` none, if the fast reading fails or sees other lines than are
    there. `variables` are set for the session while the readings run.
    Raises PayloadRefused if no line is JSON, LakeError if DuckDB cannot read the file at all.
    """
    try:
        _stage(con, path, fast, careful, variables)
        counted = con.execute(
            f"select (select count(*) from {CAREFUL} where fault = '{MALFORMED}'), "
            f"(select count(*) from {CAREFUL} where fault is distinct from '{MALFORMED}') "
            f"+ (select count(*) from {FAST} where fault is null)"
        ).fetchone()
    except duckdb.Error as error:
        raise LakeError(f"The delivered file could not be read ({error}); nothing of it was kept.") from error
    assert counted is not None
    n_malformed, n_json = counted
    if n_malformed and not n_json:
        raise PayloadRefused(
            f"None of the {n_malformed} lines delivered is JSON; check that the file is newline-delimited JSON."
        )


def _stage(
    con: duckdb.DuckDBPyConnection, path: Path, fast: str, careful: str, variables: Mapping[str, list[bytes]]
) -> None:
    for name, value in variables.items():
        con.execute(f"set variable {name} = $1", [value])
    try:
        doubtful = _read_fast(con, path, fast)
        if doubtful is not None:
            n_read = _read_carefully(con, path, careful, doubtful)
            if con.execute(f"select count(*) from {FAST}").fetchone() == (n_read,):
                return
        _read_carefully(con, path, careful, None)
        con.execute(f"create or replace temp table {FAST} as select * from {CAREFUL} limit 0")
    finally:
        for name in variables:
            con.execute(f"reset variable {name}")


def _read_fast(con: duckdb.DuckDBPyConnection, path: Path, fast: str) -> Collection[int] | None:
    """Positions of the lines with a fault; None when the reading failed."""
    row = con.execute("select current_setting('preserve_insertion_order')").fetchone()
    con.execute("set preserve_insertion_order = true")  # then rowid is the position of the line
    try:
        con.execute(f"create or replace temp table {FAST} as {fast}")
    except duckdb.InvalidInputException:
        return None  # a document that ends on a later line stops DuckDB 1.5's reader in spite of ignore_errors
    finally:
        con.execute(f"set preserve_insertion_order = {row[0] if row else True}")
    return {rowid for (rowid,) in con.execute(f"select rowid from {FAST} where fault is not null").fetchall()}


def _read_carefully(con: duckdb.DuckDBPyConnection, path: Path, careful: str, wanted: Collection[int] | None) -> int:
    """Fill `careful_lines` with the wanted lines, None: all; returns how many lines the file has."""
    lines = RawLines(path, wanted)
    con.register(RAW, pa.RecordBatchReader.from_batches(RAW_SCHEMA, iter(lines)))
    try:
        con.execute(f"create or replace temp table {CAREFUL} as {careful}")
    finally:
        con.unregister(RAW)
    return lines.n_read


class RawLines:
    """Batches (position, raw, is_whole) of the wanted non-blank lines, without line ends; `wanted` None: of all.

    Positions count non-blank lines from 0. `n_read` is the number of them once the batches are used up.
    Of a line past MAX_LINE_BYTES only the first HEAD_BYTES are given, so that no line can fill the memory.
    """

    def __init__(self, path: Path, wanted: Collection[int] | None) -> None:
        self._path = path
        self._wanted = wanted
        self.n_read = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        self.n_read = 0
        positions: list[int] = []
        lines: list[bytes] = []
        are_whole: list[bool] = []
        n_bytes = 0
        with self._path.open("rb", buffering=1 << 16) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                is_whole = len(line) <= MAX_LINE_BYTES
                if not is_whole:
                    line = line[:HEAD_BYTES]
                    while (rest := file.readline(BATCH_BYTES)) and not rest.endswith(b"\n"):
                        pass
                elif line.isspace():
                    continue
                if self._wanted is None or self.n_read in self._wanted:
                    positions.append(self.n_read)
                    lines.append(line.rstrip(b"\r\n"))
                    are_whole.append(is_whole)
                    n_bytes += len(line)
                self.n_read += 1
                if n_bytes >= BATCH_BYTES:
                    yield pa.record_batch([positions, lines, are_whole], schema=RAW_SCHEMA)
                    positions, lines, are_whole, n_bytes = [], [], [], 0
        yield pa.record_batch([positions, lines, are_whole], schema=RAW_SCHEMA)
