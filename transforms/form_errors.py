"""The list of a form's errors -> the workbook that goes back to who filled it."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from transforms.form import CellError

SHEET = "Lỗi"
HEADERS = ("Trang tính", "Ô", "Cột", "Giá trị đã nhập", "Mã lỗi", "Lý do", "Reason")
_WIDTHS = (20, 8, 28, 28, 20, 70, 70)
MAX_LINES = 2_000  # a column typed wrong gives one error per row; nobody reads more


def error_sheet(errors: Sequence[CellError]) -> bytes:
    """The errors as an .xlsx, one per line, at most MAX_LINES and then how many more there are.

    Every cell is text: a value that begins with = is shown and never computed.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    lines = [HEADERS, *((e.sheet, e.cell, e.header, e.value, e.code, e.vi, e.en) for e in errors[:MAX_LINES])]
    if (n_more := len(errors) - MAX_LINES) > 0:
        lines.append(("", "", "", "", "", f"Còn {n_more} lỗi nữa.", f"{n_more} more errors."))
    bold = Font(bold=True)
    for number, line in enumerate(lines):
        cells = []
        for text in line:
            cell = WriteOnlyCell(sheet)
            cell.value = text
            cell.data_type = "s"
            if number == 0:
                cell.font = bold
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
