"""Monthly socio-economic workbooks of Vietnam's General Statistics Office (GSO) -> observations."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery
from lake.contracts.indicator import MISSING, REFERENCE, STATED
from lake.errors import PayloadRefused
from transforms import gso_header, tcvn3, workbook
from transforms.gso_header import Reading
from transforms.gso_sheet import Label, Row, Table, is_number, tables
from transforms.observation import MISSING_MARKS, Fault, Observation, Vintage
from transforms.period import Period
from transforms.province_codes import province_code
from transforms.text import clean
from transforms.workbook import Cell, Sheet, address

ZONE = "Asia/Ho_Chi_Minh"
COUNTRY = "VN"  # ISO 3166-1
_DATED_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_REFERENCE = re.compile(
    r"tháng\s+(\d{1,2})\b(?:\s+và\s+(?:cả\s+năm|\d+\s+tháng\s+đầu\s+năm|năm))?\s+(?:năm\s+)?(\d{4})"
)
_YEAR = re.compile(r"(?<![\d/])(?:19|20)\d{2}(?![\d/])")
_FOOTNOTE = re.compile(r"\s*\((?:\*+|\d)\)|\*+$")
_PERIOD_WORDS = re.compile(r"\b(?:các\s+quý|và|từ|đến|cả)\b(?=\W*(?:$|và|cả))")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_OUTLINE = ((-2, re.compile(r"[IVX]+\s*[.)]")), (-3, re.compile(r"[A-H]\s*[.)]")), (-1, re.compile(r"\d+\s*[.)]\s*\D")))
_DITTO = frozenset({'"', "''", "“", "”", "-nt-", "nt"})


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations table by table, row by row; hidden sheets are passed over, each named by one fault.

    The vintage is the date in the name of the file (2024-12-29-….xlsx), else the end of the newest month a title
    reports on. Reason codes: hidden_sheet, unlabelled_column (values under no header: working columns beside the
    table), unreadable_header (a header without a period or with an unknown comparison), unlabelled_row, not_a_number.
    Raises PayloadRefused where the bytes are no workbook, or one without a table of the monthly report.
    """
    sheets = [_decoded(sheet) for sheet in _one_alphabet(list(workbook.sheets(body, delivery.origin)))]
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
    for sheet, table in found:
        yield from _Reader(sheet.name, table, vintage, newest.year).read()


class _Alphabet(NamedTuple):
    sheet: Sheet
    is_legacy: bool


def _one_alphabet(sheets: list[Sheet]) -> list[_Alphabet]:
    """Sheets with whether the workbook is written in TCVN3: one is typed with one set of fonts."""
    texts = (cell for sheet in sheets for row in sheet.rows for cell in row if isinstance(cell, str))
    is_legacy = tcvn3.is_legacy(texts)
    return [_Alphabet(sheet, is_legacy) for sheet in sheets]


def _decoded(given: _Alphabet) -> Sheet:
    sheet, is_legacy = given
    if not is_legacy:
        return sheet
    rows = [[tcvn3.decode(cell) if isinstance(cell, str) else cell for cell in row] for row in sheet.rows]
    return Sheet(sheet.name, sheet.is_hidden, rows, sheet.merged)


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
    return Vintage(None, "received"), newest


def _midnight(day: date, delivery: Delivery) -> datetime:
    zone = delivery.profile.time_zone if delivery.profile else ZONE
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class _Node:
    """A label with rows below it. A section has no values of its own, so rows of its own depth are below it too."""

    depth: tuple[int, int]
    text: str
    is_section: bool


