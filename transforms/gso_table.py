"""One table of GSO's monthly report -> observations: which cell is which row's value of which column."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from lake.contracts.indicator import MISSING
from transforms import gso_header
from transforms.gso_header import Reading
from transforms.gso_outline import Node, Outline, told_apart
from transforms.gso_sheet import Row, Table, is_number
from transforms.observation import MISSING_MARKS, Fault, Observation, Vintage
from transforms.period import Period
from transforms.province_codes import province_code
from transforms.text import clean, folded
from transforms.workbook import Cell, address

COUNTRY = "VN"  # ISO 3166-1
_YEAR = re.compile(r"(?<![\d/])(?:19|20)\d{2}(?![\d/])")
_FOOTNOTE = re.compile(r"\s*\((?:\*+|\d)\)|\*+$")
_PERIOD_WORDS = re.compile(r"\b(?:các\s+quý|và|từ|đến|cả)\b(?=\s*(?:[(-]|$|và\b|cả\b))")
_BASE_YEAR = re.compile(r"\b(?:so\s+sánh|gốc)\s*(?:năm\s*)?\(?(\d{4})\)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")  # or a decimal mark: nobody knows
_DITTO = frozenset({'"', "''", "“", "”", "-nt-", "nt"})


class _Units(NamedTuple):
    """Units in force in a row: beside the label, over single columns, over the whole table or the part of it."""

    row: str
    columns: dict[int, str]
    table: str


class _Item(NamedTuple):
    """A row with values, its path, the heading of its part of the table, and units."""

    row: Row
    path: tuple[Node, ...]
    part: str
    units: _Units
    values: dict[int, Cell]


class TableReader:
    """Reads one table of the sheet named `sheet`. `year` is that of headers and titles that leave it out."""

    def __init__(self, sheet: str, table: Table, vintage: Vintage, year: int) -> None:
        self._sheet = sheet
        self._table = table
        self._vintage = vintage
        self._year = max(map(int, _YEAR.findall(_BASE_YEAR.sub(" ", table.title))), default=year)
        self._title, self._code, self._period = _titled(table.title, self._year)
        self._readings = {column: self._header(words) for column, words in table.headers.items()}
        self._has_period_rows = any(r.labels and _label_period(r.labels[-1].text, self._year) for r in table.rows)

    def read(self) -> Iterator[Observation | Fault]:
        """Observations row by row; before them a fault for each column that cannot be read."""
        yield from self._columns()
        items: list[_Item] = []
        for row in self._rows():
            if isinstance(row, Fault):
                yield row
            else:
                items.append(row)
        for item, names in zip(items, told_apart([item.path for item in items]), strict=True):
            for column, cell in sorted(item.values.items()):
                yield self._observation(item, names, column, cell)

    def _header(self, words: str) -> Reading:
        reading = gso_header.read(words, year=self._year)
        if reading.is_year_before and self._period:
            return reading._replace(period=_year_before(self._period))
        return reading._replace(period=reading.period or self._period) if words else reading

    def _columns(self) -> Iterator[Fault]:
        """One fault per column of values that cannot be read: what is wrong with it is wrong with all of them."""
        for column, reading in self._readings.items():
            values = [(row, row.cells[column]) for row in self._table.rows if is_number(row.cells.get(column, ""))]
            if not values or self._is_sound(column):
                continue
            place = f"sheet {self._sheet!r}, column from {address(values[0][0].number, column)}"
            words = self._table.headers[column]
            code, reason = "unreadable_header", f"the header {words[:120]!r} names no period."
            if not words:
                code, reason = "unlabelled_column", f"values under no header, {len(values):,} in all."
            elif reading.is_compared and reading.basis is None:
                reason = f"the header {words[:120]!r} compares with something unknown."
            yield Fault(code, f"{place}: {reason}", " ".join(str(cell) for _, cell in values).encode())

    def _is_sound(self, column: int) -> bool:
        reading = self._readings[column]
        has_period = reading.period is not None or self._has_period_rows
        return bool(self._table.headers[column]) and has_period and not (reading.is_compared and reading.basis is None)

    def _rows(self) -> Iterator[_Item | Fault]:
        """Rows with values, with what the rows above say of them."""
        outline, part = Outline(), ""
        units = _Units("", {}, self._table.corner)
        for row in self._table.rows:
            cells = {c: cell for c, cell in row.cells.items() if self._is_sound(c)}
            values = {c: cell for c, cell in cells.items() if _is_value(cell)}
            if not any(is_number(cell) or not _mark(cell) for cell in values.values()) and not row.labels:
                values = {}
            if not values:
                if row.labels:
                    outline.descend(row.labels, has_values=False)
                texts = {c: clean(cell) for c, cell in cells.items() if isinstance(cell, str)}
                if not row.labels and len(texts) == 1:  # it stands over all columns
                    (text,) = texts.values()
                    units = units._replace(table=text, columns={}) if gso_header.is_unit(text) else units
                    part = "" if gso_header.is_unit(text) else text
                elif told := {c: text for c, text in texts.items() if gso_header.is_unit(text)}:
                    units = units._replace(columns=told)
                continue
            for column in cells.keys() - values.keys():
                place = f"sheet {self._sheet!r}, cell {address(row.number, column)}"
                written = str(cells[column])
                yield Fault("not_a_number", f"{place}: {written[:80]!r} is not a number.", written.encode())
            if not row.labels:
                place = f"sheet {self._sheet!r}, cell {address(row.number, min(values))}"
                raw = " ".join(str(cell) for cell in values.values()).encode()
                yield Fault("unlabelled_row", f"{place}: values beside no label, {len(values):,} in all.", raw)
                continue
            if row.unit not in _DITTO:
                units = units._replace(row=row.unit)
            yield _Item(row, outline.descend(row.labels, has_values=True), part, units, values)

    def _observation(self, item: _Item, path: tuple[str, ...], column: int, cell: Cell) -> Observation | Fault:
        reading = self._readings[column]
        names = [_FOOTNOTE.sub("", name) for name in path]
        period, status, status_source = reading.period, reading.status, reading.status_source
        if labelled := _label_period(names[-1], self._year):
            own = gso_header.read(names[-1], year=self._year)
            period, status, status_source = labelled, own.status or status, own.status_source or status_source
            names = names[:-1] or [self._title]
        if period is None:
            place = f"sheet {self._sheet!r}, cell {address(item.row.number, column)}"
            return Fault("unreadable_header", f"{place}: neither header nor label names a period.", str(cell).encode())
        mark = _mark(cell)
        area = next((name for name in reversed(names) if _area(name)), None)
        measure = " ".join(filter(None, (item.part.lower(), reading.rest)))
        dimensions = {"row": " > ".join(_identity(name) for name in names), "measure": measure}
        if reading.basis:
            dimensions["basis"] = f"{reading.basis} {reading.base or ''}".strip()
        return Observation(
            dataset_code=self._code,
            dataset_name=self._table.title,
            indicator_code=None,
            indicator_name=_without_unit(names[-1]),
            dimensions=dimensions,
            period=period,
            value=None if mark else float(cell) if isinstance(cell, (int, float)) else _written_number(cell),
            vintage=self._vintage,
            geo_code=_area(area) if area else None,
            geo_name=area,
            unit_code=province_code(area) if area else None,
            unit=_unit(reading, measure, names, column, item.units),
            value_status=MISSING if mark else status,
            status_source=mark or status_source,
            comparison_basis=reading.basis,
            sheet=self._sheet,
            cell=address(item.row.number, column),
        )


def _unit(reading: Reading, measure: str, names: list[str], column: int, units: _Units) -> str | None:
    """The unit nearest to the cell: over its column, beside its label, above it, in the corner."""
    if reading.unit:
        return reading.unit
    if reading.is_compared or gso_header.is_share(measure):
        return "%"
    if units.row:
        return units.row
    for name in reversed(names):
        if unit := _unit_in(name):
            return unit
    if column in units.columns:
        return units.columns[column]
    parts = [part for part in re.split(r"\s*[;,]\s*", units.table) if part and part != "%"]
    if len(parts) == 2 and reading.rest in ("lượng", "trị giá"):  # "Nghìn tấn; triệu USD"
        return parts[("lượng", "trị giá").index(reading.rest)]
    return parts[0] if len(parts) == 1 else units.table or None


def _titled(title: str, year: int) -> tuple[str, str, Period | None]:
    """(title without its number, code of the table, the one period the title names).

    The code is the title without its periods, so that it stays the same from month to month; the year of constant
    prices is no period, and a new one makes another table.
    """
    text = re.sub(r"^\s*\d{1,3}\s*\.\s*(?:\(tiếp theo\)\s*)?", "", title, flags=re.IGNORECASE)
    text = _FOOTNOTE.sub("", text)
    base = _BASE_YEAR.search(text)
    lowered = _BASE_YEAR.sub(lambda b: b[0].replace(b[1], ""), text).lower()
    found: list[Period] = []
    while len(found) < 4:
        period, rest = gso_header.take_period(lowered, year=year)
        if period is None:
            break
        found.append(period)
        lowered = rest
    lowered = _PERIOD_WORDS.sub(" ", _PERIOD_WORDS.sub(" ", lowered))
    one = found[0] if len(set(found)) == 1 else None
    return clean(text), _slug(f"{lowered} {base[1] if base else ''}"), one


def _slug(text: str) -> str:
    """ASCII letters and dashes: "Tổng mức bán lẻ" -> "tong-muc-ban-le"."""
    return "-".join(re.findall(r"[a-z0-9]+", folded(text).lower()))


def _label_period(text: str, year: int) -> Period | None:
    """The period a label consists of: "Quý I năm 2024", "Ước tính năm 2024"."""
    if not _YEAR.search(text):
        return None
    reading = gso_header.read(text, year=year)
    return reading.period if not reading.rest and not reading.is_compared else None


def _year_before(period: Period) -> Period | None:
    try:
        start, end = period.start_on, period.end_on
        last = monthrange(end.year - 1, end.month)[1]
        return Period(
            start.replace(year=start.year - 1), date(end.year - 1, end.month, min(end.day, last)), period.grain
        )
    except ValueError:  # 29 February
        return None


def _is_value(cell: Cell) -> bool:
    return is_number(cell) or bool(_mark(cell)) or _written_number(cell) is not None


def _mark(cell: Cell) -> str:
    return clean(cell) if isinstance(cell, str) and clean(cell).lower() in MISSING_MARKS else ""


def _written_number(cell: Cell) -> float | None:
    """A number somebody typed as text: "12,5". Dots and commas that could group thousands are not guessed at."""
    text = clean(cell) if isinstance(cell, str) else ""
    if not _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
        return None
    return float(text.replace(",", "."))


def _area(name: str) -> str | None:
    """Code of the area a label names: ISO 3166 of the country, the province's own; None for any other label."""
    return COUNTRY if name.strip().lower() == "cả nước" else province_code(name)


def _identity(name: str) -> str:
    return _without_unit(name).lower().rstrip(" :.")


def _unit_in(name: str) -> str | None:
    return next((inner.strip() for inner in re.findall(r"\(([^()]*)\)", name) if gso_header.is_unit(inner)), None)


def _without_unit(name: str) -> str:
    return clean(re.sub(r"\(([^()]*)\)", lambda found: "" if gso_header.is_unit(found[1]) else found[0], name))
