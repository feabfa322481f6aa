"""Citizens' reports: an Open311 GeoReport v2 answer (JSON) or a CSV with a profile -> ticket__requests."""

from __future__ import annotations

import csv
import io
import json
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
from transforms.privacy import redact
from transforms.text import clean, what_arrived

_SCHEMA = REQUESTS.polars_schema
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
STATUSES = ("open", "closed")
NO_PHOTO = {"", "false", "no", "n", "0"}

Record = Mapping[str, Any]  # source values under contract column names: a JSON value is anything


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> rows of `ticket__requests`, in payload order, and the records that cannot be rows.

    Times without an offset are in the profile's zone (UTC without a profile); in a repeated hour the first one
    is meant, in a skipped hour the offset before the change holds (PEP 495, fold 0). `closed_at` is kept for
    closed requests only. Equal or repeated ids are kept: the table writer de-duplicates.
    Reason codes: not_an_object, wrong_column_count, malformed_record, missing_request_id, missing_status,
    unknown_status, missing_requested_at, unreadable_date, impossible_time, bad_coordinates.
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
            kept = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
            # The reason is published as an example; a phone number may stand where a date should.
            rejects.append((position, error.code, redact(str(error)), kept.encode("utf-8", "backslashreplace")))
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
    updated_at = _instant(record, "updated_at", delivery, latest=True)
    closed_at = _instant(record, "closed_at", delivery, latest=True) if status == "closed" else None
    row = {
        "request_id": request_id,
        "status": status,
        "status_source": status_source,
        "status_notes": _redacted(record, "status_notes"),
        "service_code": _text(record, "service_code"),
        "service_name": _text(record, "service_name"),
        "description": _redacted(record, "description"),
        "agency": _text(record, "agency"),
        "channel": _text(record, "channel"),
        "unit_code": _text(record, "unit_code"),
        "requested_at": requested_at,
        "updated_at": updated_at or max(requested_at, closed_at or requested_at),
        "expected_at": _instant(record, "expected_at", delivery, latest=False),
        "closed_at": closed_at,
        **_position(record),
        "has_photo": (_text(record, "has_photo") or "").lower() not in NO_PHOTO,
        "satisfaction": _text(record, "satisfaction"),
        "is_closed_before_requested": closed_at is not None and closed_at < requested_at,
    }
    return tuple(row[name] for name in REQUESTS.names)


def _text(record: Record, column: str) -> str | None:
    """Cleaned text of a scalar; None for null, empty text, and the lists or objects a scalar field must not hold."""
    value = record.get(column)
    if value is None or isinstance(value, (list, dict)):
        return None
    return clean(value if isinstance(value, str) else json.dumps(value)) or None


def _redacted(record: Record, column: str) -> str | None:
    text = _text(record, column)
    return None if text is None else redact(text)


def _status(record: Record, profile: Profile | None) -> tuple[str, str]:
    written = _text(record, "status")
    if written is None:
        raise _RejectedError("missing_status", "status is empty.")
    status = profile.status.get(written) if profile and profile.status else written.lower()
    if status not in STATUSES:
        raise _RejectedError("unknown_status", f"status {written!r} is neither open nor closed, nor in the profile.")
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
        raise _RejectedError("unreadable_date", f"{column} {written!r} is not a date in the declared format.") from None
    if instant < EARLIEST or (latest and instant > delivery.received_at + CLOCK_TOLERANCE):
        raise _RejectedError("impossible_time", f"{column} {written!r} is before 2000 or after the harvest.")
    return instant


def _position(record: Record) -> dict[str, float | None]:
    written = {"lat": _text(record, "lat"), "long": _text(record, "long")}
    if written == {"lat": None, "long": None}:
        return {"lat": None, "long": None}
    try:
        degrees = {name: float(value or "") for name, value in written.items()}
    except ValueError:
        degrees = {"lat": math.nan, "long": math.nan}
    if not (abs(degrees["lat"]) <= 90 and abs(degrees["long"]) <= 180):
        raise _RejectedError("bad_coordinates", f"lat {written['lat']!r}, long {written['long']!r} is no WGS 84 place.")
    return dict(degrees)


