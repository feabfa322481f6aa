"""Waiting times counted apart from the models: Kaplan and Meier's estimator in exact fractions, hours of offices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

import holidays

HOLIDAYS = holidays.country_holidays("VN", years=range(2020, 2023))
OFFICE_HOURS = ((time(7), time(11, 30)), (time(13, 30), time(17)))


def quantile(waits: Sequence[tuple[float, bool]], share: Fraction) -> float | None:
    """The first wait by which `share` of the cases has ended. `waits`: (length, has ended; else censored there)."""
    waiting, at_risk = Fraction(1), len(waits)
    for length, same in groupby(sorted(waits), key=itemgetter(0)):
        ends = [has_ended for _, has_ended in same]
        waiting *= 1 - Fraction(sum(ends), at_risk)
        at_risk -= len(ends)
        if any(ends) and waiting <= 1 - share:
            return length
    return None


def is_working_day(day: date) -> bool:
    """As state offices work: not on weekends and public holidays, but on Saturdays exchanged for a day off."""
    return HOLIDAYS.is_working_day(day)


def working_days(earlier: date, later: date) -> int:
    """Working days after `earlier`, up to and with `later`."""
    return sum(is_working_day(earlier + timedelta(days=n)) for n in range(1, (later - earlier).days + 1))


def working_hours(earlier: datetime, later: datetime) -> float:
    """Office hours between two instants of one time zone."""
    total = timedelta()
    for n in range((later.date() - earlier.date()).days + 1):
        day = earlier.date() + timedelta(days=n)
        for opens, closes in OFFICE_HOURS if is_working_day(day) else ():
            start, end = (datetime.combine(day, hour, earlier.tzinfo) for hour in (opens, closes))
            total += max(min(end, later) - max(start, earlier), timedelta())
    return total / timedelta(hours=1)
