"""Behaviour of a batch of socio-economic statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.indicator import BASES, GRAINS, MISSING, STATUSES, VINTAGE_BASES
from lake.quality.expect import Suite, in_time, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `indicator__values` and of its rows without a value.

    Two values of a series and period under one vintage are a correction the publisher did not date: reported, the one
    received last stands. A row without a value that is not marked as missing would count as something in a sum.
    """
    values = frames["indicator__values"]
    without_value = values.filter(pl.col("value").is_null()).with_columns(pl.col("value_status").fill_null(""))
    return [
        Suite(
            "indicator__values",
            values,
            [
                unique("series_id", "period_start_on", "period_end_on", "vintage_at", severity="warning"),
                not_blank("dataset_code"),
                not_blank("indicator_name"),
                one_of("period_grain", GRAINS),
                one_of("value_status", STATUSES),
                one_of("comparison_basis", BASES),
                one_of("vintage_basis", VINTAGE_BASES),
                in_time("published_at", received_at, severity="warning"),
            ],
        ),
        Suite("indicator__values.without_value", without_value, [one_of("value_status", {MISSING})]),
    ]
