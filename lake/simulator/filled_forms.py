"""The province's forms as its units fill them in: workbooks laid out as `ioc template` lays them out, and CSV exports.

A row is told by contract columns; what stands in a cell is what a person would put there, so a fault is planted by
writing it. The same rows give the same bytes.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from openpyxl import Workbook

from lake.contracts.form import REPORTED_AT, VERSION_MARK, VERSION_SHEET, Form, FormTable
from lake.simulator.province import TIME_ZONE

Cell = str | int | float | date | datetime | None
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # the time of every member of an archive, the first that ZIP knows
_SAVED_AT = re.compile(rb"(?<=>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=<)")


@dataclass(frozen=True)
class Filled:
    """One table of a form. `rows`: cells by contract column; a column no row has is left out of the sheet.

    `extra`: headers the form does not have, with a cell per row: what exports tell of persons.
    """

    table: FormTable
    reported_at: date  # or an instant
    rows: Sequence[Mapping[str, Cell]]
    extra: Mapping[str, Sequence[Cell]] = field(default_factory=dict)

    def grid(self, *, has_reported: bool) -> list[list[Cell]]:
        """The header and a line of cells per row; with the closing time as a last column where asked for."""
        told = {column for row in self.rows for column in row}
        fields = [f for f in self.table.fields if f.required or f.column in told]
        asked = [f for f in fields if f is not REPORTED_AT or has_reported]
        header: list[Cell] = [*self.extra, *(f.header for f in asked)]
        lines = [
            [cells[at] for cells in self.extra.values()]
            + [self.reported_at if f is REPORTED_AT else row.get(f.column) for f in asked]
            for at, row in enumerate(self.rows)
        ]
        return [header, *lines]


def workbook(form: Form, tables: Sequence[Filled]) -> bytes:
    """A filled .xlsx: a sheet per table, its closing time in B2, the header in row 4, and the hidden version sheet."""
    book = Workbook(write_only=True)
    for filled in tables:
        sheet = book.create_sheet(filled.table.sheet)
        sheet.append([f"{form.title_vi} - {filled.table.sheet}"])
        sheet.append([REPORTED_AT.header, _wall_clock(filled.reported_at)])
        sheet.append([])
        for line in filled.grid(has_reported=False):
            sheet.append([_wall_clock(cell) for cell in line])
    version = book.create_sheet(VERSION_SHEET)
    version.sheet_state = "veryHidden"
    version.append([VERSION_MARK, form.slug, form.version])
    out = io.BytesIO()
    book.save(out)
    return settled(out.getvalue())


def csv_export(filled: Filled) -> bytes:
    """One table as the CSV in UTF-8 (with its mark) and semicolons that Excel saves in Viet Nam."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for line in filled.grid(has_reported=True):
        writer.writerow([_written(cell) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def _wall_clock(cell: Cell) -> Cell:
    """A spreadsheet knows no zones: instants stand in it in provincial time."""
    return cell.astimezone(TIME_ZONE).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _written(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell.astimezone(TIME_ZONE):%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)


def settled(book: bytes) -> bytes:
    """A workbook without the times at which it was made, so that the same cells give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
        for member in made.namelist():
            body = made.read(member)
            if member == "docProps/core.xml":
                body = _SAVED_AT.sub(b"2021-09-30T10:00:00Z", body)
            again.writestr(zipfile.ZipInfo(member, _WRITTEN), body, zipfile.ZIP_DEFLATED, compresslevel=3)
    return out.getvalue()
