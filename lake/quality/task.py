"""Behaviour of a batch of the scheme's tasks and milestones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.task import CONFIDENCES, N_TASKS
from lake.quality.expect import Suite, between, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `task__tasks` and `task__milestones`."""
    return [
        Suite(
            "task__tasks",
            frames["task__tasks"],
            [
                unique("task_no", "reported_at"),
                between("task_no", 1, N_TASKS),
                not_blank("task_name"),
                between("planned_pct", 0, 100),
                between("earned_pct", 0, 100),
                between("budget_disbursed_vnd", 0, None),
                one_of("confidence", CONFIDENCES),
                not_before("due_on", "start_on"),
            ],
        ),
        Suite(
            "task__milestones",
            frames["task__milestones"],
            [
                unique("task_no", "milestone_no", "reported_at"),
                between("task_no", 1, N_TASKS),
                between("weight_pct", 0, 100),
                not_blank("milestone_name"),
            ],
        ),
    ]
