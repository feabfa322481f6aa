"""Words over a column of a GSO table: which period, estimate or not, compared with what, in which unit.

"Ước tính tháng 12 năm 2024" -> December 2024, an estimate. "Tháng 12 năm 2024 so với cùng kỳ năm trước (%)" ->
December 2024, an index with the same month of 2023 as 100.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from lake.contracts.indicator import (
    BASE_PERIOD,
    DECEMBER_LAST_YEAR,
    ESTIMATE,
    FINAL,
    PLAN,
    PREVIOUS_PERIOD,
    PROVISIONAL,
    SAME_PERIOD_LAST_YEAR,
)
from transforms import period as periods
from transforms.period import Period

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR = r"(?:\s+(?:năm\s+)*(?P<year>\d{4}))?"
_PERIODS = (
    re.compile(
        r"(?P<d1>\d{1,2})/(?P<m1>\d{1,2})(?:/(?P<y1>\d{4}))?\s*[-–]\s*(?P<d2>\d{1,2})/(?P<m2>\d{1,2})/(?P<year>\d{4})"
    ),
    re.compile(r"(?:thời\s+điểm\s+|ngày\s+)?\b(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})"),
    re.compile(r"(?:đến\s+)?ngày\s+(?P<day>\d{1,2})\s+tháng\s+(?P<month>\d{1,2})\s+năm\s+(?P<year>\d{4})"),
    re.compile(r"\b(?P<n>\d{1,2})\s+tháng(?:\s+đầu)?" + _YEAR),
    re.compile(r"\btháng\s+(?P<month>\d{1,2})\b(?!\s*/)" + _YEAR),
    re.compile(r"\bquý\s+(?P<quarter>iv|i{1,3}|[1-4])\b" + _YEAR),
    re.compile(r"(?:\bcả\s+)?(?:\bnăm\s+)+(?P<year>\d{4})"),
    re.compile(r"(?<![\d/])(?P<year>(?:19|20)\d{2})(?![\d/])"),
    re.compile(r"(?P<whole>\bcả\s+năm\b|^\s*năm\s*$)"),
)
_COMPARED = re.compile(r"\bso\s+với\b")
_BASES = (
    re.compile(r"kỳ\s+gốc(?:\s+năm)?(?:\s*\(?(?:năm\s+)?(?P<base>\d{4})\)?)?"),
    re.compile(r"kế\s+hoạch(?:\s+(?:cả\s+)?năm)?(?:\s+\d{4})?"),
    re.compile(r"cùng\s+(?:kỳ|thời\s+điểm)(?:\s+(?P<with>tháng\s+trước|quý\s+trước|năm\s+trước|năm\s+\d{4}))?"),
    re.compile(r"(?P<with>(?:tháng|quý|năm)\s+trước)"),
)
_STATUSES = (
    (re.compile(r"\b(?:dự\s+)?ước\s*(?:tính|thực\s+hiện)?\b|\bdự\s+báo\b"), ESTIMATE),
    (re.compile(r"\bsơ\s*bộ\b"), PROVISIONAL),
    (re.compile(r"\bchính\s+thức\b"), FINAL),
    (re.compile(r"\bthực\s+hiện\b"), None),  # carried out: neither estimate nor final
)
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_UNIT = re.compile(
    r"(?:%|‰|nghìn|ngàn|triệu|tỷ|trăm|tấn|tạ|kg|ha\b|người|lượt|dn\b|doanh nghiệp|dự án|con\b|quả|m2|m3|m²|m³|usd"
    r"|đồng|vụ|số\b|hk\b|cái|chiếc|ste|km|mwh|kwh|lần|lít|hộ\b|trường|giường|cây|bộ$|đôi|lao động|điểm)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:cơ\s+cấu|tỷ\s+(?:lệ|trọng|suất))\b")
_FILLER = re.compile(
    r"\b(?:cộng\s+dồn|l[ũu][yỹ]\s+kế|luỹ\s+kế|kỳ\s+này|thời\s+điểm|tổng\s+số$|chia\s+ra|trong\s+đó|đầu)\b|[:;,*]"
)
_ANY_YEAR = re.compile(r"(?<![\d/])(?:19|20)\d{2}(?![\d/])")
_YEAR_WORDS = re.compile(r"\b(?:cả\s+)?năm(?:\s+\d{4})?\b|(?<!\d)(?:19|20)\d{2}(?!\d)")
_YEAR_BEFORE = re.compile(r"\bcùng\s+kỳ\s+năm\s+trước\b")


class Reading(NamedTuple):
    """What a header says. `rest` is what is left of it: the measure ("lượng", "trị giá", "cơ cấu").

    `is_year_before`: it names the table's own period, one year earlier ("thực hiện cùng kỳ năm trước").
    `is_compared`: it says "so với", whether or not its basis was understood.
    """

    period: Period | None
    status: str | None
    status_source: str | None
    basis: str | None
    is_compared: bool
    base: str | None  # year of the base period
    unit: str | None
    rest: str
    is_year_before: bool = False


def read(header: str, *, year: int | None) -> Reading:
    """Read the words over a column, blanks folded. `year` is that of the table, for headers which leave it out."""
    text = header.lower()
    unit = None
    for inner in _PARENTHESES.findall(text):
        if is_unit(inner):
            unit = unit or _as_written(header, inner)
            text = text.replace(f"({inner})", " ")
    text, status, status_source = _status(text)
    basis = base = None
    compared = _COMPARED.search(text)
    if not compared and len(told := set(_ANY_YEAR.findall(text))) == 1:
        year = int(told.pop())
    period = None
    if compared:
        before, after = text[: compared.start()], text[compared.end() :]
        period, before = take_period(before, year=year)
        basis, base, after = _basis(after, period)
        if period is None:
            period, after = take_period(after, year=year)
        elif basis is None:
            basis, after = _basis_by_period(after, period)
        text = f"{before} {after}"
    elif _YEAR_BEFORE.search(text):
        rest = _rest(_YEAR_BEFORE.sub(" ", text))
        return Reading(None, status, status_source, None, False, None, unit, rest, is_year_before=True)
    else:
        period, text = take_period(text, year=year)
    if compared and unit is None:
        unit = "%"
    return Reading(period, status, status_source, basis, compared is not None, base, unit, _rest(text))


def is_unit(text: str) -> bool:
    """Whether a text in parentheses, in a corner or in a column of units names a unit of measure."""
    return bool(_UNIT.match(text.strip()))


def is_share(rest: str) -> bool:
    """Whether a measure is a percentage by its name."""
    return bool(_SHARE.search(rest))


def take_period(text: str, *, year: int | None) -> tuple[Period | None, str]:
    """The period a text in small letters names, and the text without it."""
    for pattern in _PERIODS:
        if found := pattern.search(text):
            try:
                period = _period(found, year)
            except ValueError:
                continue
            if period is not None:
                return period, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _period(found: re.Match[str], year: int | None) -> Period | None:
    said = found.groupdict()
    number = int(said["year"]) if said.get("year") else year
    if number is None:
        return None
    if said.get("d1"):
        first = date(int(said["y1"] or number), int(said["m1"]), int(said["d1"]))
        last = date(number, int(said["m2"]), int(said["d2"]))
        whole = periods.months(number, first.month, last.month)
        return whole if (first, last) == whole[:2] else Period(first, last, "span")
    if said.get("day"):
        return periods.day(date(number, int(said["month"]), int(said["day"])))
    if said.get("n"):
        return periods.months(number, 1, int(said["n"]))
    if said.get("month"):
        return periods.months(number, int(said["month"]), int(said["month"]))
    if said.get("quarter"):
        nth = said["quarter"]
        return periods.quarter(number, _ROMAN.get(nth) or int(nth))
    return periods.year(number)


def _status(text: str) -> tuple[str, str | None, str | None]:
    """(text without words of status, status, the word); "Thực hiện" may stand over a group with an estimate in it."""
    said = [(status, " ".join(found[0].split())) for pattern, status in _STATUSES if (found := pattern.search(text))]
    for pattern, _ in _STATUSES:
        text = pattern.sub(" ", text)
    status, word = said[0] if said else (None, None)
    return text, status, word


def _basis(text: str, period: Period | None) -> tuple[str | None, str | None, str]:
    """(comparison basis, year of a base period, text without the phrase)."""
    for pattern in _BASES:
        if not (found := pattern.search(text)):
            continue
        rest = f"{text[: found.start()]} {text[found.end() :]}"
        phrase, said = found[0], found.groupdict()
        if phrase.startswith("kỳ gốc"):
            return BASE_PERIOD, said["base"], rest
        if phrase.startswith("kế"):
            return PLAN, None, rest
        with_ = said.get("with") or "năm trước"
        if with_.startswith("năm"):
            return SAME_PERIOD_LAST_YEAR, None, rest
        return PREVIOUS_PERIOD, None, rest
    return None, None, text


def _basis_by_period(text: str, period: Period) -> tuple[str | None, str]:
    """The basis where the header names its period: "so với tháng 11 năm 2024", "so với năm 2023"."""
    other, rest = take_period(text, year=period.start_on.year)
    if other is None:
        return None, text
    days = (period.start_on - other.start_on).days
    if other.grain == period.grain and 0 < days <= 366:
        is_same_month = (other.start_on.month, other.end_on.month) == (period.start_on.month, period.end_on.month)
        if is_same_month and other.start_on.year == period.start_on.year - 1:
            return SAME_PERIOD_LAST_YEAR, rest
        if other.grain == "month" and other.start_on.month == 12 and days > 31:
            return DECEMBER_LAST_YEAR, rest
        if (period.start_on - other.end_on).days == 1:
            return PREVIOUS_PERIOD, rest
    return None, text


def _rest(text: str) -> str:
    """The measure that is left, in small letters, without words that say nothing of it."""
    return " ".join(re.sub(r"[()]", " ", _FILLER.sub(" ", _YEAR_WORDS.sub(" ", text))).split())


def _as_written(header: str, lowered: str) -> str:
    at = header.lower().find(f"({lowered})") + 1
    return " ".join(header[at : at + len(lowered)].split())
