"""What a view speaks of besides its sources: period, comparisons, unit, channels, snapshot. Looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dashboards import address, periods
from dashboards.periods import Period

COMPARISONS = ("ky", "nam", "mt")  # previous period, same period last year, target
NOTHING = "-"
BOUNDARIES = {"2021": date(2025, 6, 30), "2025": date(9999, 12, 31)}  # last day on which its units were made


@dataclass(frozen=True)
class Unit:
    """An administrative unit and its path from the top. A code alone names none: 28 were given anew on 1 July 2025."""

    code: str
    valid_from: date
    name: str
    path: str


@dataclass(frozen=True)
class Snapshot:
    """The figures as published at one time, from one snapshot of the lake."""

    id: int
    published_at: datetime


@dataclass(frozen=True)
class Offers:
    """What there is to choose from. `channels` maps codes to labels; snapshots are newest first."""

    first_day: date
    today: date
    units: Mapping[str, Sequence[Unit]]  # by boundary
    channels: Mapping[str, str]
    snapshots: Sequence[Snapshot]


@dataclass(frozen=True)
class Problem:
    """A value in the address that names nothing: key of the filter and the value."""

    key: str
    value: str


@dataclass(frozen=True)
class Choice:
    """The view that is drawn. No unit: the whole area of the sources. No channel: all. No snapshot: the newest."""

    period: Period
    compare: frozenset[str]
    unit: Unit | None
    channels: tuple[str, ...]
    snapshot: Snapshot | None
    boundary: str
    problems: tuple[Problem, ...] = ()


def choose(wanted: Mapping[str, str | None], offers: Offers) -> Choice:
    """The address, value by value, against the offers; what names nothing is reported and its default taken."""
    problems: list[Problem] = []

    def unknown(key: str) -> None:
        problems.append(Problem(key, str(wanted[key])))

    period = periods.parse(wanted.get(address.PERIOD) or periods.DEFAULT, offers.first_day, offers.today)
    if period is None:
        unknown(address.PERIOD)
        period = periods.latest(periods.DEFAULT, offers.today)
    if not wanted.get(address.PERIOD) and period.last < offers.first_day:
        period = periods.containing(periods.DEFAULT, offers.today)  # a source younger than the last complete month

    compare = frozenset(COMPARISONS)
    if wanted.get(address.COMPARE) is not None:
        named = {part for part in str(wanted[address.COMPARE]).split(",") if part != NOTHING}
        if named <= compare:
            compare = frozenset(named)
        else:
            unknown(address.COMPARE)

    boundary = "2021" if period.last <= BOUNDARIES["2021"] else "2025"
    if wanted.get(address.BOUNDARY) in BOUNDARIES:
        boundary = str(wanted[address.BOUNDARY])
    elif wanted.get(address.BOUNDARY):
        unknown(address.BOUNDARY)

    unit = next((u for u in offers.units.get(boundary, ()) if u.code == wanted.get(address.UNIT)), None)
    if unit is None and wanted.get(address.UNIT) and any(offers.units.values()):
        unknown(address.UNIT)

    channels: tuple[str, ...] = ()
    if offers.channels and wanted.get(address.CHANNEL):
        channels = tuple(str(wanted[address.CHANNEL]).split(","))
        if not set(channels) <= offers.channels.keys():
            unknown(address.CHANNEL)
            channels = ()

    snapshot = next((s for s in offers.snapshots if str(s.id) == wanted.get(address.AS_OF)), None)
    if snapshot is None and wanted.get(address.AS_OF):
        unknown(address.AS_OF)
    return Choice(period, compare, unit, channels, snapshot, boundary, tuple(problems))
