"""The place suite: a sound list passes; two units under one key, or a map in the sea, do not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lake.contracts.place import BOUNDARIES, UNITS
from lake.quality.run import BatchFacts, validate

NOW = datetime(2025, 7, 18, tzinfo=UTC)


def frames() -> dict[str, pl.DataFrame]:
    same = {"valid_from": date(2020, 2, 1), "effective_at": datetime(2020, 1, 31, 17, tzinfo=UTC)}
    unit = same | {"valid_to": date(2025, 6, 30), "level": "commune", "type_vi": "Xã"}
    edges = {"min_long": 105.4, "max_long": 105.5, "min_lat": 9.7, "max_lat": 9.8}
    shape = same | edges | {"geometry": "{}", "n_polygons": 1, "n_vertices": 5}
    return {
        UNITS.table: pl.DataFrame(
            [unit | {"code": str(31318 + i), "name_vi": f"Xã {i}", "name_key": str(i)} for i in range(20)],
            schema=UNITS.polars_schema,
        ),
        BOUNDARIES.table: pl.DataFrame(
            [shape | {"code": str(31318 + i)} for i in range(20)], schema=BOUNDARIES.polars_schema
        ),
    }


def blocked(held: dict[str, pl.DataFrame]) -> set[tuple[str, str | None]]:
    facts = BatchFacts(40, 0, NOW, is_first=True)
    results = validate("place", held, facts=facts)
    return {(r.suite, r.column_name) for r in results if not r.is_success and r.severity == "blocking"}


@pytest.mark.slow
def test_only_damage_holds_a_list_back() -> None:
    assert blocked(frames()) == set()
    held = frames()
    units = held[UNITS.table].with_columns(valid_to=pl.lit(date(2019, 1, 1)), level=pl.lit("ward"))
    held[UNITS.table] = pl.concat([units, units.head(1)])
    held[BOUNDARIES.table] = held[BOUNDARIES.table].with_columns(max_lat=pl.lit(105.5))
    assert blocked(held) == {
        (UNITS.table, "code, valid_from"),
        (UNITS.table, "valid_to, valid_from"),
        (UNITS.table, "level"),
        (BOUNDARIES.table, "max_lat"),
    }
