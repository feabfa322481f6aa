"""The proof of one published figure: what stands behind it, and whether it comes out again.

Everything but the re-run is read from the serving file. The re-run computes the figure anew from the raw tables as they
were at the snapshot of its publication, through every model between, and compares bit by bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

import duckdb

from lake import figure_id, serving
from lake.errors import SettingsError
from lake.figure_id import NUMBERS
from lake.rerun import FIGURES, from_parts, from_raw, is_member
from lake.sample import rows_behind
from lake.settings import Settings
from orchestration.reading import plain
from orchestration.resources import open_session


class Verdict(StrEnum):
    """How a re-run ended."""

    AGREES = "khop"
    DIFFERS = "lech"
    IMPOSSIBLE = "khong_tinh_lai_duoc"


def prove(settings: Settings, name: str) -> dict[str, Any]:
    """The proof of the figure with the id `name`, as plain JSON values.

    Keys: figure, replaced_by, definition, parameters, models (with SQL), lineage, tests, checks, freshness,
    rows (counts of raw tables), sample (some masked rows of facts), rerun.
    Raises SettingsError for an id nobody gave, ServingError when nothing is published.
    """
    wanted = figure_id.parse(name)
    with serving.connect(settings) as con:
        figure = _one(con, "from kpi.kpi_history where figure_id = ?", [wanted])
        if figure is None:
            raise SettingsError(f"No published figure is called {wanted}; see `ioc kpi CODE --json` for the ids.")
        code, source = figure["code"], figure["source"]
        models, lineage = _lineage(con, code)
        proof = {
            "figure": figure,
            "replaced_by": _one(con, "from kpi.kpi_history where previous_figure_id = ?", [wanted]),
            "definition": _one(
                con,
                "from seeds.kpi_definitions where code = ? and valid_from is not distinct from ?",
                [code, figure["definition_from"]],
            ),
            "parameters": _rows(con, "from seeds.kpi_parameters where code = ? order by name, valid_from", [code]),
            "lineage": lineage,
            "models": models,
            "tests": _tests(con, [model["model"] for model in models]),
            "checks": _rows(
                con,
                "select expectation, column_name, severity, is_success, observed, n_checked, checked_at "
                "from ops.check_results where source = ? and suite not in ('dbt', 'upkeep') "
                "qualify row_number() over (partition by expectation, column_name order by checked_at desc) = 1 "
                "order by severity, expectation",
                [source],
            ),
            "freshness": _one(con, "from marts.dim_sources where source = ?", [source]),
            "rows": _row_counts(con, [model["model"] for model in models], source),
            "sample": [asdict(sample) for sample in rows_behind(con, figure)],
        }
        parts = None
        if proof["replaced_by"] is None and not figure["is_gone"]:
            parts = from_parts(con, figure)
    rerun = _rerun(settings, figure, models, lineage)
    rerun["from_parts"] = None if parts is None else dict(zip(NUMBERS, parts, strict=True))
    plainly: dict[str, Any] = _all_plain(proof | {"rerun": rerun})
    return plainly


def _lineage(con: duckdb.DuckDBPyConnection, code: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Models above the figure from raw to kpi, in that order, and the edges between them; other themes left out."""
    edges: dict[str, list[str]] = {}
    for child, parent in con.execute("select child, parent from proof.lineage order by all").fetchall():
        edges.setdefault(child, []).append(parent)
    own = {row[0] for row in con.execute("select model from proof.kpi_models where code = ?", [code]).fetchall()}
    kept: list[tuple[str, str]] = []
    seen, waiting = {FIGURES}, [FIGURES]
    while waiting:
        child = waiting.pop()
        for parent in edges.get(child, ()):
            if is_member(parent) and parent not in own:
                continue
            kept.append((child, parent))
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    models = _rows(
        con,
        "from proof.models where list_contains(?, model) order by list_position("
        "['raw', 'ops', 'seeds', 'staging', 'intermediate', 'marts', 'kpi'], layer), model",
        [sorted(seen)],
    )
    return models, kept


def _tests(con: duckdb.DuckDBPyConnection, models: Sequence[str]) -> list[dict[str, Any]]:
    """Tests on the lineage, each with its last result (null: it has not run)."""
    return _rows(
        con,
        "select t.test, t.model, t.column_name, r.is_success, r.severity, r.observed, r.run_id, r.checked_at "
        "from proof.tests t left join (select * from ops.check_results where suite = 'dbt' "
        "qualify row_number() over (partition by expectation order by checked_at desc) = 1) r "
        "on t.test = r.expectation where list_contains(?, t.model) order by t.model, t.test",
        [list(models)],
    )


def _row_counts(con: duckdb.DuckDBPyConnection, models: Sequence[str], source: str) -> list[dict[str, Any]]:
    """Rows of the figure's source in the raw tables above it, by the accounts: no row itself leaves the lake."""
    tables = [model.removeprefix("raw.") for model in models if model.startswith("raw.")]
    return _rows(
        con,
        "select table_name, sum(n_accepted)::bigint as n_accepted, count(distinct batch_id) as n_batches, "
        "min(event_min_at) as first_at, max(event_max_at) as last_at from ops.batches "
        "where source = ? and list_contains(?, table_name) group by table_name order by table_name",
        [source, tables],
    )


def computed_anew(
    models: Sequence[dict[str, Any]], lineage: Sequence[tuple[str, str]]
) -> tuple[dict[str, str], frozenset[str], list[str]]:
    """(SQL of the models a re-run computes, those of them it keeps as tables, the tables it takes as they are stored).

    A model built by increments tells its SQL of one increment only, so its table is read as it stood at the snapshot;
    what lies above it is not computed.
    """
    known = {str(m["model"]): m for m in models if m["kind"] == "model"}
    stored = {name for name, m in known.items() if m["materialized"] == "incremental"}
    anew, waiting = {FIGURES}, [FIGURES]
    while waiting:
        child = waiting.pop()
        found = {parent for c, parent in lineage if c == child and parent in known} - stored - anew
        anew |= found
        waiting += found
    taken = {parent for child, parent in lineage if child in anew} & stored
    tables = frozenset(name for name in anew - {FIGURES} if known[name]["materialized"] == "table")
    return {name: str(known[name]["compiled_sql"]) for name in anew}, tables, sorted(taken)


def _rerun(
    settings: Settings, figure: dict[str, Any], models: Sequence[dict[str, Any]], lineage: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    snapshot = int(figure["snapshot_id"])
    published = {name: figure[name] for name in NUMBERS}
    with open_session(settings) as session:
        kept = session.con.execute(
            "select snapshot_time from ducklake_snapshots('lake') where snapshot_id = ?", [snapshot]
        ).fetchone()
        if kept is None:
            return {
                "verdict": Verdict.IMPOSSIBLE.value,
                "published": published,
                "computed": None,
                "stored": [],
                "why": f"Snapshot {snapshot} has expired (see `history` in retention.toml); the published value stays "
                "in the history.",
            }
        sql, tables, stored = computed_anew(models, lineage)
        con = session.catalog.connect(snapshot)
        try:
            computed = from_raw(con, figure, sql, tables)
        finally:
            con.close()
    return {
        "verdict": (Verdict.AGREES if computed == tuple(published.values()) else Verdict.DIFFERS).value,
        "published": published,
        "computed": dict(zip(NUMBERS, computed, strict=True)),
        "stored": stored,
        "why": None,
    }


def _one(con: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> dict[str, Any] | None:
    found = _rows(con, sql, parameters)
    return found[0] if found else None


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    result = con.execute(sql, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _all_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _all_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_all_plain(item) for item in value]
    return plain(value)
