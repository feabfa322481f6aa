"""What tables the lake has: raw tables after their contracts, quarantine, and what the ingest tells about itself."""

from __future__ import annotations

from functools import cache

import duckdb

from lake.catalog import Catalog, sql_text
from lake.contracts import (
    camera,
    document,
    dossier,
    indicator,
    media,
    place,
    server,
    system,
    task,
    ticket,
)
from lake.contracts.base import Contract
from lake.errors import LakeError
from lake.transactions import retried, transaction

CONTRACTS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        ticket.REQUESTS,
        ticket.EVENTS,
        ticket.SERVICES,
        server.SERIES,
        server.SAMPLES,
        server.HOSTS,
        media.ARTICLES,
        media.ADDRESSES,
        media.TEXTS,
        media.OUTLETS,
        media.POSTS,
        media.LABELS,
        media.STORIES,
        media.HUMAN_LABELS,
        media.RESPONSES,
        camera.EVENTS,
        camera.STATUS,
        indicator.VALUES,
        place.UNITS,
        place.BOUNDARIES,
        camera.PLATES,
        camera.SIGNALS,
        camera.COUNTS,
        camera.REGISTRY,
        dossier.DOSSIERS,
        dossier.PROCEDURES,
        document.DOCUMENTS,
        task.TASKS,
        task.MILESTONES,
        system.INVENTORY,
        system.STAFF,
        system.DOWNLOADS,
        system.REPORTS,
        system.MAINTENANCE,
        system.BACKUPS,
    )
}
QUARANTINE = "quarantine"
KPI_HISTORY = "kpi_history"
RECORD_HASH = "record_hash"  # column of versioned tables: md5 of the record without its volatile columns
WRITTEN = {"source": "varchar", "batch_id": "varchar", "ingested_at": "timestamptz"}  # the writer's own columns
RECEIVED_AT = "received_at"  # column of versioned tables: when the delivery with this version was received

_OPS_TABLES = """
create table if not exists lake.raw.quarantine (
    source varchar, slug varchar, batch_id varchar, origin varchar, position bigint, reason_code varchar,
    reason varchar, raw blob, raw_sha256 varchar, quarantined_at timestamptz, replayed_at timestamptz,
    replayed_by varchar);
create table if not exists lake.ops.sources (
    source varchar, slug varchar, format varchar, name_vi varchar, name_en varchar, unit_code varchar,
    time_zone varchar, is_synthetic boolean, freshness_s bigint, step_s bigint);
create table if not exists lake.ops.harvests (
    harvest_id varchar, run_id varchar, source varchar, slug varchar, started_at timestamptz,
    finished_at timestamptz, status varchar, error varchar, as_of timestamptz, n_payloads bigint);
create table if not exists lake.ops.batches (
    batch_id varchar, run_id varchar, source varchar, slug varchar, table_name varchar, n_offered bigint,
    n_accepted bigint, n_quarantined bigint, n_deduplicated bigint, event_min_at timestamptz,
    event_max_at timestamptz, received_at timestamptz, committed_at timestamptz, replay_of varchar);
create table if not exists lake.ops.objects (
    sha256 varchar, source varchar, reading varchar, batch_id varchar, origin varchar, n_bytes bigint,
    received_at timestamptz);
create table if not exists lake.ops.refusals (
    sha256 varchar, source varchar, run_id varchar, origin varchar, reason varchar, refused_at timestamptz);
create table if not exists lake.ops.pages (
    source varchar, url varchar, status varchar, reason varchar, etag varchar, last_modified varchar,
    asked_at timestamptz, retry_at timestamptz);
create table if not exists lake.ops.check_results (
    run_id varchar, source varchar, slug varchar, batch_id varchar, suite varchar, expectation varchar,
    column_name varchar, severity varchar, is_success boolean, observed varchar, n_checked bigint,
    checked_at timestamptz);
create table if not exists lake.ops.releases (
    batch_id varchar, reason varchar, released_at timestamptz);
create table if not exists lake.ops.erasures (
    erasure_id varchar, kind varchar, what varchar, digest varchar, n_characters bigint, hint varchar,
    reason varchar, erased_at timestamptz);
create table if not exists lake.ops.kpi_history (
    figure_id varchar, previous_figure_id varchar, code varchar, definition_from date, grain varchar,
    period_start date, period_end date, unit_code varchar, unit_valid_from date, source varchar, numerator double,
    denominator double, value double, value_low double, value_high double, ci_low double,
    ci_high double, is_partial boolean, is_synthetic boolean, is_gone boolean, run_id varchar, snapshot_id bigint,
    code_commit varchar, published_at timestamptz, reason varchar);
"""


