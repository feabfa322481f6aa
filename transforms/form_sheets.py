"""A filled form -> its tables as cells: which sheet is which, which column is which, as of when it holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lake.contracts.form import (
    EXAMPLE_SHEET,
    GUIDE_SHEET,
    PERSONAL_HEADERS,
    REPORTED_AT,
    SERIAL_HEADERS,
    VERSION_MARK,
    VERSION_SHEET,
    Field,
    Form,
    FormTable,
)
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import csv_records
from transforms.cell_values import is_blank, shown
from transforms.text import bare_words, what_arrived
from transforms.workbook import OLE_MAGIC, ZIP_MAGIC, Cell, Sheet, address, sheets
from transforms.workbook_formulas import Place, broken_formulas

HEADER_ROWS = 30  # a header stands within the first ones
MIN_MATCHES = 2  # columns that make a row a header
MAX_HEADER = 300  # characters
MAX_ROWS = 500_000


class Row(NamedTuple):
    """One row of a table: its number from 0, its cells, and of a CSV row that could not be split into cells why, and
    its bytes."""

    number: int
    cells: Sequence[Cell]
    fault: tuple[str, str] | None = None
    raw: bytes = b""


@dataclass(frozen=True)
class Located:
    """One table found in a delivery.

    `columns`: contract column -> column number.
    `unheaded`: column numbers without a header, whose cells must be empty. `reported`: where the time the table holds
    at stands outside the columns, its cell and address. `merged`: places that belong to a merged cell and are not its
    first. `broken`: places of formulas without a result.
    """

    table: FormTable
    sheet: str
    columns: Mapping[str, int]
    rows: Sequence[Row]
    unheaded: frozenset[int] = frozenset()
    reported: tuple[Cell, str] | None = None
    merged: frozenset[Place] = frozenset()
    broken: frozenset[Place] = frozenset()

    def address(self, row: int, column: str) -> str:
        """Name of the cell of a column, as a spreadsheet shows it."""
        if column not in self.columns and self.reported:
            return self.reported[1]
        return address(row, self.columns[column])


def locate(body: bytes, form: Form, origin: str) -> list[Located]:
    """Tables of a filled form: an .xlsx, .xls, .xlsb or .ods workbook, or a CSV in UTF-8 (UTF-16 with its mark).

    Columns are known by their headers, accents and case aside; serial numbers and personal columns are passed over.
    Hidden sheets, the example and the guide are not read.
    Raises PayloadRefused where the file as a whole is not this form: another kind of file, another form or version,
    a header that is missing, unknown or there twice, no closing time, nothing filled in.
    """
    if body.startswith((ZIP_MAGIC, OLE_MAGIC)):
        found = list(_from_workbook(body, form, origin))
    else:
        found = [_from_csv(body, form, origin)]
    if not any(located.rows for located in found):
        raise PayloadRefused(f"{origin} holds no filled row; fill the form and deliver it again.")
    return found


def _from_workbook(body: bytes, form: Form, origin: str) -> Iterator[Located]:
    book = list(sheets(body, origin))
    broken = broken_formulas(body, origin) if body.startswith(ZIP_MAGIC) else {}
    for sheet in book:
        if sheet.name == VERSION_SHEET:
            _check_version(sheet, form, origin)
    not_data = tuple(bare_words(name) for name in (EXAMPLE_SHEET.split("-")[0], GUIDE_SHEET))
    for sheet in book:
        if sheet.is_hidden or bare_words(sheet.name).startswith(not_data):
            continue
        if all(is_blank(cell) for row in sheet.rows for cell in row):
            continue
        yield _from_sheet(sheet, form, origin, broken.get(sheet.name, frozenset()))


def _check_version(sheet: Sheet, form: Form, origin: str) -> None:
    cells = (*sheet.rows[0], "", "", "")[:3] if sheet.rows else ("", "", "")
    if cells[0] != VERSION_MARK:
        raise PayloadRefused(f"{origin} has a damaged sheet {VERSION_SHEET}; fill a new copy of `ioc template`.")
    if cells[1] != form.slug:
        raise PayloadRefused(
            f"{origin} is the form {shown(cells[1])!r}, not {form.slug!r}; deliver it to the source of that form."
        )
    if cells[2] != form.version:
        raise PayloadRefused(
            f"{origin} is version {shown(cells[2])} of the form {form.slug}, read is version {form.version}; "
            f"move the rows to a new copy of `ioc template {form.slug}`."
        )


def _from_sheet(sheet: Sheet, form: Form, origin: str, broken: frozenset[Place]) -> Located:
    where = f"{origin}, sheet {sheet.name}"
    candidates = [
        (*_score(table, row, sheet.name), -number, table)
        for number, row in enumerate(sheet.rows[:HEADER_ROWS])
        for table in form.tables
    ]
    _, n_matches, _, number, table = max(candidates, key=lambda found: found[:4])
    if n_matches < MIN_MATCHES:
        raise PayloadRefused(
            f"{where}, holds no table of the form {form.slug}; use `ioc template {form.slug}`, or hide the sheet."
        )
    top = -number
    reported = _reported(sheet, top)
    columns, unheaded = _columns(table, sheet.rows[top], where, top, has_reported=reported is not None)
    if REPORTED_AT.column in columns:
        reported = None
    merged = frozenset(
        (r, c)
        for (r0, c0), (r1, c1) in sheet.merged
        if r1 > top
        for r in range(max(r0, top + 1), min(r1, len(sheet.rows)) + 1)
        for c in range(c0, c1 + 1)
        if (r, c) != (r0, c0)
    )
    broken_rows = {row for row, _ in broken}
    rows = [
        Row(at, row)
        for at, row in enumerate(sheet.rows)
        if at > top and (at in broken_rows or not all(map(is_blank, row)))
    ]
    _check_size(len(rows), where)
    return Located(table, sheet.name, columns, rows, unheaded, reported, merged, broken)


def _score(table: FormTable, row: Sequence[Cell], sheet: str) -> tuple[bool, int, bool]:
    """(all required columns are there, how many columns match, the sheet has the table's name) of a row as header."""
    known = _known(table)
    matched = {known[name].column for cell in row if (name := _header(cell)) in known}
    required = {f.column for f in table.fields if f.required and f is not REPORTED_AT}
    return required <= matched, len(matched), bare_words(sheet) == bare_words(table.sheet)


def _known(table: FormTable) -> dict[str, Field]:
    return {_header(name): f for f in table.fields for name in (f.header, *f.synonyms)}


_PARENTHESES = re.compile(r"\([^()]{0,60}\)")
_PASSED_OVER = frozenset(bare_words(name) for name in (*PERSONAL_HEADERS, *SERIAL_HEADERS))


def _header(cell: Cell) -> str:
    """A header as it is compared: bare_words, units and marks in parentheses gone; "" where there is none."""
    if not isinstance(cell, str):
        return ""
    return bare_words(_PARENTHESES.sub(" ", cell[:MAX_HEADER]))


def _columns(
    table: FormTable, row: Sequence[Cell], where: str, top: int, *, has_reported: bool
) -> tuple[dict[str, int], frozenset[int]]:
    known = _known(table)
    columns: dict[str, int] = {}
    unheaded = set()
    for at, cell in enumerate(row):
        name = _header(cell)
        if is_blank(cell):
            unheaded.add(at)
        elif name in known:
            column = known[name].column
            if column in columns:
                raise PayloadRefused(
                    f"{where}, has the column {known[name].header} twice, in {address(top, columns[column])} and "
                    f"{address(top, at)}; keep one."
                )
            columns[column] = at
        elif name not in _PASSED_OVER:
            raise PayloadRefused(
                f"{where}, cell {address(top, at)}: the form has no column {shown(cell)!r}; "
                "correct the header or remove the column."
            )
    lacking = [
        f.header
        for f in table.fields
        if f.required and f.column not in columns and not (f is REPORTED_AT and has_reported)
    ]
    if lacking:
        raise PayloadRefused(f"{where}, lacks the column {', '.join(lacking)}; add it, or use the template.")
    return columns, frozenset(unheaded)


def _reported(sheet: Sheet, top: int) -> tuple[Cell, str] | None:
    """The closing time above the table: the first filled cell right of its label, and its address."""
    labels = {_header(name) for name in (REPORTED_AT.header, *REPORTED_AT.synonyms)}
    for at, row in enumerate(sheet.rows[:top]):
        for column, cell in enumerate(row):
            if _header(cell) in labels:
                return next(
                    ((row[c], address(at, c)) for c in range(column + 1, len(row)) if not is_blank(row[c])),
                    ("", address(at, column + 1)),
                )
    return None


def _from_csv(body: bytes, form: Form, origin: str) -> Located:
    arrived = what_arrived(body)
    if arrived != "text or binary data":
        hint = "open it in Excel and save it as .xlsx" if "HTML" in arrived else "deliver the filled form"
        raise PayloadRefused(f"{origin} is {arrived}, neither a workbook nor a CSV; {hint}.")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        body = _recoded(body, origin)
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise PayloadRefused(
            f"{origin} is not UTF-8 (line {line}); save it in Excel as “CSV UTF-8”, or deliver the .xlsx."
        ) from error
    if b"\0" in body[:4096]:
        raise PayloadRefused(f"{origin} is neither a workbook nor a CSV; deliver the filled form.")
    delimiter, header = _csv_header(body, form, origin)
    _, n_matches, _, table = max(
        ((*_score(table, header, ""), table) for table in form.tables), key=lambda found: found[:2]
    )
    if n_matches < MIN_MATCHES:
        raise PayloadRefused(
            f"{origin} holds no table of the form {form.slug}: its first line must be the headers; "
            f"see `ioc template {form.slug}`."
        )
    columns, unheaded = _columns(table, header, origin, 0, has_reported=False)
    if unheaded:
        at = address(0, min(unheaded))
        raise PayloadRefused(f"{origin}, cell {at}: a column without a header; name it or remove it.")
    profile = Profile(
        slug=form.slug,
        format="csv",
        delimiter=delimiter,
        columns={column: header[at].strip() for column, at in columns.items()},
    )
    width = len(header)
    rows: list[Row] = []
    for row in csv_records.read(body, profile, origin):
        cells = [""] * width
        for column, text in row.record.items():
            cells[columns[column]] = text
        if row.fault or any(map(str.strip, cells)):
            rows.append(Row(row.number - 1, cells, row.fault, row.raw if row.fault else b""))
        _check_size(len(rows), origin)
    return Located(table, origin, columns, rows)


def _recoded(body: bytes, origin: str) -> bytes:
    try:
        return body.decode("utf-16").encode()
    except UnicodeError as error:
        raise PayloadRefused(f"{origin} is cut-off UTF-16; deliver it again.") from error


def _csv_header(body: bytes, form: Form, origin: str) -> tuple[str, list[str]]:
    """Delimiter and headers of a CSV: the delimiter with which most of the form's columns are found."""
    start = body[:65_536].decode("utf-8-sig", "ignore")
    tried: list[tuple[int, str, list[str]]] = []
    for delimiter in ",;\t|":
        try:
            header = next(csv.reader(io.StringIO(start), delimiter=delimiter), [])
        except csv.Error:
            continue
        tried.append((max(_score(table, header, "")[1] for table in form.tables), delimiter, header))
    if not tried:
        raise PayloadRefused(f"{origin} has no readable first line; deliver the filled form.")
    _, delimiter, header = max(tried, key=lambda found: found[0])
    return delimiter, header


def _check_size(n_rows: int, where: str) -> None:
    if n_rows > MAX_ROWS:
        raise PayloadRefused(f"{where}, holds more than {MAX_ROWS:,} rows; split it.")
