"""`ioc kpi` shows one set of units at a time, and with what they hold the remainder that makes up the whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from lake.settings import Settings
from orchestration.reading import kpi_values

TABLES = """
create schema kpi; create schema marts; create schema seeds;
create table marts.dim_sources as select 't' as source, '93' as unit_code, date '2020-02-01' as unit_valid_from;
create table seeds.units as select * from (values
    ('93', 'Tỉnh Hậu Giang', 'province', date '2020-02-01', date '2025-06-30'),
    ('930', 'Thành phố Vị Thanh', 'district', date '2020-02-01', date '2025-06-30'),
    ('31318', 'Phường I', 'commune', date '2020-02-01', date '2025-06-30'),
    ('31321', 'Phường III', 'commune', date '2020-02-01', date '2025-06-30'),
    ('31321', 'Phường Vị Thanh', 'commune', date '2025-07-01', null)
) as u(code, name_vi, level, valid_from, valid_to);
create table kpi.kpi_values as select 'F2' as code, 'year' as grain, date '2021-01-01' as period_start,
    date '2021-12-31' as period_end, unit_code, valid_from as unit_valid_from, 't' as source,
    n as numerator, d as denominator, n / d as value, null::double as value_low, null::double as value_high,
    null::double as ci_low, null::double as ci_high, null::double as n_missing, true as is_additive,
    'HG-' || unit_code as figure_id,
    timestamptz '2021-09-30 10:00:00+00' as as_of, true as is_synthetic
from (values
    ('93', date '2020-02-01', 6.0, 10.0), ('930', date '2020-02-01', 4.0, 5.0),
    ('31318', date '2020-02-01', 3.0, 3.0), ('31321', date '2020-02-01', 1.0, 2.0),
    ('31321', date '2025-07-01', 4.0, 5.0)
) as v(unit_code, valid_from, n, d);
"""
OLD = {("93", "2020-02-01"): 10, ("930", "2020-02-01"): 5, ("31318", "2020-02-01"): 3, ("31321", "2020-02-01"): 2}
NEW = {("93", "2020-02-01"): 10, ("31321", "2025-07-01"): 5}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    settings.serving.mkdir(parents=True)
    with duckdb.connect(str(settings.serving / "reader-test.duckdb")) as con:
        con.execute(TABLES)
    pointer = {"run_id": "r", "file": "reader-test.duckdb", "published_at": "2021-09-30T10:01:00+00:00"}
    (settings.serving / "current.json").write_text(json.dumps(pointer | {"snapshot_id": 1}), encoding="utf-8")
    return settings


@pytest.mark.parametrize(
    ("boundary", "units", "unplaced"),
    [(None, OLD, []), (date(2021, 1, 1), OLD, [(2, 5, 0.4)]), (date(2025, 7, 1), NEW, [(2, 5, 0.4)])],
)
def test_units_are_those_of_one_boundary_and_make_up_the_whole(
    settings: Settings,
    boundary: date | None,
    units: dict[tuple[str, str], int],
    unplaced: list[tuple[int, int, float]],
) -> None:
    rows = kpi_values(settings, code="F2", period="2021", unit=None, source=None, boundary=boundary)
    assert {(r["unit_code"], r["unit_valid_from"]): r["denominator"] for r in rows if r["unit_code"]} == units
    assert [(r["numerator"], r["denominator"], r["value"]) for r in rows if r["unit_code"] is None] == unplaced


def test_code_that_two_units_bore_means_the_one_of_the_day(settings: Settings) -> None:
    (then,) = kpi_values(settings, code="F2", period="2021", unit="31321", source=None)
    (now,) = kpi_values(settings, code="F2", period="2021", unit="31321", source=None, boundary=date(2025, 7, 1))
    assert (then["unit_name_vi"], now["unit_name_vi"]) == ("Phường III", "Phường Vị Thanh")
