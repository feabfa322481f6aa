"""The 29 tasks of the province's digital scheme: what was planned, what is earned, what was spent, with evidence."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, TIMESTAMP, Column, Contract

N_TASKS = 29
CONFIDENCES = ("on_track", "probable", "feasible", "at_risk", "unachievable")

TASKS = Contract(
    slug="task",
    table="task__tasks",
    description="One row per task of the scheme and report that tells of it; the newest `reported_at` is its present "
    "state, the earlier ones its history.",
    columns=(
        Column("task_no", pa.int64(), f"number of the task in the scheme, 1 to {N_TASKS}", required=True),
        Column("task_name", pa.string(), "name of the task", required=True),
        Column("owner_unit", pa.string(), "unit that answers for it", required=True),
        Column("start_on", pa.date32(), "planned start"),
        Column("due_on", pa.date32(), "planned end", required=True),
        Column("done_on", pa.date32(), "day it was accepted as done; null while open"),
        Column("planned_pct", pa.float64(), "work planned to be done by `reported_at`, percent of the task"),
        Column("earned_pct", pa.float64(), "work done by `reported_at`, percent of the task", required=True),
        Column("budget_planned_vnd", pa.int64(), "money planned for the whole task, dong"),
        Column("budget_disbursed_vnd", pa.int64(), "money paid by `reported_at`, dong"),
        Column("confidence", pa.string(), f"whether it will be done in time: {', '.join(CONFIDENCES)}"),
        Column("evidence_url", pa.string(), "link to the proof: minutes of acceptance, decision, product"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("task_no",),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow the scheme: which tasks are done, late or short of money",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)

MILESTONES = Contract(
    slug="task",
    table="task__milestones",
    description="One row per milestone of a task and report that tells of it.",
    columns=(
        Column("task_no", pa.int64(), "number of the task", required=True),
        Column("milestone_no", pa.int64(), "number of the milestone within its task", required=True),
        Column("milestone_name", pa.string(), "what is to be reached", required=True),
        Column("weight_pct", pa.float64(), "share of the task's work, percent"),
        Column("due_on", pa.date32(), "planned day", required=True),
        Column("done_on", pa.date32(), "day it was reached; null while open"),
        Column("evidence_url", pa.string(), "link to the proof"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("task_no", "milestone_no"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow the scheme's milestones; earned work is counted by their weights",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)
