"""The ledger of the traffic cameras: who passed, when a camera was off, and what went wrong on the way to the file.

Sixty cameras on two national roads over the seven days up to the clock. The plan of lines says what each file holds,
in order, before any text is written, so that counts do not depend on the format.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lake.simulator.province import CLOCK, generator, local

CAMERAS = tuple([f"ql1a-{n:02d}" for n in range(1, 37)] + [f"ql61c-{n:02d}" for n in range(1, 25)])
FIRST_DAY = CLOCK.date() - timedelta(days=6)
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range(7))
START_S = int(local(FIRST_DAY).timestamp())
MINUTES = (int(CLOCK.timestamp()) - START_S) // 60
STATS_SECOND = 12  # of every minute
LABELS = ("motorcycle", "car", "truck", "bus", "bicycle")
DIRECTIONS = ("huong_di", "huong_ve")

# Kinds of lines. Every passage has one END line; some also NEW and UPDATE lines. BROKEN lines are not valid Frigate
# messages and IMPOSSIBLE ones bear times that cannot be; both belong to tracks that are in no other line.
END, NEW, UPDATE, STATS, TRUNCATED, NOT_JSON, WRONG_TYPE, IMPOSSIBLE = range(8)
BROKEN = (TRUNCATED, NOT_JSON, WRONG_TYPE)

_PASSAGES = 250_000
_NEW_SHARE, _UPDATE_SHARE = 0.06, 0.02
_FALSE_POSITIVE_SHARE = 0.012
_PLATE_SHARE = 0.35
_DUPLICATE_SHARE = 0.01
_BROKEN_SHARE, _IMPOSSIBLE_SHARE = 0.001, 0.0003
_LATE_SHARE = 0.015
# Vehicles by hour of the day: the rush before work and after it. By day: the weekend (25-26/9) is quieter.
_HOURS = np.array([2, 1, 1, 2, 5, 14, 28, 36, 30, 24, 22, 20, 16, 18, 20, 22, 30, 38, 28, 18, 12, 8, 5, 3], dtype=float)
_DAYS = np.array([1.0, 0.72, 0.66, 0.98, 1.0, 1.02, 1.0])
_LABEL_SHARES = (0.70, 0.14, 0.10, 0.02, 0.04)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outage:
    """Minutes ``first`` to ``last`` (exclusive) in which a camera delivers nothing; absent from the statistics
    when ``is_absent``, else listed with 0 frames per second."""

    camera: int
    first: int
    last: int
    is_absent: bool


@dataclass(frozen=True)
class Passages:
    """Tracks, one array element each, in order of their end. No track crosses midnight. Times are epoch seconds.

    The arrays hold genuine passages, false positives and, last, the ``n_dirty`` tracks of BROKEN and IMPOSSIBLE lines.
    """

    camera: Ints
    start_s: Floats
    end_s: Floats
    label: Ints
    direction: Ints
    is_false_positive: Flags
    has_plate: Flags
    n_dirty: int

    def __len__(self) -> int:
        return len(self.camera) - self.n_dirty


@dataclass(frozen=True)
class Lines:
    """The lines of one file, in order: kind, the track (or the minute, for STATS) told of, and if it is a repeat."""

    day: date
    kind: Ints
    subject: Ints
    is_duplicate: Flags


@dataclass(frozen=True)
class Traffic:
    """Everything the files tell. ``is_online`` is (cameras, MINUTES); ``is_observed`` False where Frigate was down."""

    seed: int
    outages: tuple[Outage, ...]
    is_online: Flags
    is_listed: Flags
    is_observed: Flags
    passages: Passages
    lines: tuple[Lines, ...]


@lru_cache(maxsize=2)
def ledger(seed: int) -> Traffic:
    """What happened on the roads, and the plan of the files."""
    rng = generator(seed, "camera")
    outages = _outages(rng)
    is_online = np.ones((len(CAMERAS), MINUTES), dtype=bool)
    is_listed = is_online.copy()
    for outage in outages:
        is_online[outage.camera, outage.first : outage.last] = False
        if outage.is_absent:
            is_listed[outage.camera, outage.first : outage.last] = False
    is_observed = np.ones(MINUTES, dtype=bool)
    for length in (6, 13):  # Frigate restarted: neither statistics nor tracks
        first = int(rng.integers(60, MINUTES - 60))
        is_observed[first : first + length] = False
    passages = _passages(is_online & is_observed, rng)
    lines = _plan(passages, is_observed, rng)
    return Traffic(seed, outages, is_online, is_listed, is_observed, passages, lines)


def _outages(rng: np.random.Generator) -> tuple[Outage, ...]:
    found = []
    for camera in range(len(CAMERAS)):
        for _ in range(rng.poisson(0.9)):
            length = 4 + int(rng.lognormal(3.4, 1.0))
            found.append(_outage(camera, int(rng.integers(MINUTES - 10)), length, bool(rng.random() < 0.4)))
    found.append(_outage(int(rng.integers(len(CAMERAS))), int(rng.integers(MINUTES - 3000)), 2600, True))  # broken
    power_cut = int(rng.integers(MINUTES - 60))  # half of Quốc lộ 61C
    found.extend(_outage(camera, power_cut, 45, False) for camera in range(36, 48))
    return tuple(found)


def _outage(camera: int, first: int, length: int, is_absent: bool) -> Outage:
    return Outage(camera, first, min(first + length, MINUTES), is_absent)


def _passages(can_see: Flags, rng: np.random.Generator) -> Passages:
    weight = np.where(np.arange(len(CAMERAS)) < 36, 1.25, 0.7) * rng.uniform(0.6, 1.5, len(CAMERAS))
    minute_of_day = np.arange(MINUTES) % 1440
    hourly = np.interp(minute_of_day / 60, np.arange(25), np.append(_HOURS, _HOURS[0]))
    profile = hourly * _DAYS[np.arange(MINUTES) // 1440]
    expected = np.outer(weight, profile)
    counts = rng.poisson(expected / expected.sum() * _PASSAGES) * can_see
    camera, minute = (np.repeat(axis, counts.ravel()) for axis in np.indices(counts.shape).reshape(2, -1))
    genuine = len(camera)
    # Dirty tracks are extra: they borrow camera and minute of a genuine one.
    n_dirty = round(genuine * (1 + _NEW_SHARE + _UPDATE_SHARE) * (_BROKEN_SHARE + _IMPOSSIBLE_SHARE))
    borrowed = rng.integers(genuine, size=n_dirty)
    camera, minute = np.append(camera, camera[borrowed]), np.append(minute, minute[borrowed])
    total = len(camera)
    length_s = np.round(np.clip(rng.gamma(3.0, 1.3, total), 0.6, 14), 3)
    end_s = START_S + minute * 60 + np.round(rng.uniform(14.2, 60, total), 6)  # both ends in one minute
    start_s = np.round(end_s - length_s, 6)
    label = rng.choice(len(LABELS), total, p=_LABEL_SHARES)
    order = np.append(np.argsort(end_s[:genuine], kind="stable"), np.arange(genuine, total))
    return Passages(
        camera=camera[order],
        start_s=start_s[order],
        end_s=end_s[order],
        label=label,
        direction=rng.integers(2, size=total),
        is_false_positive=(rng.random(total) < _FALSE_POSITIVE_SHARE) & (np.arange(total) < genuine),
        has_plate=(rng.random(total) < _PLATE_SHARE) & (label != LABELS.index("bicycle")),
        n_dirty=n_dirty,
    )


def _plan(passages: Passages, is_observed: Flags, rng: np.random.Generator) -> tuple[Lines, ...]:
    """What is published when. A late message may fall into the file of a later day, never behind the clock."""
    count = len(passages)
    tracks = np.arange(count)
    told_new = tracks[rng.random(count) < _NEW_SHARE]
    told_update = tracks[rng.random(count) < _UPDATE_SHARE]
    dirty = np.arange(count, count + passages.n_dirty)
    n_impossible = round(len(dirty) * _IMPOSSIBLE_SHARE / (_BROKEN_SHARE + _IMPOSSIBLE_SHARE))
    dirty_kind = rng.permutation(np.resize(BROKEN, len(dirty)))
    dirty_kind[rng.permutation(len(dirty))[:n_impossible]] = IMPOSSIBLE
    minutes = np.flatnonzero(is_observed)
    groups = [
        (END, tracks, passages.end_s[:count]),
        (NEW, told_new, passages.start_s[told_new]),
        (UPDATE, told_update, (passages.start_s[told_update] + passages.end_s[told_update]) / 2),
        (STATS, minutes, START_S + minutes * 60 + STATS_SECOND),
    ]
    kind = np.concatenate([np.full(len(subject), k) for k, subject, _ in groups] + [dirty_kind])
    subject = np.concatenate([subject for _, subject, _ in groups] + [dirty])
    at = np.concatenate([moment for _, _, moment in groups] + [passages.end_s[dirty]])
    is_late = (rng.random(len(at)) < _LATE_SHARE) & (kind != STATS)
    delay = np.where(rng.random(len(at)) < 0.03, rng.uniform(2, 12, len(at)) * 3600, rng.exponential(1200, len(at)))
    published = at + np.where(is_late, delay, 0)
    published = np.where(published < CLOCK.timestamp(), published, at)
    order = np.argsort(published, kind="stable")
    kind, subject, day = kind[order], subject[order], ((published[order] - START_S) // 86_400).astype(np.int64)
    return tuple(_repeat(DAYS[index], kind[day == index], subject[day == index], rng) for index in range(len(DAYS)))


def _repeat(day: date, kind: Ints, subject: Ints, rng: np.random.Generator) -> Lines:
    """Deliver some sound lines a second time, a little further down the same file."""
    sound = np.flatnonzero(kind < TRUNCATED)
    again = np.sort(rng.choice(sound, round(len(kind) * _DUPLICATE_SHARE), replace=False))
    position = np.append(np.arange(len(kind)), again + rng.integers(1, 200, len(again)) + 0.5)
    order = np.argsort(position, kind="stable")
    source = np.append(np.arange(len(kind)), again)[order]
    return Lines(day, kind[source], subject[source], order >= len(kind))


def expected_minutes(day: date) -> int:
    """Minutes of the provincial day that the clock has passed."""
    following = min(local(day) + timedelta(days=1), CLOCK)
    return int((following - local(day)) / timedelta(minutes=1))


def minutes_of(day: date) -> slice:
    """Columns of the minute matrices that belong to the day."""
    first = (day - FIRST_DAY).days * 1440
    return slice(first, first + expected_minutes(day))


def track_days(times_s: Floats) -> Ints:
    """Index into DAYS of each epoch time."""
    return ((times_s - START_S) // 86_400).astype(np.int64)
