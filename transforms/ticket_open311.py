"""Open311 GeoReport v2 answers, JSON or XML: requests, one request, a service list -> records under contract names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms import json_records, xml_records
from transforms.text import clean, what_arrived
from transforms.ticket_events import closing_time, notes
from transforms.ticket_record import Found, RejectedError

ROOTS = {"service_requests": "request", "services": "service"}  # XML root -> its records


def read_json(body: bytes, delivery: Delivery) -> Iterator[Found]:
    """Records of a GeoReport v2 array or single request. Raises PayloadRefused."""
    arrived = f"{delivery.origin} sent {what_arrived(body)}"
    try:
        document, records = json_records.read(body, path=(), number=_number)
    except ValueError as error:
        hint = 'format = "open311-xml"' if what_arrived(body) == "an XML document" else "the address of the endpoint"
        raise PayloadRefused(f"{arrived}, not Open311 JSON ({error}); check {hint} in sources.toml.") from error
    if records is None:
        if not isinstance(document, dict) or "service_request_id" not in document:
            raise PayloadRefused(f"{arrived}, but not an array of requests; the address must end in /requests.json.")
        yield _found(document, body)
        return
    if records and all(_is_error(record.value) for record in records):
        raise _refused(records[0].value, delivery)
    for record in records:
        yield Found(RejectedError(*record.fault), record.raw) if record.fault else _found(record.value, record.raw)


def read_xml(body: bytes, delivery: Delivery) -> Iterator[Found]:
    """Records of `<service_requests>` or `<services>`. Raises PayloadRefused."""
    arrived = f"{delivery.origin} sent {what_arrived(body)}"
    try:
        document = xml_records.read(body)
    except ValueError as error:
        hint = 'format = "open311"' if what_arrived(body) == "a JSON document" else "the address of the endpoint"
        raise PayloadRefused(f"{arrived}, not Open311 XML ({error}); check {hint} in sources.toml.") from error
    if document.root == "errors" and document.records:
        raise _refused(document.records[0].value, delivery)
    expected = ROOTS.get(document.root)
    if expected is None:
        raise PayloadRefused(
            f"{arrived} with the root {document.root[:40]!r}, but neither service_requests nor services; "
            "the address must end in /requests.xml."
        )
    for record in document.records:
        if record.fault:
            yield Found(RejectedError(*record.fault), record.raw)
        elif record.tag != expected:
            reason = f"element {record.tag[:40]!r} stands where {expected} should."
            yield Found(RejectedError("unknown_element", reason), record.raw)
        else:
            yield _found(record.value, record.raw)


def _refused(error: Any, delivery: Delivery) -> PayloadRefused:
    said = clean(str(error.get("description") if isinstance(error, dict) else error))[:200]
    return PayloadRefused(
        f"{delivery.origin} answered with an Open311 error: {said}; check the parameters of the source."
    )


def _number(written: str) -> str | None:
    """A number as it is written, so that an id keeps its digits; NaN is how some writers say null."""
    return None if written == "NaN" else written


def _is_error(record: object) -> bool:
    """Whether it is an element of a GeoReport v2 error answer."""
    return isinstance(record, dict) and {"code", "description"} <= record.keys() <= {"code", "description"}


def _found(record: object, raw: bytes) -> Found:
    if not isinstance(record, dict):
        kind = "text" if isinstance(record, str) else type(record).__name__
        return Found(RejectedError("not_an_object", f"record is a {kind}, not an object."), raw)
    if "service_code" in record and not {"service_request_id", "status", "requested_datetime"} & record.keys():
        return Found(_service(record), raw, is_service=True)
    history = notes(record.get("notes"))
    try:
        return Found(_request(record, history), raw, history)
    except RejectedError as error:
        return Found(error, raw)


def _service(service: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: service.get(name) for name in ("service_code", "service_name", "description")},
        "group_name": service.get("group"),
        "keywords": service.get("keywords"),
        "service_type": service.get("type"),
        "has_metadata": service.get("metadata"),
    }


def _request(request: dict[str, Any], history: list[Any]) -> dict[str, Any]:
    extended = request.get("extended_attributes") or {}
    if not isinstance(extended, dict):
        raise RejectedError("wrong_type", "extended_attributes is not an object.")
    updated = request.get("updated_datetime")
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
        "address": request.get("address"),  # read, and dropped
        "duplicate_of": extended.get("parent_service_request_id"),  # as Chicago names it
        "requested_at": request.get("requested_datetime"),
        "updated_at": updated,
        "expected_at": request.get("expected_datetime"),
        "closed_at": extended.get("closed_datetime") or closing_time(history) or updated,
        "lat": request.get("lat"),
        "long": request.get("long"),
        # An endpoint that has photos sends the field empty where there is none; without it nobody knows.
        "has_photo": (request["media_url"] or "") if "media_url" in request else None,
        "satisfaction": extended.get("satisfaction"),
    }
