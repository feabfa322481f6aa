"""Citizens' reports: an Open311 GeoReport v2 answer (JSON) or a CSV with a profile -> ticket__requests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.profile import Profile
from lake.contracts.ticket import REQUESTS
from lake.errors import PayloadRefused
from transforms import csv_records, json_records
from transforms.privacy import redact_report
from transforms.text import clean, what_arrived

_SCHEMA = REQUESTS.polars_schema
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
FARTHEST_DEADLINE = timedelta(days=3653)  # ten years: 9999-12-31 is how some systems write "none"
STATUSES = ("open", "closed")
PLACE_DECIMALS = 4  # of a degree: eleven metres find the pothole, not the door of who reported it
NO_PHOTO = {"", "false", "no", "n", "0"}

_NESTED = {list: "an array", dict: "an object"}

Record = Mapping[str, Any]  # source values under contract column names: a JSON value is anything


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> rows of `ticket__requests`, in payload order, and the records that cannot be rows.

    Times without an offset are in the profile's zone (UTC without a profile); in a repeated hour the first one
    is meant, in a skipped hour the offset before the change holds (PEP 495, fold 0). `closed_at` is kept for
    closed requests only. Equal or repeated ids are kept: the table writer de-duplicates.
    Reason codes: those of `json_records` and `csv_records`, not_an_object, wrong_type, missing_request_id,
    missing_status, unknown_status, missing_requested_at, unreadable_date, impossible_time, bad_coordinates.
    Raises PayloadRefused when the body as a whole is not what the source declares.
    """
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    read = _read_csv if delivery.format == "csv" else _read_open311
    for position, (record, raw) in enumerate(read(body, delivery)):
        try:
            if isinstance(record, _RejectedError):
                raise record
            rows.append(_row(record, delivery))
        except _RejectedError as error:
            # The reason is published as an example; a phone number may stand where a date should.
            rejects.append((position, error.code, redact_report(str(error)), raw))
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    return Parsed(rows={REQUESTS.table: frame}, rejected=rejected_frame(rejects))


