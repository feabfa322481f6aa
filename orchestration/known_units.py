"""The administrative units the lake knows, and the reader of addresses that goes by them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb

from lake import serving
from lake.contracts.base import Located
from lake.errors import ServingError
from lake.settings import Settings
from lake.sources.declared import Source
from transforms import address
from transforms.gazetteer import Gazetteer, Unit

SEEDS = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds"


def locator(settings: Settings, source: Source) -> Callable[[str, date], Located] | None:
    """What finds the unit of an address in reports to `source`; None where the source answers for no known unit.

    Its reports speak of the province it answers for, so an address need not name it.
    """
    try:
        publication = serving.published(settings).run_id
    except ServingError:
        publication = ""
    return _locator(settings, publication, source.unit_code)


@lru_cache(4)
def _locator(settings: Settings, publication: str, unit_code: str) -> Callable[[str, date], Located] | None:
    """`publication` is in the key alone: another one may know other units."""
    gazetteer = Gazetteer(units := known_units(settings))
    parents = {unit.code: unit.parent_code for unit in units}
    if (province := unit_code) not in parents:
        return None
    while parent := parents.get(province):
        province = parent

    @lru_cache(10_000)  # a report is delivered again and again as it changes
    def locate(text: str, on: date) -> Located:
        place = address.find(text, gazetteer, on, within=province)
        unit = place.unit
        return Located(
            unit.code if unit else None,
            unit.valid_from if unit else None,
            place.confidence,
            place.confidence >= address.SURE,
        )

    return locate


def known_units(settings: Settings) -> list[Unit]:
    """Units of the last publication, which has those of harvested lists; those of the province's seed before it."""
    columns = "code, valid_from, valid_to, level, name_vi, parent_code"
    try:
        with serving.connect(settings) as con:
            return [Unit(*row) for row in con.execute(f"select {columns} from marts.dim_places").fetchall()]
    except (ServingError, duckdb.CatalogException):  # nothing published yet, or before units were
        return [
            Unit(
                row["code"],
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                row["level"],
                row["name_vi"],
                row["parent_code"] or None,
            )
            for row in seed("units")
        ]


def seed(name: str) -> Sequence[dict[str, str]]:
    """Rows of a seed of the warehouse."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
