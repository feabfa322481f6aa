"""Administrative units by name, for one day: what a name in an address may mean."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from transforms.place_name import Name, syllables, taken_apart

MAX_WORDS = 8  # of a bare name; Phường Văn Miếu - Quốc Tử Giám has five, rounded up for what may come


@dataclass(frozen=True)
class Unit:
    """One administrative unit on the days from `valid_from` to `valid_to` (None: still); the key is (code, valid_from).

    `name_vi` carries its type. `level` is province, district or commune.
    """

    code: str
    valid_from: date
    valid_to: date | None
    level: str
    name_vi: str
    parent_code: str | None


@dataclass(frozen=True)
class Named:
    """A unit of one day with its name taken apart and the units it lies in, the nearest first."""

    unit: Unit
    name: Name
    spelt: tuple[tuple[str, str], ...]  # its bare name with the tone marks, see `syllables`
    above: tuple[Unit, ...]


@dataclass
class Day:
    """The units of one day. `by_key`: folded bare name -> units that bear it; `below`: code -> units that lie in it."""

    by_key: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    below: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    by_code: dict[str, Named] = field(default_factory=dict)


class Gazetteer:
    """Units over time; the index of each set of boundaries is made once, when it is first asked for."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Units without a type in their name cannot be looked for and raise ValueError."""
        self._units = tuple(units)
        self._changes = sorted(
            {unit.valid_from for unit in self._units}
            | {unit.valid_to + timedelta(days=1) for unit in self._units if unit.valid_to}
        )
        self._days: dict[int, Day] = {}

    def on(self, day: date) -> Day:
        """The units of `day`."""
        return self._set(bisect_right(self._changes, day) - 1)

    def beside(self, day: date) -> list[Day]:
        """The sets of boundaries just before and just after that of `day`, where there are any."""
        here = bisect_right(self._changes, day) - 1
        around = [self._set(at) for at in (here - 1, here + 1) if 0 <= at < len(self._changes)]
        return [other for other in around if other.by_code]

    def _set(self, at: int) -> Day:
        if at not in self._days:
            self._days[at] = _index(self._units, self._changes[at]) if at >= 0 else Day()
        return self._days[at]


def _index(units: Iterable[Unit], day: date) -> Day:
    valid = {u.code: u for u in units if u.valid_from <= day and (u.valid_to is None or day <= u.valid_to)}
    index = Day()
    for unit in valid.values():
        name = taken_apart(unit.name_vi, unit.level)
        if name is None:
            raise ValueError(f"Unit {unit.code} {unit.name_vi!r} has no type of a {unit.level} in its name.")
        above: list[Unit] = []
        while (code := (above[-1] if above else unit).parent_code) in valid and len(above) < 3:
            above.append(valid[str(code)])
        named = Named(unit, name, syllables(name.bare), tuple(above))
        index.by_code[unit.code] = named
        index.by_key[name.key].append(named)
        for upper in above:
            index.below[upper.code].append(named)
    return index
