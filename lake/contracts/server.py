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

HOSTS = Contract(
    slug="server",
    table="server__hosts",
    description="One row per monitored host and export of the inventory, an export whole each time.",
    columns=(
        Column("host", pa.string(), "technical name, unique in its Zabbix", required=True),
        Column("exported_at", TIMESTAMP, "when the export was received", required=True),
        Column("name", pa.string(), "visible name; the technical one where none is given", required=True),
        Column("status", pa.string(), "enabled or disabled: whether it is monitored", required=True),
        Column("group_names", pa.list_(pa.string()), "host groups, in order", required=True),
        Column("template_names", pa.list_(pa.string()), "linked templates, in order", required=True),
        Column("interfaces", pa.string(), "JSON array of {type, address, port, is_default}", required=True),
        Column("n_interfaces", pa.int64(), "interfaces", required=True),
    ),
    key=("host", "exported_at"),
    event_at="exported_at",
    versioned=False,
    purpose="Know which machines are to be monitored",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=True,  # an export names the machines' keepers, and may hold what opens them
    formats=("zabbix",),
    # what opens the machine, and what names its keepers
    dropped=("macros", "details", "ipmi_username", "ipmi_password", "tls_psk", "tls_psk_identity", "inventory"),
)
