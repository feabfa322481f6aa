"""Real public data through the command line, counted exactly. Skips where the data is absent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ioc

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.xdist_group("real")]
DELIVERIES = (
    ("ticket", ("feedback/boston311_2013.csv",), ("--profile", "boston311", "--source", "boston-2013")),
    ("ticket", ("feedback/boston311_2017.csv",), ("--profile", "boston311", "--source", "boston-2017")),
    ("ticket", ("feedback/chicago_open311_requests_2014.json",), ("--source", "chicago")),
    ("server", ("metrics/prom_http_api/prom-query-range.json",), ("--source", "prometheus")),
    ("server", ("metrics/node_exporter/e2e-output.txt",), ("--source", "node-exporter")),
    (
        "media",
        ("media/vnexpress_rss_tin-moi-nhat_2017-04-19.xml", "media/vnexpress_rss_tin-moi-nhat_2017-07-26.xml"),
        ("--source", "vnexpress"),
    ),
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Ioc:
    ioc = Ioc(tmp_path_factory.mktemp("real") / "home")
    for nth, (slug, files, options) in enumerate(DELIVERIES, 1):
        build = () if nth == len(DELIVERIES) else ("--no-build",)
        ioc("ingest", slug, *(str(shared_data(file)) for file in files), *options, *build)
    return ioc


def values(real: Ioc, source: str) -> dict[str, float]:
    rows = real.json("kpi", "--source", source, "--period", "all", "--json")
    return {row["code"]: row["value"] for row in rows}


@pytest.mark.parametrize(
    ("source", "received", "closed", "overdue"),
    [("boston-2013", 3095, 2517, 258), ("boston-2017", 7760, 5920, 741), ("chicago", 50, 49, None)],
)
def test_tickets_are_counted_exactly(real: Ioc, source: str, received: int, closed: int, overdue: int | None) -> None:
    counted = values(real, source)
    assert (counted["F1"], counted["F1R"]) == (received, closed)
    assert counted.get("F1O") == overdue


def test_a_year_of_local_days_is_that_year(real: Ioc) -> None:
    (row,) = real.json("kpi", "F1", "--source", "boston-2013", "--period", "2013", "--json")
    assert row["value"] == 3095


def test_rows_closed_before_they_opened_are_flagged_without_negative_durations(real: Ioc) -> None:
    (row,) = real.sql(
        "select count(*) filter (is_closed_before_requested) as flagged, min(resolution_hours) as shortest "
        "from marts.fct_tickets where source = 'boston-2017'"
    )
    assert row["flagged"] == 2
    assert row["shortest"] >= 0


def test_samples_articles_and_pages_are_whole(real: Ioc) -> None:
    accepted = {row["source"]: row["accepted"] for row in real.json("status", "--json")}
    assert accepted["prometheus"] == 774
    assert accepted["node-exporter"] == 3027
    assert accepted["vnexpress"] == 50


def test_second_delivery_adds_nothing(real: Ioc, shared_data: Callable[[str], Path]) -> None:
    before = real.json("status", "--json")
    file = str(shared_data("feedback/boston311_2013.csv"))
    real("ingest", "ticket", file, "--profile", "boston311", "--source", "boston-2013", "--no-build")
    columns = ("source", "offered", "accepted", "quarantined", "deduplicated")
    after = real.json("status", "--json")
    assert [[row[c] for c in columns] for row in after] == [[row[c] for c in columns] for row in before]
