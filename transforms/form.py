"""A filled form -> rows, and cell by cell what is wrong with the rows that cannot be taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import polars as pl

from lake.contracts.base import Contract, Delivery, Parsed, rejected_frame
from lake.contracts.form import REPORTED_AT, AtMost, Form, FormTable, Needs, NotBefore, Rule, Value
from lake.errors import PayloadRefused
from transforms.cell_values import ZONE, CellFaultError, is_blank, shown, value_of, written_day
from transforms.form_sheets import Located, Row, locate
from transforms.text import bare_words
from transforms.workbook import Cell, address

MAX_REASON = 500  # characters of a quarantined row's reason
LAST_AMBIGUOUS_DAY = 12

_TOTALS = {"tong", "tong cong", "tong so", "cong"}

Values = dict[str, Value | None]


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell, in words for the person who filled it; `value` is shortened and redacted."""

    sheet: str
    cell: str
    header: str
    value: str
    code: str
    vi: str
    en: str


@dataclass(frozen=True)
class Record:
    """One filled row: where it stands, its values by contract column (where they could be read), and its errors.

    `columns`: contract column -> column number; `row` and columns count from 0. `raw`: the record as quarantine keeps
    it, where there are errors.
    """

    table: FormTable
    sheet: str
    row: int
    columns: Mapping[str, int]
    values: Values
    errors: tuple[CellError, ...]
    raw: bytes


def parse(body: bytes, delivery: Delivery, *, form: Form, contracts: Sequence[Contract]) -> Parsed:
    """One filled form -> rows of its raw tables, whose contracts are given; a row with any bad cell is rejected whole.

    Reason codes are those of `cell_values.REASONS`, of the row's first bad cell; the reason names every bad cell, and
    the raw record is the row's columns as JSON, without those that tell of a person.
    Raises PayloadRefused as `form_sheets.locate`.
    """
    rows: dict[str, list[tuple[object, ...]]] = {contract.table: [] for contract in contracts}
    names = {contract.table: contract.names for contract in contracts}
    rejects = []
    for position, record in enumerate(read(body, form, delivery.origin, delivery.received_at)):
        if record.errors:
            rejects.append(rejected(position, record))
        else:
            table = record.table.table
            rows[table].append(tuple(record.values.get(name) for name in names[table]))
    return Parsed(
        rows={c.table: pl.DataFrame(rows[c.table], schema=c.polars_schema, orient="row") for c in contracts},
        rejected=rejected_frame(rejects),
    )


def warm_up(form: Form) -> None:
    """Load everything `parse` needs of a form, for a process that may open no file afterwards."""
    header = ",".join(field.header for field in form.tables[0].fields)
    with suppress(PayloadRefused):  # nothing is filled in
        parse(f"{header}\n".encode(), Delivery("form", None, datetime.now(UTC), "", {}), form=form, contracts=())


def rejected(position: int, record: Record) -> tuple[int, str, str, bytes]:
    """A record with errors as quarantine keeps it."""
    told = "; ".join(f"{e.cell} ({e.header}) {e.value!r}: {e.en}" for e in record.errors)
    return position, record.errors[0].code, f"{record.sheet} {told}"[:MAX_REASON], record.raw


def read(body: bytes, form: Form, origin: str, received_at: datetime) -> list[Record]:
    """All filled rows of a form, good and bad, in their order.

    Raises PayloadRefused as `form_sheets.locate`, and where the closing time above a table cannot be read.
    """
    records: list[Record] = []
    first_rows: dict[tuple[str, object], str] = {}
    for located in locate(body, form, origin):
        records += _records(located, origin, received_at, first_rows)
    return records


def _records(
    located: Located, origin: str, received_at: datetime, first_rows: dict[tuple[str, object], str]
) -> Iterator[Record]:
    if not located.rows:  # a sheet of the template nobody needed
        return
    common = _reported_at(located, origin, received_at)
    swapped = _maybe_swapped(located)
    for row in located.rows:
        values, faults = _values(located, row, swapped, received_at)
        values |= common
        if not faults:
            faults = list(_broken_rules(located.table, values)) or list(_duplicate(located, row, values, first_rows))
        yield Record(
            table=located.table,
            sheet=located.sheet,
            row=row.number,
            columns=located.columns,
            values=values,
            errors=tuple(_error(located, row, column, fault) for column, fault in faults),
            raw=row.raw or (_raw(located, row) if faults else b""),
        )


def _reported_at(located: Located, origin: str, received_at: datetime) -> Values:
    if located.reported is None:
        return {}
    cell, at = located.reported
    where = f"{origin}, sheet {located.sheet}, cell {at}"
    if is_blank(cell):
        raise PayloadRefused(f"{where}: {REPORTED_AT.header} is not filled; write the day up to which the form holds.")
    try:
        return {REPORTED_AT.column: value_of(cell, REPORTED_AT, received_at)}
    except CellFaultError as fault:
        raise PayloadRefused(f"{where}: {REPORTED_AT.header} {shown(cell)!r}: {fault.en}") from fault


Faults = list[tuple[str | int, CellFaultError]]  # contract column, or number of a column without one


