"""Socio-economic indicators (chỉ tiêu kinh tế - xã hội), after JSON-stat and SDMX: a value of a series in a period."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, TIMESTAMP, Column, Contract

# value_status. A source that does not say leaves it null; `missing` has no value.
FINAL, REVISED, PROVISIONAL, ESTIMATE, FORECAST, MISSING = (
    *("final", "revised", "provisional", "estimate"),
    *("forecast", "missing"),
)
STATUSES = (FINAL, REVISED, PROVISIONAL, ESTIMATE, FORECAST, MISSING)

# period_grain. A period to date runs from 1 January to the end of a month that is not December.
GRAINS = ("day", "week", "month", "quarter", "half_year", "nine_months", "year", "year_to_date", "span")

# comparison_basis: the period that is 100 in an index, or 0 in a growth rate.
PREVIOUS_PERIOD, SAME_PERIOD_LAST_YEAR, DECEMBER_LAST_YEAR, BASE_PERIOD, PLAN = (
    *("previous_period", "same_period_last_year", "december_last_year"),
    *("base_period", "plan"),
)
BASES = (PREVIOUS_PERIOD, SAME_PERIOD_LAST_YEAR, DECEMBER_LAST_YEAR, BASE_PERIOD, PLAN)

# vintage_basis: stated by the source; the end of the newest period it reports on; or only the time of the harvest.
STATED, REFERENCE, RECEIVED = "stated", "reference", "received"
VINTAGE_BASES = (STATED, REFERENCE, RECEIVED)

VALUES = Contract(
    slug="indicator",
    table="indicator__values",
    description="One row per value of a series, period and vintage; a revision is another row, never a change.",
    columns=(
        Column("series_id", pa.string(), "16 hex digits of sha256(dataset, dimensions)", required=True),
        Column("dataset_code", pa.string(), "dataset, table or form, the same in every vintage", required=True),
        Column("dataset_name", pa.string(), "title of the table as this vintage writes it"),
        Column("indicator_code", pa.string(), "code of the indicator, where the source has one"),
        Column("indicator_name", pa.string(), "name of the indicator as the source writes it", required=True),
        Column(
            "dimensions", pa.string(), "what tells the series in its dataset, as JSON with sorted keys", required=True
        ),
        Column("unit_code", pa.string(), "administrative unit code, where the source gives one"),
        Column("geo_code", pa.string(), "code of the area after the source: ISO 3166, NUTS …"),
        Column("geo_name", pa.string(), "name of the area as the source writes it"),
        Column("period_start_on", pa.date32(), "first day of the period", required=True),
        Column("period_end_on", pa.date32(), "last day of the period", required=True),
        Column("period_grain", pa.string(), f"one of {', '.join(GRAINS)}", required=True),
        Column("value", pa.float64(), "the value, in `unit` times ten to the power `unit_mult`; null where missing"),
        Column("unit", pa.string(), "measure unit as the source writes it"),
        Column("unit_mult", pa.int64(), "SDMX UNIT_MULT: power of ten; null where the unit says it in words"),
        Column("value_status", pa.string(), f"one of {', '.join(STATUSES)}; null where the source does not say"),
        Column("status_source", pa.string(), "status as the source writes it: flag, footnote mark, word of a header"),
        Column("comparison_basis", pa.string(), f"what the value is set against: {', '.join(BASES)}; null for a level"),
        Column("vintage_at", TIMESTAMP, "publication the value is from; null where none is told: its receipt dates it"),
        Column("vintage_basis", pa.string(), f"who tells the vintage: {', '.join(VINTAGE_BASES)}", required=True),
        Column("published_at", TIMESTAMP, "`vintage_at`; time of the harvest where there is none", required=True),
        Column("sheet", pa.string(), "sheet the value stands on, of a workbook"),
        Column("cell", pa.string(), "address of its cell, of a workbook"),
    ),
    # Vintages are versions: the record hash holds `vintage_at`, so equal values of two publications are two rows.
    key=("series_id", "period_start_on", "period_end_on"),
    event_at="published_at",
    versioned=True,
    changed_at="vintage_at",
    purpose="Follow the province's economy and society, and how its figures were revised",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    volatile=("published_at", "vintage_basis", "dataset_name", "indicator_name", "geo_name", "sheet", "cell"),
)
