"""Behaviour of a batch of server metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.quality.expect import Suite, between, in_time, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `server__series`, `server__samples`, of the samples of `up` and of the inventory.

    `frames["server__series"]` holds the series the samples belong to, those of earlier batches included: a
    sample whose series is not there is not recognised as one of `up`.
    """
    series, samples = frames["server__series"], frames["server__samples"]
    # `up` is written by Prometheus itself and is 0 or 1 (https://prometheus.io/docs/concepts/jobs_instances/):
    # anything else is another program's metric under that name, and availability would be computed from it.
    up = samples.join(series.filter(pl.col("metric") == "up").select("series_id"), on="series_id", how="semi")
    return [
        Suite("server__series", series, [unique("series_id"), not_blank("metric")]),
        Suite("server__samples", samples, [unique("series_id", "sampled_at"), in_time("sampled_at", received_at)]),
        # A NaN would pass as missing, so it is made a number that is in no vocabulary.
        Suite(
            "server__samples.up",
            up.with_columns(pl.col("value").fill_nan(-1.0)),
            [one_of("value", {0.0, 1.0})],
        ),
        Suite(
            "server__hosts",
            # Great Expectations compares cells, and lists are none.
            frames["server__hosts"].drop("group_names", "template_names"),
            [
                unique("host", "exported_at"),
                not_blank("host"),
                one_of("status", {"enabled", "disabled"}),
                between("n_interfaces", 1, None, severity="warning"),
            ],
        ),
    ]