def _read_open311(body: bytes, delivery: Delivery) -> Iterator[tuple[Record | _RejectedError, object]]:
    """(record under contract names, record as received) of a GeoReport v2 array or single request."""
    arrived = f"{delivery.origin} sent {what_arrived(body)}"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadRefused(
            f"{arrived}, not Open311 JSON ({error}); check the address of the endpoint in sources.toml."
        ) from error
    requests = document if isinstance(document, list) else [document]
    if not isinstance(document, list) and not (isinstance(document, dict) and "service_request_id" in document):
        raise PayloadRefused(f"{arrived}, but not an array of requests; the address must end in /requests.json.")
    if requests and all(_is_error(request) for request in requests):
        raise PayloadRefused(
            f"{delivery.origin} answered with an Open311 error: {clean(str(requests[0]['description']))[:200]}; "
            "check the parameters of the source."
        )
    for request in requests:
        if isinstance(request, dict):
            yield _from_open311(request), request
        else:
            yield _RejectedError("not_an_object", f"record is a {type(request).__name__}, not an object."), request


def _is_error(request: object) -> bool:
    """Whether it is an element of a GeoReport v2 error answer."""
    return isinstance(request, dict) and {"code", "description"} <= request.keys() <= {"code", "description"}


def _from_open311(request: dict[str, Any]) -> Record:
    extended = request.get("extended_attributes")
    if not isinstance(extended, dict):
        extended = {}
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
        "has_photo": request.get("media_url"),
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


def _read_csv(body: bytes, delivery: Delivery) -> Iterator[tuple[Record | _RejectedError, str]]:
    """(record under contract names, its lines as received) of a CSV with a header, columns after the profile.

    Read row by row with the standard reader, because a frame reader pads a cut-off row with nulls in silence.
    """
    profile, origin = delivery.profile, delivery.origin
    if profile is None:
        raise PayloadRefused(f"{origin} is a CSV without a profile; name one that says which column is which.")
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page"):
        raise PayloadRefused(f"{origin} is {arrived}, not a CSV; check the address in sources.toml.")
    try:
        text = body.decode("utf-8-sig" if profile.encoding.lower() in ("utf-8", "utf8") else profile.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise PayloadRefused(f"{origin} cannot be read ({error}); correct `encoding` in the profile.") from error
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=profile.delimiter, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise PayloadRefused(f"{origin} has no readable header ({error}); check the file.") from error
    index = _columns(header, profile, origin)
    lines.take()
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if lines.is_at_end:
                raise PayloadRefused(
                    f"{origin} ends inside a quoted field, so it was cut off or has a stray quote; deliver it again."
                ) from error
            yield _RejectedError("malformed_record", f"the row is not CSV: {error}."), lines.take()
            continue
        raw = lines.take()
        if not row:
            continue
        if len(row) == len(header):
            yield {column: row[at] for column, at in index.items()}, raw
        else:
            reason = f"the row has {len(row)} fields, the header {len(header)}."
            yield _RejectedError("wrong_column_count", reason), raw


def _columns(header: list[str], profile: Profile, origin: str) -> dict[str, int]:
    """Contract column -> field number. Raises PayloadRefused naming what is missing."""
    names = [name.strip() for name in header]
    unknown = sorted(profile.columns.keys() - set(REQUESTS.names))
    if unknown:
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a ticket does not have; correct it.")
    undeclared = sorted({"request_id", "status", "requested_at"} - profile.columns.keys())
    if undeclared:
        raise PayloadRefused(f"The profile maps no column to {', '.join(undeclared)}; add it under [columns].")
    missing = [column for column in profile.columns.values() if column not in names]
    if missing:
        raise PayloadRefused(f"{origin} has no column {', '.join(missing)}; deliver it again, or correct the profile.")
    return {column: names.index(field) for column, field in profile.columns.items()}


class _Lines:
    """Lines of a text for the CSV reader, remembering those of the record being read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._taken: list[str] = []
        self.is_at_end = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.is_at_end = True
            raise StopIteration
        self._taken.append(line)
        return line

    def take(self) -> str:
        """The lines read since the last call, without the final line break."""
        raw = "".join(self._taken).rstrip("\r\n")
        self._taken.clear()
        return raw
