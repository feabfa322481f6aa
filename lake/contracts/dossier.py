"""One-stop dossiers (hồ sơ một cửa, Decree 61/2018/ND-CP) and the procedures they are filed under."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, PUBLIC_TASK, TIMESTAMP, Column, Contract

CHANNELS = ("online", "counter", "post")
STATUSES = ("in_progress", "waiting_for_applicant", "returned", "refused", "withdrawn")
RATINGS = ("very_satisfied", "satisfied", "neutral", "dissatisfied")
SERVICE_LEVELS = ("full", "partial", "information")

DOSSIERS = Contract(
    slug="dossier",
    table="dossier__dossiers",
    description="One row per dossier and report that tells of it; the newest `reported_at` is its present state. "
    "Who applied is not taken in.",
    columns=(
        Column("dossier_id", pa.string(), "number of the dossier, as the one-stop system writes it", required=True),
        Column("procedure_code", pa.string(), "national code of the procedure (mã TTHC): 1.012818.H19", required=True),
        Column("procedure_name", pa.string(), "name of the procedure"),
        Column("field_name", pa.string(), "field of administration (lĩnh vực)"),
        Column("agency", pa.string(), "agency that handles the dossier", required=True),
        Column("unit_code", pa.string(), "code of the administrative unit that received it"),
        Column("filed_at", TIMESTAMP, "received", required=True),
        Column("due_at", TIMESTAMP, "appointed return; the last second of the day where only a day is given"),
        Column("returned_at", TIMESTAMP, "result returned; null while open"),
        Column("channel", pa.string(), f"how it was filed: {', '.join(CHANNELS)}", required=True),
        Column("status", pa.string(), f"one of {', '.join(STATUSES)}"),
        Column("is_full_process", pa.bool_(), "filed under a fully online service (dịch vụ công toàn trình)"),
        Column("fee_vnd", pa.int64(), "fees and charges due, dong; 0 where it is free"),
        Column("is_paid_online", pa.bool_(), "fees paid online"),
        Column("has_digital_components", pa.bool_(), "papers of the dossier are digitised"),
        Column("has_digital_result", pa.bool_(), "the result is electronic"),
        Column("rating", pa.string(), f"applicant's rating: {', '.join(RATINGS)}"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("dossier_id",),
    event_at="filed_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow public services: how many dossiers, how they are filed, paid and digitised, and whether on time",
    legal_basis=PUBLIC_TASK,
    holds_personal_data=True,  # exports of one-stop systems name the applicant
    dropped=("applicant_name", "owner_name", "phone", "email", "address", "identity_number", "birth_date", "official"),
    personal=("rating",),
)

PROCEDURES = Contract(
    slug="dossier",
    table="dossier__procedures",
    description="One row per administrative procedure offered and report that tells of it.",
    columns=(
        Column("procedure_code", pa.string(), "national code of the procedure (mã TTHC)", required=True),
        Column("procedure_name", pa.string(), "name of the procedure", required=True),
        Column("field_name", pa.string(), "field of administration (lĩnh vực)"),
        Column("agency", pa.string(), "agency that decides"),
        Column("service_level", pa.string(), f"online service: {', '.join(SERVICE_LEVELS)}", required=True),
        Column("limit_working_days", pa.float64(), "statutory time limit, working days"),
        Column("withdrawn_on", pa.date32(), "day the procedure was abolished"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("procedure_code",),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Know which procedures are offered, and which of them online",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)
