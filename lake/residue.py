"""Looks for what should be gone: in every file of a lake, in the decoded columns of Parquet and DuckDB files, and in
the catalogue. It trusts nothing but the bytes, so it can prove an erasure false."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import psycopg

from lake import catalog_folder
from lake.catalog import METADATA_SCHEMA, Catalog, sql_text
from lake.settings import Settings

PIECE = 8 << 20
OVERLAP = 8 << 10  # bytes of a file seen twice, so that nothing is missed at the edge of a piece
# Folders of a home that are not searched: keys and the list of digests; programs; the source of synthetic data.
NOT_SEARCHED = ("secrets", "extensions", "simulator", "locks")
_BETWEEN = bytes(code for code in range(256) if not chr(code).isalnum() or code > 127)
_OTHER_SPELLING = re.compile(rb"\\u[0-9a-fA-F]{4}|&#[0-9xX]|\xef\xbc[\x90-\x99]")  # escapes, wide digits


class Needles:
    """What to look for: squashed forms (`lake.contracts.subject.squashed`), and pseudonyms, which have one spelling."""

    def __init__(self, forms: Iterable[str], tokens: Iterable[str] = ()) -> None:
        self.forms = tuple(forms)
        self.tokens = tuple(tokens)
        self._exact = [token.encode(encoding) for token in self.tokens for encoding in ("utf-8", "utf-16-le")]
        self._patterns = [(_core(form), re.compile(b"|".join(_patterns([form])))) for form in self.forms]

    def in_bytes(self, pieces: Iterable[bytes]) -> bool:
        """Whether a stream holds one, in UTF-8 or UTF-16, plain or escaped, with other signs between."""
        tail = b""
        for piece in pieces:
            if self._in_piece(tail + piece):
                return True
            tail = (tail + piece)[-OVERLAP:]
        return False

    def _in_piece(self, piece: bytes) -> bool:
        if any(token in piece for token in self._exact):
            return True
        # Without the signs between them digits and letters are found a hundred times faster than by the pattern.
        joined = None if _OTHER_SPELLING.search(piece) else piece.lower().translate(None, _BETWEEN)
        return any(
            pattern.search(piece) is not None
            for core, pattern in self._patterns
            if joined is None or core is None or core in joined
        )

    def in_text(self, text: str) -> bool:
        """Whether a text holds one."""
        return self.in_bytes([text.encode("utf-8", "backslashreplace")])


def search(catalog: Catalog, con: duckdb.DuckDBPyConnection, settings: Settings, needles: Needles) -> list[str]:
    """Sentences of where a needle still is; [] when it is nowhere. Sealed bytes are the matter of who seals them."""
    if not (needles.forms or needles.tokens):
        return []
    return [
        *_in_files(settings, needles),
        *_in_tables(con, "lake", "in the lake's table", needles),
        *_in_serving(settings, needles),
        *_in_catalogue(catalog, needles),
    ]


def _in_files(settings: Settings, needles: Needles) -> Iterator[str]:
    folders = [settings.home]
    if not settings.catalog_url:
        folders.append(catalog_folder.of_home(settings))
    skipped = {settings.home / name for name in NOT_SEARCHED}
    for file in _files(folders, skipped):
        try:
            with file.open("rb") as opened:
                if needles.in_bytes(iter(partial(opened.read, PIECE), b"")):
                    yield f"still in the file {file}"
        except FileNotFoundError:
            continue  # removed meanwhile by its owner
        except OSError as error:
            yield f"the file {file} could not be searched ({error.strerror})"


def _files(folders: list[Path], skipped: set[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file not in seen and file.is_file() and not skipped & set(file.parents):
                seen.add(file)
                yield file


def _in_tables(con: duckdb.DuckDBPyConnection, database: str, where: str, needles: Needles) -> Iterator[str]:
    tables = con.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() c where database_name = ? "
        "and data_type in ('VARCHAR', 'JSON') and exists (from duckdb_tables() t where t.database_name = ? "
        "and t.schema_name = c.schema_name and t.table_name = c.table_name) group by all order by all",
        [database, database],
    ).fetchall()
    joined = "regexp_replace(lower(nfc_normalize(line)), '[^\\pL\\d]+', '', 'g')"
    for schema, table, columns in tables:
        line = "concat_ws(chr(10), " + ", ".join(f'"{column}"' for column in columns) + ")"
        candidates = con.execute(
            f'select line, count(*) from (select {line} as line from "{database}"."{schema}"."{table}") '
            f"where len(list_filter(?::varchar[], lambda form: contains({joined}, form))) > 0 group by line",
            [[*needles.forms, *needles.tokens]],
        ).fetchall()
        if n := sum(count for text, count in candidates if needles.in_text(text)):
            yield f"still {where} {schema}.{table}, {n} rows"


def _in_serving(settings: Settings, needles: Needles) -> Iterator[str]:
    for file in sorted(settings.serving.glob("*.duckdb")):
        with duckdb.connect() as con:
            con.execute(f"attach '{sql_text(str(file))}' as served (read_only)")
            yield from _in_tables(con, "served", f"in the serving file {file.name}, table", needles)


def _in_catalogue(catalog: Catalog, needles: Needles) -> Iterator[str]:
    """The catalogue's rows: its own files hold long values compressed, where their bytes cannot be recognised."""
    with psycopg.connect(catalog.dsn, autocommit=True) as con:
        tables = con.execute(
            "select schemaname, tablename from pg_tables where schemaname in (%s, 'ioc') order by 1, 2",
            [METADATA_SCHEMA],
        ).fetchall()
        for schema, table in tables:
            with con.cursor() as rows:
                rows.execute(f'select t::text from "{schema}"."{table}" t')
                n = sum(needles.in_text(row[0]) for row in rows)
            if n:
                yield f"still in the catalogue's table {schema}.{table}, {n} rows"


