"""The plan of maintenance, backups and restore drills of the data centre, and what came of it.

Planted: a window of the whole centre that lies over those of its servers, a night that nobody approved, and one that
was approved only after it had begun: only the first may be taken out of availability, and only once.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from lake.simulator.monitoring import ledger, maintenance_slot, sample_time, sunday_nights
from lake.simulator.province import CLOCK, FIRST_DAY, generator

WINDOW = 6  # samples a server has for its maintenance
COVERED_NIGHT, UNAPPROVED_NIGHT, LATE_NIGHT = 1, 3, 5
CENTRE_WINDOW = 12  # samples of the window of the whole centre
_FIRST_SATURDAY = FIRST_DAY + timedelta(days=(5 - FIRST_DAY.weekday()) % 7)


@dataclass(frozen=True)
class Window:
    """One maintenance window; ``approved_by`` None where nobody approved it."""

    target: str
    started_at: datetime
    ended_at: datetime
    approved_by: str | None
    approved_at: datetime | None

    @property
    def counts(self) -> bool:
        """Whether it was approved before it began."""
        return self.approved_at is not None and self.approved_at <= self.started_at


@dataclass(frozen=True)
class Backup:
    """One planned backup or restore drill; ``done_at`` None where it was not done."""

    system: str
    is_drill: bool
    planned_on: date
    is_successful: bool
    done_at: datetime | None


@lru_cache(maxsize=2)
def windows(seed: int) -> tuple[Window, ...]:
    """Of every eighth Sunday night, server after server."""
    found = []
    for night, start in enumerate(sunday_nights()):
        for row, server in enumerate(ledger(seed).servers):
            first = maintenance_slot(start, row)
            found.append(_window(server.labels["instance"], first, WINDOW, night))
        if night == COVERED_NIGHT:
            found.append(_window("*", start, CENTRE_WINDOW, night))
    return tuple(found)


def _window(target: str, first: int, length: int, night: int) -> Window:
    started_at = sample_time(first)
    if night == UNAPPROVED_NIGHT:
        return Window(target, started_at, sample_time(first + length), None, None)
    approved_at = started_at + (timedelta(hours=9) if night == LATE_NIGHT else timedelta(days=-4))
    plan = f"Kế hoạch bảo trì quý {(started_at.month + 2) // 3}/{started_at.year}"
    return Window(target, started_at, sample_time(first + length), plan, approved_at)


@lru_cache(maxsize=2)
def backups(seed: int, systems: tuple[str, ...]) -> tuple[Backup, ...]:
    """A backup of every system each Saturday and a drill every thirteenth, from the first day to the clock."""
    rng = generator(seed, "backups")
    found = []
    day, week = _FIRST_SATURDAY, 0
    while day < CLOCK.date():
        for system in systems:
            for is_drill in (False, True) if week % 13 == 5 else (False,):
                is_done = bool(rng.random() < (0.9 if is_drill else 0.985))
                done_at = datetime(day.year, day.month, day.day, 23, int(rng.integers(60)), tzinfo=CLOCK.tzinfo)
                found.append(Backup(system, is_drill, day, is_done, done_at if is_done else None))
        day, week = day + timedelta(days=7), week + 1
    return tuple(found)
