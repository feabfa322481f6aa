"""Opens the DuckLake: one DuckDB connection with the catalogue attached as database `lake`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import duckdb
import psycopg
from duckdb_extensions import import_extension
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lake.errors import CatalogError, SettingsError
from lake.postgres import EmbeddedPostgres, write_secret
from lake.settings import Settings, private_folder

METADATA_SCHEMA = "dl"
EXTENSIONS = ("ducklake", "postgres_scanner")
OBJECT_STORE_EXTENSION = "httpfs"  # loaded only where the lake's files are in an object store


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
    def lock(self, name: str) -> Iterator[Callable[[], bool]]:
        """Hold the lake-wide lock `name` for the block; waits for it. It falls with the process that holds it.

        DuckLake lets concurrent appends pass, so "insert what is not there yet" needs one writer at a time.
        Yields a function that says whether the lock is still held: it is lost with the connection to the catalogue.
        Raises CatalogError if the catalogue does not answer.
        """
        with _session(self.dsn) as con:
            with _reachable():
                con.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
            yield lambda: _answers(con)

    def connect(self, snapshot_id: int | None = None) -> duckdb.DuckDBPyConnection:
        """A new in-memory DuckDB with the lake attached as `lake`, read-only as it was at a snapshot if one is given.

        Raises CatalogError.
        """
        con = engine(self.settings)
        options = f"DATA_PATH '{sql_text(self.settings.data_path)}', METADATA_SCHEMA '{METADATA_SCHEMA}'"
        if snapshot_id is not None:
            options += f", SNAPSHOT_VERSION {snapshot_id}, READ_ONLY"
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
    """A DuckDB engine within the settings' limits, extensions loaded from their wheels.

    It reaches no network, save the object store of `lake_url`.
    """
    private_folder(settings.home)
    for folder in (settings.extensions, settings.scratch, *([] if settings.lake_url else [settings.files])):
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
        _load(con, name)
    if settings.lake_url:
        _load(con, OBJECT_STORE_EXTENSION)
        _unlock_object_store(con, settings)
    return con


def _load(con: duckdb.DuckDBPyConnection, extension: str) -> None:
    try:
        con.execute(f"LOAD {extension}")
    except duckdb.IOException:
        import_extension(extension, con=con)
        con.execute(f"LOAD {extension}")


def _unlock_object_store(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Give the engine the keys of the object store, for the lake's own address only."""
    options = {
        "SCOPE": settings.data_path,
        "KEY_ID": settings.s3_key_id,
        "SECRET": settings.s3_secret.get_secret_value(),
        "ENDPOINT": settings.s3_endpoint,
        "REGION": settings.s3_region,
        "URL_STYLE": settings.s3_url_style,
        "USE_SSL": str(settings.s3_use_ssl).lower(),
    }
    listed = ", ".join(f"{name} '{sql_text(value)}'" for name, value in options.items())
    try:
        con.execute(f"CREATE SECRET lake_files (TYPE s3, {listed})")
    except duckdb.Error:  # its message may hold the statement
        raise SettingsError("The settings IOC_S3_* are not accepted; compare them with .env.example.") from None


@contextmanager
def open_catalog(settings: Settings) -> Iterator[Catalog]:
    """Keeps the catalogue database up for the block, the lake present in it. Raises CatalogError, SettingsError."""
    private_folder(settings.home)
    external = settings.catalog_url
    with nullcontext(_external(settings)) if external else EmbeddedPostgres(settings).running() as dsn:
        catalog = Catalog(dsn, settings)
        _ensure_lake(catalog)
        yield catalog


def _external(settings: Settings) -> str:
    """libpq string of the configured server, its password in a file: messages and logs quote connection strings."""
    assert settings.catalog_url is not None
    try:
        parts = conninfo_to_dict(settings.catalog_url.get_secret_value())
    except psycopg.Error:  # its message may hold the address
        raise SettingsError(
            "IOC_CATALOG_URL is no PostgreSQL address; write postgresql://user:password@host:5432/database."
        ) from None
    password = parts.pop("password", None)
    if password is not None:
        passfile = private_folder(settings.secrets) / "catalog_url.pgpass"
        escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
        write_secret(passfile, f"*:*:*:*:{escaped}\n")
        parts["passfile"] = str(passfile)
    parts.setdefault("connect_timeout", 10)
    return make_conninfo("", **parts)


@contextmanager
def _session(dsn: str) -> Iterator[psycopg.Connection]:
    with _reachable():
        con = psycopg.connect(dsn, autocommit=True)
    try:
        yield con
    finally:
        con.close()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise CatalogError(
            f"The catalogue database does not answer ({error}); see that it runs, and check IOC_CATALOG_URL."
        ) from error


def _answers(con: psycopg.Connection) -> bool:
    try:
        con.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def _ensure_lake(catalog: Catalog) -> None:
    """Make the lake in a new catalogue. Two first attaches at once would refuse each other."""
    with _session(catalog.dsn) as con:
        if _has_lake(con):
            return
        with catalog.lock("lake"):
            if not _has_lake(con):
                con.execute(f"create schema if not exists {METADATA_SCHEMA}")
                catalog.connect().close()


def _has_lake(con: psycopg.Connection) -> bool:
    row = con.execute("select to_regclass(%s)", [f"{METADATA_SCHEMA}.ducklake_metadata"]).fetchone()
    return row is not None and row[0] is not None
