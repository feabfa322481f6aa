"""The province's shared systems: who runs them, their maintenance and backups; its mobile app; reports handed in."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, TIMESTAMP, Column, Contract

STORES = ("google_play", "app_store", "other")
BACKUP, RESTORE_DRILL = "backup", "restore_drill"


_REPORTED = Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True)

INVENTORY = Contract(
    slug="system",
    table="system__inventory",
    description="One row per shared system and report that tells of it.",
    columns=(
        Column("system_code", pa.string(), "code of the system, chosen by its owner and kept", required=True),
        Column("system_name", pa.string(), "name of the system", required=True),
        Column("owner_unit", pa.string(), "unit that owns it", required=True),
        Column("operator_unit", pa.string(), "unit that runs it"),
        Column("url", pa.string(), "address; what availability is probed at"),
        Column("commissioned_on", pa.date32(), "in use since"),
        Column("retired_on", pa.date32(), "out of use since"),
        Column("security_level", pa.int64(), "security level 1 to 5 (Decree 85/2016/ND-CP)"),
        Column("is_in_data_centre", pa.bool_(), "runs in the province's data centre"),
        Column("is_on_sharing_platform", pa.bool_(), "joined to the province's data sharing platform (LGSP)"),
        Column("n_servers", pa.int64(), "servers it runs on"),
        _REPORTED,
    ),
    key=("system_code",),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Know which shared systems there are, whose they are and where their availability is probed",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)

STAFF = Contract(
    slug="system",
    table="system__staff",
    description="One row per unit and position and report that tells of it: numbers of staff, no names.",
    columns=(
        Column("unit", pa.string(), "unit", required=True),
        Column("position", pa.string(), "position", required=True),
        Column("n_payroll", pa.int64(), "staff on the payroll (biên chế)", required=True),
        Column("n_contract", pa.int64(), "staff under contract"),
        Column("full_time_equivalent", pa.float64(), "working time in full-time staff"),
        _REPORTED,
    ),
    key=("unit", "position"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Set what is handled against those who handle it",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    dropped=("name", "birth_date", "phone"),
)

DOWNLOADS = Contract(
    slug="system",
    table="system__downloads",
    description="One row per app, store and day of counting, and report that tells of it.",
    columns=(
        Column("app", pa.string(), "name of the app", required=True),
        Column("store", pa.string(), f"where it was fetched: {', '.join(STORES)}", required=True),
        Column("counted_on", pa.date32(), "day of counting", required=True),
        Column("n_downloads", pa.int64(), "downloads since the first day", required=True),
        Column("n_installed", pa.int64(), "devices that have it on this day"),
        Column("n_monthly_users", pa.int64(), "users of the last 30 days"),
        _REPORTED,
    ),
    key=("app", "store", "counted_on"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow the spread of the mobile app: downloads are not users",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)

REPORTS = Contract(
    slug="system",
    table="system__reports",
    description="One row per report due from a unit for a period, and report that tells of it.",
    columns=(
        Column("report_name", pa.string(), "name of the report", required=True),
        Column("unit", pa.string(), "unit that has to hand it in", required=True),
        Column("period", pa.string(), "period, as the register writes it: 09/2021, Quý III/2021", required=True),
        Column("due_on", pa.date32(), "deadline", required=True),
        Column("submitted_on", pa.date32(), "day it was handed in; null while it is not"),
        _REPORTED,
    ),
    key=("report_name", "unit", "period"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow whether reports are handed in on time",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)

MAINTENANCE = Contract(
    slug="system",
    table="system__maintenance",
    description="One row per maintenance window of a server or system, and report that tells of it.",
    columns=(
        Column("target", pa.string(), "server or system it concerns; `*` is the whole data centre", required=True),
        Column("started_at", TIMESTAMP, "begin of the window", required=True),
        Column("ended_at", TIMESTAMP, "end of the window, exclusive", required=True),
        Column("approved_by", pa.string(), "unit or decision that approved it; null: not approved"),
        Column("approved_at", TIMESTAMP, "when it was approved"),
        _REPORTED,
    ),
    key=("target", "started_at"),
    event_at="started_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Leave approved maintenance out of availability",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    dropped=("reason",),
)

BACKUPS = Contract(
    slug="system",
    table="system__backups",
    description="One row per planned backup or restore drill of a system, and report that tells of it.",
    columns=(
        Column("system_code", pa.string(), "system, as in the inventory", required=True),
        Column("kind", pa.string(), f"{BACKUP} or {RESTORE_DRILL}", required=True),
        Column("planned_on", pa.date32(), "day it is planned for", required=True),
        Column("is_successful", pa.bool_(), "it was done and checked; null while nobody has said"),
        Column("done_at", TIMESTAMP, "when it ended"),
        _REPORTED,
    ),
    key=("system_code", "kind", "planned_on"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Know whether what is lost could be brought back",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)
