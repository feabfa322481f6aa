"""Monthly socio-economic workbooks of Vietnam's General Statistics Office (GSO) -> observations."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery
from lake.contracts.indicator import RECEIVED, REFERENCE, STATED
from lake.errors import PayloadRefused
from transforms import tcvn3, workbook
from transforms.gso_sheet import is_number, tables
from transforms.gso_table import TableReader
from transforms.observation import Fault, Observation, Vintage
from transforms.workbook import Sheet

ZONE = "Asia/Ho_Chi_Minh"

_DATED_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_REFERENCE = re.compile(
    r"tháng\s+(\d{1,2})\b(?:\s+và\s+(?:cả\s+năm|\d+\s+tháng\s+đầu\s+năm|năm))?\s+(?:năm\s+)?(\d{4})"
)
_YEAR = re.compile(r"(?<![\d/])(?:19|20)\d{2}(?![\d/])")


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations table by table, row by row; hidden sheets are passed over, each named by one fault.

    The vintage is the date in the name of the file (2024-12-29-….xlsx), else the end of the newest month a title
    reports on. Reason codes: hidden_sheet, no_table (a sheet with numbers under no numbered title), unlabelled_column
    (values under no header: working columns beside the table), unreadable_header (a header without a period or with an
    unknown comparison), unlabelled_row, not_a_number.
    Raises PayloadRefused where the bytes are no workbook, or one without a table of the monthly report.
    """
    sheets = _decoded(list(workbook.sheets(body, delivery.origin)))
    found = [(sheet, table) for sheet in sheets if not sheet.is_hidden for table in tables(sheet)]
    if not found:
        raise PayloadRefused(
            f"{delivery.origin} is a workbook without one numbered table of GSO's monthly report; "
            "check the format of the source in sources.toml."
        )
    titles = [table.title for _, table in found]
    vintage, newest = _vintage(titles, delivery)
    for sheet in sheets:
        if sheet.is_hidden:
            n_cells = sum(cell != "" for row in sheet.rows for cell in row)
            reason = f"Sheet {sheet.name!r} is hidden; its {n_cells:,} cells were not read."
            yield Fault("hidden_sheet", reason, sheet.name.encode())
        elif not any(own is sheet for own, _ in found) and any(is_number(cell) for row in sheet.rows for cell in row):
            reason = f"Sheet {sheet.name!r} holds numbers, but no numbered table."
            yield Fault("no_table", reason, sheet.name.encode())
    for sheet, table in found:
        yield from TableReader(sheet.name, table, vintage, newest.year).read()


def _decoded(sheets: list[Sheet]) -> list[Sheet]:
    """Sheets in Unicode. A workbook is typed in one set of fonts: it is in TCVN3 as a whole or not at all."""
    if not tcvn3.is_legacy(cell for sheet in sheets for row in sheet.rows for cell in row if isinstance(cell, str)):
        return sheets
    return [
        Sheet(
            tcvn3.decode(sheet.name),
            sheet.is_hidden,
            [[tcvn3.decode(cell) if isinstance(cell, str) else cell for cell in row] for row in sheet.rows],
            sheet.merged,
        )
        for sheet in sheets
    ]


def _vintage(titles: list[str], delivery: Delivery) -> tuple[Vintage, date]:
    """(vintage, last day of the newest month or year the titles name; the harvest's day where they name none)."""
    named = [found for title in titles for found in _REFERENCE.finditer(title.lower())]
    months = [(int(found[2]), int(found[1])) for found in named if 1 <= int(found[1]) <= 12]
    years = [int(year) for title in titles for year in _YEAR.findall(title)]
    reference = None
    if months:
        year, month = max(months)
        reference = date(year, month, monthrange(year, month)[1])
    newest = reference or (date(max(years), 12, 31) if years else delivery.received_at.date())
    if dated := _DATED_NAME.search(delivery.origin):
        try:
            return Vintage(_midnight(date(*map(int, dated.groups())), delivery), STATED), newest
        except ValueError:
            pass  # digits that are no date
    if reference and reference <= delivery.received_at.date():
        return Vintage(_midnight(reference, delivery), REFERENCE), newest
    return Vintage(None, RECEIVED), newest


def _midnight(day: date, delivery: Delivery) -> datetime:
    zone = delivery.profile.time_zone if delivery.profile else ZONE
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
