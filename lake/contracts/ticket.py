"""Citizens' reports (phản ánh hiện trường), after Open311 GeoReport v2."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, PUBLIC_TASK, TIMESTAMP, Column, Contract

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
        Column("duplicate_of", pa.string(), "request_id of the report that this one repeats, after the source"),
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
        Column("located_code", pa.string(), "unit the written address lies in, where the source gives no unit_code"),
        Column("located_from", pa.date32(), "valid_from of that unit: a code alone is no key"),
        Column("located_confidence", pa.float64(), "confidence in it, 0..1; null without an address to read"),
        Column("is_located_surely", pa.bool_(), "confident enough to be used without a person looking"),
    ),
    key=("request_id",),
    event_at="requested_at",
    versioned=True,
    purpose="Follow citizens' reports: how many, where, how fast and how well they are answered",
    legal_basis=PUBLIC_TASK,
    holds_personal_data=True,
    # read in the light of the units known at the harvest, so it is no news of the source
    volatile=("located_code", "located_from", "located_confidence", "is_located_surely"),
    changed_at="updated_at",
    dropped=(
        *("first_name", "last_name", "phone", "email", "device_id", "account_id"),
        *("address", "address_string", "address_id", "zipcode", "media_url"),
    ),
    personal=("status_notes", "description", "lat", "long", "satisfaction"),
)

EVENTS = Contract(
    slug="ticket",
    table="ticket__events",
    description="One row per event in the history that a version of a service request tells (Open311 `notes`).",
    columns=(
        Column("request_id", pa.string(), "request the event belongs to", required=True),
        Column("seq", pa.int64(), "place in the history as the source orders it, from 1", required=True),
        Column("event_type", pa.string(), "code of seed ticket_event_types, after the profile's map", required=True),
        Column("occurred_at", TIMESTAMP, "when it happened", required=True),
        Column("agency", pa.string(), "unit that acted, where the source names one"),
        Column(
            "is_out_of_order", pa.bool_(), "time order violated: earlier than an event told before it", required=True
        ),
        Column("updated_at", TIMESTAMP, "updated_at of the version of the request that tells this history"),
    ),
    key=("request_id", "seq"),
    event_at="occurred_at",
    versioned=True,
    purpose="Follow how reports are handled: first response, referral, closing, reopening",
    legal_basis=PUBLIC_TASK,
    holds_personal_data=True,
    changed_at="updated_at",
    dropped=("summary", "description"),  # free text of officers, which names citizens
    is_derived=True,
)

SERVICES = Contract(
    slug="ticket",
    table="ticket__services",
    description="One row per service in a service list (fields in which citizens may report), a list whole each time.",
    columns=(
        Column("service_code", pa.string(), "Open311 service_code", required=True),
        Column("listed_at", TIMESTAMP, "when the list was received", required=True),
        Column("service_name", pa.string(), "name of the field", required=True),
        Column("description", pa.string(), "what belongs to it"),
        Column("group_name", pa.string(), "group of fields"),
        Column("keywords", pa.string(), "key words, as the source writes them"),
        Column("service_type", pa.string(), "realtime, batch or blackbox: when the source gives a request its id"),
        Column("has_metadata", pa.bool_(), "the service asks for more attributes"),
    ),
    key=("service_code", "listed_at"),
    event_at="listed_at",
    versioned=False,
    purpose="Know in which fields citizens may report",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    is_derived=True,  # a list beside the reports: the accounts count reports
)