class _Reader:
    """Rows of one table as observations."""

    def __init__(self, sheet: str, table: Table, vintage: Vintage, year: int) -> None:
        self._sheet = sheet
        self._table = table
        self._vintage = vintage
        years = [int(found) for found in _YEAR.findall(table.title)]
        self._year = max(years, default=year)
        self._title, self._code, self._period = _titled(table.title, self._year)
        self._readings = {column: self._header(words) for column, words in table.headers.items()}
        self._path: list[_Node] = []
        self._unit = table.corner
        self._column_units: dict[int, str] = {}
        self._row_unit = ""
        self._pending: _Node | None = None

    def read(self) -> Iterator[Observation | Fault]:
        yield from self._columns()
        for row in self._table.rows:
            yield from self._row(row)

    def _header(self, words: str) -> Reading:
        reading = gso_header.read(words, year=self._year)
        if reading.is_year_before and self._period:
            return reading._replace(period=_year_before(self._period))
        if reading.period is None and words:
            return reading._replace(period=self._period)
        return reading

    def _columns(self) -> Iterator[Fault]:
        """One fault per column of values that cannot be read: what is wrong with it is wrong with all of them."""
        for column, reading in self._readings.items():
            values = [(row, row.cells[column]) for row in self._table.rows if is_number(row.cells.get(column, ""))]
            if not values or self._is_sound(column):
                continue
            place = f"sheet {self._sheet!r}, column from {address(values[0][0].number, column)}"
            words = self._table.headers[column]
            raw = " ".join(str(cell) for _, cell in values).encode()
            if not words:
                yield Fault("unlabelled_column", f"{place}: {len(values)} values stand under no header.", raw)
            elif reading.is_compared and reading.basis is None:
                reason = f"{place}: the header {words[:120]!r} compares with something unknown."
                yield Fault("unreadable_header", reason, raw)
            else:
                yield Fault("unreadable_header", f"{place}: the header {words[:120]!r} names no period.", raw)

    def _is_sound(self, column: int) -> bool:
        reading = self._readings[column]
        has_period = reading.period is not None or self._has_period_rows
        return (
            bool(self._table.headers[column]) and has_period and (not reading.is_compared or reading.basis is not None)
        )

    @property
    def _has_period_rows(self) -> bool:
        """Whether the rows are periods, as in the table of unemployment."""
        return any(row.labels and _label_period(row.labels[-1].text, self._year) for row in self._table.rows)

    def _row(self, row: Row) -> Iterator[Observation | Fault]:
        cells = {c: cell for c, cell in row.cells.items() if self._is_sound(c)}
        values = {
            c: cell for c, cell in cells.items() if is_number(cell) or _mark(cell) or _written_number(cell) is not None
        }
        if not values:
            self._without_values(row, cells)
            return
        yield from self._misfits(row, cells, values)
        if not row.labels:
            place = f"sheet {self._sheet!r}, cell {address(row.number, min(values))}"
            raw = " ".join(str(cell) for cell in values.values()).encode()
            if any(is_number(cell) for cell in values.values()):
                yield Fault("unlabelled_row", f"{place}: {len(values)} values stand beside no label.", raw)
            return
        if row.unit and row.unit not in _DITTO:
            self._row_unit = row.unit
        self._descend(row.labels, is_section=False)
        for column, cell in sorted(values.items()):
            read = self._observation(row, column, cell)
            if read is not None:
                yield read

    def _without_values(self, row: Row, cells: dict[int, Cell]) -> None:
        """A row of labels opens a section; units standing over the columns hold from here on."""
        if row.labels:
            self._descend(row.labels, is_section=True)
        units = {c: clean(cell) for c, cell in cells.items() if isinstance(cell, str) and gso_header.is_unit(cell)}
        if units and not row.labels and len(units) == 1:
            self._unit, self._column_units = next(iter(units.values())), {}
        elif units:
            self._column_units = units

    def _misfits(self, row: Row, cells: dict[int, Cell], values: dict[int, Cell]) -> Iterator[Fault]:
        for column, cell in cells.items():
            if column not in values:
                place = f"sheet {self._sheet!r}, cell {address(row.number, column)}"
                yield Fault("not_a_number", f"{place}: {str(cell)[:80]!r} is not a number.", str(cell).encode())

    def _descend(self, labels: list[Label], *, is_section: bool) -> None:
        """Move the path to a row. A label that goes on in small letters from a row without values is one with it."""
        for nth, label in enumerate(labels):
            is_leaf = nth == len(labels) - 1
            text, depth = label.text, _outline(label)
            last = self._path[-1] if self._path else None
            if last and last.is_section and text[:1].islower() and self._pending is last:
                text, depth = f"{last.text} {text}", last.depth
                self._path.pop()
            node = _Node(depth, text, is_section or not is_leaf)
            while self._path and self._is_left(self._path[-1], node):
                self._path.pop()
            self._path.append(node)
            self._pending = node if node.is_section else None

    @staticmethod
    def _is_left(last: _Node, node: _Node) -> bool:
        if last.depth == node.depth:
            return node.is_section or not last.is_section
        return last.depth > node.depth

    def _observation(self, row: Row, column: int, cell: Cell) -> Observation | Fault | None:
        reading = self._readings[column]
        names = [_FOOTNOTE.sub("", node.text) for node in self._path]
        period, status = reading.period, reading.status
        status_source = reading.status_source
        if labelled := _label_period(names[-1], self._year):
            own = gso_header.read(names[-1], year=self._year)
            period, status, status_source = labelled, own.status or status, own.status_source or status_source
            names = names[:-1] or [self._title]
        place = f"sheet {self._sheet!r}, cell {address(row.number, column)}"
        if period is None:
            return Fault("unreadable_header", f"{place}: neither header nor label names a period.", str(cell).encode())
        mark = _mark(cell)
        value = None if mark else float(cell) if isinstance(cell, (int, float)) else _written_number(cell)
        area = next((name for name in reversed(names) if _area(name)), None)
        dimensions = {"row": " > ".join(_identity(name) for name in names), "measure": reading.rest}
        if reading.basis:
            dimensions["basis"] = reading.basis + (f" {reading.base}" if reading.base else "")
        return Observation(
            dataset_code=self._code,
            dataset_name=self._table.title,
            indicator_code=None,
            indicator_name=_without_unit(names[-1]),
            dimensions=dimensions,
            period=period,
            value=value,
            vintage=self._vintage,
            geo_code=_area(area) if area else None,
            geo_name=area,
            unit_code=province_code(area) if area else None,
            unit=self._unit_of(reading, names, column, row),
            value_status=MISSING if mark else status,
            status_source=mark or status_source,
            comparison_basis=reading.basis,
            sheet=self._sheet,
            cell=address(row.number, column),
        )

    def _unit_of(self, reading: Reading, names: list[str], column: int, row: Row) -> str | None:
        """The unit nearest to the cell: over its column, beside its label, above it, in the corner."""
        if reading.unit:
            return reading.unit
        if reading.is_compared or gso_header.is_share(reading.rest):
            return "%"
        if row.unit:
            return self._row_unit
        for name in reversed(names):
            if unit := _unit_in(name):
                return unit
        if column in self._column_units:
            return self._column_units[column]
        parts = [part for part in re.split(r"\s*[;,]\s*", self._unit) if part and part != "%"]
        if len(parts) == 2 and reading.rest in ("lượng", "trị giá"):  # "Nghìn tấn; triệu USD"
            return parts[("lượng", "trị giá").index(reading.rest)]
        return parts[0] if len(parts) == 1 else self._unit or None


