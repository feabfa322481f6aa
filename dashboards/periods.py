"""Reporting periods, as an address writes them: 2021-09, 2021-W38, 2021-Q3, 2021, 2021-09-30, 2021-09-01..2021-09-15.

A grain alone (`month`) means its last complete period, `all` the whole history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

GRAINS = ("day", "week", "month", "quarter", "year")
WHOLE, CUSTOM = "all", "custom"
DEFAULT = "month"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A closed span of days. `address` names it in a URL; `grain` is one of GRAINS, WHOLE or CUSTOM."""

    grain: str
    first: date
    last: date
    address: str


def containing(grain: str, day: date) -> Period:
    """The period of a grain in which a day lies; weeks begin on Monday."""
    if grain == "day":
        return Period(grain, day, day, day.isoformat())
    if grain == "week":
        first = day - timedelta(days=day.weekday())
        year, week, _ = first.isocalendar()
        return Period(grain, first, first + timedelta(days=6), f"{year}-W{week:02}")
    if grain == "month":
        return Period(grain, day.replace(day=1), _month_end(day.year, day.month), f"{day:%Y-%m}")
    if grain == "quarter":
        quarter = (day.month + 2) // 3
        first = date(day.year, 3 * quarter - 2, 1)
        return Period(grain, first, _month_end(day.year, 3 * quarter), f"{day.year}-Q{quarter}")
    return Period("year", date(day.year, 1, 1), date(day.year, 12, 31), f"{day.year}")


def previous(period: Period) -> Period | None:
    """The period just before: as long for a custom span, None for the whole history."""
    before = period.first - _DAY
    if period.grain == CUSTOM:
        return custom(before - (period.last - period.first), before)
    return containing(period.grain, before) if period.grain in GRAINS else None


def year_before(period: Period) -> Period | None:
    """The same period a year earlier: ISO week 38 for week 38; None where there was none (week 53, 29 February)."""
    try:
        if period.grain == "week":
            year, week, _ = period.first.isocalendar()
            return containing("week", date.fromisocalendar(year - 1, week, 1))
        first = period.first.replace(year=period.first.year - 1)
        if period.grain == CUSTOM:
            return custom(first, period.last.replace(year=period.last.year - 1))
    except ValueError:
        return None
    return containing(period.grain, first) if period.grain in GRAINS else None


def latest(grain: str, today: date) -> Period:
    """The last period that is over; `today`, the clock's own day, is not."""
    return containing(grain, containing(grain, today).first - _DAY)


def until(grain: str, day: date) -> Period:
    """The last period of a grain that is over at the end of `day`."""
    return latest(grain, day + _DAY)


def listed(grain: str, first_day: date, today: date) -> list[Period]:
    """The periods from today's back to that of `first_day`, newest first."""
    found, day = [], today
    while day >= first_day:
        found.append(containing(grain, day))
        day = found[-1].first - _DAY
    return found


def custom(first: date, last: date) -> Period:
    """Any span of days."""
    return Period(CUSTOM, first, last, f"{first}..{last}")


def reaching_back(period: Period, days: int, today: date) -> Period:
    """The days a chart shows for a period: those of it that are over, and as many before as it takes to be `days`."""
    last = max(period.first, min(period.last, today - _DAY))
    return custom(min(period.first, last - (days - 1) * _DAY), last)


def parse(text: str, first_day: date, today: date) -> Period | None:
    """The period an address names; None if it names none. `first_day` and `today` bound the whole history."""
    if text == WHOLE:
        return Period(WHOLE, min(first_day, today), today, WHOLE)
    if text in GRAINS:
        return latest(text, today)
    try:
        if ".." in text:
            first, last = (date.fromisoformat(part) for part in text.split("..", 1))
            return custom(first, last) if first <= last else None
        if match := re.fullmatch(r"(\d{4})-W(\d\d)", text):
            return containing("week", date.fromisocalendar(int(match[1]), int(match[2]), 1))
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            return containing("quarter", date(int(match[1]), 3 * int(match[2]), 1))
        if re.fullmatch(r"\d{4}-\d\d", text):
            return containing("month", date.fromisoformat(f"{text}-01"))
        if re.fullmatch(r"\d{4}", text):
            return containing("year", date(int(text), 1, 1))
        return containing("day", date.fromisoformat(text))
    except ValueError:
        return None


def step(period: Period) -> str:
    """The grain by which a chart over time cuts a period into steps one can tell apart."""
    n_days = (period.last - period.first).days + 1
    return "day" if n_days <= 31 else "week" if n_days <= 100 else "month"


def months_until(period: Period, today: date) -> tuple[date, date]:
    """The twelve months in which a period ends, or the period where it is longer, up to `today`: first and last day."""
    last = min(period.last, today)
    twelve = date(last.year - (last.month < 12), last.month % 12 + 1, 1)
    return min(twelve, period.first.replace(day=1)), last


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - _DAY
