"""A form -> the empty workbook people fill in: headers, lists, limits, comments, an example, and its version hidden."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lake.contracts.form import (
    EXAMPLE_SHEET,
    GUIDE_SHEET,
    REPORTED_AT,
    VERSION_MARK,
    VERSION_SHEET,
    Field,
    Form,
    FormTable,
    Kind,
)
from transforms.cell_values import EARLIEST, offered

REPORTED_ROW, HEADER_ROW = 2, 4
LAST_ROW = 5_000  # rows with lists and limits; rows below are read all the same
NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",  # or a spreadsheet makes a date of 09/2021 and eats the zeros of 0123
    "choice": "@",
    "yes_no": "@",
    "integer": "#,##0",
    "decimal": "#,##0.###",
    "percent": "0.##",
    "day": "dd/mm/yyyy",
    "instant": "dd/mm/yyyy hh:mm",
}
KINDS_VI: dict[Kind, str] = {
    "text": "Chữ",
    "choice": "Chọn trong danh sách",
    "yes_no": "Có hoặc Không",
    "integer": "Số nguyên",
    "decimal": "Số, viết 1.234,5",
    "percent": "Phần trăm, ghi 85 cho 85 %",
    "day": "Ngày dd/mm/yyyy",
    "instant": "Ngày giờ dd/mm/yyyy hh:mm",
}

_HEAD = PatternFill("solid", fgColor="1F4E79")
_INK, _QUIET, _WARN = (
    Font(bold=True, color="FFFFFF"),
    Font(italic=True, color="555555"),
    Font(bold=True, color="C00000"),
)
_EXAMPLE = PatternFill("solid", fgColor="EEEEEE")
_LINE = Border(*(Side("thin", color="BBBBBB"),) * 4)
_WRAP = Alignment(wrap_text=True, vertical="top")

Lists = dict[tuple[str, ...], str]  # words of a list -> their range on the hidden sheet


def template(form: Form) -> bytes:
    """The form as an .xlsx: one sheet per table, an example, a guide, and a hidden sheet with its version and lists."""
    book = Workbook()
    del book["Sheet"]
    hidden = book.create_sheet(VERSION_SHEET)
    hidden.sheet_state = "veryHidden"
    for cell, value in (("A1", VERSION_MARK), ("B1", form.slug), ("C1", form.version)):
        hidden[cell] = value
    lists: Lists = {}
    for at, table in enumerate(form.tables):
        _table(book.create_sheet(table.sheet, at), form, table, hidden, lists)
    _example(book.create_sheet(EXAMPLE_SHEET), form)
    _guide(book.create_sheet(GUIDE_SHEET), form)
    book.active = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def columns(table: FormTable) -> list[Field]:
    """The fields that are columns of a table's sheet: the closing time stands above it."""
    return [field for field in table.fields if field is not REPORTED_AT]


def header(field: Field) -> str:
    """A header as the template shows it; a star marks what must be filled."""
    return f"{field.header} (*)" if field.required else field.header


def _table(sheet: Worksheet, form: Form, table: FormTable, hidden: Worksheet, lists: Lists) -> None:
    sheet["A1"] = f"{form.title_vi} - {table.sheet}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.cell(REPORTED_ROW, 1, header(REPORTED_AT)).font = Font(bold=True)
    closing = sheet.cell(REPORTED_ROW, 2)
    closing.number_format = NUMBER_FORMATS["instant"]
    closing.border = _LINE
    closing.comment = _comment(REPORTED_AT)
    _limit(sheet, REPORTED_AT, closing.coordinate, hidden, lists)
    for at, field in enumerate(columns(table), 1):
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].number_format = NUMBER_FORMATS[field.kind]
        sheet.column_dimensions[letter].width = max(14, min(34, len(field.header) + 6))
        _head(sheet, HEADER_ROW, at, field).comment = _comment(field)
        _limit(sheet, field, f"{letter}{HEADER_ROW + 1}:{letter}{LAST_ROW}", hidden, lists)
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 1)


def _head(sheet: Worksheet, row: int, at: int, field: Field) -> Cell:
    cell = sheet.cell(row, at, header(field))
    cell.font, cell.fill, cell.alignment, cell.border = _INK, _HEAD, _WRAP, _LINE
    cell.number_format = "@"
    return cell


def _comment(field: Field) -> Comment:
    comment = Comment("\n".join(_told(field)), "ioc-lakehouse")
    comment.width, comment.height = 320, 140
    return comment


def _told(field: Field) -> list[str]:
    told = [field.help_vi, f"{KINDS_VI[field.kind]}. {'Bắt buộc' if field.required else 'Có thể để trống'}."]
    if field.shape_vi:
        told.append(f"Mẫu: {field.shape_vi}.")
    return told


