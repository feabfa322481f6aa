"""What a build of the warehouse has to run: the tables and tests below rows that came or clocks that moved.

A view is what it was as long as the project is, and a table whose rows and clocks did not move would come out the same.
Everything is built anew when something else than added rows changed, or the lake is not the one last built in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from lake.settings import Settings
from orchestration import dbt_build

BUILT = "built.json"
# A new row in one of these changes what the days before mean.
REGISTERS = ("camera__registry", "server__series", "system__maintenance")
# Computed of articles, or counted in the account of another table: without a batch of their own.
UNACCOUNTED = ("media__labels", "media__stories")
CLOCK = "model.ioc.int_source__clock"
State = dict[str, Any]


def state(con: duckdb.DuckDBPyConnection) -> State:
    """What a build would see now; take it before the build, because rows may come meanwhile."""
    fingerprint = con.execute(
        "select (select md5(string_agg(b::varchar, ' ' order by b::varchar)) from ("
        "  select batch_id, table_name, n_accepted, n_quarantined from lake.ops.batches"
        "  where n_accepted + n_quarantined > 0 or replay_of is not null) b), "
        "(select md5(string_agg(s::varchar, ' ' order by s::varchar)) from (select * from lake.ops.sources) s), "
        # Open tickets become overdue as time passes, so a build is also due every hour of the sources' clocks.
        "(select md5(string_agg(h::varchar, ' ' order by h::varchar)) from ("
        "  select source, date_trunc('hour', max(as_of)) from lake.ops.harvests where status <> 'failed' group by 1) h)"
    ).fetchone()
    tables = _tables(con)
    unaccounted = [tables[table] for table in UNACCOUNTED]
    return {
        "fingerprint": _digest(fingerprint, unaccounted, dbt_build.project_digest()),
        "basis": _basis(con),
        "tables": tables,
        "clocks": _clocks(con),
    }


def is_current(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Whether the last build saw the same rows, declarations, project and hour."""
    before = _before(con, settings)
    return before is not None and before["fingerprint"] == state(con)["fingerprint"]


def arguments(con: duckdb.DuckDBPyConnection, settings: Settings, now: State) -> list[str]:
    """Arguments of `dbt build` that make it do what is due, and unit tests never."""
    common = ["--exclude-resource-type", "unit_test"]
    before = _before(con, settings)
    if before is None or before["basis"] != now["basis"]:
        return [*common, "--full-refresh"]
    manifest = json.loads(dbt_build.manifest(settings).read_text(encoding="utf-8"))
    left_out = ["resource_type:seed", "config.materialized:view", *unmoved(manifest, before, now)]
    # only what is named is left out: a test of a table that is built stays, though its other parent is not
    return [*common, "--indirect-selection", "empty", "--exclude", " ".join(left_out)]


def mark_built(con: duckdb.DuckDBPyConnection, settings: Settings, seen: State) -> None:
    """Remember what the build that has just succeeded saw (`state` before it), and the SQL it ran."""
    row = con.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
    assert row is not None
    told = con.execute(
        "select snapshot_time::varchar from ducklake_snapshots('lake') where snapshot_id = ?", [row[0]]
    ).fetchone()
    document = seen | {"snapshot": [row[0], told[0] if told else None]}
    (settings.dbt_target / BUILT).write_text(json.dumps(document))
    dbt_build.keep_compiled(settings)


