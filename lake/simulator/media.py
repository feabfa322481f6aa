"""The ledger of media monitoring: 300 synthetic sites, what they published, which items copy which story."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from lake.simulator.media_words import CROPS, HOURS, PARTICULARS, SYNDICATION_MARKS, THEMES
from lake.simulator.places import COMMUNES, DISTRICTS
from lake.simulator.province import CLOCK, generator, local

SITES = 300
FIRST_MONDAY = date(2021, 7, 5)
WEEKS = 13  # the last one is cut short by the clock
TONES = ("positive", "negative", "neutral")
TOPICS = {  # topic code of each section
    "Phòng, chống dịch": "covid",
    "Giao thông": "traffic",
    "Nông nghiệp": "agriculture",
    "Giáo dục": "education",
    "Môi trường": "environment",
    "Chuyển đổi số": "digital",
    "Đời sống": "society",
}
TONE_SHARES = (0.16, 0.09, 0.75)  # the published split of sentiment
_WEEK = timedelta(days=7)
_ITEMS_PER_WEEK = 2050
_COPY_SHARE = 0.12
_THEME_BOUNDS = np.cumsum([theme.weight for theme in THEMES])[:-1]
_LARGEST_SHARE = 2.1  # of an average site's output; keeps every feed document below 200 KB


@dataclass(frozen=True)
class Item:
    """One article of one site. Copies share the ``story`` number of the article they repeat."""

    site: int  # 1..SITES
    number: int  # 1.. within the province, in order of publication
    story: int
    tone: str  # latent: never on the wire
    section: str
    title: str
    summary: str
    published_at: datetime
    updated_at: datetime


@lru_cache(maxsize=2)
def ledger(seed: int) -> tuple[Item, ...]:
    """All items in order of publication; at most one per second."""
    rng = generator(seed, "media")
    weights = np.clip(rng.lognormal(0, 0.5, SITES), 0.3, _LARGEST_SHARE)
    weights /= weights.sum()
    items: list[Item] = []
    for week in range(WEEKS):
        monday = local(FIRST_MONDAY) + week * _WEEK
        moments = _moments(monday, rng)
        sites = rng.choice(SITES, len(moments), p=weights) + 1
        tones = _tones(len(moments), rng)
        is_copy = rng.random(len(moments)) < _COPY_SHARE
        for moment, site, tone, copies in zip(moments, sites.tolist(), tones, is_copy.tolist(), strict=True):
            origin = _origin(items, tone, site, rng) if copies else None
            number = len(items) + 1
            items.append(
                _story(site, number, tone, moment, rng) if origin is None else _copy(origin, site, number, moment, rng)
            )
    return tuple(items)


def site_title(site: int) -> str:
    """A name no publisher bears."""
    return f"Báo Mô phỏng {site:03d}"


def _moments(monday: datetime, rng: np.random.Generator) -> list[datetime]:
    """Times of publication in the week: more by day than by night, fewer at the weekend, none after the clock."""
    count = _ITEMS_PER_WEEK + int(rng.integers(-35, 36))
    hour_weights = np.array([1, 0.5, 0.3, 0.3, 0.6, 2, 5, 8, 9, 9, 8, 7, 5, 5, 7, 8, 8, 7, 6, 5, 5, 4, 3, 2])
    day_weights = np.array([1, 1, 1, 1, 1, 0.75, 0.65])
    weights = np.outer(day_weights, hour_weights).ravel()
    hours = rng.choice(168, count, p=weights / weights.sum())
    seconds = np.unique(hours * 3600 + rng.integers(0, 3600, count)).tolist()
    while len(seconds) < count:  # the few that fell on a taken second
        extra = int(rng.integers(168 * 3600))
        if extra not in seconds:
            seconds = sorted([*seconds, extra])
    return [moment for s in seconds if (moment := monday + timedelta(seconds=s)) < CLOCK]


def _tones(count: int, rng: np.random.Generator) -> list[str]:
    """The week's tones in the published shares, rounded, in random order."""
    positive, negative = (round(count * share) for share in TONE_SHARES[:2])
    tones = [TONES[0]] * positive + [TONES[1]] * negative + [TONES[2]] * (count - positive - negative)
    return [tones[index] for index in rng.permutation(count)]


