"""Layout of a sheet of GSO's monthly report -> tables: a title, words over each column, labelled rows of cells.

A header is several rows of words one below the other, some of them merged or centred over several columns; labels
stand staggered over the first columns; a unit stands in the corner, in a column of its own, in parentheses, or in a
row between the rows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from transforms import gso_header
from transforms.text import clean
from transforms.workbook import Cell, Sheet

TITLE_ROWS = 6  # a header follows within so many rows, or it was no title
MAX_HEADER_ROWS, MAX_HEADER_COLUMNS = 30, 1_000  # those of real tables have twelve and twenty
MAX_WORDS = 500  # characters of a title or a header
_TITLE = re.compile(r"\s*(\d{1,3})\s*\.\s*(\(tiếp theo\))?\D", re.IGNORECASE)
_HEADER_WORD = re.compile(r"\b(?:tháng|quý|năm|so với|ước|thực hiện|sơ bộ|đơn vị)\b", re.IGNORECASE)
_UNIT_COLUMN = re.compile(r"đơn\s*vị", re.IGNORECASE)

Place = tuple[int, int]


@dataclass(frozen=True)
class Label:
    """A text beside the values; `depth` is its column and the blanks before it, so a deeper one belongs below."""

    depth: Place
    text: str


@dataclass(frozen=True)
class Row:
    """One row of the body. `cells` maps columns of values to what stands there; `unit` is from a column of units."""

    number: int
    labels: list[Label]
    unit: str
    cells: dict[int, Cell]


@dataclass
class Table:
    """One table of a sheet. `headers` maps columns of values to the words over them, blanks folded."""

    title: str
    corner: str = ""
    headers: dict[int, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def tables(sheet: Sheet) -> Iterator[Table]:
    """Tables of a sheet in its order; a sheet without a numbered title has none."""
    rows = [_Line(number, cells) for number, cells in enumerate(sheet.rows)]
    starts: list[int] = []
    numbers = [0]
    for row in rows:
        if (number := _number(row, rows, is_first=not starts)) and number > numbers[-1] - _is_continued(row):
            starts.append(row.number)
            numbers.append(number)
    spans = {place: first for first, last in sheet.merged if _is_small(first, last) for place in _places(first, last)}
    for start, end in itertools.pairwise([*starts, len(rows)]):
        yield _table(rows[start:end], spans)


class _Line:
    """A row of a sheet: its cells that hold something."""

    def __init__(self, number: int, cells: list[Cell]) -> None:
        self.number = number
        self.cells = {c: cell for c, cell in enumerate(cells) if not (isinstance(cell, str) and not cell.strip())}
        self.first = min(self.cells, default=-1)

    def text(self, column: int) -> str:
        cell = self.cells.get(column)
        return cell if isinstance(cell, str) else ""

    @property
    def has_numbers(self) -> bool:
        """Whether a number stands here that is not a year, as headers hold them."""
        return any(is_number(cell) and not _is_year(cell) for cell in self.cells.values())

    @property
    def has_header_words(self) -> bool:
        return any(isinstance(cell, str) and bool(_HEADER_WORD.search(cell)) for cell in self.cells.values())


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a number (a truth value is none)."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _is_year(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and float(cell).is_integer() and 1900 <= cell <= 2100


def _number(row: _Line, rows: list[_Line], *, is_first: bool) -> int | None:
    """The number of a title: a numbered text alone in its row with a header below it.

    Items of a body are numbered too, but their numbers begin anew, while those of tables go on.
    """
    title = _TITLE.match(row.text(row.first)) if len(row.cells) == 1 and row.first <= 1 else None
    if title is None:
        return None
    for following in rows[row.number + 1 : row.number + 1 + TITLE_ROWS]:
        is_header = following.first > row.first and (is_first or following.has_header_words)
        if is_header and not _is_row(following):
            return int(title[1])
        if following.has_numbers:
            return None
    return None


def _is_continued(row: _Line) -> bool:
    title = _TITLE.match(row.text(row.first))
    return title is not None and title[2] is not None


def _is_row(row: _Line) -> bool:
    return row.has_numbers and not _HEADER_WORD.search(row.text(row.first))


def _table(rows: list[_Line], spans: dict[Place, Place]) -> Table:
    table = Table(clean(rows[0].text(rows[0].first)))
    header: list[_Line] = []
    at = 1
    while at < len(rows):
        row = rows[at]
        if row.first < 0:
            pass
        elif not header and len(row.cells) == 1 and row.first <= rows[0].first and row.text(row.first):
            table.title = f"{table.title} {clean(row.text(row.first))}"[:MAX_WORDS]
        elif (unit := _lone_unit(row)) and not _is_body(row, header):
            table.corner = unit
        elif len(header) == MAX_HEADER_ROWS or _is_body(row, header):
            break
        else:
            header.append(row)
        at += 1
    first = min((row.first for row in header), default=1)
    body = rows[at:]
    used = sorted({c for row in [*header, *body] for c in row.cells if c >= first})
    table.headers = {column: _words(column, header, spans) for column in used}
    units = {column for column, words in table.headers.items() if _UNIT_COLUMN.match(words)}
    for column in units:
        del table.headers[column]
    table.rows = [_row(row, first, units) for row in body if row.cells]
    return table


def _lone_unit(row: _Line) -> str:
    """The unit that stands alone in a row without a label: "Tỷ đồng; %"."""
    text = clean(row.text(row.first))
    is_alone = len(row.cells) == 1 and row.first > 0
    return text if is_alone and gso_header.is_unit(text.strip("() ")) and not _HEADER_WORD.search(text) else ""


def _is_body(row: _Line, header: list[_Line]) -> bool:
    if not header:
        return False
    if row.first == 0:
        return not (len(row.cells) > 1 and not row.has_numbers and row.has_header_words)
    return row.first < min(above.first for above in header) and bool(row.text(row.first)) and _is_row(row)


def _words(column: int, header: list[_Line], spans: dict[Place, Place]) -> str:
    """The words over a column, from the top down: its own, those merged over it, those centred over its group.

    Some authors centre a text over a group without merging: its words stand over the group's first column only, and
    the other columns have theirs further down.
    """
    own = [_shown(row.cells[column]) if column in row.cells else "" for row in header]
    words: list[str] = []
    group = 0  # the first column of the group, once it is known
    last_own = max((i for i, text in enumerate(own) if text), default=-1)
    for i, row in enumerate(header):
        text = own[i]
        if not text and (first := spans.get((row.number, column))) is not None and first[0] == row.number:
            text = _shown(row.cells.get(first[1], ""))
        if not text and i < last_own and not any(own[:i]):
            left = max((c for c in row.cells if group <= c < column), default=None)
            if left is not None:
                group = group or left
                text = _shown(row.cells[left])
        words.append(text)
    return clean(" ".join(words))[:MAX_WORDS]


def _shown(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else clean(str(cell))


def _row(row: _Line, first: int, units: set[int]) -> Row:
    labels = [
        Label((c, len(text) - len(text.lstrip())), clean(text))
        for c in sorted(row.cells)
        if c < first and (text := row.text(c))
    ]
    unit = next((clean(row.text(c)) for c in sorted(units) if row.text(c)), "")
    cells = {c: cell for c, cell in row.cells.items() if c >= first and c not in units}
    return Row(row.number, labels, unit, cells)


def _is_small(first: Place, last: Place) -> bool:
    """Whether a merged range can be one of a header: a range over a whole sheet has billions of places."""
    return last[0] - first[0] < MAX_HEADER_ROWS and last[1] - first[1] < MAX_HEADER_COLUMNS


def _places(first: Place, last: Place) -> Iterator[Place]:
    return itertools.product(range(first[0], last[0] + 1), range(first[1], last[1] + 1))
