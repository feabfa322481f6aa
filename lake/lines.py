"""Newline-delimited files of any size as DuckDB tables: a fast reading of all lines, a careful one of doubtful lines.

No format is known here: both readings are SQL given by a transform, and what they mean is its matter. The fast one is
strict: it stops at what it does not expect, so it need not look twice to be sure. The usual fault is a line cut short;
lines that do not end as their neighbours do are therefore set aside first.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa

from lake.contracts.lines import CAREFUL, FAST, MALFORMED, RAW
from lake.errors import LakeError, PayloadRefused

RAW_SCHEMA = pa.schema([("position", pa.int64()), ("raw", pa.binary()), ("is_whole", pa.bool_())])
BATCH_BYTES = 4 << 20
MAX_LINE_BYTES = 16 << 20  # DuckDB's own limit of one JSON document
HEAD_BYTES = 64 << 10  # kept of a longer line
BLANK = bytes(code if code in b"\r\n" else ord(" ") for code in range(256))
SAMPLE = 200  # lines that show how lines end


def stage_lines(
    con: duckdb.DuckDBPyConnection, path: Path, *, fast: str, careful: str, variables: Mapping[str, list[bytes]]
) -> None:
    """Read `path`, a file of the caller's own that is changed, into the temp tables `fast_lines` and `careful_lines`.

    `fast` is a SELECT over the file with one row per non-blank line in file order and a column `fault`, null where the
    line is good; it fails at a line of which it cannot be sure. `careful` is a SELECT over
    `raw_lines(position, raw, is_whole)`, which holds the lines with a fault and those set aside; it holds every line,
    and `fast_lines` none, if the fast reading fails or sees other lines than are there.
    `variables` are set for the session while the readings run.
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
        aside = RawLines(path, lambda nth: True, usual=_usual_ending(path))
        _read_carefully(con, aside, f"create or replace temp table {CAREFUL} as {careful}")
        _blank(path, aside.places.values())
        faulty = _read_fast(con, fast, aside.n_read - len(aside.places))
        if faulty is None:
            con.execute(f"create or replace temp table {FAST} as select * from {CAREFUL} limit 0")
        if faulty is None or faulty:
            doubtful = RawLines(path, lambda nth: faulty is None or nth in faulty, blanked=aside.places)
            _read_carefully(con, doubtful, f"insert into {CAREFUL} {careful}")
    finally:
        for name in variables:
            con.execute(f"reset variable {name}")


def _usual_ending(path: Path) -> bytes:
    """How most of the first lines end: their last two bytes and the line end."""
    endings: Counter[bytes] = Counter()
    with path.open("rb") as file:
        for _ in range(SAMPLE):
            line = file.readline(HEAD_BYTES)
            text = line.rstrip()
            endings[text[-2:] + line[len(text) :]] += bool(text)
    return max(endings, key=endings.__getitem__)


def _blank(path: Path, places: Iterable[tuple[int, int]]) -> None:
    """Overwrite the bytes from begin to end of each place, save for line ends, with spaces."""
    with path.open("r+b") as file:
        for begin, end in places:
            for at in range(begin, end, BATCH_BYTES):
                piece = os.pread(file.fileno(), min(BATCH_BYTES, end - at), at)
                os.pwrite(file.fileno(), piece.translate(BLANK), at)


def _read_fast(con: duckdb.DuckDBPyConnection, fast: str, n_lines: int) -> set[int] | None:
    """Which lines, counted from 0, have a fault; None when the reading failed or saw other than `n_lines` lines."""
    row = con.execute("select current_setting('preserve_insertion_order')").fetchone()
    con.execute("set preserve_insertion_order = true")  # then rowid counts the lines
    try:
        con.execute(f"create or replace temp table {FAST} as {fast}")
    except duckdb.InvalidInputException:
        return None
    finally:
        con.execute(f"set preserve_insertion_order = {row[0] if row else True}")
    if con.execute(f"select count(*) from {FAST}").fetchone() != (n_lines,):
        return None
    return {rowid for (rowid,) in con.execute(f"select rowid from {FAST} where fault is not null").fetchall()}


def _read_carefully(con: duckdb.DuckDBPyConnection, lines: RawLines, statement: str) -> None:
    con.register(RAW, pa.RecordBatchReader.from_batches(RAW_SCHEMA, iter(lines)))
    try:
        con.execute(statement)
    finally:
        con.unregister(RAW)


class RawLines:
    """Batches (position, raw, is_whole) of the non-blank lines that `is_wanted` by their count from 0.

    Lines that end in `usual`, line end included, are counted and passed by. Positions count from 0 as well, but also
    the lines at the positions `blanked`, which the file no longer has.
    Once the batches are used up, `n_read` is the number of lines that are there, and `places` maps the positions given
    to begin and end of the line in the file. Of a line past MAX_LINE_BYTES only the first HEAD_BYTES are given, so that
    no line can fill the memory.
    """

    def __init__(
        self,
        path: Path,
        is_wanted: Callable[[int], bool],
        *,
        usual: bytes = b"",
        blanked: Collection[int] = frozenset(),
    ) -> None:
        self._path = path
        self._is_wanted = is_wanted
        self._usual = usual
        self._blanked = blanked
        self.n_read = 0
        self.places: dict[int, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        positions: list[int] = []
        lines: list[bytes] = []
        are_whole: list[bool] = []
        position = n_bytes = offset = n_passed = 0
        usual = self._usual
        with self._path.open("rb", buffering=1 << 16) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                if usual and line.endswith(usual) and len(line) <= MAX_LINE_BYTES:
                    n_passed += 1
                    offset += len(line)
                    continue
                self.n_read, position, n_passed = self.n_read + n_passed, position + n_passed, 0
                begin, offset = offset, offset + len(line)
                is_whole = len(line) <= MAX_LINE_BYTES or line.endswith(b"\n")
                if not is_whole:
                    offset += _skip_line(file)
                    line = line[:HEAD_BYTES]
                elif line.isspace():
                    continue
                while position in self._blanked:
                    position += 1
                if self._is_wanted(self.n_read):
                    self.places[position] = begin, offset
                    positions.append(position)
                    lines.append(line.rstrip(b"\r\n"))
                    are_whole.append(is_whole)
                    n_bytes += len(line)
                self.n_read += 1
                position += 1
                if n_bytes >= BATCH_BYTES:
                    yield pa.record_batch([positions, lines, are_whole], schema=RAW_SCHEMA)
                    positions, lines, are_whole, n_bytes = [], [], [], 0
        self.n_read += n_passed
        yield pa.record_batch([positions, lines, are_whole], schema=RAW_SCHEMA)


def _skip_line(file: BinaryIO) -> int:
    """Pass by the rest of a line; returns its bytes."""
    n_bytes = 0
    while rest := file.readline(BATCH_BYTES):
        n_bytes += len(rest)
        if rest.endswith(b"\n"):
            break
    return n_bytes
