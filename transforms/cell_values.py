"""One cell of a form -> its value, or why it has none: numbers and days the Vietnamese way, nothing guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from lake.contracts.form import NO, TIME_ZONE, YES, Field, Kind, Value
from transforms.privacy import redact, redact_report
from transforms.text import bare_words, clean
from transforms.workbook import Cell

ZONE = ZoneInfo(TIME_ZONE)
EARLIEST = date(2000, 1, 1)
FARTHEST = timedelta(days=3_653)  # ten years: 31/12/9999 is how some systems write "none"
MAX_EXACT = 2**53  # beyond, a spreadsheet has lost digits of a whole number
EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"})
MAX_CELL = 4_000  # characters of a cell that are looked at

# Reason codes of a cell, with what is said in Vietnamese and in English; {…} is filled where the fault is found.
REASONS: Mapping[str, tuple[str, str]] = {
    "missing": ("Thiếu dữ liệu; cột này bắt buộc.", "empty, but the column is required."),
    "too_long": ("Dài hơn {limit} ký tự; hãy rút gọn.", "longer than {limit} characters; shorten it."),
    "bad_format": ("Sai mẫu; cần {shape_vi}.", "not in the form asked for; needed is {shape_en}."),
    "excel_error": (
        "Ô chứa lỗi công thức của Excel; hãy sửa công thức hoặc gõ giá trị.",
        "holds an Excel error; correct the formula or type the value.",
    ),
    "date_in_text": (
        "Excel đã đổi nội dung thành ngày hoặc giờ; hãy định dạng ô là Text rồi gõ lại.",
        "a spreadsheet made a date of it; format the cell as text and type it again.",
    ),
    "not_a_text": ("Không phải chữ; hãy định dạng ô là Text rồi gõ lại.", "no text; format the cell as text."),
    "lost_digits": (
        "Số quá dài nên Excel đã làm mất chữ số; hãy định dạng ô là Text rồi gõ lại.",
        "so long a number that the spreadsheet lost digits of it; format the cell as text and type it again.",
    ),
    "not_a_number": ("Không phải số; viết 1.234,5.", "no number; write 1.234,5."),
    "english_number": (
        "Số viết kiểu Anh - Mỹ; viết 1.234,5: dấu chấm ngăn hàng nghìn, dấu phẩy trước phần lẻ.",
        "a number written the English way; write 1.234,5: point between thousands, comma before decimals.",
    ),
    "not_whole": ("Cần số nguyên.", "not a whole number."),
    "out_of_range": ("Ngoài khoảng cho phép {bounds_vi}.", "outside the range allowed, {bounds_en}."),
    "ambiguous_percent": (
        "Không rõ là {as_share} % hay {as_is} %; gõ dạng chữ kèm dấu %, ví dụ 85%.",
        "may mean {as_share} % or {as_is} %; type it as text with its sign, such as 85%.",
    ),
    "not_a_date": ("Không phải ngày; viết dd/mm/yyyy, ví dụ 05/09/2021.", "no day; write dd/mm/yyyy: 05/09/2021."),
    "two_digit_year": ("Năm chỉ có hai chữ số; viết đủ bốn chữ số.", "a year of two digits; write all four."),
    "month_first": (
        "Tháng viết trước ngày; viết dd/mm/yyyy, ví dụ 30/09/2021.",
        "the month stands first; write dd/mm/yyyy: 30/09/2021.",
    ),
    "ambiguous_day_month": (
        "Có thể Excel đã đảo ngày và tháng: trong cột này, ô kiểu ngày đều có ngày từ 1 đến 12, còn các ngày sau 12 "
        "là chữ. Hãy gõ lại cả cột theo dd/mm/yyyy.",
        "a spreadsheet may have swapped day and month: of this column it took for dates only days up to 12, and left "
        "later days as text; type the column again as dd/mm/yyyy.",
    ),
    "impossible_date": (
        "Ngày phải từ 01/01/2000 đến {latest}.",
        "must lie between 01/01/2000 and {latest}.",
    ),
    "unknown_word": ("Giá trị lạ; chọn một trong: {words}.", "not an answer of this column; choose one of: {words}."),
    "merged_cell": (
        "Ô bị gộp nên không có giá trị riêng; hãy bỏ gộp ô và điền từng dòng.",
        "part of a merged cell, so it has no value of its own; unmerge and fill every row.",
    ),
    "outside_table": (
        "Ô có dữ liệu nhưng cột không có tiêu đề; hãy xóa hoặc đặt vào đúng cột.",
        "filled, but its column has no header; clear it or move it to its column.",
    ),
    "total_row": ("Dòng tổng không phải là bản ghi; hãy xóa dòng này.", "a total is no record; delete the row."),
    "duplicate_key": (
        "Trùng với dòng {row} ({key}); hãy giữ một dòng.",
        "the same {key} as row {row}; keep one of them.",
    ),
    "time_order": ("Trước “{earlier}”; hãy kiểm tra hai ngày.", "before {earlier}; check both days."),
    "above_limit": ("Lớn hơn “{limit}”; hãy kiểm tra hai số.", "above {limit}; check both numbers."),
    "needed_here": ("Phải điền vì đã điền “{given}”.", "must be filled, because {given} is."),
    "unreadable_period": (
        "Không đọc được kỳ; viết 09/2021, Quý III/2021, 9 tháng/2021 hoặc 2021.",
        "not a period; write 09/2021, Quý III/2021, 9 tháng/2021 or 2021.",
    ),
    "value_without_status": (
        "Có giá trị thì tình trạng không thể là “Chưa có số liệu”, và ngược lại.",
        "a value and the status “Chưa có số liệu” exclude each other, and one of them is needed.",
    ),
    "malformed_row": ("Dòng không đúng dạng CSV: {detail}", "the row is not CSV: {detail}"),
}


class CellFaultError(Exception):
    """A cell that has no value: a code of REASONS with what fills its sentences."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.vi, self.en = (sentence.format(**words) for sentence in REASONS[code])


