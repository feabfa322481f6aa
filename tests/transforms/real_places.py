"""The country's units at both times, read from the official lists where they are present."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import polars as pl

from lake.contracts.base import Delivery, Parsed
from lake.sources.declared import load_profile
from transforms.gazetteer import Unit
from transforms.place import parse

RECEIVED_AT = datetime(2025, 7, 18, tzinfo=UTC)
BEFORE, SINCE = date(2020, 2, 1), date(2025, 7, 1)
LISTS = {
    "gso_districts_2020": "admin/pre2025/gso_district_2025-07-18.csv",
    "gso_communes_2020": "admin/pre2025/gso_ward_2025-07-18.csv",
    "gso_provinces_2025": "admin/post2025/915_CTK-CSCL_province_codes.csv",
    "gso_communes_2025": "admin/post2025/1027_CTK-CSCL_commune_codes.md",
}


def read(profile_name: str, body: bytes) -> Parsed:
    profile = load_profile(profile_name)
    return parse(body, Delivery(profile.format, profile, RECEIVED_AT, "list", {}))


@cache
def real_units(shared_data: Callable[[str], Path]) -> list[Unit]:
    """All units of the four lists, parents by code, as the warehouse puts them together."""
    frames = {name: read(name, shared_data(file).read_bytes()).rows["place__units"] for name, file in LISTS.items()}
    districts, provinces = frames["gso_districts_2020"], frames["gso_provinces_2025"]
    former = districts.select("parent_code", "parent_name_vi", "valid_to").unique()
    code_of = dict(provinces.select("name_key", "code").rows())
    units = [Unit(code, BEFORE, valid_to, "province", name, None) for code, name, valid_to in former.rows()]
    for row in pl.concat(frames.values()).iter_rows(named=True):
        parent = row["parent_code"] or code_of.get(row["parent_name_key"] or "")
        units.append(Unit(row["code"], row["valid_from"], row["valid_to"], row["level"], row["name_vi"], parent))
    return units
