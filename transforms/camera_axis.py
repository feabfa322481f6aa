"""AXIS License Plate Verifier JSON, all numbers as text -> passages.

Fields after the application's push events: one object per state of a vehicle (`new`, `update`, `lost`), alone, in an
array, or one per line. Pictures, their addresses and the camera's plate lists are not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from lake.contracts.base import Delivery, Parsed
from lake.contracts.camera import EVENTS
from lake.errors import PayloadRefused
from transforms import json_records
from transforms.camera_message import (
    RejectedError,
    Rows,
    camera_of,
    collect,
    direction_of,
    epoch_of,
    label_of,
    name_of,
    passage,
    share_of,
)
from transforms.text import what_arrived

STATES = {"new": "new", "update": "update", "lost": "end"}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One file of push events, in order. `carID` counts from one at every start of the camera, so the UTC day is added.

    Reason codes: those of `camera_message` and `json_records`, malformed_json, not_an_object, wrong_type, bad_type.
    Raises PayloadRefused where nothing in the body is JSON.
    """
    messages: list[tuple[Callable[[], Rows], bytes]] = [
        (partial(_rows, record, delivery), raw) for record, raw in _records(body, delivery)
    ]
    return collect(messages, (EVENTS,))


def _records(body: bytes, delivery: Delivery) -> Iterator[tuple[Any, bytes]]:
    """(value or RejectedError, bytes as received) of an array, of a single object, or of lines of objects."""
    try:
        envelope, records = json_records.read(body, path=(), number=str)
    except ValueError:
        yield from _lines(body, delivery)
        return
    if records is None:
        yield envelope, body
        return
    for record in records:
        yield RejectedError(*record.fault) if record.fault else record.value, record.raw


def _lines(body: bytes, delivery: Delivery) -> Iterator[tuple[Any, bytes]]:
    read: list[tuple[Any, bytes]] = []
    is_json = False
    for line in filter(None, map(bytes.strip, body.splitlines())):
        try:
            read.append((json_records.read(line, path=(), number=str).envelope, line))
            is_json = True
        except ValueError:
            read.append((RejectedError("malformed_json", "the line is not a whole JSON document in UTF-8."), line))
    if not is_json:
        raise PayloadRefused(
            f"{delivery.origin} is {what_arrived(body)}, not JSON of license plate events; check what writes it."
        )
    yield from read


def _rows(record: Any, delivery: Delivery) -> Rows:
    if isinstance(record, RejectedError):
        raise record
    if not isinstance(record, dict):
        raise RejectedError("not_an_object", f"record is a {type(record).__name__}, not an object.")
    state = _text(record, "carState")
    if state not in STATES:
        raise RejectedError("bad_type", f"carState {(state or '(none)')[:80]!r} must be new, update or lost.")
    device = _text(_part(record, "camera_info"), "SerialNumber") or _text(record, "sensorProviderID")
    sent_at = epoch_of(record.get("capture_timestamp"), 1_000, "capture_timestamp", delivery)
    car = name_of(record.get("carID"), "id")
    kind = _text(_part(record, "vehicle_info"), "type")
    plate = next(
        (record[key] for key in ("plateUTF8", "plateUnicode", "plateText", "plateASCII") if record.get(key)), None
    )
    row = passage(
        delivery,
        camera_id=camera_of(device, delivery),
        event_id=f"{car}@{sent_at:%Y-%m-%d}",
        event_type=STATES[state],
        sent_at=sent_at,
        label=label_of(kind),
        direction=direction_of(_text(record, "carMoveDirection"), delivery),
        plate=plate,
        plate_confidence=share_of(record.get("plateConfidence"), "plateConfidence", "bad_plate_score"),
    )
    return [(EVENTS, row)]


def _text(record: dict[str, Any], field: str) -> str | None:
    value = record.get(field)
    if value is not None and not isinstance(value, str):
        raise RejectedError("wrong_type", f"{field} is no text.")
    return value or None


def _part(record: dict[str, Any], field: str) -> dict[str, Any]:
    value = record.get(field) or {}
    if not isinstance(value, dict):
        raise RejectedError("wrong_type", f"{field} is no object.")
    return value
