"""The lake's Parquet files as bytes, in a folder or in an object store, by their address in the catalogue.

An address is relative to `Settings.data_path`, such as `raw/camera__events/year=2026/ducklake-….parquet`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import psycopg

from lake.catalog import METADATA_SCHEMA, Catalog, engine, sql_text
from lake.errors import CatalogError, LakeError
from lake.settings import Settings

CHUNK = 1 << 20


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file some snapshot of the lake needs. `n_bytes` is what its writer said."""

    address: str
    table: str  # schema.table
    n_bytes: int


@dataclass(frozen=True)
class Digest:
    """What was read of one file."""

    sha256: str
    n_bytes: int


class Store(Protocol):
    """Reads and writes whole files. Raises FileNotFoundError for one that is not there, OSError if it is unreadable."""

    def digest(self, address: str) -> Digest:
        """SHA-256 and size of a file."""

    def fetch(self, address: str, target: Path) -> Digest:
        """Copy a file out of the store to `target`; the digest is of the bytes copied."""

    def put(self, source: Path, address: str) -> None:
        """Copy a file into the store."""


def live_files(con: psycopg.Connection) -> list[LakeFile]:
    """Every file the snapshots kept by the catalogue name, history and delete files included, as `con` sees it now."""
    return [LakeFile(*row) for row in con.execute(LIVE_FILES).fetchall()]


# A renamed table has a row for each name. Files that lie elsewhere (`ducklake_add_data_files`) have absolute addresses.
LIVE_FILES = f"""
with
schemas as (
    select distinct on (schema_id) schema_id, schema_name, path
    from {METADATA_SCHEMA}.ducklake_schema order by schema_id, begin_snapshot desc),
tables as (
    select distinct on (table_id) table_id, schema_name, table_name, s.path || t.path as path
    from {METADATA_SCHEMA}.ducklake_table t join schemas s using (schema_id) order by table_id, begin_snapshot desc),
files as (
    select table_id, path, path_is_relative, file_size_bytes from {METADATA_SCHEMA}.ducklake_data_file
    union all select table_id, path, path_is_relative, file_size_bytes from {METADATA_SCHEMA}.ducklake_delete_file)
select distinct
    case when f.path_is_relative then t.path || f.path else f.path end as address,
    t.schema_name || '.' || t.table_name as table_name, f.file_size_bytes as n_bytes
from files f join tables t using (table_id) order by 1
"""


@contextmanager
def catalogue(catalog: Catalog) -> Iterator[psycopg.Connection]:
    """A transaction on the catalogue database. Raises CatalogError."""
    try:
        with psycopg.connect(catalog.dsn) as con:
            yield con
    except psycopg.Error as error:
        raise CatalogError(
            f"The catalogue database does not answer as expected ({error}); run `ioc doctor`."
        ) from error


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store of the lake's files for the block."""
    if settings.lake_url is None:
        yield _Folder(settings.files)
        return
    con = engine(settings)
    try:
        yield _Objects(con, settings.data_path)
    finally:
        con.close()


@dataclass(frozen=True)
class _Folder:
    root: Path

    def digest(self, address: str) -> Digest:
        with (self.root / address).open("rb") as file:
            return Digest(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())

    def fetch(self, address: str, target: Path) -> Digest:
        # A copy, not a hard link: damage to the one must not reach the other.
        return copy_file(self.root / address, target)

    def put(self, source: Path, address: str) -> None:
        copy_file(source, self.root / address)


@dataclass(frozen=True)
class _Objects:
    """Through DuckDB, which has the keys. One file at a time is held in memory; DuckLake writes them up to 512 MB."""

    con: duckdb.DuckDBPyConnection
    root: str

    def digest(self, address: str) -> Digest:
        return self._digest(f"{self.root}{address}")

    def fetch(self, address: str, target: Path) -> Digest:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._copy(f"{self.root}{address}", str(target))
        except duckdb.Error as error:
            self.digest(address)  # tells a file that is not there from one that cannot be read
            raise LakeError(f"{address} cannot be copied to {target} ({error}); see that the disk has room.") from error
        return self._digest(str(target))

    def put(self, source: Path, address: str) -> None:
        try:
            self._copy(str(source), f"{self.root}{address}")
        except duckdb.Error as error:
            raise LakeError(f"{address} cannot be written to {self.root} ({error}); check IOC_S3_*.") from error

    def _copy(self, source: str, target: str) -> None:
        self.con.execute(
            f"copy (select content from read_blob('{sql_text(source)}')) to '{sql_text(target)}' (format blob)"
        )

    def _digest(self, place: str) -> Digest:
        try:
            row = self.con.execute("select sha256(content), size from read_blob(?)", [place]).fetchone()
        except duckdb.HTTPException as error:
            if "404" in str(error):
                raise FileNotFoundError(place) from None
            raise OSError(f"{place} cannot be read ({error})") from error
        except duckdb.IOException as error:
            raise OSError(f"{place} cannot be read ({error})") from error
        if row is None:
            raise FileNotFoundError(place)
        return Digest(row[0], int(row[1]))


def copy_file(source: Path, target: Path) -> Digest:
    """Copy a file; `target` bears its name only when it is whole. The caller syncs the disk when all are copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    digest, n_bytes = hashlib.sha256(), 0
    with source.open("rb") as incoming, draft.open("wb") as out:
        while chunk := incoming.read(CHUNK):
            digest.update(chunk)
            n_bytes += out.write(chunk)
    draft.rename(target)
    return Digest(digest.hexdigest(), n_bytes)