def _outline(label: Label) -> tuple[int, int]:
    """Depth of a label; "A.", "I." and "1." stand above what is not numbered, whatever column they are in."""
    for rank, pattern in _OUTLINE:
        if pattern.match(label.text):
            return rank, 0
    return label.depth


def _titled(title: str, year: int) -> tuple[str, str, Period | None]:
    """(title without its number and period, code of the table, the one period the title names)."""
    text = re.sub(r"^\s*\d{1,3}\s*\.\s*(?:\(tiếp theo\)\s*)?", "", title, flags=re.IGNORECASE)
    text = _FOOTNOTE.sub("", text)
    lowered, found = text.lower(), []
    while len(found) < 4:
        period, rest = gso_header.take_period(lowered, year=year)
        if period is None:
            break
        found.append(period)
        lowered = rest
    lowered = _PERIOD_WORDS.sub(" ", _PERIOD_WORDS.sub(" ", lowered))
    one = found[0] if len(set(found)) == 1 else None
    return clean(text), _slug(lowered), one


def _slug(text: str) -> str:
    """ASCII letters and dashes: "Tổng mức bán lẻ" -> "tong-muc-ban-le"."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "-".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))


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


def _mark(cell: Cell) -> str:
    return clean(cell) if isinstance(cell, str) and clean(cell).lower() in MISSING_MARKS else ""


def _written_number(cell: Cell) -> float | None:
    """A number somebody typed as text: "12,5". Dots and commas that could group thousands are not guessed at."""
    text = clean(cell) if isinstance(cell, str) else ""
    if not _NUMBER.fullmatch(text) or re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", text):
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
