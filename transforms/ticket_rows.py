"""Citizens' reports: Open311 GeoReport v2 (JSON or XML), or a CSV or workbook with a profile -> ticket tables, with the
written address where the unit it lies in will stand.

What strangers wrote is read here and nowhere else, so that it can be done where it can be killed.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from lake.contracts.base import Contract, Delivery, Parsed, rejected_frame
from lake.contracts.profile import Profile
from lake.contracts.ticket import EVENTS, REQUESTS, SERVICES
from transforms import ticket_open311, ticket_table
from transforms.privacy import redact_report
from transforms.ticket_events import events
from transforms.ticket_record import (
    EARLIEST,
    Record,
    RejectedError,
    address,
    has_photo,
    instant,
    position,
    redacted,
    status,
    text,
)

ADDRESS = "address"  # goes no further than `ticket.located`
_REQUESTS = REQUESTS.polars_schema | {ADDRESS: pl.String()}
_READ = {"open311": ticket_open311.read_json, "open311-xml": ticket_open311.read_xml}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> rows of `ticket__requests`, `ticket__events` and `ticket__services`, in payload order.

    The columns of LOCATED are null, and `ADDRESS` stands beside those of the contract: `ticket.located` ends that.

    Times without an offset are in the profile's zone (UTC without a profile); in a repeated hour the first one
    is meant, in a skipped hour the offset before the change holds (PEP 495, fold 0). `closed_at` is kept for
    closed requests only. Equal or repeated ids are kept: the table writer de-duplicates. A bad note of a good
    request costs the event alone.
    Reason codes: those of `json_records`, `xml_records`, `csv_records`, `workbook_records` and `ticket_events`,
    not_an_object, unknown_element, wrong_type, missing_request_id, missing_status, unknown_status,
    missing_requested_at, unreadable_date, impossible_time, bad_coordinates, missing_service_code,
    missing_service_name.
    Raises PayloadRefused when the body as a whole is not what the source declares.
    """
    rows: dict[Contract, list[tuple[object, ...]]] = {REQUESTS: [], EVENTS: [], SERVICES: []}
    rejects: list[tuple[int, str, str, bytes]] = []
    read = _READ.get(delivery.format, ticket_table.read)
    for at, found in enumerate(read(body, delivery)):
        unfit: list[RejectedError] = []
        try:
            if isinstance(found.record, RejectedError):
                raise found.record
            if found.is_service:
                rows[SERVICES].append(_service(found.record, delivery))
            else:
                request_id, updated_at, row = _request(found.record, delivery)
                rows[REQUESTS].append(row)
                for event in events(request_id, found.notes, updated_at, delivery):
                    if isinstance(event, RejectedError):
                        unfit.append(event)
                    else:
                        rows[EVENTS].append(event)
        except RejectedError as error:
            unfit.append(error)
        # The reason is published as an example; a phone number may stand where a date should.
        rejects += [(at, error.code, redact_report(str(error)), found.raw) for error in unfit]
    schemas = {REQUESTS: _REQUESTS, EVENTS: EVENTS.polars_schema, SERVICES: SERVICES.polars_schema}
    frames = {c.table: pl.DataFrame(rows[c], schema=schema, orient="row") for c, schema in schemas.items()}
    return Parsed(rows=frames, rejected=rejected_frame(rejects))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    columns = {"request_id": "i", "status": "s", "requested_at": "d", "northing": "n", "easting": "e"}
    profile = Profile(slug="ticket", format="csv", columns=columns, date_format="%d/%m/%Y", crs="EPSG:3405")
    parse(b"i,s,d,n,e\n1,open,01/09/2021,1082000,575000\n", Delivery("csv", profile, EARLIEST, "", {}))


def _request(record: Record, delivery: Delivery) -> tuple[str, datetime | None, tuple[object, ...]]:
    """(request_id, updated_at, contract row). Raises RejectedError."""
    request_id = text(record, "request_id")
    if request_id is None:
        raise RejectedError("missing_request_id", "request_id is empty.")
    state, status_source = status(record, delivery.profile)
    requested_at = instant(record, "requested_at", delivery, latest=True)
    if requested_at is None:
        raise RejectedError("missing_requested_at", "requested_at is empty.")
    closed_at = instant(record, "closed_at", delivery, latest=True) if state == "closed" else None
    updated_at = instant(record, "updated_at", delivery, latest=True)
    row = {
        "request_id": request_id,
        "status": state,
        "status_source": status_source,
        "status_notes": redacted(record, "status_notes"),
        "service_code": redacted(record, "service_code"),
        "service_name": redacted(record, "service_name"),
        "description": redacted(record, "description"),
        "agency": redacted(record, "agency"),
        "channel": redacted(record, "channel"),
        "unit_code": redacted(record, "unit_code"),
        "duplicate_of": text(record, "duplicate_of"),
        "requested_at": requested_at,
        "updated_at": updated_at,
        "expected_at": instant(record, "expected_at", delivery, latest=False),
        "closed_at": closed_at,
        **position(record, delivery.profile),
        "has_photo": has_photo(record),
        "satisfaction": redacted(record, "satisfaction"),
        "is_closed_before_requested": closed_at is not None and closed_at < requested_at,
        ADDRESS: address(record),
    }
    return request_id, updated_at, tuple(row.get(name) for name in _REQUESTS)


def _service(record: Record, delivery: Delivery) -> tuple[object, ...]:
    """A contract row of the service list. Raises RejectedError."""
    name = text(record, "service_name")
    if name is None:
        raise RejectedError("missing_service_name", "service_name is empty.")
    code = text(record, "service_code")
    if code is None:
        raise RejectedError("missing_service_code", "service_code is empty.")
    flag = text(record, "has_metadata")
    row = {
        "service_code": code,
        "listed_at": delivery.received_at,
        "service_name": name,
        "description": redacted(record, "description"),
        "group_name": text(record, "group_name"),
        "keywords": text(record, "keywords"),
        "service_type": text(record, "service_type"),
        "has_metadata": None if flag is None else flag.lower() == "true",
    }
    return tuple(row[name] for name in SERVICES.names)
