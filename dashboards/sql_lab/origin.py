"""Whether what a query reads holds made-up rows: its result must then say so wherever it goes."""

from __future__ import annotations

import re

import duckdb

from lake.serving import connect
from lake.settings import Settings

# Functions that take the name of a table, or a whole query, as text: what they read cannot be told from the statement.
_BY_NAME = re.compile(r"\bquery(_table)?\"?\s*\(", re.IGNORECASE)


def reads_synthetic(settings: Settings, sql: str) -> bool:
    """Any table that `sql` reads holds a synthetic row; where its tables cannot be told, any published table does.

    Raises ServingError as `connect`.
    """
    with connect(settings) as con:
        holding = _synthetic_tables(con)
        try:
            named = {_last_two(name) for name in con.get_table_names(sql, qualified=True)}
        except duckdb.Error:  # EXPLAIN and what does not parse
            return bool(holding)
        return bool(holding if _BY_NAME.search(sql) else holding & named)


def _synthetic_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables, as schema.table in lower case, with a row that says it is synthetic or whose source is."""
    columns = con.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() where not internal group by all"
    ).fetchall()
    found = set()
    for schema, table, names in columns:
        if "is_synthetic" in names:
            condition = "is_synthetic"
        elif "source" in names:
            condition = "source in (select source from marts.dim_sources where is_synthetic)"
        else:
            continue
        (holds,) = con.execute(f'select exists (from "{schema}"."{table}" where {condition})').fetchone() or (False,)
        if holds:
            found.add(f"{schema}.{table}".lower())
    return found


def _last_two(name: str) -> str:
    """`catalog.schema.table AS alias` or `schema.table`, quoted or not, as schema.table in lower case."""
    return ".".join(name.partition(" AS ")[0].replace('"', "").lower().split(".")[-2:])