def _core(form: str) -> bytes | None:
    """The form as it stands among letters and digits alone; None where upper case or accents spell it otherwise."""
    return form.encode() if form.isascii() else None


def _patterns(forms: Iterable[str]) -> Iterator[bytes]:
    gap = (
        rb"(?:[\x09\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]|\xc2[\xa0\xad]|\xe2\x80[\x80-\xaf]|\xe2\x81[\xa0-\xaf]"
        rb"|\xef\xbb\xbf|\\u(?:200[b-f]|00a0)){0,4}?"
    )
    gap_16 = rb"(?:[\x20-\x2f\x3a-\x40\x5b-\x60\xa0]\x00|[\x00-\x3f]\x20){0,4}?"
    for form in forms:
        first, last = (rb"0-9" if c.isdigit() else rb"A-Za-z\x80-\xff" for c in (form[0], form[-1]))
        yield (rb"(?<![" + first + rb"])" + gap.join(_written(c) for c in form) + rb"(?![" + last + rb"])")
        yield gap_16.join(_written_16(c) for c in form)


def _written(character: str) -> bytes:
    """A character in UTF-8, in either case, composed or not, wide or not, or as an escape of JSON or HTML."""
    ways: set[bytes] = set()
    for letter in {character, character.upper()}:
        for unit in {letter, unicodedata.normalize("NFD", letter)}:
            ways.add(re.escape(unit.encode()))
            if not unit.isascii():
                ways.add(b"".join(rb"(?i:\\u%04x)" % ord(c) if ord(c) > 127 else c.encode() for c in unit))
                ways.add(
                    b"".join(rb"&#(?:%d|(?i:x%x));" % (ord(c), ord(c)) if ord(c) > 127 else c.encode() for c in unit)
                )
        if letter.isascii() and letter.isalnum():
            ways.add(re.escape(chr(ord(letter) + 0xFEE0).encode()))
            ways.add(rb"(?i:\\u%04x)" % (ord(letter) + 0xFEE0))
    return b"(?:" + b"|".join(sorted(ways)) + b")"


def _written_16(character: str) -> bytes:
    letters = {character, character.upper()}
    units = letters | {unicodedata.normalize("NFD", letter) for letter in letters}
    return b"(?:" + b"|".join(sorted(re.escape(unit.encode("utf-16-le")) for unit in units)) + b")"