def is_blank(cell: Cell) -> bool:
    """Whether nothing visible stands in the cell."""
    if not isinstance(cell, str):
        return False
    return not cell.strip() if cell.isprintable() else not clean(cell)


def value_of(cell: Cell, field: Field, received_at: datetime) -> Value:
    """The value of a cell that is not blank: text NFC, days as `date`, instants in UTC, words as the table's value.

    Real dates of a spreadsheet, its serial numbers (1900 system) and text are read; without a zone a time is in
    Asia/Ho_Chi_Minh. `received_at` bounds what may have happened. Raises CellFaultError.
    """
    if isinstance(cell, str):
        cell = clean(cell[: MAX_CELL + 1])
        if cell in EXCEL_ERRORS:
            raise CellFaultError("excel_error")
    return _READERS[field.kind](cell, field, received_at)


def shown(cell: Cell) -> str:
    """A cell as a list of errors may show it: short, personal data redacted."""
    if isinstance(cell, datetime):
        text = f"{cell:%d/%m/%Y %H:%M}"
    elif isinstance(cell, date):
        text = f"{cell:%d/%m/%Y}"
    elif isinstance(cell, float) and cell.is_integer() and abs(cell) < MAX_EXACT:
        text = str(int(cell))
    else:
        text = str(cell)
    return redact_report(clean(text[:MAX_CELL]))[:80]


def written_day(cell: Cell) -> int | None:
    """Day of the month of a date written as text, dd/mm/yyyy; None where the cell is no such text."""
    match = _DATE.fullmatch(clean(cell[:MAX_CELL])) if isinstance(cell, str) else None
    return int(match["day"]) if match and match["day"] else None


