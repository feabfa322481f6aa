"""Server metrics, after the Prometheus data model: a series is a metric name with its labels."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, TIMESTAMP, Column, Contract

SERIES = Contract(
    slug="server",
    table="server__series",
    description="One row per time series ever seen.",
    columns=(
        Column("series_id", pa.string(), "16 hex digits of sha256(canonical labels)", required=True),
        Column("metric", pa.string(), "metric name (__name__)", required=True),
        Column("instance", pa.string(), "scrape target"),
        Column("job", pa.string(), "scrape job"),
        Column("labels", pa.string(), "all labels as JSON with sorted keys, __name__ included", required=True),
        Column("first_at", TIMESTAMP, "time of the first sample in the batch that introduced it", required=True),
    ),
    key=("series_id",),
    event_at="first_at",
    versioned=False,
    purpose="Know whether the data centre's machines work",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    volatile=("first_at",),
    is_derived=True,
)

SAMPLES = Contract(
    slug="server",
    table="server__samples",
    description="One row per sample of a series.",
    columns=(
        Column("series_id", pa.string(), "series the sample belongs to", required=True),
        Column("sampled_at", TIMESTAMP, "sample time", required=True),
        Column("value", pa.float64(), "sample value; NaN and infinities are legal Prometheus values", required=True),
    ),
    key=("series_id", "sampled_at"),
    event_at="sampled_at",
    versioned=False,
    purpose="Know whether the data centre's machines work",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    partitioned_by=("year(sampled_at)", "month(sampled_at)"),
    sorted_by=("series_id", "sampled_at"),
)
