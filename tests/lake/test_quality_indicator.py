"""The indicator suite: a sound batch passes, a value lost without a word stops the publish."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from lake.contracts.indicator import VALUES
from lake.quality.run import BatchFacts, validate

RECEIVED_AT = datetime(2025, 1, 6, 10, tzinfo=UTC)
FACTS = BatchFacts(n_offered=60, n_quarantined=0, received_at=RECEIVED_AT, is_first=False)


def batch(**columns: object) -> dict[str, pl.DataFrame]:
    fields = {
        "series_id": [f"s{i}" for i in range(60)],
        "dataset_code": "cpi",
        "indicator_name": "Chỉ số giá",
        "dimensions": "{}",
        "period_start_on": date(2024, 12, 1),
        "period_end_on": date(2024, 12, 31),
        "period_grain": "month",
        "value": 102.5,
        "vintage_at": RECEIVED_AT,
        "vintage_basis": "stated",
        "published_at": RECEIVED_AT,
        **columns,
    }
    frame = pl.DataFrame(
        {
            name: pl.Series(fields[name], dtype=dtype)
            if isinstance(fields.get(name), list)
            else pl.Series([fields.get(name)] * 60, dtype=dtype)
            for name, dtype in VALUES.polars_schema.items()
        }
    )
    return {VALUES.table: frame}


def failed(frames: dict[str, pl.DataFrame]) -> set[tuple[str, str | None, str]]:
    return {
        (result.suite, result.column_name, result.severity)
        for result in validate("indicator", frames, facts=FACTS)
        if not result.is_success
    }


def test_sound_batch_passes_and_each_damage_is_told() -> None:
    missing = {"value": [None, *[1.0] * 59], "value_status": ["missing", *[None] * 59]}
    assert failed(batch(**missing)) == set()
    assert failed(batch(value=[None, *[1.0] * 59])) == {
        ("indicator__values.without_value", "value_status", "blocking"),
    }
    assert failed(batch(period_grain="moon", comparison_basis="dream", indicator_name=" ")) == {
        ("indicator__values", column, "blocking") for column in ("period_grain", "comparison_basis", "indicator_name")
    }
    key = "series_id, period_start_on, period_end_on, vintage_at"
    assert failed(batch(series_id="s")) == {("indicator__values", key, "warning")}