class _RejectedError(Exception):
    """A record that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _row(record: Record, delivery: Delivery) -> tuple[object, ...]:
    """A contract row, columns in contract order. Raises _RejectedError."""
    request_id = _text(record, "request_id")
    if request_id is None:
        raise _RejectedError("missing_request_id", "request_id is empty.")
    status, status_source = _status(record, delivery.profile)
    requested_at = _instant(record, "requested_at", delivery, latest=True)
    if requested_at is None:
        raise _RejectedError("missing_requested_at", "requested_at is empty.")
    closed_at = _instant(record, "closed_at", delivery, latest=True) if status == "closed" else None
    row = {
        "request_id": request_id,
        "status": status,
        "status_source": status_source,
        "status_notes": _redacted(record, "status_notes"),
        "service_code": _redacted(record, "service_code"),
        "service_name": _redacted(record, "service_name"),
        "description": _redacted(record, "description"),
        "agency": _redacted(record, "agency"),
        "channel": _redacted(record, "channel"),
        "unit_code": _redacted(record, "unit_code"),
        "requested_at": requested_at,
        "updated_at": _instant(record, "updated_at", delivery, latest=True),
        "expected_at": _instant(record, "expected_at", delivery, latest=False),
        "closed_at": closed_at,
        **_position(record),
        "has_photo": None if record.get("has_photo") is None else _has_photo(record),
        "satisfaction": _redacted(record, "satisfaction"),
        "is_closed_before_requested": closed_at is not None and closed_at < requested_at,
    }
    return tuple(row[name] for name in REQUESTS.names)


def _text(record: Record, column: str) -> str | None:
    """Cleaned text of a scalar; None for null and empty text. Raises _RejectedError for a list or an object."""
    value = record.get(column)
    if value is None:
        return None
    if isinstance(value, (list, dict)):
        raise _RejectedError("wrong_type", f"{column} is {_NESTED[type(value)]}, not a text or a number.")
    return clean(value if isinstance(value, str) else str(value).lower()) or None  # numbers are text, see _number


def _redacted(record: Record, column: str) -> str | None:
    """`_text` without personal data: a profile may map a column of any content to a name or a code."""
    text = _text(record, column)
    return None if text is None else redact_report(text)


def _status(record: Record, profile: Profile | None) -> tuple[str, str]:
    written = _text(record, "status")
    if written is None:
        raise _RejectedError("missing_status", "status is empty.")
    status = profile.status.get(written) if profile and profile.status else written.lower()
    if status not in STATUSES:
        raise _RejectedError(
            "unknown_status", f"status {_shown(written)} is neither open nor closed, nor in the profile."
        )
    return status, written


def _instant(record: Record, column: str, delivery: Delivery, *, latest: bool) -> datetime | None:
    """UTC instant of a text in the profile's date format, else ISO 8601; None when empty.

    `latest`: it cannot lie beyond the harvest.
    """
    written = _text(record, column)
    if written is None:
        return None
    profile = delivery.profile
    try:
        if profile and profile.date_format:
            read = datetime.strptime(written, profile.date_format)  # noqa: DTZ007  # the zone follows
        else:
            read = datetime.fromisoformat(written)
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(profile.time_zone if profile else "UTC"))
        instant = read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _RejectedError(
            "unreadable_date", f"{column} {_shown(written)} is not a date in the declared format."
        ) from None
    if instant < EARLIEST or instant > delivery.received_at + (CLOCK_TOLERANCE if latest else FARTHEST_DEADLINE):
        bound = "after the harvest" if latest else "more than ten years after the harvest"
        raise _RejectedError("impossible_time", f"{column} {_shown(written)} is before 2000 or {bound}.")
    return instant


def _shown(written: str | None) -> str:
    return repr(written if written is None else written[:80])


def _has_photo(record: Record) -> bool:
    if isinstance(record["has_photo"], (list, dict)):  # several photos
        return bool(record["has_photo"])
    return (_text(record, "has_photo") or "").lower() not in NO_PHOTO


def _position(record: Record) -> dict[str, float | None]:
    written = {"lat": _text(record, "lat"), "long": _text(record, "long")}
    if written == {"lat": None, "long": None}:
        return {"lat": None, "long": None}
    try:
        degrees = {name: float(value or "") for name, value in written.items()}
    except ValueError:
        degrees = {"lat": math.nan, "long": math.nan}
    if not (abs(degrees["lat"]) <= 90 and abs(degrees["long"]) <= 180):
        lat, long = _shown(written["lat"]), _shown(written["long"])
        raise _RejectedError("bad_coordinates", f"lat {lat}, long {long} is no WGS 84 place.")
    return {name: round(value, PLACE_DECIMALS) for name, value in degrees.items()}


def _read_open311(body: bytes, delivery: Delivery) -> Iterator[tuple[Record | _RejectedError, bytes]]:
    """(record under contract names, record as received) of a GeoReport v2 array or single request."""
    arrived = f"{delivery.origin} sent {what_arrived(body)}"
    try:
        document, requests = json_records.read(body, path=(), number=_number)
    except ValueError as error:
        raise PayloadRefused(
            f"{arrived}, not Open311 JSON ({error}); check the address of the endpoint in sources.toml."
        ) from error
    if requests is None:
        if not isinstance(document, dict) or "service_request_id" not in document:
            raise PayloadRefused(f"{arrived}, but not an array of requests; the address must end in /requests.json.")
        yield _judged(document), body
        return
    if requests and all(_is_error(request.value) for request in requests):
        raise PayloadRefused(
            f"{delivery.origin} answered with an Open311 error: {clean(str(requests[0].value['description']))[:200]}; "
            "check the parameters of the source."
        )
    for request in requests:
        if request.fault:
            yield _RejectedError(*request.fault), request.raw
        else:
            yield _judged(request.value), request.raw


def _judged(request: object) -> Record | _RejectedError:
    if not isinstance(request, dict):
        return _RejectedError("not_an_object", f"record is a {type(request).__name__}, not an object.")
    try:
        return _from_open311(request)
    except _RejectedError as error:
        return error


def _number(written: str) -> str | None:
    """A number as it is written, so that an id keeps its digits; NaN is how some writers say null."""
    return None if written == "NaN" else written


def _is_error(request: object) -> bool:
    """Whether it is an element of a GeoReport v2 error answer."""
    return isinstance(request, dict) and {"code", "description"} <= request.keys() <= {"code", "description"}


def _from_open311(request: dict[str, Any]) -> Record:
    extended = request.get("extended_attributes") or {}
    if not isinstance(extended, dict):
        raise _RejectedError("wrong_type", "extended_attributes is not an object.")
    return {
        "request_id": request.get("service_request_id"),
        "status": request.get("status"),
        "status_notes": request.get("status_notes"),
        "service_code": request.get("service_code"),
        "service_name": request.get("service_name"),
        "description": request.get("description"),
        "agency": request.get("agency_responsible"),
        "channel": extended.get("channel"),
        "unit_code": extended.get("unit_code"),
        "requested_at": request.get("requested_datetime"),
        "updated_at": request.get("updated_datetime"),
        "expected_at": request.get("expected_datetime"),
        "closed_at": extended.get("closed_datetime") or _closing_note(request) or request.get("updated_datetime"),
        "lat": request.get("lat"),
        "long": request.get("long"),
        # An endpoint that has photos sends the field empty where there is none; without it nobody knows.
        "has_photo": (request["media_url"] or "") if "media_url" in request else None,
        "satisfaction": extended.get("satisfaction"),
    }


def _closing_note(request: dict[str, Any]) -> object:
    """Time of the last `closed` note, where the endpoint keeps a history (Chicago)."""
    notes = request.get("notes")
    closing = [
        note.get("datetime")
        for note in (notes if isinstance(notes, list) else [])
        if isinstance(note, dict) and note.get("type") == "closed"
    ]
    return closing[-1] if closing else None


def _read_csv(body: bytes, delivery: Delivery) -> Iterator[tuple[Record | _RejectedError, bytes]]:
    """(record under contract names, its lines as received) of a CSV with a header, columns after the profile."""
    profile, origin = delivery.profile, delivery.origin
    if profile is None:
        raise PayloadRefused(f"{origin} is a CSV without a profile; name one that says which column is which.")
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page"):
        raise PayloadRefused(f"{origin} is {arrived}, not a CSV; check the address in sources.toml.")
    unknown = sorted(profile.columns.keys() - set(REQUESTS.names))
    if unknown:
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a ticket does not have; correct it.")
    undeclared = sorted({"request_id", "status", "requested_at"} - profile.columns.keys())
    if undeclared:
        raise PayloadRefused(f"The profile maps no column to {', '.join(undeclared)}; add it under [columns].")
    for row in csv_records.read(body, profile, origin):
        yield _RejectedError(*row.fault) if row.fault else row.record, row.raw
