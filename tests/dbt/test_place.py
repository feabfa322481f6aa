"""Units over time: the bridge of 1 July 2025 loses no commune, and a re-used code is not taken for its predecessor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from tiny_lake import TinyLake, seed

from lake.contracts.base import Delivery
from lake.sources.declared import load_profile
from transforms.place import parse

RECEIVED_AT = datetime(2025, 7, 18, tzinfo=UTC)
LISTS = {
    "gso_districts_2020": "admin/pre2025/gso_district_2025-07-18.csv",
    "gso_communes_2020": "admin/pre2025/gso_ward_2025-07-18.csv",
    "gso_provinces_2025": "admin/post2025/915_CTK-CSCL_province_codes.csv",
    "gso_communes_2025": "admin/post2025/1027_CTK-CSCL_commune_codes.md",
    "boundaries_2025": "admin/post2025/geojson/wards/31333_vi_tan.geojson",
}


pytestmark = [pytest.mark.long, pytest.mark.slow]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> TinyLake:
    """A lake with the real lists of the country, after one build of the models of `place`."""
    lake = TinyLake(tmp_path_factory.mktemp("places"))
    for name, file in LISTS.items():
        profile = load_profile(name)
        delivery = Delivery(profile.format, profile, RECEIVED_AT, file, {})
        for table, frame in parse(shared_data(file).read_bytes(), delivery).rows.items():
            written = frame.with_columns(source=pl.lit(name), received_at=pl.lit(RECEIVED_AT), record_hash=pl.lit(""))
            if written.height:
                lake.insert(f"raw.{table}", written)
    selected = (
        *("units", "unit_bridge", "unit_tiles", "stg_place__units", "stg_place__boundaries", "int_place__units"),
        *("dim_places", "bridge_place_successors", "dim_place_boundaries"),
    )
    built = lake.dbt("build", "--indirect-selection", "buildable", "--select", " ".join(selected))
    assert isinstance(built.result, RunExecutionResult), built.exception
    bad = {r.node.name: r.message for r in built.result.results if r.status not in ("success", "pass")}
    assert not bad
    ran = {r.node.name for r in built.result.results}
    assert {"bridge_takes_every_old_unit_once", "bridge_and_tiles_name_units_of_their_day"} <= ran
    assert {"a_reused_code_is_two_units_and_a_named_parent_is_found", "a_unit_made_of_two_districts_straddles"} <= ran
    return lake


def test_the_whole_country_is_there_at_both_times_with_every_parent_known(lake: TinyLake) -> None:
    counts = lake.query(
        "select valid_from, level, count(*) as n, count(*) filter (where level <> 'province' and province_code is null)"
        " as lost from lake.marts.dim_places group by all"
    )
    assert {(row["valid_from"], row["level"]): (row["n"], row["lost"]) for row in counts} == {
        (date(2020, 2, 1), "province"): (63, 0),
        (date(2020, 2, 1), "district"): (696, 0),
        (date(2020, 2, 1), "commune"): (10_035, 0),
        (date(2025, 7, 1), "province"): (34, 0),
        (date(2025, 7, 1), "commune"): (3_321, 0),
    }


def test_a_code_without_its_day_would_name_two_units(lake: TinyLake) -> None:
    rows = lake.query(
        "select name_vi, province_code from lake.marts.dim_places where code = '31321' order by valid_from"
    )
    assert [(row["name_vi"], row["province_code"]) for row in rows] == [("Phường III", "93"), ("Phường Vị Thanh", "92")]


def test_every_unit_of_the_province_has_a_tile_and_those_of_others_none(lake: TinyLake) -> None:
    (row,) = lake.query(
        "select count(*) filter (where tile_row is not null) as n_tiles, count(*) filter "
        "(where tile_row is not null and origin <> 'seed') as n_strange from lake.marts.dim_places"
    )
    assert row == {"n_tiles": 103, "n_strange": 0}


def test_the_units_made_of_two_districts_are_told(lake: TinyLake) -> None:
    rows = lake.query(
        "select distinct new_name_vi from lake.marts.bridge_place_successors where is_straddling order by new_name_vi"
    )
    assert [row["new_name_vi"] for row in rows] == ["Xã Vĩnh Thuận Đông", "Xã Đông Phước"]
    (row,) = lake.query("select count(*) as n from lake.marts.bridge_place_successors where is_code_reused")
    assert row["n"] == 28


def test_a_boundary_keeps_its_name_and_place(lake: TinyLake) -> None:
    (row,) = lake.query("select * from lake.marts.dim_place_boundaries")
    assert (row["code"], row["name_vi"], row["n_vertices"]) == ("31333", "Phường Vị Tân", 878)
    assert json.loads(str(row["geometry"]))["type"] == "MultiPolygon"


def test_the_bridge_agrees_with_the_resolution(shared_data: Callable[[str], Path]) -> None:
    resolution = json.loads(shared_data("admin/haugiang_75_to_28.json").read_text(encoding="utf-8"))
    official = {(old["code"], new["new_code"], new["clause"]) for new in resolution for old in new["old"]}
    ours = {(row["old_code"], row["new_code"], int(row["clause"])) for row in seed("unit_bridge")}
    assert ours == official and len(ours) == 75


def test_new_names_agree_with_the_statistics_office(shared_data: Callable[[str], Path]) -> None:
    text = shared_data(LISTS["gso_communes_2025"]).read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.startswith("|")]
    listed = {row[2]: row[3] for row in cells if row[4] == "Tp Cần Thơ"}
    new = {unit["code"]: unit["name_vi"] for unit in seed("units") if unit["valid_from"] == "2025-07-01"}
    del new["92"]
    assert len(new) == 28 and {code: listed[code] for code in new} == new


def test_tiles_keep_the_compass() -> None:
    """Châu Thành lies north-east, Long Mỹ south, Vị Thanh west: a map that turns them round misleads."""
    for valid_from, (west, east, south) in {
        "2020-02-01": ("31339", "31381", "31483"),
        "2025-07-01": ("31338", "31366", "31480"),
    }.items():
        tiles = {t["code"]: t for t in seed("unit_tiles") if t["valid_from"] == valid_from}
        columns = sorted(int(t["tile_column"]) for t in tiles.values())
        rows = sorted(int(t["tile_row"]) for t in tiles.values())
        assert int(tiles[west]["tile_column"]) == columns[0]
        assert int(tiles[east]["tile_column"]) == columns[-1]
        assert int(tiles[south]["tile_row"]) == rows[-1]
