"""Exhibits as an Excel workbook: true numbers and dates, text as text, and a sheet that names the sources."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from dashboards.exports.exhibit import Exhibit, Field, Origin

_SHEET_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_WIDTHS = {"text": 34, "count": 14, "number": 14, "percent": 12, "day": 13, "instant": 18}


def to_workbook(exhibits: Sequence[Exhibit], origin: Origin, zone: ZoneInfo) -> bytes:
    """One sheet per exhibit and a last one with the sources. No cell is read as a formula or a link."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": origin.page, "category": origin.mark})
    styles = {
        "title": book.add_format({"bold": True, "font_size": 13}),
        "mark": book.add_format({"bold": True, "font_color": "#6A3368", "bg_color": "#F3E9F4"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#F3F6F9"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    taken: set[str] = set()
    for exhibit in exhibits:
        _sheet(book, _name(exhibit.title, taken), exhibit, origin, styles, zone)
    sources = book.add_worksheet(_name(origin.sheet, taken))
    sources.set_column(0, 0, 26)
    sources.set_column(1, 1, 100)
    lines = [*origin.lines, (origin.nature, origin.synthetic)] if origin.is_synthetic else list(origin.lines)
    for row, (label, text) in enumerate(lines):
        sources.write_string(row, 0, label, styles["title"] if row == 0 else None)
        sources.write_string(row, 1, text, styles["wrap"])
    book.close()
    return out.getvalue()


def _sheet(book: Any, name: str, exhibit: Exhibit, origin: Origin, styles: dict[str, Any], zone: ZoneInfo) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, exhibit.title, styles["title"])
    if origin.mark:
        sheet.write_string(1, 0, origin.mark, styles["mark"])
    top = 3
    for column, field in enumerate(exhibit.fields):
        style = book.add_format({"num_format": _format(field)})
        sheet.set_column(column, column, _WIDTHS[field.kind])
        sheet.write_string(top, column, field.label, styles["head"])
        for row, value in enumerate(exhibit.frame[field.name].to_list(), start=top + 1):
            _write(sheet, row, column, value, style, zone)
    sheet.freeze_panes(top + 1, 1)
    if exhibit.frame.height:
        sheet.autofilter(top, 0, top + exhibit.frame.height, len(exhibit.fields) - 1)


def _write(sheet: Any, row: int, column: int, value: object, style: Any, zone: ZoneInfo) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, datetime):
        # Excel knows no zones: the wall clock of the province
        sheet.write_datetime(row, column, value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:32_000], style)


def _format(field: Field) -> str:
    decimals = "." + "0" * field.decimals if field.decimals else ""
    formats = {
        "text": "@",
        "count": "#,##0",
        "number": f"#,##0{decimals}",
        "percent": f"0{decimals}%",
        "day": "dd/mm/yyyy",
        "instant": "dd/mm/yyyy hh:mm",
    }
    return formats[field.kind]


def _name(title: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 signs, none of those Excel forbids, unlike the others whatever the case."""
    base = " ".join(_FORBIDDEN.sub(" ", title).split())[:_SHEET_NAME].strip() or "-"
    name, n = base, 1
    while name.lower() in taken:
        n += 1
        name = f"{base[: _SHEET_NAME - len(str(n)) - 1]} {n}"
    taken.add(name.lower())
    return name
