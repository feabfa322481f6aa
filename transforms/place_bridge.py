"""A public list of what became of which unit, compared with the resolution's own bridge.

Published mappings were joined by name, and names repeat: 31379 Xã Phú Tân of Hậu Giang was also put into 31582 Xã
Thuận Hòa of Sóc Trăng, which took in another Xã Phú Tân. Whoever adds figures up by such a list counts them twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lake.errors import PayloadRefused
from transforms import json_records
from transforms.gazetteer import Unit
from transforms.place_name import taken_apart
from transforms.text import clean, what_arrived

Kind = Literal["not_in_resolution", "missing", "shared_out", "namesake", "other_name"]


@dataclass(frozen=True)
class Link:
    """One line of a mapping: an old unit that went to a new one, `is_whole` or in part, with the names it gives."""

    old_code: str
    old_name: str
    new_code: str
    new_name: str
    is_whole: bool


@dataclass(frozen=True)
class Disagreement:
    """One line of a mapping that cannot be right, or that is missing; `reason` is one English sentence."""

    kind: Kind
    old_code: str
    new_code: str
    reason: str


def links(body: bytes, origin: str) -> list[Link]:
    """Links of a mapping file: data[].level2s[] are new units (level2_id, name), their merges[] old ones (old_id, name,
    type full or partial).

    Only communes (codes of five digits) are taken. Raises PayloadRefused for anything else.
    """
    try:
        _, provinces = json_records.read(body, path=("data",), number=float)
        if provinces is None:
            raise ValueError("it has no array `data`")
        found = [
            Link(
                old["old_id"], clean(old["name"]), new["level2_id"], clean(new["name"]), is_whole=old["type"] == "full"
            )
            for province in provinces
            for new in province.value["level2s"]
            for old in new["merges"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise PayloadRefused(
            f"{origin} sent {what_arrived(body)}, not a mapping of new units to old ones ({error}); "
            "check which file it is."
        ) from error
    found = [link for link in found if len(link.old_code) == len(link.new_code) == 5]
    if not found:
        raise PayloadRefused(f"{origin} maps no commune; check which file it is.")
    return found


def disagreements(
    mapping: Iterable[Link], bridge: Mapping[tuple[str, str], float], old_units: Iterable[Unit]
) -> list[Disagreement]:
    """Where `mapping` contradicts `bridge` or itself, by old and new code.

    `bridge`: (old code, new code) -> share, for the units it covers: a link that touches one of them on either side
    must stand in it, and every row of it must be linked. Outside it only names can tell: an old unit of another
    district than all other predecessors of the new unit, while a unit of its name lies in one of theirs, is
    its `namesake`; so is one that the bridge does not know there, when the new unit has another predecessor of its
    name. `old_units`: units of the day before the change, as many as are known. Pure; in the order of codes.
    """
    given = list(mapping)
    pairs = {(link.old_code, link.new_code): link for link in given}
    covered_old, covered_new = {old for old, _ in bridge}, {new for _, new in bridge}
    units = {unit.code: unit for unit in old_units}
    twins = _namesakes(given, units)
    named = {(link.new_code, link.old_name, link.old_code) for link in given}
    found: list[Disagreement] = []
    for (old, new), link in pairs.items():
        is_strange = (old in covered_old or new in covered_new) and (old, new) not in bridge
        twin = twins.get((old, new))
        if twin is None and is_strange:
            twin = min((c for to, name, c in named if (to, name) == (new, link.old_name) and c != old), default=None)
        told = f"{old} {link.old_name} is put into {new} {link.new_name}"
        meant = f"meant is its namesake {twin}, which fits the other predecessors"
        if is_strange:
            right = ", ".join(sorted(after for before, after in bridge if before == old)) or "none of the bridge"
            reason = f"{told}, the resolution puts it into {right}" + (f"; {meant}." if twin else ".")
            found.append(Disagreement("namesake" if twin else "not_in_resolution", old, new, reason))
        elif twin:
            found.append(Disagreement("namesake", old, new, f"{told}, {meant}."))
        elif (old, new) in bridge and not link.is_whole and bridge[old, new] == 1.0:
            reason = f"{told} in part, the resolution puts it there whole."
            found.append(Disagreement("shared_out", old, new, reason))
        if old in units and not _is_name_of(link.old_name, units[old]):
            reason = f"{old} is called {link.old_name}, the code list calls it {units[old].name_vi}."
            found.append(Disagreement("other_name", old, new, reason))
    for old, new in bridge.keys() - pairs.keys():
        found.append(Disagreement("missing", old, new, f"{old} is not put into {new}, the resolution puts it there."))
    return sorted(found, key=lambda d: (d.old_code, d.new_code, d.kind))


def _namesakes(mapping: list[Link], units: Mapping[str, Unit]) -> dict[tuple[str, str], str]:
    """(old code, new code) of each link that looks mistaken for a namesake -> code of the unit that was meant."""
    by_name: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in units.values():
        by_name[unit.name_vi].append(unit)
    into: defaultdict[str, list[Unit]] = defaultdict(list)
    for link in mapping:
        if link.old_code in units:
            into[link.new_code].append(units[link.old_code])
    found = {}
    for new_code, predecessors in into.items():
        districts = Counter(unit.parent_code for unit in predecessors)
        for unit in predecessors:
            if districts[unit.parent_code] > 1 or len(predecessors) == 1:
                continue
            twin = next((t for t in by_name[unit.name_vi] if t is not unit and districts[t.parent_code]), None)
            # Two of one name may both be meant (districts merge); the one alone in its district is the stranger.
            if twin is not None and districts[twin.parent_code] > (twin in predecessors):
                found[unit.code, new_code] = twin.code
    return found


def _is_name_of(name: str, unit: Unit) -> bool:
    """Whether a name is the unit's, spelling of tone marks and numerals aside."""
    given, listed = taken_apart(name, unit.level), taken_apart(unit.name_vi, unit.level)
    return given is not None and listed is not None and (given.type_vi, given.key) == (listed.type_vi, listed.key)
