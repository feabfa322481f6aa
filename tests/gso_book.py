"""A small workbook in the manner of GSO's monthly report, written with openpyxl."""

from __future__ import annotations

import io
from collections.abc import Mapping

from openpyxl import Workbook

Cells = Mapping[str, object]

MONTHLY: Cells = {
    "A1": "33. Chỉ số giá tiêu dùng và bán lẻ",
    "A2": "       tháng 11 và 11 tháng đầu năm 2024(*)",
    "G3": "Tỷ đồng; %",
    "C4": "Thực hiện",
    "D4": "Ước tính",
    "E4": "Cộng dồn",
    "F4": "Tháng 11 năm 2024 so với",
    "C5": "tháng 10",
    "D5": "tháng 11",
    "E5": "11 tháng đầu",
    "F5": "Kỳ gốc",
    "G5": "Tháng 12",
    "C6": "năm",
    "D6": "năm",
    "E6": "năm",
    "F6": "(2019)",
    "G6": "năm",
    "C7": 2024,
    "D7": 2024,
    "E7": 2024,
    "G7": 2023,
    "A9": "TỔNG SỐ",
    "C9": 10.5,
    "D9": 11,
    "E9": 120.25,
    "F9": 117.5,
    "G9": 102.5,
    "B10": "Trong đó:",
    "B11": "Lương thực",
    "C11": "...",
    "D11": "-",
    "E11": "3,5",
    "F11": "không rõ",
    "G11": 0,
    "B13": "Vàng, bạc (Nghìn lượng)",
    "C13": 4,
    "I9": 0.5,  # a working column of the author's
    "B14": "Hậu Giang",
    "D14": 1.5,
    "C15": 99,
    "A17": "(*) Số liệu ước tính.",
}


def workbook(
    sheets: Mapping[str, Cells], *, hidden: tuple[str, ...] = (), merged: Mapping[str, str] | None = None
) -> bytes:
    """Bytes of an .xlsx with these sheets; `merged` maps a sheet to one merged range."""
    book = Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for address, value in cells.items():
            sheet[address] = value
        if name in hidden:
            sheet.sheet_state = "hidden"
        if merged and name in merged:
            sheet.merged_cells.add(merged[name])  # `merge_cells` would make every cell of the range
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def monthly(*, hidden: bool = True, **changed: object) -> bytes:
    """One visible table, and a hidden sheet of last year."""
    sheets: dict[str, Cells] = {"33.CPI": {**MONTHLY, **changed}}
    if hidden:
        sheets["cũ"] = {"A1": "1. Cũ", "B2": 1.5}
    return workbook(sheets, hidden=("cũ",), merged={"33.CPI": "F4:G4"})
