"""What the formats have in common in which a camera itself reports: one message, its fields, its row or its fault.

Each format reads its own document; names, times, numbers and plates are judged here, by the same bounds and reason
codes as Frigate's lines in `transforms.camera`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lake.contracts.base import Contract, Delivery, Parsed, rejected_frame
from lake.contracts.camera import EVENTS
from lake.contracts.pseudonym import token
from transforms.text import clean

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
MAX_SPEED_KM_H = 1_000.0
KM_PER_MILE = 1.609344  # international mile (1959), exact
NAME_LENGTH = 256
NO_PLATE = {"", "unknown", "noplate", "none", "null", "unlicensed", "无车牌"}  # ways to write that none was read
_SHOWN = 80

# Labels of seeds/object_labels.csv by what cameras call the same, letters and digits alone in lower case.
_LABELS = {
    **dict.fromkeys(("car", "saloon", "sedan", "hatchback", "smallcar", "microcar", "suvmpv", "suv"), "car"),
    **dict.fromkeys(("van", "buggy", "taxi", "pickup", "pickuptruck"), "car"),
    **dict.fromkeys(("motorcycle", "motorbike", "twowheelvehicle", "moto", "scooter"), "motorcycle"),
    **dict.fromkeys(("bicycle", "bike", "nonmotorvehicle"), "bicycle"),
    **dict.fromkeys(("bus", "largebus", "mediumbus", "smallbus", "minibus", "coach"), "bus"),
    **dict.fromkeys(("truck", "largetruck", "mediumtruck", "lighttruck", "minitruck", "heavytruck", "lorry"), "truck"),
    **dict.fromkeys(("container", "slagcar", "crane", "oiltanktruck", "concretemixer", "platformtrailer"), "truck"),
    **dict.fromkeys(("person", "human", "pedestrian"), "person"),
    **dict.fromkeys(("vehicle", "motorvehicle", "threewheelvehicle", "licenseplate", "unknown", ""), "vehicle"),
}  # fmt: skip


class RejectedError(Exception):
    """A message that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


Rows = list[tuple[Contract, tuple[object, ...]]]


def collect(messages: Iterable[tuple[Callable[[], Rows], bytes]], contracts: tuple[Contract, ...]) -> Parsed:
    """Read each message by its function, raw bytes beside it, into frames of `contracts` and the rejects."""
    rows: dict[str, list[tuple[object, ...]]] = {contract.table: [] for contract in contracts}
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, (read, raw) in enumerate(messages):
        try:
            for contract, row in read():
                rows[contract.table].append(row)
        except RejectedError as error:
            rejects.append((position, error.code, str(error), raw))
    frames = {c.table: pl.DataFrame(rows[c.table], schema=c.polars_schema, orient="row") for c in contracts}
    return Parsed(rows=frames, rejected=rejected_frame(rejects))


def name_of(written: object, what: str) -> str:
    """A name as it is kept. Raises RejectedError missing_<what> or unfit_name."""
    if written is None or isinstance(written, bool | dict | list):
        raise RejectedError(f"missing_{what}", f"{what} is missing.")
    text = clean(str(written))
    if not text:
        raise RejectedError(f"missing_{what}", f"{what} is missing.")
    if len(text) > NAME_LENGTH:
        raise RejectedError("unfit_name", f"{what} has more than {NAME_LENGTH} characters.")
    return text


def camera_of(device: object, delivery: Delivery) -> str:
    """The camera a device is, after the profile; the device's own name where the profile does not know it."""
    name = name_of(device, "camera")
    return delivery.profile.cameras.get(name, name) if delivery.profile else name


def instant_of(written: str | None, what: str, delivery: Delivery) -> datetime:
    """UTC instant of an ISO 8601 text, without an offset in the profile's zone. Raises RejectedError."""
    try:
        read = datetime.fromisoformat((written or "").strip())
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(delivery.profile.time_zone if delivery.profile else "UTC"))
        return _possible(read.astimezone(UTC), delivery)
    except (ValueError, OverflowError):
        raise RejectedError(
            "impossible_time", f"{what} {_quoted(written)} is not a time from 2000 to a day after the harvest."
        ) from None


