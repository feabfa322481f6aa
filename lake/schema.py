"""What tables the lake has: raw tables after their contracts, quarantine, and what the ingest tells about itself."""

from __future__ import annotations

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
    )
}
QUARANTINE = "quarantine"
RECORD_HASH = "record_hash"  # column of versioned tables: md5 of the record without its volatile columns
RECEIVED_AT = "received_at"  # column of versioned tables: when the delivery with this version was received

_OPS_TABLES = """
create table if not exists lake.raw.quarantine (
    source varchar, slug varchar, batch_id varchar, origin varchar, position bigint, reason_code varchar,
    reason varchar, raw blob, raw_sha256 varchar, quarantined_at timestamptz);
create table if not exists lake.ops.sources (
    source varchar, slug varchar, format varchar, name_vi varchar, name_en varchar, unit_code varchar,
    time_zone varchar, is_synthetic boolean, freshness_s bigint, step_s bigint);
create table if not exists lake.ops.harvests (
    harvest_id varchar, run_id varchar, source varchar, slug varchar, started_at timestamptz,
    finished_at timestamptz, status varchar, error varchar, as_of timestamptz, n_payloads bigint);
create table if not exists lake.ops.batches (
    batch_id varchar, run_id varchar, source varchar, slug varchar, table_name varchar, n_offered bigint,
    n_accepted bigint, n_quarantined bigint, n_deduplicated bigint, event_min_at timestamptz,
    event_max_at timestamptz, received_at timestamptz, committed_at timestamptz);
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
"""


def ensure_tables(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and tables that are missing, once, however many processes ask for them."""
    if _missing(con):
        with catalog.lock("tables"):
            create_tables(con)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and tables that are missing; partitioning and sort order after the contracts."""
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
        if contract.table in missing:
            _create(con, contract)


def _missing(con: duckdb.DuckDBPyConnection) -> set[str]:
    present = con.execute(
        "select table_name from duckdb_tables() where database_name = 'lake' and schema_name in ('raw', 'ops')"
    ).fetchall()
    return {*CONTRACTS, QUARANTINE, "erasures"} - {name for (name,) in present}


def _create(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    schema = con.from_arrow(contract.arrow_schema.empty_table())
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in zip(schema.columns, schema.types, strict=True))
    name = f"lake.raw.{contract.table}"
    if contract.versioned:
        columns += f", {RECORD_HASH} varchar, {RECEIVED_AT} timestamptz"
    con.execute(f"create table {name} ({columns}, source varchar, batch_id varchar, ingested_at timestamptz)")
    con.execute(f"comment on table {name} is '{sql_text(contract.policy)}'")
    if contract.partitioned_by:
        con.execute(f"alter table {name} set partitioned by ({', '.join(contract.partitioned_by)})")
    if contract.sorted_by:
        order = ", ".join(f'"{column}" asc' for column in contract.sorted_by)
        con.execute(f"alter table {name} set sorted by ({order})")


def record_hash(contract: Contract) -> str:
    """SQL of the value of RECORD_HASH over a row of a versioned table."""
    hashed = [column for column in contract.names if column not in contract.volatile]
    parts = ", ".join(f'coalesce("{column}"::varchar, chr(30))' for column in hashed)
    return f"md5(concat_ws(chr(31), {parts}))"
