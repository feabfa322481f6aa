"""Checksums of the lake's Parquet files, kept beside the catalogue, and the scan that finds files changed or lost.

They lie in PostgreSQL (schema `ioc`), not in the lake: a table of the lake is Parquet files itself. A file never
changes once a commit names it, so a checksum is taken once, soon after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import psycopg

from lake.catalog import Catalog
from lake.store import LIVE_FILES, LakeFile, Store, catalogue, live_files, open_store

SCHEMA = "ioc"
_TABLE = f"""
create schema if not exists {SCHEMA};
create table if not exists {SCHEMA}.file_checksums (
    address text primary key, sha256 text not null, n_bytes bigint not null,
    noted_at timestamptz not null default now())
"""


@dataclass(frozen=True)
class Damage:
    """One file of the lake that is not what its writer committed."""

    address: str
    table: str  # schema.table
    kind: Literal["changed", "missing", "unreadable"]

    def __str__(self) -> str:
        return (
            f"The file {self.address} of {self.table} is {self.kind}; put that one file back from a backup "
            "(it keeps the same name there), or restore the whole with `ioc restore`."
        )


def record_new(catalog: Catalog) -> int:
    """Note the checksum of every file not yet known, forget files no snapshot needs any more; returns how many are new.

    Reads new files only, so it is cheap at the end of a run. Files already damaged are left to `scan`.
    """
    with catalogue(catalog) as con:
        ensure_table(con)
        con.execute(
            f"delete from {SCHEMA}.file_checksums c where not exists "
            f"(select from ({LIVE_FILES}) f where f.address = c.address)"
        )
        con.commit()
        noted = known(con)
        new = [file for file in live_files(con) if file.address not in noted]
        n_noted = 0
        with open_store(catalog.settings) as store:
            for file in new:
                if (digest := _sound(store, file)) is None:
                    continue
                n_noted += con.execute(
                    f"insert into {SCHEMA}.file_checksums (address, sha256, n_bytes) values (%s, %s, %s) "
                    "on conflict do nothing",
                    [file.address, digest, file.n_bytes],
                ).rowcount
    return n_noted


def scan(catalog: Catalog) -> list[Damage]:
    """Read every file the lake's snapshots need, and name those that are missing, unreadable or changed.

    A file without a checksum yet is compared by its size alone.
    """
    with catalogue(catalog) as con:
        ensure_table(con)
        con.commit()
        noted, files = known(con), live_files(con)
        con.commit()  # reading all files may take long; the server must not keep old rows for it meanwhile
        with open_store(catalog.settings) as store:
            found = [damage for file in files if (damage := _examine(store, file, noted.get(file.address)))]
        # What was cleaned up while the scan ran is not lost.
        still_live = {file.address for file in live_files(con)} if found else set()
    return [damage for damage in found if damage.address in still_live]


def ensure_table(con: psycopg.Connection) -> None:
    """Create the table of checksums if it is missing; two processes may ask for it at once."""
    row = con.execute("select to_regclass(%s)", [f"{SCHEMA}.file_checksums"]).fetchone()
    if row is None or row[0] is None:
        con.execute("select pg_advisory_xact_lock(hashtextextended('checksums', 0))")
        con.execute(_TABLE)


def known(con: psycopg.Connection) -> dict[str, str]:
    """Checksum of every file noted, by address."""
    return dict(con.execute(f"select address, sha256 from {SCHEMA}.file_checksums").fetchall())


def _sound(store: Store, file: LakeFile) -> str | None:
    """Checksum of a new file that has the size its writer said; None otherwise, or when it is gone again."""
    try:
        digest = store.digest(file.address)
    except OSError:
        return None
    return digest.sha256 if digest.n_bytes == file.n_bytes else None


def _examine(store: Store, file: LakeFile, sha256: str | None) -> Damage | None:
    try:
        digest = store.digest(file.address)
    except FileNotFoundError:
        return Damage(file.address, file.table, "missing")
    except OSError:
        return Damage(file.address, file.table, "unreadable")
    if digest.n_bytes != file.n_bytes or (sha256 is not None and digest.sha256 != sha256):
        return Damage(file.address, file.table, "changed")
    return None
