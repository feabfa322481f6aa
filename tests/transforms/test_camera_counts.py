"""Traffic counts: the stations' own files come out to the last vehicle, and no reading is dropped for being odd."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contracts.base import REJECTED_SCHEMA, Delivery, Parsed
from lake.contracts.camera import COUNTS
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from lake.sources.declared import load_profile
from transforms.camera_counts import parse

RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = {"started_at": "time", "n_vehicles": "n", "speed_km_h": "v", "occupancy_pct": "occ", "lane": "lane"}
FLAGS = [name for name in COUNTS.names if name.startswith("is_")]


def profile(**fields: Any) -> Profile:
    known: dict[str, Any] = {"slug": "camera", "format": "counts", "columns": HOURLY, "interval_s": 3_600}
    return Profile.model_validate(known | {"time_zone": "America/Chicago"} | fields)


def read(body: str | bytes, shape: Profile | None = None, origin: str = "t1.csv") -> Parsed:
    content = body.encode() if isinstance(body, str) else body
    return parse(content, Delivery("counts", shape or profile(), RECEIVED_AT, origin, {}))


def rows(*lines: str, shape: Profile | None = None) -> pl.DataFrame:
    parsed = read("time,n,v,occ,lane\n" + "\n".join(lines), shape)
    assert parsed.rejected.is_empty(), parsed.rejected["reason"].to_list()
    return parsed.rows["camera__counts"]


REAL = [
    ("dvrpc/jamar_vehicle_101.csv", "jamar_vehicles", 227, {"n_vehicles": 227, "speed_km_h": 7145.9 * 1.609344}),
    ("dvrpc/ecocounter_15minutebicycle_167607.csv", "ecocounter_15min", 960, {"n_vehicles": 511}),
    ("metro_i94_hourly.csv", "metro_i94", 20_344, {"n_vehicles": 66_298_674}),
    ("nab_traffic/speed_6005.csv", "nab_speed", 2_500, {"speed_km_h": 204_767 * 1.609344}),
    ("nab_traffic/speed_t4013.csv", "nab_speed", 2_495, {"speed_km_h": 157_021 * 1.609344}),
    ("nab_traffic/occupancy_6005.csv", "nab_occupancy", 2_380, {"occupancy_pct": 10_698.45}),
    ("pems_lane_flow_train.csv", "pems_lanes", 7_776, {"n_vehicles": 520_162, "observed_pct": 777_500}),
]


@pytest.mark.parametrize(("file", "name", "n", "sums"), REAL, ids=[file for file, *_ in REAL])
def test_real_file_comes_out_to_the_last_vehicle(
    file: str, name: str, n: int, sums: dict[str, float], shared_data: Callable[[str], Path]
) -> None:
    parsed = read(shared_data(f"camera/{file}").read_bytes(), load_profile(name), Path(file).name)
    found = parsed.rows["camera__counts"]
    assert found.schema == pl.Schema(COUNTS.polars_schema)
    assert (found.height, parsed.rejected.height) == (n, 0)
    assert {column: found[column].sum() for column in sums} == pytest.approx(sums)
    assert found.select(COUNTS.required).null_count().sum_horizontal().item() == 0
    assert found.select(pl.col(flag).any() for flag in FLAGS if flag != "is_time_ambiguous").row(0) == (False,) * 5


def test_real_stations_lanes_directions_and_classes(shared_data: Callable[[str], Path]) -> None:
    jamar = shared_data("camera/dvrpc/jamar_vehicle_101.csv").read_bytes()
    found = read(jamar, load_profile("jamar_vehicles"), "x.csv").rows["camera__counts"]
    assert dict(found["lane"].value_counts().iter_rows()) == {"1": 96, "2": 104, "3": 27}
    kinds = {"car": 206, "truck": 13, "vehicle": 5, "bus": 2, "motorcycle": 1}
    assert dict(found["vehicle_class"].value_counts().iter_rows()) == kinds
    assert set(found["station_id"]) == {"101"}  # from the lines above the header
    first = found.row(0, named=True)
    assert first["started_at"] == first["ended_at"] == datetime(2023, 11, 6, 15, 59, 45, tzinfo=UTC)
    assert (first["record_id"], first["vehicle_class_source"]) == ("1", "3")
    eco = shared_data("camera/dvrpc/ecocounter_15minutebicycle_167607.csv").read_bytes()
    bikes = read(eco, load_profile("ecocounter_15min")).rows["camera__counts"]
    by = bikes.group_by("station_id", "direction", "vehicle_class").agg(pl.col("n_vehicles").sum()).sort("direction")
    assert by.rows() == [("13-4175", "inbound", "bicycle", 491), ("13-4175", "outbound", "bicycle", 20)]
    assert set(bikes["ended_at"] - bikes["started_at"]) == {timedelta(minutes=15)}


def test_real_end_of_summer_time_is_flagged(shared_data: Callable[[str], Path]) -> None:
    metro = shared_data("camera/metro_i94_hourly.csv").read_bytes()
    found = read(metro, load_profile("metro_i94")).rows["camera__counts"].filter("is_time_ambiguous")
    assert found["started_at"].unique().sort().to_list() == [
        datetime(2012, 11, 4, 6, tzinfo=UTC),
        datetime(2015, 11, 1, 6, tzinfo=UTC),
    ]


def test_impossible_readings_are_kept_and_flagged() -> None:
    found = rows(
        "2024-06-01 00:00,-1,50,5,1",
        "2024-06-01 01:00,14401,50,5,1",  # four a second on one lane
        "2024-06-01 02:00,14400,50,5,1",
        "2024-06-01 03:00,12,250.5,5,1",
        "2024-06-01 04:00,12,-3,5,1",
        "2024-06-01 05:00,12,50,100.5,1",
        "2024-06-01 06:00,12,50,-0.5,1",
        "2024-06-01 07:00,,,,1",
    )
    assert found["n_vehicles"].to_list() == [-1, 14401, 14400, 12, 12, 12, 12, None]
    assert found["is_count_impossible"].to_list() == [True, True, *[False] * 6]
    assert found["is_speed_impossible"].to_list() == [False] * 3 + [True, True] + [False] * 3
    assert found["is_occupancy_impossible"].to_list() == [False] * 5 + [True, True, False]


def test_second_hour_of_the_end_of_summer_time_is_told_by_the_step_back() -> None:
    minutes = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    found = rows(*(f"2023-11-05 {at},1,,,1" for at in minutes), shape=profile(interval_s=1_800))
    first = datetime(2023, 11, 5, 5, 30, tzinfo=UTC)
    assert found["started_at"].to_list() == [first + timedelta(minutes=30 * i) for i in range(6)]
    assert found["is_time_ambiguous"].to_list() == [False, True, True, True, True, False]
    assert not found["is_out_of_order"].any()


def test_series_of_other_lanes_do_not_turn_the_clock() -> None:
    lines = [f"2023-11-05 {at},1,,,{lane}" for lane in (1, 2) for at in ("01:00", "01:30")]
    found = rows(*lines, shape=profile(interval_s=1_800))
    assert found["started_at"].to_list()[:2] == found["started_at"].to_list()[2:]


def test_clock_time_that_never_was_is_flagged_and_read_with_the_offset_before() -> None:
    found = rows("2024-03-10 01:00,1,,,1", "2024-03-10 02:30,1,,,1", "2024-03-10 03:30,2,,,1")
    assert found["is_time_skipped"].to_list() == [False, True, False]
    assert found["started_at"].to_list()[1] == datetime(2024, 3, 10, 8, 30, tzinfo=UTC)


def test_backward_step_is_flagged_and_not_sorted_away() -> None:
    found = rows("2024-06-01 02:00,1,,,1", "2024-06-01 01:00,2,,,1", "2024-06-01 02:00,1,,,1", "2024-06-01 03:00,3,,,1")
    assert found["is_out_of_order"].to_list() == [False, True, False, False]
    assert found["n_vehicles"].to_list() == [1, 2, 1, 3]


def test_time_of_the_end_is_moved_to_the_beginning_and_offsets_are_believed() -> None:
    found = rows("2024-06-01 02:00,1,,,1", shape=profile(is_end_stamped=True))
    assert found.select("started_at", "ended_at").row(0) == (
        datetime(2024, 6, 1, 6, tzinfo=UTC),
        datetime(2024, 6, 1, 7, tzinfo=UTC),
    )
    assert rows("2024-06-01T02:00:00+07:00,1,,,1")["started_at"][0] == datetime(2024, 5, 31, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (",1,50,5,1", "missing_started_at"),
        ("01/06/2024,1,50,5,1", "unreadable_date"),
        ("1999-12-31 00:00,1,50,5,1", "impossible_time"),
        ("2026-01-03 00:00,1,50,5,1", "impossible_time"),
        ("2024-06-01 00:00,twelve,50,5,1", "unreadable_number"),
        ("2024-06-01 00:00,1.5,50,5,1", "unreadable_number"),
        ("2024-06-01 00:00,1,nan,5,1", "unreadable_number"),
        ("2024-06-01 00:00,1,50,1e400,1", "unreadable_number"),
        ("2024-06-01 00:00,1,50,5," + "x" * 300, "unfit_name"),
        ("2024-06-01 00:00,1,50", "wrong_column_count"),
        ('2024-06-01 00:00,1,"50"x,5,1', "malformed_record"),
    ],
)
def test_fault_is_named_and_costs_only_its_own_row(line: str, code: str) -> None:
    parsed = read(f"time,n,v,occ,lane\n2024-06-01 00:00,1,,,1\n{line}\n2024-06-01 02:00,1,,,1\n")
    assert parsed.rows["camera__counts"].height == 2
    assert parsed.rejected.select("position", "reason_code", "raw").rows() == [(1, code, line.encode())]
    assert parsed.rejected.schema == pl.Schema(REJECTED_SCHEMA)


def test_class_nobody_mapped_is_put_aside_and_not_called_other() -> None:
    columns = {"started_at": "time", "record_id": "no", "vehicle_class": "class"}
    shape = profile(columns=columns, interval_s=0, vehicle_class={"2": "car"})
    parsed = read("no,time,class\n1,2024-06-01 00:00,2\n2,2024-06-01 00:00,77\n,2024-06-01 00:01,2\n", shape)
    assert parsed.rows["camera__counts"]["vehicle_class"].to_list() == ["car"]
    assert parsed.rejected["reason_code"].to_list() == ["unknown_class", "missing_record_id"]


@pytest.mark.parametrize(
    ("body", "shape", "reason"),
    [
        ("<!DOCTYPE html><html></html>", profile(), "an HTML page"),
        ("", profile(), "an empty answer"),
        ("a,b\n1,2\n", profile(), "no header with"),
        ("time,n,v,occ,lane\n", profile(columns={**HOURLY, "color": "c"}), "maps color"),
        ("time,n\n", profile(columns={"n_vehicles": "n"}), "no column to started_at"),
        ("time,n\n", profile(columns={"started_at": "time"}), "no column to n_vehicles"),
        ("time,n\n", profile(columns={"started_at": "time"}, interval_s=0), "neither interval_s"),
        ("time,n\n", profile(columns={"started_at": "time"}, series=[{"column": "Lane {lane}"}]), "no column like"),
        ("time,n,v,occ,lane\n", profile(series=[{"column": "n"}]), "keep one of the two"),
        ("time,n,v,occ,lane\n", profile(encoding="utf-99"), "unknown encoding"),
    ],
)
def test_file_or_profile_that_cannot_be_meant_is_refused_as_a_whole(body: str, shape: Profile, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(body, shape)


def test_file_without_a_station_is_named_after_itself_or_its_profile() -> None:
    line = "time,n,v,occ,lane\n2024-06-01 00:00,1,,,1\n"
    assert read(line, origin="ql61c-km12.csv.gz").rows["camera__counts"]["station_id"][0] == "ql61c-km12"
    assert read(line, profile(station_id="t9")).rows["camera__counts"]["station_id"][0] == "t9"


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_put_aside_or_refused(noise: bytes) -> None:
    try:
        parsed = read(b"time,n,v,occ,lane\n2024-06-01 00:00,1,,,1\n" + noise)
    except PayloadRefused:
        return
    assert parsed.rows["camera__counts"].height >= 1
