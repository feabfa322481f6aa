"""Periods of statistics: codes of JSON-stat, PX, SDMX and the World Bank -> first day, last day, grain."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1500, 2200  # projections of populations reach 2100

_CODE = re.compile(
    r"(?P<year>\d{4})"
    r"(?:"
    r"-?M(?P<m>\d{1,2})|-(?P<iso_m>\d{2})|-?[QK](?P<q>[1-4])|-?[SHB](?P<h>[12])|-?[WU](?P<w>\d{1,2})"
    r"|-(?P<dm>\d{2})-(?P<dd>\d{2})(?:T00:00:00(?:\.0+)?Z?)?|-?A1?|[-/](?P<last>\d{4})"
    r")?",
    re.IGNORECASE,
)


class Period(NamedTuple):
    """Both days belong to the period; `grain` is one of the contract's GRAINS."""

    start_on: date
    end_on: date
    grain: str


def year(number: int) -> Period:
    """The calendar year. Raises ValueError for one no statistics are made of."""
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise ValueError(f"year {number}")
    return Period(date(number, 1, 1), date(number, 12, 31), "year")


def months(number: int, first: int, last: int) -> Period:
    """Months `first` to `last` of a year, with the grain they make. Raises ValueError."""
    year(number)
    if not 1 <= first <= last <= 12:
        raise ValueError(f"months {first} to {last}")
    grain = {(1, 1): "month", (3, 1): "quarter", (6, 1): "half_year"}.get((last - first + 1, 1), "span")
    is_whole = (first - 1) % (last - first + 1) == 0
    if first == 1 and last == 12:
        grain = "year"
    elif first == 1 and last not in (1, 3, 6):
        grain = "nine_months" if last == 9 else "year_to_date"
    elif not is_whole:
        grain = "span"
    return Period(date(number, first, 1), date(number, last, monthrange(number, last)[1]), grain)


def quarter(number: int, nth: int) -> Period:
    """The nth quarter, 1 to 4. Raises ValueError."""
    return months(number, 3 * nth - 2, 3 * nth)


def day(on: date) -> Period:
    """One day: what stood at a date."""
    return Period(on, on, "day")


def from_code(code: str) -> Period | None:
    """The period of a code such as 2024, 2024M12, 2024-12, 2024Q4, 2024K4, 2024-S1, 2024W05, 2024-12-31 or 2010/2012.

    Weeks are those of ISO 8601. None for anything else.
    """
    found = _CODE.fullmatch(code.strip())
    if found is None:
        return None
    number = int(found["year"])
    try:
        if month := found["m"] or found["iso_m"]:
            return months(number, int(month), int(month))
        if found["q"]:
            return quarter(number, int(found["q"]))
        if found["h"]:
            return months(number, 6 * int(found["h"]) - 5, 6 * int(found["h"]))
        if found["w"]:
            monday = date.fromisocalendar(number, int(found["w"]), 1)
            return Period(monday, monday + timedelta(days=6), "week")
        if found["dm"]:
            return day(date(number, int(found["dm"]), int(found["dd"])))
        if found["last"]:
            first, last = year(number), year(int(found["last"]))
            return Period(first.start_on, last.end_on, "span") if last.end_on > first.end_on else None
        return year(number)
    except ValueError:
        return None
