"""A published figure comes out again: from its parts in the serving file, and from the raw tables at its snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from tiny_lake import TinyLake

from lake.figure_id import NUMBERS
from lake.rerun import from_parts, from_raw, is_member
from lake.sample import rows_behind
from lake.serving import Evidence, connect, publish
from lake.settings import Settings
from orchestration.evidence import of_manifest
from orchestration.prove import computed_anew

Province = tuple[TinyLake, RunExecutionResult]


@pytest.fixture(scope="module")
def evidence(province: Province) -> Evidence:
    """What the build of the small province left."""
    lake, _ = province
    manifest = json.loads((lake.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    codes = [str(row["code"]) for row in lake.query("select distinct code from lake.seeds.kpi_definitions")]
    return of_manifest(manifest, codes, "commit")


@pytest.fixture(scope="module")
def settings(province: Province, evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home of its publication."""
    settings = Settings(home=tmp_path_factory.mktemp("published"))
    with province[0].open() as con:
        publish(con, settings, "run", evidence)
    return settings


@pytest.fixture(scope="module")
def figures(settings: Settings) -> list[dict[str, Any]]:
    """One figure of each KPI and grain month."""
    with connect(settings) as con:
        found = con.sql(
            "from kpi.kpi_history where grain = 'month' and value is not null "
            "qualify row_number() over (partition by code order by numerator desc, figure_id) = 1 order by code"
        )
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def at_snapshot(province: Province, figures: list[dict[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake as it was when the figures were published."""
    lake, _ = province
    with lake.open() as con:
        con.execute("detach lake")
        snapshot = figures[0]["snapshot_id"]
        con.execute(
            f"attach '{lake.catalog}' as lake (data_path '{lake.files}/', metadata_schema 'dl', "
            f"snapshot_version {snapshot}, read_only)"
        )
        yield con


def published(figure: dict[str, Any]) -> tuple[object, ...]:
    return tuple(figure[name] for name in NUMBERS)


def rerun_models(evidence: Evidence) -> tuple[dict[str, str], frozenset[str]]:
    """SQL of the models above the figures, and those kept as tables."""
    edges = [(row["child"], row["parent"]) for row in evidence.tables["proof", "lineage"].to_pylist()]
    sql, tables, _ = computed_anew(evidence.tables["proof", "models"].to_pylist(), edges)
    return sql, tables


def test_figures_come_out_of_their_parts_again(settings: Settings, figures: list[dict[str, Any]]) -> None:
    with connect(settings) as con:
        assert {figure["code"]: from_parts(con, figure) for figure in figures} == {
            figure["code"]: published(figure) for figure in figures
        }
        assert len(figures) >= 10


def test_figure_comes_out_of_the_raw_tables_again_although_the_lake_went_on(
    province: Province,
    evidence: Evidence,
    figures: list[dict[str, Any]],
    at_snapshot: duckdb.DuckDBPyConnection,
) -> None:
    sql, tables = rerun_models(evidence)
    (figure,) = (figure for figure in figures if figure["code"] == "F2")
    assert from_raw(at_snapshot, figure, sql, tables) == published(figure)
    tampered = figure | {"numerator": 1.0}
    assert from_raw(at_snapshot, tampered, sql, tables) != published(tampered)


def test_rows_behind_a_figure_are_those_counted_and_lead_to_nobody(
    settings: Settings, figures: list[dict[str, Any]]
) -> None:
    (figure,) = (figure for figure in figures if figure["code"] == "F2")
    with connect(settings) as con:
        (sample,) = rows_behind(con, figure)
    assert (sample.table, sample.n_rows) == ("marts.fct_tickets", figure["denominator"])
    numbers = [row[sample.columns.index("request_id")] for row in sample.rows]
    assert numbers
    assert all(str(number).startswith("…") and len(str(number)) <= 4 for number in numbers)
    assert {"lat", "long"}.isdisjoint(sample.columns)
    assert "is_resolved" in sample.columns  # what was counted is shown


def test_every_kpi_that_has_values_knows_its_models(evidence: Evidence, figures: list[dict[str, Any]]) -> None:
    """A re-run leaves out the themes of other KPIs: it must not leave out its own."""
    known = {row["code"]: row["model"] for row in evidence.tables["proof", "kpi_models"].to_pylist()}
    assert {figure["code"] for figure in figures} - known.keys() == set()
    assert all(is_member(model) for model in known.values())
    assert len(set(evidence.code_digests.values())) > 3  # themes are told apart
