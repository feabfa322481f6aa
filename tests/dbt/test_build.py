"""`dbt build` on a real lake: figures that can be counted by hand, and builds that must fail."""

from __future__ import annotations

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from small_province import articles, tickets
from tiny_lake import TinyLake

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]

Province = tuple[TinyLake, RunExecutionResult]


def value_of(lake: TinyLake, code: str, grain: str, unit: str = "93", start: str | None = None) -> dict[str, object]:
    """The one KPI row of that code, grain, unit of the old boundaries (and period)."""
    rows = lake.query(
        f"select * from lake.kpi.kpi_values where code = '{code}' and grain = '{grain}' and unit_code = '{unit}' "
        "and unit_valid_from < date '2025-07-01'" + (f" and period_start = date '{start}'" if start else "")
    )
    assert len(rows) == 1, f"{code} {grain} {unit} {start}: {len(rows)} rows"
    return rows[0]


def test_every_model_and_test_passes_but_for_the_unknown_unit(province: Province) -> None:
    _, build = province
    odd = {
        result.node.name: str(result.status)
        for result in build.results
        if result.status not in ("success", "pass", "no-op")
    }
    assert odd == {"known_unit_fct_tickets_unit_code__requested_on": "warn"}


def test_every_table_and_view_ended_in_its_own_schema(province: Province) -> None:
    """DuckLake once filed a view under another model's schema, without any error."""
    lake, build = province
    wanted = {
        (result.node.schema, result.node.name)
        for result in build.results
        if result.node.resource_type in ("model", "seed")
    }
    rows = lake.query(
        "select schema_name as s, table_name as n from duckdb_tables() where database_name = 'lake' union all "
        "select schema_name, view_name from duckdb_views() where database_name = 'lake'"
    )
    found = {(row["s"], row["n"]) for row in rows if row["s"] not in ("raw", "ops")}
    assert found == wanted


def test_every_model_and_column_is_described(province: Province) -> None:
    lake, build = province
    for node in (result.node for result in build.results if result.node.resource_type in ("model", "seed")):
        assert node.description, f"{node.name} has no description"
        columns = {row["column_name"] for row in lake.query(f"describe lake.{node.schema}.{node.name}")}
        assert {name for name, column in node.columns.items() if column.description} == columns, node.name


@pytest.mark.parametrize(
    ("code", "grain", "unit", "start", "numerator", "denominator"),
    [
        ("F1", "all", "93", None, 5, None),
        ("F1", "month", "93", "2021-08-01", 1, None),  # 16:59:59 UTC is still 31/08 in the province
        ("F1", "month", "93", "2021-09-01", 4, None),
        ("F1", "day", "93", "2021-09-01", 1, None),
        ("F1", "day", "93", "2021-09-02", 0, None),  # a quiet day inside the history is a zero
        ("F1", "all", "930", None, 3, None),
        ("F1", "all", "31318", None, 2, None),
        ("F1", "all", "31333", None, 0, None),
        ("F1R", "all", "93", None, 3, None),  # the reopened report is not resolved
        ("F2", "all", "93", None, 3, 5),
        ("F2", "month", "93", "2021-09-01", 2, 4),
        ("F1O", "all", "93", None, 2, None),
        ("F4", "all", "93", None, 1, 4),
        ("M1", "week", "93", "2021-07-05", 3, None),  # one link in two feeds counts once
        ("M1", "day", "93", "2021-07-06", 0, None),
        ("M6", "day", "93", "2021-09-27", 0, 1),  # allowed: three gaps of ten hours, up to 13:00 of the next day
        ("M6", "all", "93", None, 2, 3),
        ("S1", "day", "93", "2021-09-29", 21, 24),
        ("S2", "day", "93", "2021-09-29", 20, 24),
        ("S2", "day", "93", "2021-09-30", 17, 17),
        ("S2", "all", "93", None, 37, 41),
    ],
)
def test_figures_equal_the_count_by_hand(
    province: Province, code: str, grain: str, unit: str, start: str | None, numerator: int, denominator: int | None
) -> None:
    row = value_of(province[0], code, grain, unit, start)
    assert (row["numerator"], row["denominator"]) == (numerator, denominator)
    assert row["value"] == pytest.approx(numerator / denominator if denominator else numerator)
    assert row["is_synthetic"] is True


def test_a_period_without_reports_has_a_zero_count_and_no_rate(province: Province) -> None:
    row = value_of(province[0], "F2", "day", start="2021-09-02")
    assert (row["numerator"], row["denominator"], row["value"]) == (0, 0, None)


def test_label_of_an_article_in_two_feeds_counts_once_and_says_that_nobody_audited_it(province: Province) -> None:
    rows = province[0].query("select * from lake.marts.fct_article_labels order by published_on")
    assert [(row["label"], row["n_articles"], row["n_stories"], row["n_abstained"]) for row in rows] == [
        ("positive", 1, 1, 0),
        ("neutral", 1, 1, 0),
    ]
    assert {row["is_audited"] for row in rows} == {False}


