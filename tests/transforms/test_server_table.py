"""Series in tables: real CloudWatch and PetShop files counted; times that repeat, lack or run backward by the rule."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Profile
from lake.contracts.server import SAMPLES, SERIES
from lake.errors import PayloadRefused
from transforms.server import parse

NOW = datetime(2025, 3, 1, tzinfo=UTC)
LONG = Profile(
    slug="server",
    format="csv",
    columns={"sampled_at": "timestamp", "value": "value"},
    labels={"__name__": "cpu_utilization", "job": "cloudwatch"},
)
WIDE = Profile(
    slug="server",
    format="csv",
    date_format="unix",
    header_labels=("instance", "__name__", "statistic"),
    labels={"job": "petshop"},
)


def read(body: bytes, profile: Profile | None = LONG, origin: str = "ec2-24ae8d.csv") -> Parsed:
    return parse(body, Delivery("csv", profile, NOW, origin, {}))


def table(*rows: str) -> bytes:
    return "\n".join(("timestamp,value", *rows, "")).encode()


def minutes(parsed: Parsed) -> list[tuple[int, float]]:
    return [(at.minute, value) for at, value in parsed.rows[SAMPLES.table].select("sampled_at", "value").rows()]


def rejects(parsed: Parsed) -> list[tuple[int, str, bytes]]:
    return parsed.rejected.select("position", "reason_code", "raw").rows()


NAB = {  # rows, distinct times, gaps of more than five minutes: counted with the standard library, see below
    "cpu_utilization_asg_misconfiguration.csv": (18_050, 18_050, 0),
    "ec2_cpu_utilization_24ae8d.csv": (4_032, 4_032, 0),
    "ec2_cpu_utilization_825cc2.csv": (4_032, 4_032, 2),
    "ec2_cpu_utilization_ac20cd.csv": (4_032, 4_032, 2),
    "ec2_disk_write_bytes_1ef3de.csv": (4_730, 4_719, 1),
    "ec2_network_in_257a54.csv": (4_032, 4_032, 2),
    "rds_cpu_utilization_cc0c53.csv": (4_032, 4_032, 1),
}


@pytest.mark.parametrize("file", NAB)
def test_real_series_arrive_whole_with_their_gaps(shared_data: Callable[[str], Path], file: str) -> None:
    body = shared_data(f"metrics/nab_aws/{file}").read_bytes()
    frame = read(body, origin=f"https://data.example/nab/{file}").rows[SAMPLES.table]
    steps = frame["sampled_at"].diff().dt.total_seconds()
    assert (frame.height, frame["sampled_at"].n_unique(), (steps > 300).sum()) == NAB[file]
    written = list(csv.reader(body.decode().splitlines()))[1:]
    assert frame["value"].to_list() == [float(value) for _, value in written]
    assert frame["sampled_at"].to_list() == [datetime.fromisoformat(at).replace(tzinfo=UTC) for at, _ in written]
    assert read(body, origin=file).rejected.is_empty()


def test_real_rows_there_twice_are_handed_on_for_the_writer_to_count(shared_data: Callable[[str], Path]) -> None:
    frame = read(shared_data("metrics/nab_aws/ec2_disk_write_bytes_1ef3de.csv").read_bytes()).rows[SAMPLES.table]
    assert frame.height - frame.unique().height == 11


def test_real_wide_table_gives_a_series_per_column_and_no_zero_for_an_empty_cell(
    shared_data: Callable[[str], Path],
) -> None:
    body = shared_data("metrics/petshop_low_traffic_noissue.csv").read_bytes()
    parsed = read(body, WIDE, "metrics.csv")
    lines = list(csv.reader(body.decode().splitlines()))
    cells = [cell for line in lines[4:] for cell in line[1:]]
    assert (len(lines[4:]), len(cells), cells.count("")) == (589, 589 * 287, 27_420)
    samples, series = parsed.rows[SAMPLES.table], parsed.rows[SERIES.table]
    assert samples.height == len(cells) - cells.count("") == 141_623
    assert parsed.rejected.is_empty()
    filled = [column for column in zip(*lines[4:], strict=True) if any(column)][1:]
    assert series.height == len(filled)
    assert set(series["metric"]) == {"latency", "requests", "availability"}
    assert samples["value"].sum() == pytest.approx(math.fsum(float(cell) for cell in cells if cell))
    assert samples["sampled_at"].min() == datetime.fromtimestamp(1_692_608_400, UTC)
    assert '"statistic":"p99"' in "".join(series["labels"])


def test_file_name_is_the_instance_where_nothing_else_says() -> None:
    series = read(table("2021-09-30 10:00:00,1")).rows[SERIES.table].row(0, named=True)
    assert (series["metric"], series["instance"], series["job"]) == ("cpu_utilization", "ec2-24ae8d", "cloudwatch")


def test_labels_of_columns_tell_series_apart() -> None:
    columns = {"sampled_at": "t", "value": "v", "__name__": "metric", "instance": "host"}
    profile = Profile(slug="server", format="csv", time_zone="Asia/Ho_Chi_Minh", columns=columns)
    parsed = read(
        b"t,host,metric,v\n2021-09-30 17:00,a,up,1\n2021-09-30 17:00,b,up,0\n2021-09-30 17:00,a,,0\n", profile
    )
    frame = parsed.rows[SERIES.table].select("instance", "metric", "first_at")
    assert frame.rows() == [(name, "up", datetime(2021, 9, 30, 10, tzinfo=UTC)) for name in ("a", "b")]
    assert rejects(parsed) == [(2, "missing_metric", b"2021-09-30 17:00,a,,0")]


def test_time_that_repeats_steps_back_or_has_no_value_goes_by_the_rule() -> None:
    parsed = read(
        table(
            "2021-09-30 10:00,1",
            "2021-09-30 10:05,2",
            "2021-09-30 10:05,2",  # the same again: the writer counts it
            "2021-09-30 10:05,3",  # another value for the same time
            "2021-09-30 10:02,9",  # backward
            "2021-09-30 10:00,1",  # backward, but nothing new
            "2021-09-30 10:10,",  # no value: no sample, not 0
            "2021-09-30 10:15,NaN",
            "2021-09-30 10:15,nan",
        )
    )
    assert [m for m, _ in minutes(parsed)] == [0, 5, 5, 0, 15, 15]
    assert rejects(parsed) == [
        (3, "conflict", b"2021-09-30 10:05,3"),
        (4, "backward_time", b"2021-09-30 10:02,9"),
    ]


def test_file_with_the_newest_first_is_no_file_of_backward_times() -> None:
    parsed = read(table("2021-09-30 10:10,3", "2021-09-30 10:05,2", "2021-09-30 10:07,8", "2021-09-30 10:00,1"))
    assert minutes(parsed) == [(0, 1.0), (7, 8.0), (10, 3.0)]
    assert rejects(parsed) == [(1, "backward_time", b"2021-09-30 10:05,2")]


def test_repeated_hour_of_a_clock_set_back_is_a_conflict_not_a_mixture() -> None:
    profile = LONG.model_copy(update={"time_zone": "America/New_York"})
    parsed = read(table("2020-11-01 01:30,1", "2020-11-01 02:30,2", "2020-11-01 01:30,7"), profile)
    assert [code for _, code, _ in rejects(parsed)] == ["conflict"]
    assert parsed.rows[SAMPLES.table].height == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2021-09-30 10:05,abc", "bad_sample"),
        ("2021-09-30 10:05,1e400", "bad_sample"),
        ('2021-09-30 10:05,"1,5"', "bad_sample"),
        ("30/09/2021,1", "unreadable_date"),
        (",1", "unreadable_date"),
        ("2021-09-30 10:05", "wrong_column_count"),
        ('2021-09-30 10:05,"1"x', "malformed_record"),
    ],
)
def test_bad_row_costs_only_itself(row: str, code: str) -> None:
    parsed = read(table("2021-09-30 10:00,1", row, "2021-09-30 10:10,+Inf"))
    assert minutes(parsed) == [(0, 1.0), (10, math.inf)]
    assert rejects(parsed) == [(1, code, row.encode())]


def test_impossible_time_is_set_aside_as_in_an_answer() -> None:
    parsed = read(table("1999-09-30 10:00,1", "2031-09-30 10:00,1", "2021-09-30 10:00,1"))
    assert parsed.rejected["reason_code"].to_list() == ["backward_time", "impossible_time", "impossible_time"]


@pytest.mark.parametrize(
    ("body", "profile", "said"),
    [
        (b"", LONG, "empty body"),
        (b"<html></html>", LONG, "an HTML page"),
        (b'{"a": 1}', LONG, "a JSON document, not a CSV"),
        (b"a,b\n1,2\n", None, "without a profile"),
        (b"a,b\n1,2\n", LONG, "has no column timestamp, value"),
        (b"a,b\n1,2\n", LONG.model_copy(update={"columns": {"sampled_at": "a"}}), "no column to value"),
        (b"microservice,x\nmetric\n", WIDE, "3 header rows"),
        (b"i,x\nm,y,z\ns,w\n1,2\n", WIDE, "3 header rows of one length"),
        (b'timestamp,value\n"2021-09-30', LONG, "cut off"),
    ],
)
def test_wrong_table_is_refused(body: bytes, profile: Profile | None, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        read(body, profile)


def test_wide_row_that_is_cut_off_is_set_aside_whole() -> None:
    body = b"instance,a,b\n__name__,up,up\nstatistic,x,x\n1692608400,1,0\n1692608700,1\n1692609000,,1\nnoon,1,1\n"
    parsed = read(body, WIDE)
    assert parsed.rows[SAMPLES.table].group_by("series_id").len()["len"].sort().to_list() == [1, 2]
    assert rejects(parsed) == [(1, "wrong_column_count", b"1692608700,1"), (3, "unreadable_date", b"noon,1,1")]
    assert parsed.rows[SAMPLES.table].filter(pl.col("value") == 0).height == 1