def _origin(items: list[Item], tone: str, site: int, rng: np.random.Generator) -> Item | None:
    """A recent article of the same tone on another site, if there is one."""
    recent = [item for item in items[-150:] if item.tone == tone and item.site != site]
    return recent[int(rng.integers(len(recent)))] if recent else None


def _story(site: int, number: int, tone: str, moment: datetime, rng: np.random.Generator) -> Item:
    theme = THEMES[int(np.searchsorted(_THEME_BOUNDS, rng.random(), side="right"))]
    stories: tuple[tuple[str, str], ...] = getattr(theme, tone)
    title, lead = stories[int(rng.integers(len(stories)))]
    context = theme.context[int(rng.integers(len(theme.context)))]
    slots = _slots(rng)
    first, apart = int(rng.integers(len(PARTICULARS))), int(rng.integers(1, len(PARTICULARS)))
    second = (first + apart) % len(PARTICULARS)
    particulars = [_sentence(PARTICULARS[i], _slots(rng)) for i in (first, second)]
    return Item(
        site=site,
        number=number,
        story=number,
        tone=tone,
        section=theme.name,
        title=_sentence(title, slots),
        summary=" ".join([_sentence(lead, slots), _sentence(context, slots), *particulars]),
        published_at=moment,
        updated_at=_updated(moment, rng),
    )


def _copy(origin: Item, site: int, number: int, moment: datetime, rng: np.random.Generator) -> Item:
    """The same story with light edits: a syndication mark, sometimes without its last sentence or with a new title."""
    sentences = origin.summary.split(". ")
    if len(sentences) > 3 and rng.random() < 0.3:
        sentences = [*sentences[:-2], sentences[-2] + "."]
    mark = SYNDICATION_MARKS[int(rng.integers(len(SYNDICATION_MARKS)))].format(origin=site_title(origin.site))
    title = f"{origin.section}: {origin.title}" if rng.random() < 0.25 else origin.title
    summary = f"{'. '.join(sentences)} {mark}"
    updated_at = _updated(moment, rng)
    return Item(site, number, origin.story, origin.tone, origin.section, title, summary, moment, updated_at)


def _updated(moment: datetime, rng: np.random.Generator) -> datetime:
    edited = moment + timedelta(minutes=int(rng.integers(3, 180)))
    return edited if rng.random() < 0.1 and edited < CLOCK else moment


# One draw for all slots of a sentence: place, elsewhere, n, a, b, m, pct (tenths), crop, hour.
_SLOT_SIZES = np.array([len(COMMUNES), len(COMMUNES), 28, 7, 7, 3900, 900, len(CROPS), len(HOURS)])


def _slots(rng: np.random.Generator) -> dict[str, str]:
    place, elsewhere, n, a, b, m, tenths, crop, hour = rng.integers(_SLOT_SIZES).tolist()
    return {
        "place": _in_text(COMMUNES[place].name),
        "elsewhere": _in_text(COMMUNES[elsewhere].name),
        "district": DISTRICTS[COMMUNES[place].district_code],
        "n": str(2 + n),
        "a": str(2 + a),
        "b": str(9 + b),
        "m": f"{100 + m:,}".replace(",", "."),
        "pct": f"{5 + tenths / 10:.1f}%".replace(".", ","),
        "crop": CROPS[crop],
        "hour": HOURS[hour],
    }


def _in_text(name: str) -> str:
    """``Xã Vị Tân`` as written inside a sentence."""
    return name[0].lower() + name[1:]


def _sentence(template: str, slots: dict[str, str]) -> str:
    text = template.format(**slots)
    return text[0].upper() + text[1:]
