"""Computes a published figure again, by the SQL that computed it.

Two depths: over a serving file, from the parts published beside the figure (`from_parts`); over the lake as it was at
a snapshot, from the raw tables up through every model between (`from_raw`). The SQL and its lineage come from the
serving file (`proof.models`, `proof.lineage`), where a publish puts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

import duckdb

from lake.errors import ServingError, engine_words
from lake.figure_id import KEY, NUMBERS

FIGURES = "kpi.kpi_values"
AGAIN = "again"  # database in memory with the models of the re-run
_MODEL = re.compile(r'"lake"\."(\w+)"\."(\w+)"')

Numbers = tuple[float | None, ...]  # in the order of NUMBERS; all null for a figure that is not there


def from_parts(con: duckdb.DuckDBPyConnection, figure: Mapping[str, object]) -> Numbers:
    """NUMBERS of the figure with the values of KEY, rolled up again from the parts in the serving file `con` is on.

    Raises ServingError if the file lacks them.
    """
    row = con.execute("select compiled_sql from proof.models where model = ?", [FIGURES]).fetchone()
    if row is None:
        raise ServingError("The published file holds no SQL of its figures; run `ioc run` to publish anew.")
    return _numbers(con, f"({_MODEL.sub(_unqualified, row[0])})", figure)


def from_raw(
    con: duckdb.DuckDBPyConnection, figure: Mapping[str, object], models: Mapping[str, str], tables: frozenset[str]
) -> Numbers:
    """NUMBERS of the figure, computed again from the raw tables and seeds of the lake attached to `con` as `lake`.

    `models` is the compiled SQL by `schema.name` of every model above FIGURES, itself included; those named in
    `tables` are kept while others read them. Models that do not know the KPI's code are left empty.
    """
    con.execute(f"attach ':memory:' as {AGAIN}")
    try:
        for model in _in_order(models):
            schema, name = model.split(".")
            kind = "table" if model in tables else "view"
            sql = models[model]
            if is_member(model) and not knows(sql, str(figure["code"])):
                kind, sql = "table", f'select * from "lake"."{schema}"."{name}" limit 0'
            else:
                sql = _MODEL.sub(lambda match: _again(match, models), sql)
            con.execute(f'create schema if not exists {AGAIN}."{schema}"')
            con.execute(f'create {kind} {AGAIN}."{schema}"."{name}" as {sql}')
        return _numbers(con, f"{AGAIN}.{FIGURES}", figure)
    except duckdb.Error as error:
        raise ServingError(
            f"The figure cannot be computed again ({engine_words(error)}); look for damage with `ioc upkeep`."
        ) from error
    finally:
        con.execute(f"detach {AGAIN}")


def is_member(model: str) -> bool:
    """Whether the model holds the figures of one theme: `int_kpi__<theme>_parts` or `_periods`, no union."""
    return re.fullmatch(r"intermediate\.int_kpi__\w+_(parts|periods)", model) is not None


def knows(sql: str, code: str) -> bool:
    """Whether compiled SQL names the KPI `code` as a literal."""
    return f"'{code}'" in sql


def _in_order(models: Mapping[str, str]) -> Iterator[str]:
    graph = {
        model: [parent for match in _MODEL.finditer(sql) if (parent := f"{match[1]}.{match[2]}") in models]
        for model, sql in models.items()
    }
    return iter(TopologicalSorter(graph).static_order())


def _again(match: re.Match[str], models: Mapping[str, str]) -> str:
    return f'{AGAIN}."{match[1]}"."{match[2]}"' if f"{match[1]}.{match[2]}" in models else match[0]


def _unqualified(match: re.Match[str]) -> str:
    return f'"{match[1]}"."{match[2]}"'


def _numbers(con: duckdb.DuckDBPyConnection, relation: str, figure: Mapping[str, object]) -> Numbers:
    same = " and ".join(f"{name} is not distinct from ?" for name in KEY)
    row = con.execute(
        f"select {', '.join(NUMBERS)} from {relation} where {same}", [figure[name] for name in KEY]
    ).fetchone()
    return tuple(None for _ in NUMBERS) if row is None else tuple(row)
