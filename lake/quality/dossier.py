"""Behaviour of a batch of one-stop dossiers and procedures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.dossier import CHANNELS, RATINGS, SERVICE_LEVELS, STATUSES
from lake.quality.expect import Suite, between, in_time, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `dossier__dossiers` and `dossier__procedures`.

    Time order is refused cell by cell at the intake; it is looked at again here because a form is not the only way in.
    """
    return [
        Suite(
            "dossier__dossiers",
            frames["dossier__dossiers"],
            [
                unique("dossier_id", "reported_at", severity="warning"),  # two units' forms may both tell of one
                not_blank("dossier_id"),
                in_time("filed_at", received_at),
                in_time("returned_at", received_at),
                not_before("returned_at", "filed_at"),
                not_before("due_at", "filed_at"),
                one_of("channel", CHANNELS),
                one_of("status", STATUSES),
                one_of("rating", RATINGS),
                between("fee_vnd", 0, 1_000_000_000, severity="warning"),
            ],
        ),
        Suite(
            "dossier__procedures",
            frames["dossier__procedures"],
            [
                unique("procedure_code", "reported_at", severity="warning"),
                not_blank("procedure_name"),
                one_of("service_level", SERVICE_LEVELS),
                between("limit_working_days", 0, 365, severity="warning"),
            ],
        ),
    ]
