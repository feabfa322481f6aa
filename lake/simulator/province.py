"""What every ledger agrees on: where the clock stands, the provincial day, the calendar, and seeding."""

import zlib
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

TIME_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SEED = 2021
FIRST_DAY = date(2020, 6, 1)
CLOCK = datetime(2021, 9, 30, 17, 0, tzinfo=TIME_ZONE)

# Days off of the Labour Code (2012 until 31/12/2020, 2019 after: Independence Day became two days), with the
# Tet break and the days in lieu that were announced for civil servants.
PUBLIC_HOLIDAYS = frozenset(
    [date(2020, 9, 2), date(2021, 1, 1)]
    + [date(2021, 2, day) for day in range(10, 17)]
    + [date(2021, 4, 21), date(2021, 4, 30), date(2021, 5, 3), date(2021, 9, 2), date(2021, 9, 3)]
)


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A random stream of its own for each purpose, so that adding a draw to one ledger moves no other."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The instant of a provincial wall-clock time."""
    return datetime.combine(day, time(hour, minute), TIME_ZONE)


def is_working_day(day: date) -> bool:
    """Monday to Friday, public holidays excepted."""
    return day.weekday() < 5 and day not in PUBLIC_HOLIDAYS


def add_working_days(day: date, count: int) -> date:
    """The provincial day ``count`` working days after ``day``; the day itself is not counted."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def month_of(moment: datetime) -> str:
    """The provincial month of an instant, as ``2021-09``."""
    return moment.astimezone(TIME_ZONE).strftime("%Y-%m")


def months() -> list[tuple[str, datetime, datetime]]:
    """The months of the province's history as (label, start, end); half-open, the last ends at the clock."""
    found = []
    start = local(FIRST_DAY)
    while start < CLOCK:
        following = local((start.date().replace(day=1) + timedelta(days=32)).replace(day=1))
        found.append((month_of(start), start, min(following, CLOCK)))
        start = following
    return found


def closings() -> list[tuple[date, date]]:
    """(first day, closing) of every month's reports: the last day as a whole, in the month under way the clock."""
    return [(start.date(), CLOCK if end == CLOCK else end.date() - timedelta(days=1)) for _, start, end in months()]


def end_of(closing: date) -> datetime:
    """The instant a report's closing means: itself, or the last second of a day."""
    return closing if isinstance(closing, datetime) else local(closing) + timedelta(days=1) - timedelta(seconds=1)


def office_time(day: date, rng: np.random.Generator) -> datetime:
    """An instant in the office hours of the first working day from ``day`` on."""
    day = day if is_working_day(day) else add_working_days(day, 1)
    return local(day, 7) + timedelta(seconds=int(rng.integers(4 * 3600)) + 6 * 3600 * int(rng.integers(2)))