def epoch_of(written: object, units_per_s: int, what: str, delivery: Delivery) -> datetime:
    """UTC instant of a count since 1970, a number or text. Raises RejectedError impossible_time."""
    try:
        if isinstance(written, bool) or not isinstance(written, int | float | str):
            raise ValueError
        # Whole numbers in full: nanoseconds do not fit a float.
        microseconds = (
            int(written) * 1_000_000 // units_per_s if _is_whole(written) else round(float(written) * 1e6 / units_per_s)
        )
        return _possible(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds), delivery)
    except (ValueError, OverflowError):
        raise RejectedError(
            "impossible_time", f"{what} {_quoted(written)} is not a time from 2000 to a day after the harvest."
        ) from None


def _is_whole(written: float | str) -> bool:
    return isinstance(written, int) or (
        isinstance(written, str) and re.fullmatch(r"\s*\d{1,30}\s*", written) is not None
    )


def _possible(instant: datetime, delivery: Delivery) -> datetime:
    if not EARLIEST <= instant <= delivery.received_at + CLOCK_TOLERANCE:
        raise ValueError
    return instant


def number_of(written: object, what: str, code: str, low: float, high: float) -> float | None:
    """A number or its text within bounds; None where nothing is written. Raises RejectedError with `code`."""
    if written is None or (isinstance(written, str) and not written.strip()):
        return None
    try:
        if isinstance(written, bool) or not isinstance(written, int | float | str):
            raise ValueError
        value = float(written)
    except (ValueError, OverflowError):
        value = math.nan
    if not low <= value <= high:
        raise RejectedError(code, f"{what} {_quoted(written)} must be a number from {low:g} to {high:g}.")
    return value


def share_of(written: object, what: str, code: str) -> float | None:
    """A confidence as a share, 0..1: written so, or as a percentage above 1."""
    value = number_of(written, what, code, 0, 100)
    return value / 100 if value is not None and value > 1 else value


def label_of(written: str | None) -> str:
    """Label of a kind of object as cameras write it; a kind nobody mapped keeps its own name, in lower case."""
    text = clean(written or "")
    if len(text) > NAME_LENGTH:
        raise RejectedError("unfit_name", f"the kind of object has more than {NAME_LENGTH} characters.")
    return _LABELS.get(re.sub(r"[^a-z0-9]", "", text.lower()), text.lower())


def plate_token(written: object, at: datetime, delivery: Delivery) -> str | None:
    """Pseudonym of a plate with the key of the year of `at`; None where none was read. Raises RejectedError bad_plate.

    The plate itself is in no reason: it is personal data.
    """
    if written is None:
        return None
    if not isinstance(written, str):
        raise RejectedError("bad_plate", "the plate must be text.")
    if written.strip().lower() in NO_PLATE or not any(character.isalnum() for character in written):
        return None
    if len(written) > NAME_LENGTH:
        raise RejectedError("bad_plate", f"the plate has more than {NAME_LENGTH} characters.")
    return token(written, delivery.pseudonym_keys[at.year])


def direction_of(written: str | None, delivery: Delivery) -> str | None:
    """Direction after the profile's map; None for one it does not name."""
    return delivery.profile.direction.get(clean(written or "")) if delivery.profile else None


def passage(
    delivery: Delivery,
    *,
    camera_id: str,
    event_id: str,
    event_type: str,
    sent_at: datetime,
    label: str,
    start_at: datetime | None = None,
    top_score: float | None = None,
    direction: str | None = None,
    speed: float | None = None,
    plate: object = None,
    plate_confidence: float | None = None,
) -> tuple[object, ...]:
    """One row of camera__events, columns in contract order; the speed in the profile's unit.

    A message that does not say when its object was first seen begins with itself; dbt takes the earliest of a passage.
    """
    factor = KM_PER_MILE if delivery.profile and delivery.profile.speed_unit == "mph" else 1.0
    started_at = start_at or sent_at
    row: dict[str, object] = {
        "camera_id": camera_id,
        "event_id": event_id,
        "event_type": event_type,
        "sent_at": sent_at,
        "start_at": started_at,
        "end_at": sent_at if event_type == "end" else None,
        "label": label,
        "top_score": top_score,
        "is_false_positive": False,
        "is_stationary": None,
        "direction": direction,
        "speed_km_h": None if speed is None else speed * factor,
        "plate_token": plate_token(plate, started_at, delivery),
        "plate_confidence": plate_confidence,
    }
    return tuple(row[name] for name in EVENTS.names)


def _quoted(written: object) -> str:
    return "(none)" if written is None else repr(str(written)[:_SHOWN])
