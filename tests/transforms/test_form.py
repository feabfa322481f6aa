"""Filled forms: what was typed arrives exactly, what is wrong is told by its cell, what is no form is refused."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from filled_form import CLOSED_AT, as_csv, example, expected, filled, generated, opened, packed

from lake.contracts import document, dossier, media, system, task
from lake.contracts.base import Contract, Delivery, Parsed
from lake.contracts.form import EXAMPLE_SHEET, VERSION_SHEET, Form, FormTable
from lake.contracts.forms import DOCUMENT, DOSSIER, FORMS, SYSTEM, TASK
from lake.contracts.forms.dossier import DOSSIERS, PROCEDURES
from lake.errors import PayloadRefused
from transforms import form
from transforms.cell_values import ZONE
from transforms.form_template import HEADER_ROW, columns

RECEIVED_AT = datetime(2021, 10, 1, 3, tzinfo=UTC)
CONTRACTS: dict[str, tuple[Contract, ...]] = {
    "dossier": (dossier.DOSSIERS, dossier.PROCEDURES),
    "document": (document.DOCUMENTS,),
    "task": (task.TASKS, task.MILESTONES),
    "media": (media.HUMAN_LABELS, media.RESPONSES),
    "system": (system.INVENTORY, system.STAFF, system.DOWNLOADS, system.REPORTS, system.MAINTENANCE, system.BACKUPS),
}


def parsed(body: bytes, asked: Form = DOSSIER, origin: str = "form.xlsx") -> Parsed:
    delivery = Delivery("form", None, RECEIVED_AT, origin, {})
    return form.parse(body, delivery, form=asked, contracts=CONTRACTS[asked.slug])


def errors(body: bytes, asked: Form = DOSSIER) -> list[tuple[str, str]]:
    """(cell, reason code) of every error."""
    return [(e.cell, e.code) for r in form.read(body, asked, "form.xlsx", RECEIVED_AT) for e in r.errors]


def of_dossiers(*rows: dict[str, Any], closed_at: Any = CLOSED_AT) -> bytes:
    return packed(filled(DOSSIER, {"Hồ sơ": rows}, closed_at))


def cell_of(table: FormTable, column: str, nth: int = 0) -> str:
    at = [f.column for f in columns(table)].index(column)
    return f"{openpyxl.utils.get_column_letter(at + 1)}{HEADER_ROW + 1 + nth}"


OWN_TABLES = [(FORMS[slug], table) for slug in CONTRACTS for table in FORMS[slug].tables]


@pytest.mark.parametrize(("asked", "table"), OWN_TABLES, ids=lambda x: getattr(x, "table", ""))
def test_rows_typed_into_the_template_arrive_exactly(asked: Form, table: FormTable) -> None:
    typed = generated(table, 29)
    for body in (packed(filled(asked, {table.sheet: typed})), as_csv(table, typed), as_csv(table, typed, ";")):
        result = parsed(body, asked)
        assert result.rejected["reason"].to_list() == []
        rows = result.rows[table.table].to_dicts()
        want = [{f.column: expected(f, row[f.column]) for f in columns(table)} for row in typed]
        assert rows == [row | {"reported_at": CLOSED_AT.replace(tzinfo=ZONE)} for row in want]
        assert all(frame.is_empty() for name, frame in result.rows.items() if name != table.table)


@pytest.mark.parametrize("asked", [FORMS[slug] for slug in CONTRACTS], ids=lambda f: f.slug)
def test_every_table_of_a_form_is_read_and_the_example_is_not(asked: Form) -> None:
    book = filled(asked, {table.sheet: [example(table)] for table in asked.tables})
    assert EXAMPLE_SHEET in book.sheetnames
    result = parsed(packed(book), asked)
    assert {name: frame.height for name, frame in result.rows.items()} == {t.table: 1 for t in asked.tables}


def test_a_bad_cell_costs_its_row_only_and_is_told_by_its_address() -> None:
    body = of_dossiers(
        example(DOSSIERS, dossier_id="A1"),
        example(DOSSIERS, dossier_id="A2", filed_at="01/09/21", channel="Qua Zalo"),
        example(DOSSIERS, dossier_id="A3", agency=None),
        example(DOSSIERS, dossier_id="A4"),
    )
    result = parsed(body)
    assert result.rows["dossier__dossiers"]["dossier_id"].to_list() == ["A1", "A4"]
    assert errors(body) == [
        (cell_of(DOSSIERS, "filed_at", 1), "two_digit_year"),
        (cell_of(DOSSIERS, "channel", 1), "unknown_word"),
        (cell_of(DOSSIERS, "agency", 2), "missing"),
    ]
    assert result.rejected["reason_code"].to_list() == ["two_digit_year", "missing"]
    assert result.rejected["position"].to_list() == [1, 2]
    assert "G6 (Ngày tiếp nhận) '01/09/21': a year of two digits" in result.rejected["reason"][0]
    assert json.loads(result.rejected["raw"][0])["dossier_id"] == "A2"


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"returned_at": "31/08/2021"}, "returned_at", "time_order"),
        ({"returned_at": "01/09/2021 08:29"}, "returned_at", "time_order"),
        ({"due_at": "31/08/2021"}, "due_at", "time_order"),
        ({"fee_vnd": None}, "fee_vnd", "needed_here"),
        ({"fee_vnd": -1}, "fee_vnd", "out_of_range"),
        ({"procedure_code": "TTHC 12"}, "procedure_code", "bad_format"),
    ],
)
def test_columns_that_contradict_each_other_are_told(changed: dict[str, Any], column: str, code: str) -> None:
    assert errors(of_dossiers(example(DOSSIERS, **changed))) == [(cell_of(DOSSIERS, column), code)]


def test_same_day_without_a_time_is_no_contradiction() -> None:
    assert errors(of_dossiers(example(DOSSIERS, returned_at=date(2021, 9, 1), due_at="01/09/2021"))) == []


def test_a_task_that_is_done_shows_its_evidence() -> None:
    table = TASK.tables[0]
    body = packed(filled(TASK, {table.sheet: [example(table, evidence_url=None)]}))
    assert errors(body, TASK) == [(cell_of(table, "evidence_url"), "needed_here")]
    assert parsed(packed(filled(TASK, {table.sheet: [example(table, task_no=30)]})), TASK).rejected.height == 1


def test_more_devices_than_downloads_are_told() -> None:
    table = SYSTEM.tables[2]
    body = packed(filled(SYSTEM, {table.sheet: [example(table, n_downloads=10, n_installed=11)]}))
    assert errors(body, SYSTEM) == [(cell_of(table, "n_installed"), "above_limit")]


def test_a_key_that_comes_twice_is_told_with_its_first_row() -> None:
    records = form.read(of_dossiers(example(DOSSIERS), example(DOSSIERS)), DOSSIER, "form.xlsx", RECEIVED_AT)
    (error,) = records[1].errors
    assert not records[0].errors and error.code == "duplicate_key" and "dòng 5 (Hồ sơ)" in error.vi


def test_days_a_spreadsheet_swapped_are_not_taken() -> None:
    """A program that thinks month first made dates of 05/09 and 06/09, and left 25/09 as text."""
    swapped = [datetime(2021, 5, 9), datetime(2021, 6, 9), "25/09/2021"]  # noqa: DTZ001
    rows = [
        example(DOSSIERS, dossier_id=f"A{i}", filed_at=day, due_at=None, returned_at=None)
        for i, day in enumerate(swapped)
    ]
    assert errors(of_dossiers(*rows)) == [
        (cell_of(DOSSIERS, "filed_at", 0), "ambiguous_day_month"),
        (cell_of(DOSSIERS, "filed_at", 1), "ambiguous_day_month"),
    ]
    rows[2]["filed_at"] = "05/09/2021"  # text up to the twelfth too: nothing was swapped
    assert errors(of_dossiers(*rows)) == []


def test_merged_cells_totals_and_stray_cells_are_told() -> None:
    book = filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS, dossier_id=f"A{i}") for i in range(3)]})
    sheet = book["Hồ sơ"]
    agency = cell_of(DOSSIERS, "agency")[0]
    sheet.merge_cells(f"{agency}5:{agency}6")
    sheet["A8"] = "Tổng cộng"
    sheet["Z5"] = "xem lại"
    assert errors(packed(book)) == [("Z5", "outside_table"), (f"{agency}6", "merged_cell"), ("A8", "total_row")]


def test_formula_without_a_result_is_not_an_empty_cell() -> None:
    book = filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS, returned_at="=NOW()-1")]})
    assert errors(packed(book)) == [(cell_of(DOSSIERS, "returned_at"), "excel_error")]
    cell = book["Hồ sơ"][cell_of(DOSSIERS, "returned_at")]
    cell.value, cell.data_type = "#N/A", "e"
    assert errors(packed(book)) == [(cell_of(DOSSIERS, "returned_at"), "excel_error")]


def test_who_applied_passes_nowhere() -> None:
    typed = [example(DOSSIERS), example(DOSSIERS, dossier_id="A2", filed_at="hôm qua")]
    lines = as_csv(DOSSIERS, typed).decode().splitlines()
    secret = ("Nguyễn Thị Bí Mật", "0912345678", "12 đường Trần Hưng Đạo")
    header = "Người nộp hồ sơ,Số điện thoại,Địa chỉ"
    body = "\n".join([f"{lines[0]},{header}", *(f"{line},{','.join(secret)}" for line in lines[1:])]).encode()
    book = filled(DOSSIER, {"Hồ sơ": typed})
    for row in (4, 5, 6):
        for at, text in enumerate(header.split(",") if row == 4 else secret):
            book["Hồ sơ"].cell(row, len(columns(DOSSIERS)) + 1 + at).value = text
    for delivered in (body, packed(book)):
        result = parsed(delivered)
        assert (result.rows["dossier__dossiers"].height, result.rejected.height) == (1, 1)
        kept = repr(result.rows["dossier__dossiers"].to_dicts()) + repr(result.rejected.to_dicts())
        kept += b"".join(result.rejected["raw"].to_list()).decode()
        kept += repr(form.read(delivered, DOSSIER, "form", RECEIVED_AT))
        assert [word for word in secret if word in kept] == []


def test_a_phone_number_in_the_wrong_column_is_shown_to_nobody() -> None:
    result = parsed(of_dossiers(example(DOSSIERS, filed_at="gọi 0912345678")))
    assert "0912345678" not in result.rejected["reason"][0]


def test_headers_without_accents_in_any_order_and_other_words_are_known() -> None:
    names = "Trang thai;MA HO SO;Ma TTHC;Don vi xu ly;Ngay nhan;Han xu ly;Kenh nop;Tinh den ngay"
    line = "Dang xu ly;HS-1;1.012818.H19;UBND huyen;1/9/2021 8:30;15/09/2021;truc tuyen;30/9/2021"
    row = parsed(f"\ufeff{names}\r\n\r\n{line}\r\n".encode(), origin="a.csv").rows["dossier__dossiers"].to_dicts()[0]
    assert (row["status"], row["channel"], row["agency"]) == ("in_progress", "online", "UBND huyen")
    assert row["filed_at"] == datetime(2021, 9, 1, 8, 30, tzinfo=ZONE)
    assert row["reported_at"] == datetime(2021, 9, 30, 23, 59, 59, tzinfo=ZONE)


def test_rows_of_a_csv_are_numbered_as_a_spreadsheet_shows_them() -> None:
    good, bad = example(DOSSIERS), example(DOSSIERS, dossier_id="A2", filed_at="x")
    lines = as_csv(DOSSIERS, [good, bad]).decode().splitlines()
    body = "\r\n".join([lines[0], "", lines[1], "cut,off", lines[2]]).encode()
    column = chr(ord("A") + [f.column for f in DOSSIERS.fields].index("filed_at"))
    assert errors(body) == [("A4", "malformed_row"), (f"{column}5", "not_a_date")]


def test_utf16_csv_as_a_spreadsheet_saves_it_is_read() -> None:
    body = as_csv(DOSSIERS, [example(DOSSIERS)], "\t").decode().encode("utf-16")
    assert parsed(body, origin="a.csv").rows["dossier__dossiers"].height == 1


def damaged(damage: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS)]})
    damage(book)
    return packed(book)


def renamed(book: openpyxl.Workbook) -> None:
    book["Hồ sơ"][cell_of(DOSSIERS, "returned_at").replace("5", "4")] = "Ngày trả kết qủa giấy"


def without(column: str) -> Callable[[openpyxl.Workbook], None]:
    def damage(book: openpyxl.Workbook) -> None:
        book["Hồ sơ"].delete_cols([f.column for f in columns(DOSSIERS)].index(column) + 1)

    return damage


def doubled(book: openpyxl.Workbook) -> None:
    book["Hồ sơ"].cell(4, len(columns(DOSSIERS)) + 1).value = "Số hồ sơ"


def future(book: openpyxl.Workbook) -> None:
    book[VERSION_SHEET]["C1"] = 2


def unclosed(book: openpyxl.Workbook) -> None:
    book["Hồ sơ"]["B2"] = None


def misclosed(book: openpyxl.Workbook) -> None:
    book["Hồ sơ"]["B2"] = "30/09/21"


def with_another_sheet(book: openpyxl.Workbook) -> None:
    book.create_sheet("Sheet9")["A1"] = "bảng khác"


WHOLE = of_dossiers(example(DOSSIERS))
REFUSED: list[tuple[str, bytes, str]] = [
    ("html", b"<html><table><tr><td>x</td></tr></table></html>", "is an HTML page, .* open it in Excel"),
    ("json", b'{"a": 1}', "a JSON document"),
    ("xml", b"<?xml version='1.0'?><a/>", "an XML document"),
    ("gzip", gzip.compress(b"x"), "a gzip file"),
    ("empty", b"", "an empty answer"),
    ("pdf", b"%PDF-1.7\n\0\0\0", "holds no table|neither a workbook"),
    ("cut workbook", WHOLE[: len(WHOLE) // 2], "cannot be read as a workbook"),
    ("cut csv", as_csv(DOSSIERS, [example(DOSSIERS)]) + b'"HS-2', "cut off"),
    ("latin1", "Mã hồ sơ,Mã thủ tục\n".encode("cp1258", "replace"), "is not UTF-8 .line 1."),
    ("other csv", b"a,b\n1,2\n", "holds no table of the form dossier"),
    ("no rows", packed(opened(DOSSIER)), "holds no filled row"),
    ("other form", packed(filled(TASK, {"Nhiệm vụ": [example(TASK.tables[0])]})), "is the form 'task', not 'dossier'"),
    ("other version", damaged(future), "is version 2 of the form dossier, read is version 1"),
    ("renamed column", damaged(renamed), "cell I4: the form has no column"),
    ("missing column", damaged(without("channel")), "lacks the column Hình thức nộp"),
    ("doubled column", damaged(doubled), "has the column Mã hồ sơ twice, in A4 and R4"),
    ("no closing time", damaged(unclosed), "cell B2: Thời điểm chốt số liệu is not filled"),
    ("bad closing time", damaged(misclosed), "cell B2: .* a year of two digits"),
    ("stray sheet", damaged(with_another_sheet), "sheet Sheet9, holds no table of the form"),
    ("csv without closing time", b"M\xc3\xa3 h\xe1\xbb\x93 s\xc6\xa1,M\xc3\xa3 TTHC\n1,2\n", "lacks the column"),
]


@pytest.mark.parametrize(("body", "told"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_not_this_form_is_refused_as_a_whole(body: bytes, told: str) -> None:
    with pytest.raises(PayloadRefused, match=told) as refusal:
        parsed(body, origin="form.xlsx")
    assert "form.xlsx" in str(refusal.value)


def test_hidden_sheets_are_not_data() -> None:
    book = filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS)]})
    with_another_sheet(book)
    book["Sheet9"].sheet_state = "hidden"
    assert parsed(packed(book)).rows["dossier__dossiers"].height == 1


def test_a_program_that_lost_the_hidden_sheet_still_delivers() -> None:
    book = filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS)]})
    del book[VERSION_SHEET]
    assert parsed(packed(book)).rows["dossier__dossiers"].height == 1


def test_real_procedures_pass_through_the_form(shared_data: Callable[[str], Path]) -> None:
    """20 pages of a province's procedures: their codes and names, typed into the form, come out as they stand."""
    pages = sorted(shared_data("services/tthc_dong_nai").glob("*.html"))
    told = [(page.stem, _title(page.read_text(encoding="utf-8"))) for page in pages]
    assert len(told) == 20 and sum(code.endswith(".H19") for code, _ in told) == 17
    typed = [example(PROCEDURES, procedure_code=code, procedure_name=name, withdrawn_on=None) for code, name in told]
    result = parsed(packed(filled(DOSSIER, {PROCEDURES.sheet: typed})))
    assert result.rejected["reason"].to_list() == []
    rows = result.rows["dossier__procedures"]
    assert list(zip(rows["procedure_code"], rows["procedure_name"], strict=True)) == told


def _title(page: str) -> str:
    found = re.search(r"(?s)<title>(.*?)</title>", page)
    assert found
    return " ".join(html.unescape(found[1]).split())


def test_document_symbols_keep_their_form() -> None:
    table = DOCUMENT.tables[0]
    rows = [example(table, symbol=symbol) for symbol in ("47/2020/NĐ-CP", "482/QĐ UBND")]
    result = parsed(packed(filled(DOCUMENT, {table.sheet: rows})), DOCUMENT)
    assert result.rows[table.table]["symbol"].to_list() == ["47/2020/NĐ-CP"]
    assert result.rejected["reason_code"].to_list() == ["bad_format"]