def _limit(sheet: Worksheet, field: Field, cells: str, hidden: Worksheet, lists: Lists) -> None:
    """What the spreadsheet itself refuses while people type; pasted cells pass it by, so the intake checks again."""
    if field.kind in ("choice", "yes_no"):
        rule = DataValidation("list", _list(tuple(offered(field)), hidden, lists))
        told = "Chọn một giá trị trong danh sách."
    elif field.kind in ("day", "instant"):
        rule = DataValidation("date", f"DATE({EARLIEST.year},{EARLIEST.month},{EARLIEST.day})")
        rule.operator = "greaterThanOrEqual"
        told = "Nhập ngày theo dd/mm/yyyy, từ 01/01/2000."
    elif field.kind in ("integer", "decimal", "percent"):
        low, high = (-1e15 if field.low is None else field.low), (1e15 if field.high is None else field.high)
        rule = DataValidation("whole" if field.kind == "integer" else "decimal", f"{low:.0f}", f"{high:.0f}")
        rule.operator = "between"
        told = f"Nhập {KINDS_VI[field.kind].lower()}."
    else:
        rule = DataValidation("textLength", "0", str(field.max_length))
        rule.operator = "between"
        told = f"Nhiều nhất {field.max_length} ký tự."
    rule.allowBlank = True
    rule.showErrorMessage = True
    rule.errorTitle, rule.error = field.header[:32], told
    rule.add(cells)
    sheet.add_data_validation(rule)


def _list(words: tuple[str, ...], hidden: Worksheet, lists: Lists) -> str:
    """Range of a list's words on the hidden sheet, written once: a list inside a rule holds 255 characters only."""
    if words not in lists:
        at = 4 + len(lists)
        for row, word in enumerate(words, 1):
            hidden.cell(row, at, word)
        letter = get_column_letter(at)
        lists[words] = f"{quote_sheetname(VERSION_SHEET)}!${letter}$1:${letter}${len(words)}"
    return lists[words]


def _example(sheet: Worksheet, form: Form) -> None:
    sheet["A1"] = EXAMPLE_SHEET
    sheet["A1"].font = _WARN
    row = 3
    for table in form.tables:
        sheet.cell(row, 1, table.sheet).font = Font(bold=True)
        sheet.cell(row + 1, 1, header(REPORTED_AT))
        _fill(sheet, row + 1, 2, REPORTED_AT)
        for at, field in enumerate(columns(table), 1):
            _head(sheet, row + 2, at, field)
            _fill(sheet, row + 3, at, field)
            sheet.column_dimensions[get_column_letter(at)].width = 22
        row += 6


def _fill(sheet: Worksheet, row: int, at: int, field: Field) -> None:
    cell = sheet.cell(row, at, field.example)
    cell.number_format = NUMBER_FORMATS[field.kind]
    if isinstance(field.example, date) and not isinstance(field.example, datetime):
        cell.number_format = NUMBER_FORMATS["day"]
    cell.fill, cell.border = _EXAMPLE, _LINE


_GUIDE = (
    "Cột có dấu (*) là bắt buộc. Không đổi tên cột, không gộp ô, không thêm dòng tổng, không viết gì dưới bảng.",
    "Điền thời điểm chốt số liệu ở ô B2 của mỗi trang tính có số liệu.",
    "Ngày viết dd/mm/yyyy với năm đủ bốn chữ số. Số viết 1.234,5.",
    "Để trống nếu chưa có số liệu; không ghi 0 thay cho trống.",
    "Không nhập họ tên, số điện thoại, địa chỉ, số giấy tờ của bất kỳ ai.",
    "Bỏ một bản ghi: không xóa dòng trong các lần báo cáo sau, hãy ghi ngày kết thúc hoặc trạng thái của nó.",
)


def _guide(sheet: Worksheet, form: Form) -> None:
    sheet["A1"] = form.title_vi
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = form.title_en
    sheet["A2"].font = _QUIET
    for row, sentence in enumerate(_GUIDE, 3):
        sheet.cell(row, 1, sentence)
    row = 3 + len(_GUIDE) + 1
    _line(sheet, row, ("Trang tính", "Cột", "Kiểu", "Bắt buộc", "Giá trị cho phép", "Cách điền", "Ví dụ"), is_head=True)
    for table in form.tables:
        for field in table.fields:
            row += 1
            values = ", ".join(offered(field)) if field.kind in ("choice", "yes_no") else field.shape_vi
            needed = "Có" if field.required else "Không"
            _line(sheet, row, (table.sheet, field.header, KINDS_VI[field.kind], needed, values, field.help_vi))
            _fill(sheet, row, 7, field)
    for letter, width in zip("ABCDEFG", (20, 32, 24, 10, 44, 60, 24), strict=True):
        sheet.column_dimensions[letter].width = width


def _line(sheet: Worksheet, row: int, values: Sequence[str], *, is_head: bool = False) -> None:
    for at, value in enumerate(values, 1):
        cell = sheet.cell(row, at, value)
        cell.alignment, cell.border = _WRAP, _LINE
        if is_head:
            cell.font, cell.fill = _INK, _HEAD
