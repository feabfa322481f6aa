"""Rows behind a published figure: some of those facts of its source and period that its SQL reads, masked.

Read from the serving file, which holds nothing personal. What could lead from a row to a person outside of it is masked
all the same: the number of a report or dossier but for its end, and where it was filed is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

MASKED = ("request_id", "dossier_id")
LEFT_OUT = frozenset({"source", "lat", "long", "jurisdiction_code", "is_synthetic", "as_of"})
UNCOUNTED = frozenset({"F1D", "F1X"})  # count the reports that no other figure counts
LIMIT = 5


@dataclass(frozen=True)
class Sample:
    """Rows of one table of facts. `n_rows` counts all of the source, unit and period, whether shown or not."""

    table: str
    n_rows: int
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def rows_behind(con: duckdb.DuckDBPyConnection, figure: Mapping[str, object]) -> list[Sample]:
    """Samples from the facts nearest to the figure (`code`, `source`, period and unit); `con` is on a serving file.

    Columns are those that the SQL between the facts and the figure names; a row is of the period if any of its days
    that this SQL names lies in it. So of a backlog the rows show what came in, not what was carried over.
    """
    facts, words = _nearest_facts(con, figure)
    return [sample for table in facts if (sample := _sample(con, table, words, figure))]


def _nearest_facts(con: duckdb.DuckDBPyConnection, figure: Mapping[str, object]) -> tuple[list[str], set[str]]:
    """Tables of facts first met above the KPI's model, and all words of the SQL on the way."""
    members = con.execute("select model from proof.kpi_models where code = ?", [figure["code"]]).fetchall()
    facts: set[str] = set()
    words: set[str] = set()
    waiting, seen = [str(model) for (model,) in members], set[str]()
    while waiting:
        model = waiting.pop()
        if model.startswith("marts.fct_"):
            facts.add(model)
        elif model.startswith("intermediate.") and model not in seen:
            seen.add(model)
            sql = con.execute("select compiled_sql from proof.models where model = ?", [model]).fetchone()
            words |= set(re.findall(r"\w+", sql[0] or "")) if sql else set()
            parents = con.execute("select parent from proof.lineage where child = ?", [model]).fetchall()
            waiting += [str(parent) for (parent,) in parents]
    return sorted(facts), words


def _sample(con: duckdb.DuckDBPyConnection, table: str, words: set[str], figure: Mapping[str, object]) -> Sample | None:
    kinds = dict(
        con.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = 'marts' and table_name = ? "
            "order by column_index",
            [table.partition(".")[2]],
        ).fetchall()
    )
    shown = [name for name in kinds if name in MASKED or (name in words and name not in LEFT_OUT)]
    days = [name for name in shown if kinds[name] == "DATE"]
    if "source" not in kinds or not days:
        return None
    where, values = ["source = $source"], {name: figure[name] for name in ("source", "period_start", "period_end")}
    where.append("(" + " or ".join(f'"{day}" between $period_start and $period_end' for day in days) + ")")
    if "is_counted" in kinds and figure["code"] not in UNCOUNTED:
        where.append("is_counted")
    if "counted_unit_code" in kinds:
        where.append(
            "exists (select 1 from intermediate.int_source__units u where u.source = t.source "
            "and u.unit_code = $unit_code and u.unit_valid_from = $unit_valid_from "
            f"and (u.told_code = t.counted_unit_code or u.unit_level = 'jurisdiction') "
            f'and t."{days[0]}" between u.told_from and u.told_to)'
        )
        values |= {name: figure[name] for name in ("unit_code", "unit_valid_from")}
    found = f"from {table} t where {' and '.join(where)}"
    counted = con.execute(f"select count(*) {found}", values).fetchone()
    told = ", ".join(f"'…' || right(\"{name}\", 3)" if name in MASKED else f'"{name}"' for name in shown)
    rows = con.execute(f"select {told} {found} order by all limit {LIMIT}", values).fetchall()
    return Sample(table, int(counted[0]) if counted else 0, tuple(shown), tuple(rows))
