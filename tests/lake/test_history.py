"""Every published value is kept, with the reason of its change; never one that was not published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from kpi_tables import Value, create_kpi_tables

from lake import crashpoint, figure_id, serving, tables
from lake.catalog import Catalog
from lake.contracts import ticket
from lake.contracts.base import rejected_frame
from lake.landing import Landed
from lake.serving import Evidence, connect, publish, published
from lake.settings import Settings
from lake.transactions import transaction

SEPTEMBER: Value = ("F2", "month", "2021-09-01", "2021-09-30", "93", 90, 100)
AUGUST: Value = ("F2", "month", "2021-08-01", "2021-08-31", "93", 40, 50)
COMMUNE: Value = ("F1", "day", "2021-09-02", "2021-09-02", "31420", 3, None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A serving folder of this test's own; the lake is the session's."""
    return Settings(home=tmp_path / "home")


@pytest.fixture
def lake(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The session's lake, its history empty."""
    con.execute("delete from lake.ops.kpi_history")
    yield con
    con.execute("drop schema if exists lake.kpi cascade; drop schema if exists lake.seeds cascade")


def release(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *values: Value,
    is_partial: bool = False,
    evidence: Evidence | None = None,
) -> dict[tuple[str, str], str]:
    """Publish `values`; returns their figure ids by code and first day."""
    with transaction(con):
        create_kpi_tables(con, values, is_partial=is_partial)
    publish(con, settings, f"run-{len(values)}", evidence)
    with connect(settings) as reader:
        rows = reader.sql("select code, period_start::varchar, figure_id from kpi.kpi_values").fetchall()
    return {(code, first): figure for code, first, figure in rows}


def reasons(settings: Settings) -> list[tuple[object, ...]]:
    with connect(settings) as reader:
        return reader.sql(
            "select code, period_start::varchar, value, reason, is_gone from kpi.kpi_history "
            "order by published_at, code, period_start"
        ).fetchall()


def in_lake(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.sql("from lake.ops.kpi_history order by published_at, figure_id").fetchall()


def in_file(settings: Settings) -> list[tuple[object, ...]]:
    with connect(settings) as reader:
        return reader.sql("from kpi.kpi_history order by published_at, figure_id").fetchall()


def test_unchanged_value_keeps_its_id_and_is_written_once(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    first = release(lake, settings, AUGUST, SEPTEMBER)
    assert release(lake, settings, AUGUST, SEPTEMBER) == first
    changed = release(lake, settings, AUGUST, (*SEPTEMBER[:5], 91, 100))
    assert changed["F2", "2021-08-01"] == first["F2", "2021-08-01"]
    assert changed["F2", "2021-09-01"] != first["F2", "2021-09-01"]
    assert len(in_lake(lake)) == 3
    assert in_lake(lake) == in_file(settings)


def test_id_says_what_the_figure_is_and_python_computes_the_same(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    release(lake, settings, AUGUST, SEPTEMBER, COMMUNE)
    with connect(settings) as reader:
        rows = reader.execute("from kpi.kpi_history").fetchall()
        names = [column[0] for column in reader.description or []]
    for row in rows:
        figure = dict(zip(names, row, strict=True))
        wanted = figure_id.symbols(figure)
        assert figure["figure_id"] == f"HG-{wanted[:4]}-{wanted[4:6]}"
        assert figure_id.parse(figure["figure_id"].lower().replace("-", " ")) == figure["figure_id"]
    followed = {row[names.index("period_start")]: row[names.index("definition_from")] for row in rows if "F2" in row}
    assert followed[date(2021, 9, 1)] == date(2021, 7, 1)


def test_ids_that_would_collide_are_spelt_longer(
    lake: duckdb.DuckDBPyConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.history.LENGTHS", (1, 8))  # 32 ids for 75 figures
    days = [
        ("F1", "day", f"2021-{m:02}-{d:02}", f"2021-{m:02}-{d:02}", "93", 1.0, None)
        for m in (1, 2, 3)
        for d in range(1, 26)
    ]
    figures = set(release(lake, settings, *days).values())  # type: ignore[arg-type]
    assert len(figures) == 75
    assert {len(figure) for figure in figures} == {len("HG-7"), len("HG-7F3K-Q2AB")}


def test_vanished_and_returned_figures_are_told(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    first = release(lake, settings, AUGUST, SEPTEMBER)
    release(lake, settings, AUGUST)
    release(lake, settings, AUGUST)
    back = release(lake, settings, AUGUST, SEPTEMBER)
    assert [row[1:] for row in reasons(settings)] == [
        ("2021-08-01", 0.8, "first", False),
        ("2021-09-01", 0.9, "first", False),
        ("2021-09-01", None, "unexplained", True),
        ("2021-09-01", 0.9, "unexplained", False),
    ]
    assert back["F2", "2021-09-01"] != first["F2", "2021-09-01"]
    with connect(settings) as reader:
        told = reader.sql("select previous_value, value from kpi.restatements order by published_at").fetchall()
    assert told == [(0.9, None), (None, 0.9)]


def test_growing_period_is_no_restatement(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    release(lake, settings, SEPTEMBER, is_partial=True)
    release(lake, settings, (*SEPTEMBER[:5], 91, 100), is_partial=False)
    release(lake, settings, (*SEPTEMBER[:5], 92, 100), is_partial=False)
    assert [row[3] for row in reasons(settings)] == ["first", "period_open", "unexplained"]


def deliver(catalog: Catalog, con: duckdb.DuckDBPyConnection, name: str, **fields: object) -> None:
    """One version of a ticket of 10 September 2021, 20:00 UTC: the 11th in the province."""
    row = dict.fromkeys(ticket.REQUESTS.names) | {
        "request_id": "1",
        "status": "open",
        "requested_at": datetime(2021, 9, 10, 20, tzinfo=UTC),
        "is_closed_before_requested": False,
    }
    frame = pl.DataFrame([row | fields], schema=ticket.REQUESTS.polars_schema)
    landed = Landed(name.encode().hex(), Path("unused"), 1, "test", "csv", datetime.now(UTC))
    batch = tables.Batch("t", "ticket", "run", [landed], "reading")
    assert tables.commit(catalog, con, batch, {"ticket__requests": frame}, rejected_frame([])).n_accepted == 1


@pytest.mark.parametrize("is_base_lost", [False, True])
def test_reason_tells_late_data_from_corrections(
    catalog: Catalog, lake: duckdb.DuckDBPyConnection, settings: Settings, is_base_lost: bool
) -> None:
    own = f"case-{is_base_lost}"
    deliver(catalog, lake, f"{own} first", request_id=f"{own} 1")
    release(lake, settings, AUGUST, SEPTEMBER)
    if is_base_lost:
        (settings.serving / serving.POINTER).unlink()
    deliver(catalog, lake, f"{own} again", request_id=f"{own} 1", status="closed")
    release(lake, settings, (*AUGUST[:5], 41, 50), (*SEPTEMBER[:5], 91, 100))
    if is_base_lost:
        (settings.serving / serving.POINTER).unlink()
    deliver(catalog, lake, f"{own} late", request_id=f"{own} 2")
    release(lake, settings, (*AUGUST[:5], 41, 50), (*SEPTEMBER[:5], 91, 101))
    assert [(row[1], row[3]) for row in reasons(settings)[2:]] == [
        ("2021-08-01", "unexplained"),  # nothing of August came
        ("2021-09-01", "source_corrected"),
        ("2021-09-01", "late_data"),
    ]


@pytest.mark.parametrize(
    ("evidence", "definition", "reason"),
    [
        (Evidence("c1", {"F2": "sql"}), "", "unexplained"),
        (Evidence("c2", {"F2": "sql"}), "", "code_changed"),
        (Evidence("c1", {"F2": "other sql"}), "", "code_changed"),
        (
            Evidence("c2", {"F2": "other sql"}),
            "update lake.seeds.kpi_definitions set formula_vi = 'new'",
            "definition_changed",
        ),
        (
            Evidence("c1", {"F2": "sql"}),
            "insert into lake.seeds.kpi_parameters values ('F2', 'days', 7, 'day', '2021-01-01', null, 'x')",
            "definition_changed",
        ),
    ],
)
def test_reason_names_definition_before_code(
    lake: duckdb.DuckDBPyConnection, settings: Settings, evidence: Evidence, definition: str, reason: str
) -> None:
    release(lake, settings, SEPTEMBER, evidence=Evidence("c1", {"F2": "sql"}))
    with transaction(lake):
        create_kpi_tables(lake, [(*SEPTEMBER[:5], 91, 100)])
        if definition:
            lake.execute(definition)
    publish(lake, settings, "again", evidence)
    assert [row[3] for row in reasons(settings)] == ["first", reason]


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(("point", "is_published"), [("before_publish_rename", False), ("after_publish_rename", True)])
def test_killed_publish_leaves_no_history_of_its_own_and_no_gap(
    lake: duckdb.DuckDBPyConnection, settings: Settings, point: str, is_published: bool
) -> None:
    release(lake, settings, AUGUST)

    def kill(name: str) -> None:
        if name == point:
            raise Killed

    crashpoint.install(kill)
    try:
        with pytest.raises(Killed):
            release(lake, settings, AUGUST, SEPTEMBER)
    finally:
        crashpoint.install(lambda name: None)
    assert len(in_file(settings)) == 1 + is_published  # what readers see is of one piece
    assert len(in_lake(lake)) == 1
    release(lake, settings, AUGUST, SEPTEMBER)
    assert in_file(settings) == in_lake(lake)
    assert [row[1] for row in reasons(settings)] == ["2021-08-01", "2021-09-01"]
    assert published(settings).run_id == "run-2"


def test_lake_restored_from_an_older_backup_gets_the_later_publications_back(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    release(lake, settings, AUGUST)
    release(lake, settings, AUGUST, SEPTEMBER)
    before = in_file(settings)
    lake.execute("delete from lake.ops.kpi_history")
    release(lake, settings, AUGUST, SEPTEMBER)
    assert in_file(settings) == in_lake(lake) == before


def test_damaged_publication_does_not_stop_the_history(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    release(lake, settings, AUGUST, SEPTEMBER)
    published(settings).file.write_bytes(b"damaged")
    release(lake, settings, AUGUST, (*SEPTEMBER[:5], 91, 100))
    assert [row[3] for row in reasons(settings)] == ["first", "first", "unexplained"]