def _values(located: Located, row: Row, swapped: frozenset[str], received_at: datetime) -> tuple[Values, Faults]:
    """What a row says by contract column, and what is wrong with its cells."""
    if row.fault:
        return {}, [(0, CellFaultError("malformed_row", detail=row.fault[1]))]
    filled = next((cell for cell in row.cells if not is_blank(cell)), "")
    if isinstance(filled, str) and bare_words(filled[:20]) in _TOTALS:
        at = next(i for i, cell in enumerate(row.cells) if cell is filled)
        return {}, [(at, CellFaultError("total_row"))]
    values: Values = {}
    faults: Faults = [
        (at, CellFaultError("outside_table")) for at in sorted(located.unheaded) if not is_blank(row.cells[at])
    ]
    for field in located.table.fields:
        at = located.columns.get(field.column, -1)
        if at < 0:
            continue
        cell = row.cells[at]
        try:
            if is_blank(cell):
                if (row.number, at) in located.broken:
                    raise CellFaultError("excel_error")
                if (row.number, at) in located.merged:
                    raise CellFaultError("merged_cell")
                if field.required:
                    raise CellFaultError("missing")
                values[field.column] = None
                continue
            if field.column in swapped and isinstance(cell, date):
                raise CellFaultError("ambiguous_day_month")
            values[field.column] = value_of(cell, field, received_at)
        except CellFaultError as fault:
            faults.append((field.column, fault))
    return values, faults


def _maybe_swapped(located: Located) -> frozenset[str]:
    """Columns in which a spreadsheet that thinks month first took "05/09/2021" for 9 May and left "25/09/2021" as text.

    The mark: real dates with days up to 12 only, and dates as text with later days only.
    """
    found = set()
    for field in located.table.fields:
        at = located.columns.get(field.column)
        if at is None or field.kind not in ("day", "instant"):
            continue
        cells = [row.cells[at] for row in located.rows if not row.fault]
        real = [cell.day for cell in cells if isinstance(cell, date)]
        written = [day for cell in cells if (day := written_day(cell)) is not None]
        if real and written and max(real) <= LAST_AMBIGUOUS_DAY < min(written):
            found.add(field.column)
    return frozenset(found)


def _broken_rules(table: FormTable, values: Mapping[str, Value | None]) -> Iterator[tuple[str | int, CellFaultError]]:
    for rule in table.rules:
        if (fault := _broken(rule, table, values)) is not None:
            yield fault


def _broken(
    rule: Rule, table: FormTable, values: Mapping[str, Value | None]
) -> tuple[str | int, CellFaultError] | None:
    match rule:
        case NotBefore(later, earlier):
            a, b = values.get(later), values.get(earlier)
            if isinstance(a, date) and isinstance(b, date) and _is_before(a, b):
                return later, CellFaultError("time_order", earlier=table.field(earlier).header)
        case AtMost(column, limit):
            n, most = values.get(column), values.get(limit)
            if isinstance(n, int | float) and isinstance(most, int | float) and n > most:
                return column, CellFaultError("above_limit", limit=table.field(limit).header)
        case Needs(column, given):
            if values.get(column) is None and values.get(given) not in (None, False):
                return column, CellFaultError("needed_here", given=table.field(given).header)
    return None


def _is_before(a: date, b: date) -> bool:
    """Whether day or instant `a` lies before `b`. Midnight stands for a day whose time nobody wrote down."""
    if isinstance(a, datetime) and isinstance(b, datetime) and a.astimezone(ZONE).time() != time():
        return a < b
    return _local_day(a) < _local_day(b)


def _local_day(moment: date) -> date:
    return moment.astimezone(ZONE).date() if isinstance(moment, datetime) else moment


def _duplicate(
    located: Located, row: Row, values: Values, first_rows: dict[tuple[str, object], str]
) -> Iterator[tuple[str | int, CellFaultError]]:
    table = located.table
    key = (table.table, tuple(values[column] for column in (*table.key, REPORTED_AT.column)))
    here = f"{row.number + 1} ({located.sheet})"
    if (first := first_rows.setdefault(key, here)) != here:
        headers = ", ".join(table.field(column).header for column in table.key)
        yield table.key[0], CellFaultError("duplicate_key", row=first, key=headers)


def _error(located: Located, row: Row, column: str | int, fault: CellFaultError) -> CellError:
    if isinstance(column, int):
        cell, header, at = address(row.number, column), "", column
    else:
        at = located.columns.get(column, -1)
        cell, header = located.address(row.number, column), located.table.field(column).header
    value = shown(row.cells[at]) if 0 <= at < len(row.cells) and column in located.columns else ""
    return CellError(located.sheet, cell, header, value, fault.code, fault.vi, fault.en)


def _raw(located: Located, row: Row) -> bytes:
    """The form's own columns of a row as JSON; a column that tells of a person is not among them."""
    return as_json({column: row.cells[at] for column, at in located.columns.items()})


def as_json(cells: Mapping[str, Cell | Value | None]) -> bytes:
    """Cells or values by contract column as a quarantined record."""
    return json.dumps(cells, ensure_ascii=False, default=str).encode()