def test_missing_samples_are_shown_as_bounds(province: Province) -> None:
    row = value_of(province[0], "S2", "day", start="2021-09-29")
    assert (row["n_missing"], row["value_low"], row["value_high"]) == (
        3,
        pytest.approx(20 / 24),
        pytest.approx(23 / 24),
    )


def test_days_outside_the_history_are_absent_not_zero(province: Province) -> None:
    rows = province[0].query(
        "select period_start from lake.kpi.kpi_values where code = 'F1' and grain = 'day' and unit_code = '93'"
    )
    days = sorted(str(row["period_start"]) for row in rows)
    assert (days[0], days[-1], len(days)) == ("2021-08-31", "2021-09-20", 21)


def test_a_source_never_harvested_has_no_figures(province: Province) -> None:
    lake, _ = province
    assert lake.query("select * from lake.kpi.kpi_values where source = 'cam' or code in ('C1', 'C2')") == []
    (row,) = lake.query("select * from lake.marts.dim_sources where source = 'cam'")
    assert (row["as_of"], row["last_success_at"], row["n_offered"]) == (None, None, None)


def test_every_record_is_accounted_for(province: Province) -> None:
    (row,) = province[0].query("select * from lake.marts.dim_sources where source = 'pa'")
    assert [row[f"n_{name}"] for name in ("offered", "accepted", "quarantined", "deduplicated")] == [10, 7, 1, 2]
    (reason,) = province[0].query("select * from lake.marts.fct_quarantine")
    assert (reason["reason_code"], reason["n_records"]) == ("missing_status", 1)


def test_closed_before_received_has_no_duration(province: Province) -> None:
    (row,) = province[0].query("select * from lake.marts.fct_tickets where request_id = 't5'")
    assert (row["is_closed_before_requested"], row["is_resolved"], row["resolution_hours"]) == (True, True, None)


def test_published_figures_that_contradict_each_other_are_found(province: Province) -> None:
    """30 a day in 92 days is more than the 1,422 of the whole 16 months: no data needed to see it."""
    verdicts = {row["id"]: row for row in province[0].query("select * from lake.kpi.published_check")}
    assert (verdicts["A2"]["verdict"], verdicts["A2"]["implied_total"]) == ("mau_thuan", 2760)
    assert verdicts["A2"]["bound_total"] == 1422
    assert {verdicts[id_]["verdict"] for id_ in ("A1", "A1a", "A1b", "A9")} == {"chua_du_du_lieu"}


@pytest.mark.long
def test_order_of_arrival_and_a_second_build_change_no_figure(province: Province) -> None:
    lake, _ = province
    everything = "select * exclude (as_of) from lake.kpi.kpi_values order by all"
    before = lake.query(everything)
    with lake.open() as con:
        con.execute("delete from lake.raw.ticket__requests")
        con.execute("delete from lake.raw.media__articles")
    for row in reversed(tickets()):
        lake.insert("raw.ticket__requests", [row])
    for row in reversed(articles()):
        lake.insert("raw.media__articles", [row])
    assert lake.dbt("run").success
    assert lake.query(everything) == before


def failures(lake: TinyLake, *arguments: str) -> set[str]:
    """Names of the tests that a dbt command reports as failed."""
    done = lake.dbt(*arguments)
    assert isinstance(done.result, RunExecutionResult), done.exception
    return {result.node.name for result in done.result.results if result.status == "fail"}


def test_lost_records_and_undeclared_sources_fail_the_build(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = TinyLake(tmp_path_factory.mktemp("faulty"))
    lake.declare("pa", "ticket", "2021-09-30 10:00")
    batch = {"batch_id": "b", "run_id": "r", "slug": "ticket", "table_name": "ticket__requests", "n_quarantined": 0}
    batch |= {"n_deduplicated": 0, "n_offered": 10, "n_accepted": 9}
    lake.insert("ops.batches", [batch | {"source": "pa"}])
    assert failures(lake, "build", "--select", "+dim_sources") == {"dim_sources_every_record_accounted_for"}
    lake.insert("ops.batches", [batch | {"source": "nobody"}])
    assert failures(lake, "test", "--select", "every_source_is_declared") == {"every_source_is_declared"}


def test_empty_lake_builds_and_claims_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = TinyLake(tmp_path_factory.mktemp("empty"))
    assert lake.dbt("build", "--exclude-resource-type", "unit_test").success
    assert lake.query("select * from lake.kpi.kpi_values") == []
    verdicts = {row["id"]: row["verdict"] for row in lake.query("select * from lake.kpi.published_check")}
    told = {claim: verdict for claim, verdict in verdicts.items() if verdict != "chua_du_du_lieu"}
    contradicted = dict.fromkeys(("A2", "A6", "A7", "A7a", "A14"), "mau_thuan")
    assert told == contradicted | {"A3c": "khop", "A5": "khop"}  # by the published figures alone
    assert {claim.rstrip("abc") for claim in verdicts} == {f"A{n}" for n in range(1, 15)}