def _before(con: duckdb.DuckDBPyConnection, settings: Settings) -> State | None:
    """What the last build saw; None if none succeeded in this lake as it stands (a backup may have been restored)."""
    file = settings.dbt_target / BUILT
    if not file.exists():
        return None
    before: State = json.loads(file.read_text())
    if "snapshot" not in before:  # of a version before
        return None
    snapshot_id, told = before["snapshot"]
    kept = con.execute(
        "select count(*) filter (where snapshot_id = ? and snapshot_time::varchar = ?) = 1 or min(snapshot_id) > ? "
        "from ducklake_snapshots('lake')",
        [snapshot_id, told, snapshot_id],
    ).fetchone()
    return before if kept and kept[0] else None


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Raw table -> digest that changes when rows come."""
    accounts = con.execute(
        "select table_name, md5(string_agg(batch_id, ' ' order by batch_id)) from lake.ops.batches "
        "where n_accepted > 0 or replay_of is not null group by 1"
    ).fetchall()
    found = {str(table): str(digest) for table, digest in accounts}
    for table in UNACCOUNTED:
        found[table] = _digest(con.execute(f"select count(*), max(ingested_at) from lake.raw.{table}").fetchone())
    return found


def _clocks(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Slug -> digest of the clocks of its sources, as `int_source__clock` reads them."""
    rows = con.execute(
        "with harvests as (select source, max(as_of) as as_of from lake.ops.harvests where status <> 'failed' "
        "group by 1), batches as (select source, max(committed_at) as at from lake.ops.batches group by 1) "
        "select s.slug, string_agg(s.source || ' ' || coalesce(coalesce(h.as_of, b.at)::varchar, ''), ';' "
        "order by s.source) from lake.ops.sources s left join harvests h on s.source = h.source "
        "left join batches b on s.source = b.source group by 1"
    ).fetchall()
    return {str(slug): str(clocks) for slug, clocks in rows}


def _basis(con: duckdb.DuckDBPyConnection) -> str:
    """Digest of the project, declarations, registers, erasures, and how many rows were removed from each raw table."""
    tables = con.execute(
        "select table_name, sum(n_accepted)::bigint from lake.ops.batches where n_accepted > 0 group by 1 order by 1"
    ).fetchall()
    removed = [(t, n - con.execute(f'select count(*) from lake.raw."{t}"').fetchall()[0][0]) for t, n in tables]
    registers = [(t, n) for t, n in tables if t in REGISTERS]
    sources = con.execute("select * from lake.ops.sources order by all").fetchall()
    erasures = con.execute("select count(*) from lake.ops.erasures").fetchone()
    return _digest(removed, registers, sources, erasures, dbt_build.project_digest())


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def unmoved(manifest: Mapping[str, Any], before: State, now: State) -> Iterator[str]:
    """Names of the tables and tests whose result cannot have changed."""
    moved = {f"raw.{name}" for name in _differing(before["tables"], now["tables"])}
    slugs = _differing(before["clocks"], now["clocks"])
    causes: dict[str, frozenset[str]] = {}
    for node in sorted(manifest["nodes"]):
        name, kind = manifest["nodes"][node]["name"], manifest["nodes"][node]["resource_type"]
        is_run = kind == "test" or manifest["nodes"][node]["config"]["materialized"] in ("table", "incremental")
        if kind in ("model", "test") and is_run and not _is_due(_causes(manifest, node, causes), moved, slugs):
            yield name


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _is_due(causes: frozenset[str], moved: set[str], slugs: set[str]) -> bool:
    """`causes`: names of source tables a node comes from, and `clock`. Those of the accounts change in every run."""
    raw = {cause for cause in causes if cause.startswith("raw.")}
    if raw & moved or {cause for cause in causes if cause.startswith("ops.")} - {"ops.sources"}:
        return True
    of_slugs = {cause.removeprefix("raw.").partition("__")[0] for cause in raw}
    return "clock" in causes and bool(slugs) and (not raw or bool(of_slugs & slugs))


def _causes(manifest: Mapping[str, Any], node: str, known: dict[str, frozenset[str]]) -> frozenset[str]:
    if node in known:
        return known[node]
    found: frozenset[str]
    if node in manifest["sources"]:
        source = manifest["sources"][node]
        # what is set aside may be told in another way, or emptied, at any time
        schema = "ops" if source["name"] == "quarantine" else source["schema"]
        found = frozenset([f"{schema}.{source['name']}"])
    elif node == CLOCK:
        found = frozenset(["clock"])
    elif node not in manifest["nodes"]:
        found = frozenset()
    else:
        told = manifest["nodes"][node]
        parents = told.get("depends_on", {}).get("nodes", [])
        found = frozenset[str]().union(*(_causes(manifest, parent, known) for parent in parents))
        if told["config"]["materialized"] == "incremental":  # looks for the batches of its own raw table only
            found -= {"ops.batches"}
    known[node] = found
    return found