def _text(cell: Cell, field: Field, _: datetime) -> str:
    if isinstance(cell, bool | time | timedelta):
        raise CellFaultError("not_a_text")
    if isinstance(cell, date):
        raise CellFaultError("date_in_text")
    if isinstance(cell, int | float):
        if not math.isfinite(cell) or abs(cell) >= MAX_EXACT:
            raise CellFaultError("lost_digits")
        cell = str(int(cell)) if float(cell).is_integer() else repr(cell)
    if len(cell) > field.max_length:
        raise CellFaultError("too_long", limit=field.max_length)
    if field.pattern and not re.fullmatch(field.pattern, cell):
        raise CellFaultError("bad_format", shape_vi=field.shape_vi, shape_en=field.shape_en)
    return redact(cell) if field.is_free_text else cell


# The first group of a number with points has no leading zero: 0.123 is an English decimal.
_NUMBER = re.compile(
    r"(?P<sign>[-+−]?)(?P<whole>[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?: \d{3})+|\d+)(?:,(?P<part>\d+))?",
    re.ASCII,
)
_ENGLISH = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)", re.ASCII)
_MAX_NUMBER = 40


def _number(cell: Cell) -> Decimal:
    """The number a cell holds. Raises CellFaultError."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise CellFaultError("not_a_number")
    if not isinstance(cell, str):
        if not math.isfinite(cell):
            raise CellFaultError("not_a_number")
        return Decimal(repr(cell))
    match = _NUMBER.fullmatch(cell) if len(cell) <= _MAX_NUMBER else None
    if match is None:
        raise CellFaultError("english_number" if _ENGLISH.fullmatch(cell[:_MAX_NUMBER]) else "not_a_number")
    whole = re.sub("[. ]", "", match["whole"])
    sign = "-" if match["sign"] in ("-", "−") else ""
    return Decimal(f"{sign}{whole}.{match['part'] or '0'}")


def _bounded(number: Decimal, field: Field) -> Decimal:
    low, high = field.low, field.high
    if (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high)):
        low_text, high_text = (None if b is None else f"{b:,.0f}".replace(",", ".") for b in (low, high))
        raise CellFaultError(
            "out_of_range",
            bounds_vi=f"từ {low_text or '…'} đến {high_text or '…'}",
            bounds_en=f"{low_text or '…'} to {high_text or '…'}",
        )
    return number


def _integer(cell: Cell, field: Field, _: datetime) -> int:
    number = _number(cell)
    if number != number.to_integral_value():
        raise CellFaultError("not_whole")
    if abs(number) >= MAX_EXACT:
        raise CellFaultError("lost_digits")
    return int(_bounded(number, field))


def _decimal(cell: Cell, field: Field, _: datetime) -> float:
    return float(_bounded(_number(cell), field))


def _percent(cell: Cell, field: Field, _: datetime) -> float:
    """Percent, 0 to 100. A cell formatted as a percentage holds 0.85 for 85 %, and its format is not to be seen."""
    if isinstance(cell, str):
        return float(_bounded(_number(cell.removesuffix("%").rstrip()), field))
    number = _number(cell)
    if 0 < abs(number) <= 1:
        raise CellFaultError("ambiguous_percent", as_share=_vietnamese(number * 100), as_is=_vietnamese(number))
    return float(_bounded(number, field))


def _vietnamese(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", ",")


_DATE = re.compile(
    r"""(?: (?P<day>\d{1,2}) (?P<mark>[/.-]) (?P<month>\d{1,2}) (?P=mark) (?P<year>\d{4}|\d{2})
    | (?P<iso_year>\d{4}) - (?P<iso_month>\d{2}) - (?P<iso_day>\d{2}) )
    (?: [ T] (?P<hour>\d{1,2}) : (?P<minute>\d{2}) (?: : (?P<second>\d{2}) (?: \.0+ )? )? )?""",
    re.VERBOSE | re.ASCII,
)
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050  # 01/01/2000 and 31/12/2099
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # a cell has no zone


def _moment(cell: Cell) -> tuple[date, time | None]:
    """Day and time a cell holds; None for the time where only a day is given. Raises CellFaultError."""
    if isinstance(cell, bool | time | timedelta):
        raise CellFaultError("not_a_date")
    if isinstance(cell, str):
        return _written_moment(cell)
    if isinstance(cell, int | float):
        if not _FIRST_SERIAL <= cell < _LAST_SERIAL + 1:
            raise CellFaultError("not_a_date")
        cell = _SERIAL_ZERO + timedelta(days=cell)
    if not isinstance(cell, datetime):
        return cell, None
    cell = (cell + timedelta(milliseconds=500)).replace(microsecond=0)  # a serial number holds no exact second
    return cell.date(), (cell.time() if cell.time() != time() else None)


def _written_moment(text: str) -> tuple[date, time | None]:
    match = _DATE.fullmatch(text)
    if match is None:
        raise CellFaultError("not_a_date")
    if match["year"] and len(match["year"]) == len("21"):
        raise CellFaultError("two_digit_year")
    year, month, day = (int(match[part] or match[f"iso_{part}"]) for part in ("year", "month", "day"))
    try:
        hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
        return date(year, month, day), (time(hour, minute, second) if match["hour"] else None)
    except ValueError:
        is_swapped = bool(match["year"]) and month > 12 and day <= 12
        raise CellFaultError("month_first" if is_swapped else "not_a_date") from None


def _checked(day: date, field: Field, received_at: datetime) -> date:
    latest = _latest(received_at, may_be_future=field.may_be_future)
    if not EARLIEST <= day <= latest:
        raise CellFaultError("impossible_date", latest=f"{latest:%d/%m/%Y}")
    return day


@lru_cache(maxsize=16)
def _latest(received_at: datetime, *, may_be_future: bool) -> date:
    return (received_at.astimezone(ZONE) + (FARTHEST if may_be_future else timedelta())).date()


def _day(cell: Cell, field: Field, received_at: datetime) -> date:
    return _checked(_moment(cell)[0], field, received_at)


def _instant(cell: Cell, field: Field, received_at: datetime) -> datetime:
    day, clock = _moment(cell)
    if clock is None:
        clock = time(23, 59, 59) if field.is_day_end else time()
    return datetime.combine(_checked(day, field, received_at), clock, ZONE).astimezone(UTC)


_YES = {"co", "x", "yes", "true", "dung", "1", "y", "v"}
_NO = {"khong", "no", "false", "sai", "0", "n"}
_TICKS = {"✓", "✔", "☑"}


def _yes_no(cell: Cell, _: Field, __: datetime) -> bool:
    if isinstance(cell, bool):
        return cell
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    word = _folded(text)
    if word in _YES or text in _TICKS:
        return True
    if word in _NO:
        return False
    raise CellFaultError("unknown_word", words=f"{YES}, {NO}")


def _choice(cell: Cell, field: Field, _: datetime) -> str:
    known = _folded_words(tuple(field.words.items()))
    if isinstance(cell, str) and (value := known.get(_folded(cell))) is not None:
        return value
    raise CellFaultError("unknown_word", words=", ".join(offered(field)))


_folded = lru_cache(maxsize=1024)(bare_words)  # a column of answers repeats a few


@lru_cache(maxsize=64)
def _folded_words(words: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {bare_words(word): value for word, value in words}


def offered(field: Field) -> list[str]:
    """The answers a template offers: the first word of each value."""
    if field.kind == "yes_no":
        return [YES, NO]
    first: dict[str, str] = {}
    for word, value in field.words.items():
        first.setdefault(value, word)
    return list(first.values())


_READERS: Mapping[Kind, Callable[[Cell, Field, datetime], Value]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "percent": _percent,
    "day": _day,
    "instant": _instant,
    "yes_no": _yes_no,
    "choice": _choice,
}
