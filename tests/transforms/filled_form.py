"""Filled forms for tests: a template with rows typed into it, and rows that obey every rule of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import openpyxl

from lake.contracts.form import REPORTED_AT, YES, Field, Form, FormTable, Value
from lake.contracts.forms import FORMS
from transforms.cell_values import ZONE, offered
from transforms.form_template import HEADER_ROW, REPORTED_ROW, columns, header, template

CLOSED_AT = datetime(2021, 9, 30, 17)  # noqa: DTZ001  # as a cell holds it
Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # sheet -> rows by contract column


def packed(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(form: Form) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(_empty(form.slug)))


@cache
def _empty(slug: str) -> bytes:
    return template(FORMS[slug])


def filled(form: Form, rows: Rows, closed_at: Any = CLOSED_AT) -> openpyxl.Workbook:
    """The form's template with rows typed below its headers."""
    book = opened(form)
    for name, typed in rows.items():
        sheet = book[name]
        sheet.cell(REPORTED_ROW, 2).value = closed_at
        at = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
        table = next(t for t in form.tables if t.sheet == name)
        for number, row in enumerate(typed, HEADER_ROW + 1):
            for column, value in row.items():
                sheet.cell(number, at[header(table.field(column))]).value = value
    return book


def example(table: FormTable, **changed: Any) -> dict[str, Any]:
    """The example row of a table as it is typed; None empties a column."""
    row: dict[str, Any] = {f.column: f.example for f in columns(table)} | changed
    return {column: value for column, value in row.items() if value is not None}


def generated(table: FormTable, n: int) -> list[dict[str, Any]]:
    """`n` different rows: every answer of every choice, days in order, the key counted up."""
    return [{f.column: _typed(f, table, i) for f in columns(table)} for i in range(n)]


def _typed(f: Field, table: FormTable, i: int) -> Value:
    words = offered(f)
    if words:
        return words[i % len(words)]
    match f.kind:
        case "day" | "instant":  # later columns later, as every rule of time order has it
            nth = [g.column for g in table.fields].index(f.column)
            moment = datetime(2021, 1, 1, 8, 30) + timedelta(days=nth + i % 200)  # noqa: DTZ001
            return moment if f.kind == "instant" else moment.date()
        case "integer" | "decimal" | "percent":
            # The number of a row tells it from the others; what counts things falls from column to column.
            low, high = f.low or 0, f.high or 1e6
            nth = [g.column for g in table.fields].index(f.column)
            return int(min(high, low + (i if f.column in table.key else 2 + (i + 20 - nth))))
        case _:
            if f.column in table.key and not f.pattern:
                return f"{f.example} {i}"
            if f.column in table.key and f.column in ("dossier_id", "system_code", "indicator_code"):
                return f"{f.example}-{i}"
            if f.column == "symbol":
                return f"{i + 1}/QĐ-UBND"
            if f.column == "procedure_code" and f.column in table.key:
                return f"1.{i:06}.H19"
            return f.example


def expected(f: Field, typed: Value) -> object:
    """What a table holds for a value typed into a column of the form."""
    if f.kind == "choice":
        return f.words[str(typed)]
    if f.kind == "yes_no":
        return typed == YES
    if f.kind == "instant":
        assert isinstance(typed, datetime)
        return typed.replace(tzinfo=ZONE)
    if f.kind in ("decimal", "percent"):
        return float(str(typed))
    return typed


def as_csv(table: FormTable, rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> bytes:
    """The table as a CSV with every column, the closing time too."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    fields = [*columns(table), REPORTED_AT]
    writer.writerow([f.header for f in fields])
    for row in rows:
        writer.writerow([_written({"reported_at": CLOSED_AT, **row}.get(f.column, "")) for f in fields])
    return out.getvalue().encode()


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
