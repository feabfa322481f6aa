"""Templates: what a person sees before typing, and the list of errors that goes back."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest
from filled_form import example, filled, opened, packed

from lake.contracts.form import EXAMPLE_SHEET, GUIDE_SHEET, VERSION_SHEET, Form
from lake.contracts.forms import DOSSIER, FORMS, TASK
from lake.contracts.forms.dossier import DOSSIERS
from transforms import form
from transforms.cell_values import offered
from transforms.form import CellError
from transforms.form_errors import HEADERS, MAX_LINES, error_sheet
from transforms.form_template import HEADER_ROW, columns, header


@pytest.mark.parametrize("asked", FORMS.values(), ids=lambda f: f.slug)
def test_template_asks_every_column_with_its_list_its_limits_and_its_help(asked: Form) -> None:
    book = opened(asked)
    assert book.sheetnames == [*(t.sheet for t in asked.tables), VERSION_SHEET, EXAMPLE_SHEET, GUIDE_SHEET]
    assert book[VERSION_SHEET].sheet_state == "veryHidden"
    assert book[EXAMPLE_SHEET]["A1"].value == "VÍ DỤ - không nhập liệu tại đây"
    for table in asked.tables:
        sheet = book[table.sheet]
        heads = list(sheet[HEADER_ROW])
        assert [cell.value for cell in heads] == [header(f) for f in columns(table)]
        assert all(f.help_vi in cell.comment.text for f, cell in zip(columns(table), heads, strict=True))
        rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
        for f, cell in zip(columns(table), heads, strict=True):
            rule = rules[f"{cell.column_letter}{HEADER_ROW + 1}"]
            if f.kind in ("choice", "yes_no"):
                name, _, cells = rule.formula1.partition("!")
                first, _, last = cells.replace("$", "").partition(":")
                words = [c.value for (c,) in book[name.strip("'")][f"{first}:{last}"]] if first != last else []
                assert words == offered(f)
            if f.kind == "day":
                assert sheet.column_dimensions[cell.column_letter].number_format == "dd/mm/yyyy"
        assert rules["B2"].type == "date"


def test_template_keeps_periods_and_codes_from_becoming_dates() -> None:
    book = opened(FORMS["system"])
    sheet = book["Báo cáo định kỳ"]
    letter = next(cell.column_letter for cell in sheet[HEADER_ROW] if cell.value == "Kỳ báo cáo (*)")
    assert sheet.column_dimensions[letter].number_format == "@"


def test_list_of_errors_names_the_cell_in_two_languages() -> None:
    body = packed(filled(DOSSIER, {"Hồ sơ": [example(DOSSIERS, filed_at="01/09/21")]}))
    records = form.read(body, DOSSIER, "form.xlsx", datetime(2021, 10, 1, tzinfo=UTC))
    sheet = openpyxl.load_workbook(io.BytesIO(error_sheet([e for r in records for e in r.errors]))).active
    head, line = sheet.iter_rows(values_only=True)
    assert head == HEADERS
    assert line[:5] == ("Hồ sơ", "G5", "Ngày tiếp nhận", "01/09/21", "two_digit_year")
    assert line[5:] == (
        "Năm chỉ có hai chữ số; viết đủ bốn chữ số.",
        "a year of two digits; write all four.",
    )


def test_value_that_is_a_formula_is_shown_and_not_computed() -> None:
    evil = CellError("Hồ sơ", "A5", "Mã hồ sơ", '=HYPERLINK("http://x.example";"y")', "bad_format", "=1+1", "@x")
    cells = openpyxl.load_workbook(io.BytesIO(error_sheet([evil]))).active[2]
    assert [cell.data_type for cell in cells] == ["s"] * 7
    assert cells[3].value == evil.value


def test_endless_errors_make_no_endless_list() -> None:
    error = CellError("Hồ sơ", "A5", "Mã hồ sơ", "x", "missing", "Thiếu", "empty")
    rows = list(openpyxl.load_workbook(io.BytesIO(error_sheet([error] * (MAX_LINES + 7))), read_only=True).active.rows)
    assert len(rows) == MAX_LINES + 2
    assert rows[-1][5].value == "Còn 7 lỗi nữa."


def test_scheme_has_29_tasks() -> None:
    (rule,) = [r for r in opened(TASK)["Nhiệm vụ"].data_validations.dataValidation if str(r.sqref).startswith("A5:")]
    assert (rule.type, rule.formula1, rule.formula2) == ("whole", "1", "29")
