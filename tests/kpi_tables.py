"""KPI tables of a lake without a dbt build: their real columns, and rows of the test's choice."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

CREATE = """
create schema if not exists lake.kpi; create schema if not exists lake.marts; create schema if not exists lake.seeds;
create or replace table lake.seeds.units as from (values
    ('93', 'Tỉnh Hậu Giang', 'province', null::varchar, date '2020-02-01', date '2025-06-30'),
    ('92', 'Thành phố Cần Thơ', 'province', null, date '2025-07-01', null::date)
) t(code, name_vi, level, parent_code, valid_from, valid_to);
create or replace table lake.seeds.kpi_parameters (
    code varchar, name varchar, value double, unit varchar, valid_from date, valid_to date, basis varchar);
create or replace table lake.seeds.kpi_definitions as from (values
    ('F1', 'a', 'a', 'a', null::varchar, date '2020-06-01'), ('F2', 'a', 'a', 'a', 'b', date '2020-06-01'),
    ('F2', 'a2', 'a2', 'a', 'b', date '2021-07-01')
) t(code, formula_vi, formula_en, numerator_vi, denominator_vi, valid_from);
create or replace table lake.kpi.kpi_values (
    code varchar, grain varchar, period_start date, period_end date, unit_code varchar,
    unit_valid_from date, source varchar, numerator double, denominator double, value double, value_low double,
    value_high double, ci_low double, ci_high double, n_missing double,
    is_partial boolean, as_of timestamptz, is_synthetic boolean);
"""
Value = tuple[str, str, str, str, str, float | None, float | None]  # code, grain, first and last day, unit, parts


def create_kpi_tables(
    con: duckdb.DuckDBPyConnection, values: Sequence[Value] = (), *, is_partial: bool = False
) -> None:
    """Make the tables anew in the lake attached to `con`, with `values` of the source `t`."""
    con.execute(CREATE)
    for code, grain, first, last, unit, numerator, denominator in values:
        value = numerator if denominator is None or numerator is None else numerator / denominator
        con.execute(
            "insert into lake.kpi.kpi_values values (?, ?, ?, ?, ?, '2020-02-01', 't', ?, ?, ?, null, null, "
            "null, null, null, ?, "
            "timestamptz '2021-09-30 10:00:00+00', true)",
            [code, grain, first, last, unit, numerator, denominator, value, is_partial],
        )
