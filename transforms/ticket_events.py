"""History of one citizens' report (`notes` of Open311 servers with extensions) -> rows of `ticket__events`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from lake.contracts.base import Delivery
from lake.contracts.ticket import EVENTS
from transforms.ticket_record import RejectedError, instant, redacted, shown, text

LENGTH = 48  # characters of an event type; a longer one is a sentence
_WORDS = re.compile(r"[\s-]+")
_TYPE = re.compile(r"\w+")


def notes(history: object) -> list[Any]:
    """The notes of a history: a JSON array, or what XML makes of `<notes><note>…</note></notes>`.

    Anything else counts as one note, so that it is set aside without the request.
    """
    if isinstance(history, dict) and history.keys() == {"note"}:
        history = history["note"]
    if history is None or history == "":
        return []
    return history if isinstance(history, list) else [history]


def closing_time(history: list[Any]) -> object:
    """`datetime` of the last note of type `closed`, as written."""
    closing = [note.get("datetime") for note in history if isinstance(note, dict) and note.get("type") == "closed"]
    return closing[-1] if closing else None


def events(
    request_id: str, history: Sequence[Any], updated_at: datetime | None, delivery: Delivery
) -> Iterator[tuple[object, ...] | RejectedError]:
    """A contract row for every note, in the order of the source, or why the note cannot be one.

    An event keeps its place (`seq`) in the history whatever becomes of its neighbours. It is out of order where it is
    earlier than one told before it. Reason codes: bad_note, and those of a date, prefixed with `note_`.
    """
    latest: datetime | None = None
    for seq, note in enumerate(history, 1):
        try:
            event_type, at, agency = _event(note, seq, delivery)
        except RejectedError as error:
            yield error
            continue
        row = {
            "request_id": request_id,
            "seq": seq,
            "event_type": event_type,
            "occurred_at": at,
            "agency": agency,
            "is_out_of_order": latest is not None and at < latest,
            "updated_at": updated_at,
        }
        latest = at if latest is None else max(latest, at)
        yield tuple(row[name] for name in EVENTS.names)


def _event(note: object, seq: int, delivery: Delivery) -> tuple[str, datetime, str | None]:
    """(event type, instant, acting unit) of one note. Raises RejectedError."""
    if not isinstance(note, dict):
        raise RejectedError("bad_note", f"note {seq} is not an object.")
    attributes = note.get("extended_attributes") or {}
    record = {
        "type": note.get("type"),
        "occurred_at": note.get("datetime"),
        "agency": note.get("agency_responsible")
        or (attributes.get("agency_responsible") if isinstance(attributes, dict) else None),
    }
    written = text(record, "type")
    if written is None:
        raise RejectedError("bad_note", f"note {seq} has no type.")
    mapped = delivery.profile.events.get(written, written) if delivery.profile else written
    event_type = _WORDS.sub("_", mapped.lower())
    if len(event_type) > LENGTH or not _TYPE.fullmatch(event_type):
        raise RejectedError("bad_note", f"note {seq} has the type {shown(written)}, which is no word.")
    try:
        at = instant(record, "occurred_at", delivery, latest=True)
    except RejectedError as error:
        raise RejectedError(f"note_{error.code}", f"note {seq}: {error}") from None
    if at is None:
        raise RejectedError("bad_note", f"note {seq} has no datetime.")
    return event_type, at, redacted(record, "agency")
