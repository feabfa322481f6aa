"""frigate/tracked_object_update, one JSON document per line -> plates read after an object was first reported.

Of the update types only `lpr` is taken. `face`, `description` and `classification` tell of persons or in free text and
are passed over; so is the name Frigate knows a plate by.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from lake.contracts.base import Delivery, Parsed
from lake.contracts.camera import PLATES
from transforms.camera_message import RejectedError, Rows, camera_of, collect, epoch_of, name_of, plate_token, share_of

MAX_LINE_BYTES = 1 << 20
PASSED_OVER = {"face", "description", "classification"}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """Lines in order; a blank line is none. The token has the key of the year the object was first seen in.

    Reason codes: those of `camera_message`, malformed_json, oversized_line, unknown_shape.
    """
    lines = [line for line in body.split(b"\n") if line.strip()]
    messages: list[tuple[Callable[[], Rows], bytes]] = [(partial(_rows, line, delivery), line) for line in lines]
    return collect(messages, (PLATES,))


def _rows(line: bytes, delivery: Delivery) -> Rows:
    if len(line) > MAX_LINE_BYTES:
        raise RejectedError("oversized_line", "the line is too long for one record.")
    try:
        update = json.loads(line)
    except (ValueError, RecursionError):
        raise RejectedError("malformed_json", "the line is not a whole JSON document in UTF-8.") from None
    kind = update.get("type") if isinstance(update, dict) else None
    if kind in PASSED_OVER:
        return []
    if kind != "lpr":
        raise RejectedError("unknown_shape", "the line is no frigate/tracked_object_update of a known type.")
    event_id = name_of(update.get("id"), "id")
    read_at = epoch_of(update.get("timestamp"), 1, "timestamp", delivery)
    # Frigate's ids begin with the object's start; its tokens in camera__events have the key of that year.
    start_at = epoch_of(event_id.partition("-")[0], 1, "id", delivery)
    row = (
        camera_of(update.get("camera"), delivery),
        event_id,
        read_at,
        plate_token(update.get("plate"), start_at, delivery),
        share_of(update.get("score"), "score", "bad_plate_score"),
    )
    return [(PLATES, row)]
