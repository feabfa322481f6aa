"""What every format of socio-economic data is read into: an observation of a series, or a cell with its fault."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery
from lake.contracts.indicator import ESTIMATE, FINAL, FORECAST, MISSING, PROVISIONAL, RECEIVED, REVISED
from transforms.period import Period
from transforms.text import clean

MAX_OBSERVATIONS = 2_000_000  # of one delivery; a national workbook has ten thousand
CLOCK_TOLERANCE = timedelta(days=1)

# Marks in the place of a value. GSO's yearbooks: "-" nothing of the kind, "..." there is something, not collected.
MISSING_MARKS = frozenset(
    {"-", "–", "—", ".", "..", "...", "....", ".....", "......", "…", ":", "n/a", "na", "nan", "x"}
)

# Flags after SDMX CL_OBS_STATUS 2.3 and Eurostat, which agree where both have a letter; of several the first here
# decides. Others (B break, U low reliability, D definition) say nothing about how final a value is.
_FLAGS = (
    (FORECAST, frozenset("f")),
    (ESTIMATE, frozenset("eis")),
    (PROVISIONAL, frozenset("p")),
    (REVISED, frozenset("r")),
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class Vintage(NamedTuple):
    """Publication a value is from, and who tells it (one of the contract's VINTAGE_BASES)."""

    at: datetime | None
    basis: str


class Observation(NamedTuple):
    """One value. `dimensions` tells the series within its dataset and must not hold anything a new vintage changes."""

    dataset_code: str
    dataset_name: str | None
    indicator_code: str | None
    indicator_name: str
    dimensions: Mapping[str, str]
    period: Period
    value: float | None
    vintage: Vintage
    geo_code: str | None = None
    geo_name: str | None = None
    unit_code: str | None = None
    unit: str | None = None
    unit_mult: int | None = None
    value_status: str | None = None
    status_source: str | None = None
    comparison_basis: str | None = None
    sheet: str | None = None
    cell: str | None = None


class Fault(NamedTuple):
    """A cell or record that cannot become an observation: reason code, sentence, and itself as received."""

    code: str
    reason: str
    raw: bytes


def series_id(dataset_code: str, dimensions: str) -> str:
    """16 hex digits of the SHA-256 of a dataset and its dimensions as canonical JSON."""
    return hashlib.sha256(f"{dataset_code}\n{dimensions}".encode()).hexdigest()[:16]


def canonical(dimensions: Mapping[str, str]) -> str:
    """JSON with sorted keys, so that equal dimensions are equal text."""
    return json.dumps(dimensions, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def number(text: str) -> float | None:
    """A finite number in plain notation with a decimal point; None for anything else."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def status_of_flag(flag: str, *, has_value: bool) -> str | None:
    """value_status of a flag of SDMX or Eurostat, which may be several letters ("pe"); A is a normal value."""
    if not has_value:
        return MISSING
    letters = set(flag.lower())
    found = next((status for status, flags in _FLAGS if letters & flags), None)
    return FINAL if letters == {"a"} else found


def stated(text: str | None, delivery: Delivery, *, zone: str = "UTC") -> Vintage:
    """The vintage of a time a source writes: ISO 8601, or PX's CCYYMMDD hh:mm; `received` where it writes none.

    Without an offset it is in the profile's zone, else in `zone`. A time before 1900 or more than a day after the
    harvest is none.
    """
    written = clean(text or "")
    for read in (datetime.fromisoformat, lambda w: datetime.strptime(w, "%Y%m%d %H:%M")):  # noqa: DTZ007
        try:
            instant = read(written)
            if instant.tzinfo is None:
                own = delivery.profile.time_zone if delivery.profile else zone
                instant = instant.replace(tzinfo=ZoneInfo(own))
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if instant.year >= 1900 and instant <= delivery.received_at + CLOCK_TOLERANCE:
            return Vintage(instant, "stated")
    return Vintage(None, RECEIVED)
