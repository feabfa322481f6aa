"""Values of one citizens' report: what a source wrote under contract names -> typed values, or why not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery
from lake.contracts.profile import Profile
from transforms.coordinates import converter
from transforms.privacy import redact_report
from transforms.text import clean

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
FARTHEST_DEADLINE = timedelta(days=3653)  # ten years: 9999-12-31 is how some systems write "none"
STATUSES = ("open", "closed")
LOCATED = ("located_code", "located_from", "located_confidence", "is_located_surely")  # fields of Located, in order
PLACE_DECIMALS = 4  # of a degree: eleven metres find the pothole, not the door of who reported it
NO_PHOTO = {"", "false", "no", "n", "0"}

_NESTED = {list: "an array", dict: "an object"}

Record = Mapping[str, Any]  # source values under contract column names: a JSON value is anything


class RejectedError(Exception):
    """A record that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Found(NamedTuple):
    """A record under contract names, or why it is none, with its bytes as received.

    `notes` is its history as the source writes it; `is_service`: it is an entry of a service list.
    """

    record: Record | RejectedError
    raw: bytes
    notes: Sequence[Any] = ()
    is_service: bool = False


def text(record: Record, column: str) -> str | None:
    """Cleaned text of a scalar; None for null and empty text. Raises RejectedError for a list or an object."""
    value = record.get(column)
    if value is None:
        return None
    if isinstance(value, (list, dict)):
        raise RejectedError("wrong_type", f"{column} is {_NESTED[type(value)]}, not a text or a number.")
    return clean(value if isinstance(value, str) else str(value).lower()) or None  # numbers are text already


def address(record: Record) -> str | None:
    """The written address by which the report's unit is to be found; None where the source gives a unit of its own."""
    written = record.get("address")
    if text(record, "unit_code") is not None or not isinstance(written, str):
        return None
    return clean(written) or None


def redacted(record: Record, column: str) -> str | None:
    """`text` without personal data: a profile may map a column of any content to a name or a code."""
    written = text(record, column)
    return None if written is None else redact_report(written)


def status(record: Record, profile: Profile | None) -> tuple[str, str]:
    """(open or closed, status as written). Raises RejectedError."""
    written = text(record, "status")
    if written is None:
        raise RejectedError("missing_status", "status is empty.")
    known = profile.status.get(written) if profile and profile.status else written.lower()
    if known not in STATUSES:
        raise RejectedError(
            "unknown_status", f"status {shown(written)} is neither open nor closed, nor in the profile."
        )
    return known, written


def instant(record: Record, column: str, delivery: Delivery, *, latest: bool) -> datetime | None:
    """UTC instant of a date cell, or of a text in the profile's date format, else ISO 8601; None when empty.

    `latest`: it cannot lie beyond the harvest. Raises RejectedError.
    """
    written = text(record, column)
    if written is None:
        return None
    profile, value = delivery.profile, record[column]
    try:
        if isinstance(value, datetime):
            read = value
        elif profile and profile.date_format:
            read = datetime.strptime(written, profile.date_format)  # noqa: DTZ007  # the zone follows
        else:
            read = datetime.fromisoformat(written)
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(profile.time_zone if profile else "UTC"))
        at = read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RejectedError(
            "unreadable_date", f"{column} {shown(written)} is not a date in the declared format."
        ) from None
    if at < EARLIEST or at > delivery.received_at + (CLOCK_TOLERANCE if latest else FARTHEST_DEADLINE):
        bound = "after the harvest" if latest else "more than ten years after the harvest"
        raise RejectedError("impossible_time", f"{column} {shown(written)} is before 2000 or {bound}.")
    return at


def shown(written: str | None) -> str:
    """A value as a reason quotes it."""
    return repr(written if written is None else written[:80])


def has_photo(record: Record) -> bool | None:
    """Whether a photo is attached; None where the source has no such field."""
    value = record.get("has_photo")
    if value is None:
        return None
    if isinstance(value, (list, dict)):  # several photos
        return bool(value)
    return (text(record, "has_photo") or "").lower() not in NO_PHOTO


def position(record: Record, profile: Profile | None) -> dict[str, float | None]:
    """{"lat", "long"} in degrees of WGS 84, rounded to eleven metres; both None where empty. Raises RejectedError.

    Read from lat and long, or from easting and northing where the profile's code is that of a map projection; there
    0, 0 counts as empty.
    """
    crs = profile.crs if profile else "EPSG:4326"
    is_projected = crs != "EPSG:4326" and converter(crs).is_projected
    names = ("northing", "easting") if is_projected else ("lat", "long")
    written = [text(record, name) for name in names]
    if written == [None, None]:
        return {"lat": None, "long": None}
    why = "is no WGS 84 place"
    try:
        y, x = (float(value or "") for value in written)
        if is_projected and x == y == 0:  # off every coast, and how works systems write "none"
            return {"lat": None, "long": None}
        lat, long = (y, x) if crs == "EPSG:4326" else converter(crs).to_wgs84(x, y)
    except ValueError as error:
        lat, long = math.nan, math.nan
        why = f"is no place of {crs} ({error})" if crs != "EPSG:4326" else why
    if not (abs(lat) <= 90 and abs(long) <= 180):
        said = ", ".join(f"{name} {shown(value)}" for name, value in zip(names, written, strict=True))
        raise RejectedError("bad_coordinates", f"{said} {why}.")
    return {"lat": round(lat, PLACE_DECIMALS), "long": round(long, PLACE_DECIMALS)}
