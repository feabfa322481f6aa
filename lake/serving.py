"""Serving files: read-only DuckDB files that dashboards and analysts read instead of the lake.

A publish writes a new file and swaps one small pointer (`current.json`) by rename, so a reader sees one publication
whole or the one before it. Nothing personal is in the file: it holds the dbt marts and the accounts, no raw table.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from lake import crashpoint, history
from lake.catalog import sql_text
from lake.disk import sync
from lake.errors import ServingError, engine_words
from lake.settings import Settings, private_folder

POINTER = "current.json"
DRAFT = "draft"  # name under which the file being written is attached
KEPT = 3  # publications kept, so that a reader that has just read the pointer still finds its file
SCHEMAS = ("seeds", "marts", "kpi")
OPS_TABLES = ("sources", "harvests", "batches", "check_results", "releases")


Frames = dict[tuple[str, str], pa.Table]  # (schema, table) -> content
Contents = Mapping[tuple[str, str], pa.Table | str]  # the same, or the query that gives it


@dataclass(frozen=True)
class Evidence:
    """What stands behind the figures besides the data: the code they are computed by."""

    code_commit: str = "unknown"
    code_digests: Mapping[str, str] = field(default_factory=dict)  # KPI code -> digest of its SQL
    relations: Sequence[tuple[str, str]] = ()  # (schema, table) of the lake that the figures are rolled up from
    tables: Frames = field(default_factory=dict)  # SQL, lineage, words and tests of the models


@dataclass(frozen=True)
class Published:
    """One publication. `published_at` and `snapshot_id`, the lake's snapshot it was copied from, are its figures'."""

    run_id: str
    file: Path
    published_at: datetime
    snapshot_id: int


def publish(
    con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, evidence: Evidence | None = None
) -> Published:
    """Copy the marts, KPI tables and accounts of the lake into a new serving file and make it the current one.

    `con` has the lake attached. All tables are read in one transaction, thus from one snapshot. Every value gets its
    figure id, and the history what has changed since the last publication.
    Only one process may publish at a time: hold the catalogue's lock `publish`.
    Raises ServingError if the lake has no KPI table yet or the disk refuses the file.
    """
    evidence = evidence or Evidence()
    try:
        with history.attached(con, _current_file(settings)) as has_base:
            history.settle(con, has_base=has_base)
            con.execute("begin")
            try:
                row = con.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
                assert row is not None
                tables = _tables(con)
                if ("kpi", "kpi_values") not in tables:
                    raise ServingError("The lake has no KPI tables yet; run `ioc run` to build them.")
                published_at = datetime.now(UTC)
                stamp = history.Stamp(run_id, int(row[0]), evidence.code_commit, published_at)
                changes = history.changes(con, stamp, evidence.code_digests, has_base=has_base)
                small = [table for table in (*tables, *evidence.relations) if table != ("kpi", "kpi_values")]
                frames = _frames(con, small) | evidence.tables
                con.execute("commit")  # the temporary tables stay; the lake was only read
            except BaseException:
                con.execute("rollback")
                raise
            contents = frames | {
                ("kpi", "kpi_values"): changes.values,
                ("kpi", "kpi_versions"): changes.versions,
                ("kpi", "kpi_history"): changes.history,
                ("kpi", "restatements"): changes.restatements,
            }
            current = Published(run_id, _new_file(settings), published_at, stamp.snapshot_id)
            _publish(con, settings, None, contents, current)
        history.append(con, changes.added)
    finally:
        history.forget(con)
    return current


def _current_file(settings: Settings) -> Path | None:
    try:
        return published(settings).file
    except ServingError:
        return None


def publish_accounts(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str) -> Published | None:
    """Publish the figures already published with today's accounts and checks beside them; None before the first.

    For a publication held back: its readers must see why, and the figures must not change. The new file keeps the
    time and the snapshot of its figures. Hold the lock `publish`. Raises ServingError as `publish`.
    """
    if not (settings.serving / POINTER).exists():
        return None
    before = published(settings)
    frames = _frames(con, [("ops", table) for table in OPS_TABLES])
    now = replace(before, run_id=run_id, file=_new_file(settings))
    return _publish(con, settings, before.file, frames, now)


def _new_file(settings: Settings) -> Path:
    return private_folder(settings.serving) / f"reader-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.duckdb"


def _publish(
    con: duckdb.DuckDBPyConnection, settings: Settings, base: Path | None, contents: Contents, current: Published
) -> Published:
    """Write the file beside the others (`base` with `contents` replaced, or `contents` alone), then point to it."""
    draft = settings.serving / f".{current.file.name}.draft"
    try:
        if base:
            shutil.copyfile(base, draft)
        _write(con, draft, contents, current)
        sync(draft)
        draft.rename(current.file)
        _point(settings.serving, current)
    except (OSError, duckdb.Error) as error:
        for rest in settings.serving.glob(f"{draft.name}*"):  # DuckDB leaves its write-ahead log where the disk is full
            rest.unlink(missing_ok=True)
        raise ServingError(
            f"The serving file could not be written ({engine_words(error)}); the previous publication stays. "
            "Free space, run again."
        ) from error
    _sweep(settings.serving, current.file)
    return current


def published(settings: Settings) -> Published:
    """The current publication. Raises ServingError when there is none."""
    try:
        pointer = json.loads((settings.serving / POINTER).read_text(encoding="utf-8"))
        return Published(
            run_id=pointer["run_id"],
            file=settings.serving / pointer["file"],
            published_at=datetime.fromisoformat(pointer["published_at"]),
            snapshot_id=int(pointer["snapshot_id"]),
        )
    except FileNotFoundError:
        raise ServingError("Nothing is published yet; run `ioc demo` or `ioc run` first.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ServingError(
            f"{POINTER} in {settings.serving} is damaged ({error}); run `ioc run` to publish anew."
        ) from None


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the current publication, external access off. Raises ServingError."""
    current = published(settings)
    try:
        con = duckdb.connect(
            str(current.file),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": str(settings.threads),
            },
        )
    except duckdb.Error as error:
        raise ServingError(f"The serving file cannot be opened ({error}); run `ioc run` to publish anew.") from error
    con.execute("SET TimeZone = 'UTC'")
    return con


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    marks = ", ".join("?" for _ in SCHEMAS)
    rows = con.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = 'lake' and schema_name in ({marks}) order by all",
        list(SCHEMAS),
    ).fetchall()
    return [*rows, *(("ops", table) for table in OPS_TABLES)]


