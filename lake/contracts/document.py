"""Official documents (văn bản) in and out, after the register of Decree 30/2020/ND-CP."""

import pyarrow as pa

from lake.contracts.base import PUBLIC_TASK, TIMESTAMP, Column, Contract

DIRECTIONS = ("in", "out")
LEVELS = ("province", "district", "commune")

DOCUMENTS = Contract(
    slug="document",
    table="document__documents",
    description="One row per registered document and report that tells of it; the newest `reported_at` is its present "
    "state. The abstract (trích yếu) is not taken in: it may name persons and no figure needs it.",
    columns=(
        Column("direction", pa.string(), "in: received, out: issued", required=True),
        Column("symbol", pa.string(), "number and symbol (số, ký hiệu): 482/QĐ-UBND", required=True),
        Column("issuing_agency", pa.string(), "agency that issued it", required=True),
        Column("issued_on", pa.date32(), "date of the document", required=True),
        Column("kind", pa.string(), "kind of document: Quyết định, Công văn …"),
        Column("arrived_at", TIMESTAMP, "arrival of a received document"),
        Column("assigned_unit", pa.string(), "unit that has to deal with it"),
        Column("level", pa.string(), f"level of that unit: {', '.join(LEVELS)}"),
        Column("due_on", pa.date32(), "deadline"),
        Column("done_on", pa.date32(), "day it was dealt with; null while open"),
        Column("is_assignment", pa.bool_(), "gives the unit a task that is followed up (nhiệm vụ giao)"),
        Column("is_signed_digitally", pa.bool_(), "issued with a digital signature"),
        Column("is_processed_online", pa.bool_(), "its case file is kept and handled online (hồ sơ công việc điện tử)"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("direction", "symbol", "issuing_agency", "issued_on"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow how documents are dealt with: on time, signed digitally, in online case files",
    legal_basis=PUBLIC_TASK,
    holds_personal_data=True,  # registers hold abstracts and the names of officials
    dropped=("abstract", "signer", "official", "recipient"),
)
