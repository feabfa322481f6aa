"""Counts of real stations and the register of cameras through the models: the stations' own sums must come out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import TinyLake, utc

from lake.contracts.base import Delivery
from lake.sources.declared import load_profile
from transforms.camera_counts import parse

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.xdist_group("dbt")]
MODELS = ("+fct_station_hours", "+dim_cameras", "+fct_camera_days")
FILES = {
    "jamar": ("dvrpc/jamar_vehicle_101.csv", "jamar_vehicles", "America/New_York"),
    "eco": ("dvrpc/ecocounter_15minutebicycle_167607.csv", "ecocounter_15min", "America/New_York"),
    "metro": ("metro_i94_hourly.csv", "metro_i94", "America/Chicago"),
    "pems": ("pems_lane_flow_train.csv", "pems_lanes", "America/Los_Angeles"),
}
AS_OF = "2026-01-01 00:00"


def test_stations_sums_come_out_and_the_register_tells_where_cameras_are(
    tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
) -> None:
    lake = TinyLake(tmp_path_factory.mktemp("stations"))
    for source, (file, profile, zone) in FILES.items():
        path = shared_data(f"camera/{file}")
        rows = parse(path.read_bytes(), Delivery("counts", load_profile(profile), utc(AS_OF), path.name, {}))
        lake.declare(source, "camera", AS_OF, time_zone=zone, unit_code=source, is_synthetic=False)
        # The writer leaves out the second of two equal rows.
        lake.insert("raw.camera__counts", rows.rows["camera__counts"].unique().with_columns(source=pl.lit(source)))
    lake.declare("cam", "camera", "2021-09-30 10:00", step_s=3600)
    lake.declare("register", "camera", AS_OF)
    lake.insert("raw.camera__status", [status("a"), status("b")])
    entry = {"source": "register", "is_retired_before_installed": False, "received_at": utc(AS_OF)}
    lake.insert(
        "raw.camera__registry",
        [
            entry | {"camera_id": "a", "road_code": "QL1A", "km_mark": 2078.35, "installed_on": date(2020, 6, 1)},
            entry
            | {"camera_id": "b", "road_code": "QL61C", "installed_on": date(2020, 6, 1)}
            | {"retired_on": date(2021, 9, 1)},
            entry | {"camera_id": "c", "road_code": "QL61C", "installed_on": date(2021, 10, 1)},
        ],
    )
    assert lake.dbt("build", "--select", *MODELS).success
    sums = lake.query(
        "select source, sum(n_vehicles)::bigint as n, sum(n_readings)::bigint as readings, "
        "sum(n_filled_in)::bigint as filled_in, sum(n_impossible)::bigint as impossible "
        "from lake.marts.fct_station_hours group by 1 order by 1"
    )
    assert [tuple(row.values()) for row in sums] == [
        ("eco", 511, 960, 0, 0),
        ("jamar", 227, 227, 0, 0),
        ("metro", 57_350_692, 17_491, 0, 0),
        ("pems", 520_162 - 113, 7_776, 1, 0),
    ]
    cameras = lake.query(
        "select camera_id, source, road_code, km_mark, is_registered from lake.marts.dim_cameras order by 1"
    )
    assert [tuple(row.values()) for row in cameras] == [
        ("a", "cam", "QL1A", 2078.35, True),
        ("b", "cam", "QL61C", None, True),
        ("c", None, "QL61C", None, True),
    ]
    # b was taken down on 01/09: what it still sends counts for nothing, and nothing is expected of it.
    days = lake.query("select camera_id, expected_minutes, online_minutes from lake.marts.fct_camera_days order by 1")
    assert [tuple(row.values()) for row in days] == [("a", 120.0, 60.0)]


def status(camera_id: str) -> dict[str, object]:
    return {"source": "cam", "camera_id": camera_id, "reported_at": utc("2021-09-30 08:00"), "camera_fps": 5.0} | {
        "is_online": True
    }