def _frames(con: duckdb.DuckDBPyConnection, tables: Sequence[tuple[str, str]]) -> Frames:
    return {
        (schema, table): con.sql(f'select * from lake."{schema}"."{table}"').to_arrow_table()
        for schema, table in tables
    }


def _write(con: duckdb.DuckDBPyConnection, file: Path, contents: Contents, current: Published) -> None:
    con.execute(f"attach '{sql_text(str(file))}' as {DRAFT}")
    try:
        con.execute("begin")
        try:
            for (schema, table), content in contents.items():
                con.execute(f'create schema if not exists {DRAFT}."{schema}"')
                if not isinstance(content, str):
                    con.register("frame", content)
                query = content if isinstance(content, str) else "from frame"
                con.execute(f'create or replace table {DRAFT}."{schema}"."{table}" as {query}')
            con.execute(
                f"create or replace table {DRAFT}.main.publication as "
                "select ? as run_id, ?::timestamptz as published_at, ?::bigint as snapshot_id",
                [current.run_id, current.published_at, current.snapshot_id],
            )
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise
        con.execute(f"checkpoint {DRAFT}")
    finally:
        con.unregister("frame")
        con.execute(f"detach {DRAFT}")


def _point(folder: Path, current: Published) -> None:
    document = asdict(current) | {"file": current.file.name, "published_at": current.published_at.isoformat()}
    draft = folder / f".{POINTER}.draft"
    draft.write_text(json.dumps(document), encoding="utf-8")
    sync(draft)
    crashpoint.reach("before_publish_rename")
    draft.rename(folder / POINTER)
    crashpoint.reach("after_publish_rename")
    sync(folder)


def _sweep(folder: Path, current: Path) -> None:
    """Remove publications older than the last few and drafts of interrupted publishes."""
    files: Sequence[Path] = sorted(folder.glob("reader-*.duckdb"))
    for old in files[:-KEPT]:
        if old != current:
            old.unlink(missing_ok=True)
    for draft in folder.glob(".reader-*.draft*"):
        draft.unlink(missing_ok=True)
