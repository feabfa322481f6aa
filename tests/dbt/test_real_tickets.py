"""Boston's own service requests through the transform and the models: the city's counts must come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import TinyLake, utc

from lake.contracts.base import Delivery
from lake.sources.declared import load_profile
from transforms.ticket import parse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]


def test_boston_counts_equal_the_citys_own(
    tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
) -> None:
    years = {year: shared_data(f"feedback/boston311_{year}.csv") for year in (2013, 2017)}
    lake = TinyLake(tmp_path_factory.mktemp("boston"))
    for year, file in years.items():
        delivery = Delivery("csv", load_profile("boston311"), utc("2026-01-01 00:00"), file.name, {})
        rows = parse(file.read_bytes(), delivery).rows["ticket__requests"]
        source = f"boston-{year}"
        fields = {"unit_code": "us-boston", "time_zone": "America/New_York", "is_synthetic": False}
        lake.declare(source, "ticket", "2026-01-01 00:00", **fields)
        lake.insert(
            "raw.ticket__requests",
            rows.with_columns(pl.lit(source).alias("source"), pl.col("request_id").alias("record_hash")),
        )
    assert lake.dbt("build", "--exclude-resource-type", "unit_test").success
    found = lake.query(
        "select source, code, numerator from lake.kpi.kpi_values "
        "where grain = 'all' and code in ('F1', 'F1R', 'F1O') order by 1, 2"
    )
    assert [tuple(row.values()) for row in found] == [
        ("boston-2013", "F1", 3095),
        ("boston-2013", "F1O", 258),
        ("boston-2013", "F1R", 2517),
        ("boston-2017", "F1", 7760),
        ("boston-2017", "F1O", 741),
        ("boston-2017", "F1R", 5920),
    ]
    (flagged,) = lake.query(
        "select count(*) filter (where is_closed_before_requested) as n, min(resolution_hours) as shortest, "
        "count(*) filter (where is_closed_before_requested and resolution_hours is not null) as n_timed "
        "from lake.marts.fct_tickets"
    )
    assert (flagged["n"], flagged["n_timed"]) == (2, 0)
    assert isinstance(flagged["shortest"], float)
    assert flagged["shortest"] >= 0
    # nothing is claimed for the years between the last request of the file and today; its deliveries are of today
    (last,) = lake.query(
        "select max(period_start) as day from lake.kpi.kpi_values where source = 'boston-2013' and code not like 'Q%'"
    )
    assert str(last["day"]) == "2013-12-31"
