"""Records of one sheet of a workbook, each with its own cells: one bad row does not cost its neighbours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import workbook
from transforms.csv_records import Fault
from transforms.workbook import Cell, Sheet

HEADER_ROWS = 50  # a form's title, its unit and its date stand above the header


class Row(NamedTuple):
    """One record under the profile's names, its cells as a JSON array, and why it cannot be trusted (None: it can)."""

    record: dict[str, str | datetime]
    raw: bytes
    fault: Fault | None = None


def read(body: bytes, profile: Profile, origin: str) -> Iterator[Row]:
    """Rows below the header of the profile's sheet (else the first one that is not hidden), empty ones passed over.

    The header is the first of the first 50 rows that has all the profile's columns. A date cell arrives as a
    datetime without zone, everything else as text. Reason code: date_without_day (a time of day alone).
    Raises PayloadRefused where the sheet or a column is missing, or a column is there twice.
    """
    sheet = _sheet(body, profile, origin)
    at, index = _header(sheet, profile, origin)
    for number, cells in enumerate(sheet.rows[at + 1 :], at + 1):
        if all(cell == "" for cell in cells):
            continue
        values = {column: _value(cells[place]) for column, place in index.items()}
        raw = json.dumps([_text(cell) for cell in cells], ensure_ascii=False).encode("utf-8", "backslashreplace")
        unfit = next((place for place in index.values() if isinstance(cells[place], time)), None)
        fault = None
        if unfit is not None:
            fault = ("date_without_day", f"cell {workbook.address(number, unfit)} holds a time of day without a day.")
        yield Row(values, raw, fault)


def _sheet(body: bytes, profile: Profile, origin: str) -> Sheet:
    names = []
    for sheet in workbook.sheets(body, origin):
        if sheet.name == profile.sheet or (profile.sheet is None and not sheet.is_hidden):
            return sheet
        names.append(sheet.name)
    wanted = "visible sheet" if profile.sheet is None else f"sheet {profile.sheet!r}"
    raise PayloadRefused(
        f"{origin} has no {wanted} among {', '.join(names) or 'none'}; correct `sheet` in the profile."
    )


def _header(sheet: Sheet, profile: Profile, origin: str) -> tuple[int, dict[str, int]]:
    """(row of the header, contract column -> place)."""
    wanted = set(profile.columns.values())
    nearest: set[str] = set()
    for at, cells in enumerate(sheet.rows[:HEADER_ROWS]):
        names = [" ".join(cell.split()) if isinstance(cell, str) else _text(cell) for cell in cells]
        if wanted <= set(names):
            if doubled := [name for name in wanted if names.count(name) > 1]:
                raise PayloadRefused(
                    f"{origin} has the column {', '.join(sorted(doubled))} twice; deliver it again with one of each."
                )
            return at, {column: names.index(name) for column, name in profile.columns.items()}
        nearest = max(nearest, wanted & set(names), key=len)
    missing = ", ".join(sorted(wanted - nearest))
    raise PayloadRefused(
        f"{origin}, sheet {sheet.name}, has no column {missing} in its first {HEADER_ROWS} rows; "
        "deliver it again, or correct the profile."
    )


def _value(cell: Cell) -> str | datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    return _text(cell)


def _text(cell: Cell) -> str:
    """A cell as text; a whole number without the `.0` that spreadsheets give every number."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)
