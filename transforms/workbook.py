"""Excel and OpenDocument workbooks: bytes -> sheets of plain cell values, whatever the generation of the file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from lake.errors import PayloadRefused

MAX_UNPACKED_BYTES = 256 << 20
MAX_CELLS = 5_000_000  # a sheet of a form or a yearbook has thousands
ZIP_MAGIC, OLE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Cell = str | int | float | bool | date | datetime | time | timedelta


@dataclass(frozen=True)
class Sheet:
    """One worksheet. `rows[r][c]` is the cell in row r and column c, counted from 0 at A1; "" where it is empty.

    `merged` holds ((first row, first column), (last row, last column)) of merged ranges: the value stands in the
    first cell, the others are empty.
    """

    name: str
    is_hidden: bool
    rows: list[list[Cell]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


def address(row: int, column: int) -> str:
    """Name of a cell as the spreadsheet shows it: (0, 0) -> "A1"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def sheets(body: bytes, origin: str) -> Iterator[Sheet]:
    """Worksheets of an .xls, .xlsx, .xlsb or .ods file, in its order, hidden ones included.

    Raises PayloadRefused where the bytes are no workbook, are protected by a password, or unpack past the limits.
    """
    if not body.startswith((ZIP_MAGIC, OLE_MAGIC)):
        raise PayloadRefused(f"{origin} is no Excel or OpenDocument workbook; deliver the file the program saved.")
    try:
        if body.startswith(ZIP_MAGIC):
            _check_unpacked(body, origin)
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            for said in book.sheets_metadata:
                if said.typ is SheetTypeEnum.WorkSheet:
                    yield _sheet(book, said.name, said.visible is not SheetVisibleEnum.Visible, origin)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise PayloadRefused(f"{origin} cannot be read as a workbook ({error}); save it again without password.") from (
            error
        )


def _check_unpacked(body: bytes, origin: str) -> None:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        n_bytes = sum(part.file_size for part in archive.infolist())
    if n_bytes > MAX_UNPACKED_BYTES:
        raise PayloadRefused(f"{origin} unpacks to {n_bytes >> 20} MB, more than {MAX_UNPACKED_BYTES >> 20}; split it.")


def _sheet(book: CalamineWorkbook, name: str, is_hidden: bool, origin: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise PayloadRefused(f"{origin}, sheet {name}, spans more than {MAX_CELLS:,} cells; clear the empty ones.")
    return Sheet(name, is_hidden, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or [])
