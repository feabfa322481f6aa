"""Behaviour of a batch of shared systems, staff, downloads, reports due, maintenance and backups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.system import BACKUP, RESTORE_DRILL, STORES
from lake.quality.expect import Suite, between, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """One suite for each table of the form."""
    return [
        Suite(
            "system__inventory",
            frames["system__inventory"],
            [
                unique("system_code", "reported_at", severity="warning"),
                not_blank("system_name"),
                between("security_level", 1, 5),
                not_before("retired_on", "commissioned_on"),
            ],
        ),
        Suite(
            "system__staff",
            frames["system__staff"],
            [
                unique("unit", "position", "reported_at", severity="warning"),
                between("n_payroll", 0, None),
                between("full_time_equivalent", 0, None),
            ],
        ),
        Suite(
            "system__downloads",
            frames["system__downloads"],
            [
                unique("app", "store", "counted_on", "reported_at", severity="warning"),
                one_of("store", STORES),
                between("n_downloads", 0, None),
            ],
        ),
        Suite(
            "system__reports",
            frames["system__reports"],
            [
                unique("report_name", "unit", "period", "reported_at", severity="warning"),
                not_blank("period"),
            ],
        ),
        Suite(
            "system__maintenance",
            frames["system__maintenance"],
            [
                unique("target", "started_at", "reported_at", severity="warning"),
                not_before("ended_at", "started_at"),
            ],
        ),
        Suite(
            "system__backups",
            frames["system__backups"],
            [
                unique("system_code", "kind", "planned_on", "reported_at", severity="warning"),
                one_of("kind", (BACKUP, RESTORE_DRILL)),
            ],
        ),
    ]