def ensure_tables(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    """Bring schemas, tables and columns up to the contracts, once, however many processes ask for it.

    Only adds: raises LakeError where a column of the lake is in no contract, or has another type there.
    """
    if _missing(con):
        with catalog.lock("tables"):
            create_tables(con)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create schemas, tables and columns that are missing; partitioning and sort order after the contracts."""
    missing = _missing(con)
    con.execute("create schema if not exists lake.raw; create schema if not exists lake.ops;")
    con.execute("call lake.set_option('parquet_compression', 'zstd')")
    # Half the time of the default level, for files of the same size: columns are dictionaries and numbers.
    con.execute("call lake.set_option('parquet_compression_level', 1)")
    # Small inserts inlined into the catalogue would sit there in clear text, personal data included; and DuckLake of
    # DuckDB 1.5.5 aborts the process when the connection is lost while it reads them.
    con.execute("call lake.set_option('data_inlining_row_limit', 0)")
    con.execute(_OPS_TABLES)
    for contract in CONTRACTS.values():
        name = f"raw.{contract.table}"
        if (columns := missing.pop(name, None)) is None:
            continue
        if columns == _declared()[name]:
            _create(con, contract)
        else:
            _widen(con, contract, columns)
    for name, columns in missing.items():
        if columns != _declared()[name]:
            _add(con, name, columns)


Columns = dict[str, str]  # name -> type as DuckDB writes it


@cache
def _declared() -> dict[str, Columns]:
    """Columns of every table as this version of the software has them."""
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as lake; create schema lake.raw; create schema lake.ops;")
        con.execute(_OPS_TABLES)
        for contract in CONTRACTS.values():
            con.execute(f"create table lake.raw.{contract.table} ({_columns(con, contract)})")
        return _present(con)


def _present(con: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    found: dict[str, Columns] = {}
    for table, column, type_ in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'lake' and schema_name in ('raw', 'ops') order by all"
    ).fetchall():
        found.setdefault(table, {})[column] = type_
    return found


def _missing(con: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """Columns that the lake lacks, all of them where it lacks the table. Raises LakeError as `ensure_tables`."""
    present = _present(con)
    missing: dict[str, Columns] = {}
    for table, columns in _declared().items():
        found = present.get(table, {})
        if unknown := found.keys() - columns.keys():
            raise LakeError(
                f"The lake's table {table} has columns this version does not know ({', '.join(sorted(unknown))}); run "
                "the version that wrote it: columns are added to a contract, never dropped or renamed."
            )
        for column in found.keys() & columns.keys():
            if found[column] != columns[column]:
                raise LakeError(
                    f"Column {column} of the lake's table {table} is {found[column]}, this version writes "
                    f"{columns[column]}; run the version that wrote it: a column of another type needs another name."
                )
        if lacking := {column: type_ for column, type_ in columns.items() if column not in found}:
            missing[table] = lacking
    return missing


def _create(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    name = f"lake.raw.{contract.table}"
    con.execute(f"create table {name} ({_columns(con, contract)})")
    con.execute(f"comment on table {name} is '{sql_text(contract.policy)}'")
    if contract.partitioned_by:
        con.execute(f"alter table {name} set partitioned by ({', '.join(contract.partitioned_by)})")
    if contract.sorted_by:
        order = ", ".join(f'"{column}" asc' for column in contract.sorted_by)
        con.execute(f"alter table {name} set sorted by ({order})")


def _columns(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    schema = con.from_arrow(contract.arrow_schema.empty_table())
    columns = [f'"{name}" {type_}' for name, type_ in zip(schema.columns, schema.types, strict=True)]
    if contract.versioned:
        columns += [f"{RECORD_HASH} varchar", f"{RECEIVED_AT} timestamptz"]
    return ", ".join([*columns, *(f"{name} {type_}" for name, type_ in WRITTEN.items())])


def _widen(con: duckdb.DuckDBPyConnection, contract: Contract, columns: Columns) -> None:
    """Add columns to a raw table that holds rows already; in those they are null."""
    name = f"lake.raw.{contract.table}"
    if required := sorted(set(contract.required) & columns.keys()):
        raise LakeError(
            f"The lake's table raw.{contract.table} lacks {', '.join(required)}, which its contract requires; let the "
            "contract allow null: the rows already there have none."
        )
    finish = f"comment on table {name} is '{sql_text(contract.policy)}';"
    if contract.versioned:  # or every version delivered again would be another one
        finish += f"update {name} set {RECORD_HASH} = {record_hash(contract)}"
    _add(con, f"raw.{contract.table}", columns, finish)


def _add(con: duckdb.DuckDBPyConnection, name: str, columns: Columns, finish: str = "") -> None:
    def work() -> None:
        with transaction(con):
            for column, type_ in columns.items():
                con.execute(f'alter table lake.{name} add column "{column}" {type_}')
            con.execute(finish)

    retried(work)  # a batch of another process may be committed meanwhile


def record_hash(contract: Contract) -> str:
    """SQL of the value of RECORD_HASH over a row of a versioned table."""
    hashed = [column for column in contract.names if column not in contract.volatile]
    parts = ", ".join(f'coalesce("{column}"::varchar, chr(30))' for column in hashed)
    return f"md5(concat_ws(chr(31), {parts}))"
