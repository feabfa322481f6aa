"""A Vietnamese address as people write it -> the administrative unit it lies in, with how sure that is.

The set of boundaries is that of the day: the same words mean other ground before and since 1 July 2025. A name many
units bear is settled by the units it is said to lie in, else the answer is that it is ambiguous. An answer of `SURE`
or more may be used without asking; below it a person should look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from transforms.address_words import Mention, mentions
from transforms.gazetteer import Day, Gazetteer, Named, Unit
from transforms.place_name import fold, taken_apart
from transforms.text import clean

SURE = 0.9
MAX_CHARACTERS = 500  # an address has some hundred; the rest of a longer text is not read

# Confidence in a unit by what the text says of where it lies. Our own figures; tests/transforms/test_address.py
# measures on the country's code lists how often an answer of SURE is wrong.
WHOLE = 0.99  # every unit above it is named
PARTLY = 0.95  # one of the units above it is named, and no other unit fits
# Its province is named, its district is not: a ward that is gone may have been meant, of whose name another one stands
# elsewhere in the province. Never SURE, unless the province's own reports are read (`within`).
OF_PROVINCE = 0.88
TYPED = 0.6  # nothing but its own name with its type, borne by no other
BARE = 0.4  # nothing but its own name
# What an oddity leaves of it.
MISSPELT = 0.75  # its own name is one letter off
MISSPELT_ABOVE = 0.95  # the name of a unit above it is
UNKNOWN = 0.85  # something stands beside it that no unit is called: a place that is not in the gazetteer, a longer name
CONTRADICTED = 0.3  # it is said to lie in a unit it does not lie in
COARSER = 0.6  # a smaller unit is named that is not known, so the answer is the unit above
OTHER_TIME = 0.89  # named by the boundaries before or after the day; never SURE

LEVELS = ("commune", "district", "province")


@dataclass(frozen=True)
class Place:
    """What was found. `unit` is the smallest unit the text settles, None when nothing or too much fits.

    `confidence` is 0..1; `candidates` are the units between which an ambiguous text leaves the choice.
    """

    unit: Unit | None
    confidence: float
    candidates: tuple[Unit, ...] = ()


def find(text: str, gazetteer: Gazetteer, on: date, *, within: str | None = None) -> Place:
    """The unit an address of the day `on` lies in.

    `within`: code of a province the text is known to speak of, as the reports of a province's own app do. Diacritics
    and types may be missing. Where the boundaries of the day give no good answer, those before and after are tried:
    people go on writing the old names. Two readings on different ground are ambiguous. Pure.
    """
    text = clean(text)[:MAX_CHARACTERS]
    place, best = _read(text, gazetteer.on(on), within)
    for day in gazetteer.beside(on) if place.confidence < OF_PROVINCE else ():
        other, _ = _read(text, day, within)
        if other.unit is None or other.confidence * OTHER_TIME <= best:
            continue
        rivals = (place.unit,) if place.unit else place.candidates
        if best >= BARE and any(rival.level == other.unit.level for rival in rivals):
            rivals = (*rivals, other.unit)
            place = Place(None, round(1 / len(rivals), 4), rivals)
        else:
            place = Place(other.unit, round(other.confidence * OTHER_TIME, 4))
    return place


def _read(text: str, day: Day, within: str | None) -> tuple[Place, float]:
    """The answer by one set of boundaries, and how well the best unit fits, be it one of many."""
    named = list(mentions(text, day))
    given = {within} if within in day.by_code else set()
    for level in LEVELS:
        scored = _scored(named, level, day, {code for code in given if code})
        if scored:
            break
    else:
        return Place(None, 0.0), 0.0
    if level != "commune" and any(not m.fits and m.type_vi and "commune" in m.levels for m in named):
        scored = [(score * COARSER, unit) for score, unit in scored]
    scored = [(round(score, 6), unit) for score, unit in scored]  # the same oddities in another order are equal
    best = max(score for score, _ in scored)
    found = tuple(dict.fromkeys(unit for score, unit in scored if score == best))
    if len(found) == 1:
        return Place(found[0], round(best, 4)), best
    return Place(None, round(min(best, 1 / len(found)), 4), found), best


def _scored(named: Sequence[Mention], level: str, day: Day, given: set[str]) -> list[tuple[float, Unit]]:
    """(confidence, unit) of every unit of a level that a mention may mean."""
    scored = []
    for position, mention in enumerate(named):
        fits = [(unit, fit) for unit, fit in mention.fits if unit.unit.level == level]
        if level == "commune" and not mention.fits and mention.type_vi and "commune" in mention.levels:
            fits = _misspelt(mention, named, day, given)
        for unit, fit in fits:
            scored.append((fit * _placed(unit, position, named, given), unit.unit))
    return scored


def _placed(unit: Named, position: int, named: Sequence[Mention], given: set[str]) -> float:
    """Confidence in a unit by what else the text says. Addresses go from small to large."""
    above = {upper.code: upper for upper in unit.above}
    agreed = given & above.keys()
    oddity = 1.0
    if given and not given & (above.keys() | {unit.unit.code}):
        oddity *= CONTRADICTED
    own = named[position]
    if unit.unit.level == "commune" and not own.type_vi and any(not m.type_vi for m in named[:position]):
        oddity *= UNKNOWN  # `Quới Sơn, Châu Thành`: it may be the district of what stands before it, not its town
    # The largest unit stands last, and a name says one unit only: `Phường 3, Sóc Trăng` need not be in its city.
    for at, mention in reversed(list(enumerate(named))):
        if at == position:
            continue
        meant = {fit.unit.code: quality for fit, quality in mention.fits}
        if meant.keys() & above.keys():
            upper = next((code for code in reversed(above) if code in meant and code not in agreed), None)
            agreed |= {upper} if upper else set()
            oddity *= max(quality for code, quality in meant.items() if code in above)
        elif unit.unit.code in meant or (mention.type_vi and _is_inside(mention, unit)):
            continue  # said again, or a smaller unit, which the caller weighs
        elif not mention.type_vi and at < position:
            continue  # a hamlet or a street that bears a unit's name
        elif near := _near_above(mention, unit):
            agreed |= {near}
            oddity *= MISSPELT_ABOVE
        else:
            oddity *= CONTRADICTED if mention.type_vi or mention.fits else UNKNOWN
    if unit.unit.level == "province":
        return PARTLY * oddity
    if above and agreed == above.keys():
        return WHOLE * oddity
    if agreed:
        is_open = any(upper.level == "district" and upper.code not in agreed for upper in unit.above)
        return (OF_PROVINCE if is_open and not given & agreed else PARTLY) * oddity
    return (TYPED if own.type_vi else BARE) * oddity


def _is_inside(mention: Mention, unit: Named) -> bool:
    """Whether a mention speaks of something smaller than the unit, which contradicts nothing."""
    return all(LEVELS.index(level) < LEVELS.index(unit.unit.level) for level in mention.levels)


def _near_above(mention: Mention, unit: Named) -> str | None:
    """Code of the unit above whose name a mention misspells."""
    if mention.fits or not mention.type_vi:
        return None
    for upper in unit.above:
        name = taken_apart(upper.name_vi, upper.level)
        if upper.level in mention.levels and name and _is_near(fold(mention.words), name.key):
            return upper.code
    return None


def _misspelt(mention: Mention, named: Sequence[Mention], day: Day, given: set[str]) -> list[tuple[Named, float]]:
    """Communes whose name is one letter off, in the smallest units named beside it."""
    uppers = {fit.unit.code: fit for other in named for fit, _ in other.fits if fit.unit.level != "commune"}
    districts = {code for code, upper in uppers.items() if upper.unit.level == "district"}
    written = fold(mention.words)
    near = {
        below.unit.code: below
        for code in districts or uppers.keys() | given
        for below in day.below.get(code, ())
        if below.name.type_vi == mention.type_vi and _is_near(written, below.name.key)
    }
    return [(below, MISSPELT) for below in near.values()]


def _is_near(written: str, name: str) -> bool:
    """Whether one letter is missing, too much, another, or two are swapped (Damerau-Levenshtein distance of 1).

    Short names are too near each other to be told by that.
    """
    if min(len(written), len(name)) < 4 or abs(len(written) - len(name)) > 1 or written == name:
        return written == name and bool(name)
    shorter = min(len(written), len(name))
    start = next((i for i in range(shorter) if written[i] != name[i]), shorter)
    one, other = written[start:], name[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[:2][::-1] and one[2:] == other[2:])
    )
