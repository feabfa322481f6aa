"""Behaviour of a batch of official documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.document import DIRECTIONS, LEVELS
from lake.quality.expect import Suite, in_time, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suite of `document__documents`."""
    return [
        Suite(
            "document__documents",
            frames["document__documents"],
            [
                unique("direction", "symbol", "issuing_agency", "issued_on", "reported_at", severity="warning"),
                not_blank("symbol"),
                not_blank("issuing_agency"),
                one_of("direction", DIRECTIONS),
                one_of("level", LEVELS),
                in_time("arrived_at", received_at),
                not_before("done_on", "issued_on"),
                not_before("due_on", "issued_on"),
            ],
        )
    ]
