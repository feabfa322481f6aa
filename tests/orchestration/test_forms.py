"""Forms from the template to the lake and back to their sender."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from typer.testing import CliRunner

from lake.catalog import Catalog, open_catalog
from lake.contracts.forms import FORMS
from lake.contracts.forms.task import TASKS
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import Source, declare
from orchestration import confined_parsing
from orchestration.checks import validate_new_batches
from orchestration.cli import app
from orchestration.harvest import Outcome, harvest
from transforms.form_template import HEADER_ROW, header, template

pytestmark = pytest.mark.xdist_group("forms")  # one lake for all tests of this module


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("forms") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


def write(path: Path, closed_at: str, *rows: dict[str, Any]) -> None:
    """The task form with rows typed into it."""
    book = openpyxl.load_workbook(io.BytesIO(template(FORMS["task"])))
    sheet = book["Nhiệm vụ"]
    sheet["B2"] = closed_at
    at = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
    for number, row in enumerate(rows, HEADER_ROW + 1):
        for column, value in row.items():
            sheet.cell(number, at[header(TASKS.field(column))]).value = value
    book.save(path)


def task(number: int, **more: Any) -> dict[str, Any]:
    row = {"task_no": number, "task_name": f"Nhiệm vụ {number}", "owner_unit": "Sở A", "due_on": "30/06/2022"}
    return row | {"earned_pct": 10 * number} | more


def source(folder: Path, identity: str) -> Source:
    return declare(identity, slug="task", format="form", location=str(folder), name_vi="x", name_en="x")


def taken(catalog: Catalog, con: duckdb.DuckDBPyConnection, declared: Source) -> Outcome:
    return harvest(catalog, con, declared, run_id=f"run-{declared.id}", location=declared.location)


def test_one_bad_form_of_a_folder_costs_no_other_and_is_named(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "a.xlsx", "30/06/2021", task(1), task(2), task(3, due_on="30/06/22"))
    (tmp_path / "b.xlsx").write_bytes(b"<html>no</html>")
    write(tmp_path / "c.xlsx", "30/09/2021", task(1, earned_pct=50))
    outcome = taken(catalog, con, source(tmp_path, "folder"))
    (receipt,) = outcome.receipts
    assert (receipt.n_offered, receipt.n_accepted, receipt.n_quarantined) == (4, 3, 1)
    assert outcome.error and "1 of 3 payloads were refused" in outcome.error and "b.xlsx" in outcome.error
    (kept,) = con.execute("select reason_code, reason from lake.raw.quarantine where source = 'folder'").fetchall()
    assert kept[0] == "two_digit_year" and "E7 (Ngày kết thúc kế hoạch) '30/06/22'" in kept[1]
    (sealed,) = con.execute("select raw from lake.raw.quarantine where source = 'folder'").fetchone() or (b"",)
    assert "Nhiệm vụ".encode() not in bytes(sealed)

    again = taken(catalog, con, source(tmp_path, "folder"))
    assert again.n_accepted == 0 and again.error and "b.xlsx" in again.error


def test_history_of_a_task_is_kept_and_a_repeated_report_adds_nothing(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    declared = source(tmp_path, "history")
    for name, closed_at, earned in (("1", "30/06/2021", 10), ("2", "30/09/2021", 60), ("3", "30/09/2021 23:59:59", 60)):
        write(tmp_path / f"{name}.xlsx", closed_at, task(1, earned_pct=earned))
        taken(catalog, con, declared)
    rows = con.execute(
        "select reported_at, earned_pct from lake.raw.task__tasks where source = 'history' order by 1"
    ).fetchall()
    assert [(at.astimezone(UTC), earned) for at, earned in rows] == [
        (datetime(2021, 6, 30, 16, 59, 59, tzinfo=UTC), 10.0),
        (datetime(2021, 9, 30, 16, 59, 59, tzinfo=UTC), 60.0),
    ]


@pytest.mark.slow
def test_sound_forms_pass_the_suite_of_their_slug(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for slug in ("dossier", "document", "task", "system"):
        folder = tmp_path / slug
        folder.mkdir()
        book = openpyxl.load_workbook(io.BytesIO(template(FORMS[slug])))
        for table in FORMS[slug].tables:
            sheet = book[table.sheet]
            sheet["B2"] = "30/09/2025"
            at = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
            for f in table.fields:
                if header(f) in at:
                    sheet.cell(HEADER_ROW + 1, at[header(f)]).value = f.example
        book.save(folder / "form.xlsx")
        declared = declare(f"own-{slug}", slug=slug, format="form", location=str(folder), name_vi="x", name_en="x")
        outcome = taken(catalog, con, declared)
        assert outcome.error is None and outcome.n_accepted == len(FORMS[slug].tables)
        results = [r for r in validate_new_batches(con, slug, "run") if r[0] == declared.id]
        assert results and [r for r in results if not r[3]] == []


def test_commands_write_a_form_once_and_answer_with_its_errors(tmp_path: Path) -> None:
    run = CliRunner()
    empty, filled, told = (str(tmp_path / name) for name in ("empty.xlsx", "filled.xlsx", "errors.xlsx"))
    assert run.invoke(app, ["template", "task", "--out", empty]).exit_code == 0
    repeated = run.invoke(app, ["template", "task", "--out", empty])
    assert repeated.exit_code == 1 and "exists already" in str(repeated.exception)

    write(Path(filled), "30/09/2021", task(1), task(2, due_on="30/06/22"))
    checked = run.invoke(app, ["check-form", "task", filled, "--out", told])
    assert checked.exit_code == 1 and "2 rows, 1 with errors, 1 errors." in checked.output
    assert openpyxl.load_workbook(told).active["B2"].value == "E6"
    assert "--out" in str(run.invoke(app, ["check-form", "task", filled, "--out", filled]).exception)
    assert "version" not in str(run.invoke(app, ["check-form", "task", empty]).exception)

    write(Path(filled), "30/09/2021", task(1))
    assert run.invoke(app, ["check-form", "task", filled]).exit_code == 0
    other = run.invoke(app, ["check-form", "dossier", filled])
    assert other.exit_code == 1 and "is the form 'task', not 'dossier'" in str(other.exception)


def test_delivery_that_kills_its_parser_is_named_and_costs_no_other(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = ",".join(header(field) for field in TASKS.fields)
    (tmp_path / "endless.csv").write_text(headers + "\n" + "1,x,Sở A,30/06/2022\n" * 400_000, encoding="utf-8")
    write(tmp_path / "sound.xlsx", "30/06/2021", task(1))
    strict = confined_parsing.ConfinedParser(*confined_parsing.TABLES, cpu_s=1, memory_mb=400)
    monkeypatch.setattr(confined_parsing, "child", lambda _: strict)
    killed = taken(catalog, con, source(tmp_path, "killed"))
    assert killed.n_accepted == 1
    assert killed.error and "1 of 2 payloads were refused" in killed.error
    assert "endless.csv took the parser more than 1 s or 400 MB, or broke it" in killed.error
    reports = tmp_path / "reports.json"
    reports.write_text("[" + ",".join(['{"service_request_id": "1", "status": "open"}'] * 400_000) + "]")
    bomb = declare("bomb", slug="ticket", format="open311", location=str(reports), name_vi="x", name_en="x")
    outcome = taken(catalog, con, bomb)
    assert outcome.error and "reports.json took the parser more than 1 s" in outcome.error
    assert con.execute("select status from lake.ops.harvests where source = 'bomb'").fetchall() == [("failed",)]
    strict.close()
