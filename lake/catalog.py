"""Opens the DuckLake: one DuckDB connection with the catalogue attached as database `lake`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import duckdb
import psycopg
from duckdb_extensions import import_extension

from lake.errors import CatalogError
from lake.postgres import EmbeddedPostgres
from lake.settings import Settings, private_folder

METADATA_SCHEMA = "dl"
EXTENSIONS = ("ducklake", "postgres_scanner")


@dataclass(frozen=True)
class Catalog:
    """How to reach the lake. `dsn` is the catalogue's libpq string, its password kept in a file."""

    dsn: str
    settings: Settings

    @property
    def uri(self) -> str:
        """DuckLake address for ATTACH."""
        return f"ducklake:postgres:{self.dsn}"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lake-wide lock `name` for the block; waits for it. It falls with the process that holds it.

        DuckLake lets concurrent appends pass, so "insert what is not there yet" needs one writer at a time.
        """
        with psycopg.connect(self.dsn, autocommit=True) as con:
            con.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
            yield

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A new in-memory DuckDB with the lake attached as `lake`. Raises CatalogError."""
        con = engine(self.settings)
        options = f"DATA_PATH '{sql_text(str(self.settings.files))}/', METADATA_SCHEMA '{METADATA_SCHEMA}'"
        try:
            con.execute(f"ATTACH '{sql_text(self.uri)}' AS lake ({options})")
        except duckdb.Error as error:
            con.close()
            raise CatalogError(f"The lake's catalogue cannot be attached ({error}); run `ioc doctor`.") from error
        return con


def sql_text(value: str) -> str:
    """`value` for use inside single quotes of SQL."""
    return value.replace("'", "''")


def engine(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A DuckDB engine within the settings' limits, extensions loaded from their wheels, no network."""
    private_folder(settings.home)
    for folder in (settings.extensions, settings.scratch, settings.files):
        private_folder(folder)
    con = duckdb.connect(
        ":memory:",
        config={
            "extension_directory": str(settings.extensions),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(settings.scratch),
            "memory_limit": settings.memory_limit,
            "threads": str(settings.threads),
            "preserve_insertion_order": "false",
        },
    )
    con.execute("SET TimeZone = 'UTC'")
    for name in EXTENSIONS:
        try:
            con.execute(f"LOAD {name}")
        except duckdb.IOException:
            import_extension(name, con=con)
            con.execute(f"LOAD {name}")
    return con


@contextmanager
def open_catalog(settings: Settings) -> Iterator[Catalog]:
    """Keeps the catalogue database up for the block, schema present. Raises CatalogError."""
    private_folder(settings.home)
    server = nullcontext(settings.catalog_url) if settings.catalog_url else EmbeddedPostgres(settings).running()
    with server as dsn:
        assert dsn is not None
        _ensure_schema(settings, dsn)
        yield Catalog(dsn, settings)


def _ensure_schema(settings: Settings, dsn: str) -> None:
    """DuckLake needs its metadata schema before the first attach."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as con:
            con.execute(f"create schema if not exists {METADATA_SCHEMA}")
    except psycopg.OperationalError as error:
        raise CatalogError(f"The catalogue database does not answer ({error}); check IOC_CATALOG_URL.") from error
