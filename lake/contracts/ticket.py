"""Citizens' reports (phản ánh hiện trường), after Open311 GeoReport v2."""

import pyarrow as pa

from lake.contracts.base import PUBLIC_TASK, TIMESTAMP, Column, Contract

REQUESTS = Contract(
    slug="ticket",
    table="ticket__requests",
    description="One row per version of a service request; the newest `updated_at` is its present state, "
    "or the version received last where the source dates no change.",
    columns=(
        Column("request_id", pa.string(), "Open311 service_request_id, as the source writes it", required=True),
        Column("status", pa.string(), "open or closed, after the profile's status map", required=True),
        Column("status_source", pa.string(), "status as the source writes it"),
        Column("status_notes", pa.string(), "explanation of the status, personal data redacted"),
        Column("service_code", pa.string(), "Open311 service_code: field of the report"),
        Column("service_name", pa.string(), "name of the field"),
        Column("description", pa.string(), "citizen's text, NFC, personal data redacted"),
        Column("agency", pa.string(), "Open311 agency_responsible"),
        Column("channel", pa.string(), "app, web, phone, counter … as the source writes it"),
        Column("unit_code", pa.string(), "administrative unit code given by the source"),
        Column("requested_at", TIMESTAMP, "received", required=True),
        Column("updated_at", TIMESTAMP, "last change after the source; null where it gives none"),
        Column("expected_at", TIMESTAMP, "deadline"),
        Column("closed_at", TIMESTAMP, "closed; null while open"),
        Column("lat", pa.float64(), "latitude, WGS 84, degrees"),
        Column("long", pa.float64(), "longitude, WGS 84, degrees"),
        Column("has_photo", pa.bool_(), "the citizen attached a photo"),
        Column("satisfaction", pa.string(), "citizen's rating, as the source writes it"),
        Column(
            "is_closed_before_requested", pa.bool_(), "time order violated: closed_at < requested_at", required=True
        ),
    ),
    key=("request_id",),
    event_at="requested_at",
    versioned=True,
    purpose="Follow citizens' reports: how many, where, how fast and how well they are answered",
    legal_basis=PUBLIC_TASK,
    holds_personal_data=True,
    changed_at="updated_at",
    dropped=(
        *("first_name", "last_name", "phone", "email", "device_id", "account_id"),
        *("address", "address_string", "address_id", "zipcode", "media_url"),
    ),
    personal=("status_notes", "description", "lat", "long", "satisfaction"),
)
