"""Behaviour of a batch of citizens' reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.quality.expect import Suite, between, in_time, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `ticket__requests`, of the histories and of the service list.

    A batch may hold several versions of a request, told apart by `updated_at`: two with the same one leave its
    present state to chance. A source that gives no `updated_at` cannot do better, so there it is only reported.
    """
    return [
        Suite(
            "ticket__requests",
            frames["ticket__requests"],
            [
                unique("request_id", "updated_at", are_nulls_equal=False),
                unique("request_id", "updated_at", severity="warning"),
                not_blank("request_id"),
                one_of("status", {"open", "closed"}),
                in_time("requested_at", received_at),
                in_time("updated_at", received_at, severity="warning"),
                in_time("closed_at", received_at, severity="warning"),
                between("lat", -90, 90),
                between("long", -180, 180),
                not_blank("description", severity="warning"),
                one_of("is_closed_before_requested", {False}, severity="warning", at_least=0.99),
                not_before("expected_at", "requested_at"),
            ],
        ),
        Suite(
            "ticket__events",
            frames["ticket__events"],
            [
                in_time("occurred_at", received_at, severity="warning"),
                one_of("is_out_of_order", {False}, severity="warning", at_least=0.99),
            ],
        ),
        Suite(
            "ticket__services",
            frames["ticket__services"],
            [
                unique("service_code", "listed_at"),
                one_of("service_type", {"realtime", "batch", "blackbox"}, severity="warning"),
            ],
        ),
    ]
