"""A table built on from day to day holds what a build from nothing would hold, late data included."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tiny_lake import TinyLake, utc

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.xdist_group("dbt")]

TABLES = (
    *("intermediate.int_camera__objects", "intermediate.int_camera__online_hourly", "intermediate.int_server__slots"),
    *("intermediate.int_camera__passage_hours", "marts.fct_camera_hours", "marts.fct_plate_days"),
    "marts.fct_server_days",
)
BUILD = (
    *("build", "--resource-type", "seed", "--resource-type", "model"),
    *("--select", *(f"+{table.partition('.')[2]}" for table in TABLES)),
)


class Deliveries:
    """Commits raw rows with the account of their batch, as the writer does."""

    def __init__(self, lake: TinyLake) -> None:
        self.lake = lake

    def commit(self, source: str, slug: str, table: str, event_at: str, at: datetime, rows: list[dict]) -> None:
        own = {"source": source, "ingested_at": at}
        self.lake.insert(f"raw.{table}", [row | own for row in rows])
        times = [row[event_at] for row in rows]
        account = {"source": source, "slug": slug, "table_name": table, "committed_at": at, "n_accepted": len(rows)}
        self.lake.insert("ops.batches", [account | {"event_min_at": min(times), "event_max_at": max(times)}])

    def day(self, day: datetime, at: datetime) -> None:
        """A day of a camera's states, a passage an hour, and samples of a server every ten minutes."""
        times = [day + timedelta(minutes=10 * n) for n in range(144)]
        states = [{"camera_id": "c", "reported_at": t, "is_online": t.minute != 20} for t in times]
        samples = [{"series_id": "s", "sampled_at": t, "value": float(t.minute != 30)} for t in times]
        events = [
            {"camera_id": "c", "event_id": f"{t:%d%H}", "event_type": "new", "label": "car"}
            | {"sent_at": t, "start_at": t, "speed_km_h": 31.1 + t.hour / 7, "is_false_positive": False}
            for t in times[::6]
        ]
        self.commit("cam", "camera", "camera__status", "reported_at", at, states)
        self.commit("cam", "camera", "camera__events", "sent_at", at, events)
        self.commit("mc", "server", "server__samples", "sampled_at", at, samples)


def content(lake: TinyLake) -> dict[str, list[dict[str, object]]]:
    return {table: lake.query(f"select * from lake.{table} order by all") for table in TABLES}


def test_build_on_top_of_late_data_equals_a_build_from_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = TinyLake(tmp_path_factory.mktemp("incremental"))
    deliveries = Deliveries(lake)
    lake.declare("cam", "camera", "2021-09-04 00:00", step_s=600)
    lake.declare("mc", "server", "2021-09-04 00:00", step_s=600)
    lake.insert("raw.server__series", [{"source": "mc", "series_id": "s", "metric": "up", "instance": "sv"}])
    for n in (1, 2, 3):
        deliveries.day(utc(f"2021-09-0{n} 00:00"), utc(f"2021-09-0{n + 1} 00:01"))
    assert lake.dbt(*BUILD).success
    # a mark on the first day, which nothing that follows touches: a build from nothing would remove it
    with lake.open() as con:
        con.execute("update lake.intermediate.int_camera__objects set top_score = 0.123 where event_id = '0105'")
        con.execute(
            "update lake.intermediate.int_server__slots set is_up = null where slot_us < epoch_us(timestamptz "
            "'2021-09-01 00:05:00+00')"
        )
        con.execute("update lake.ops.harvests set as_of = timestamptz '2021-09-05 06:00:00+00'")
    # a day goes by; two days late, one more state and sample of 03/09, a correction and a reading of old passages
    deliveries.day(utc("2021-09-04 00:00"), utc("2021-09-05 00:01"))
    late, at = utc("2021-09-02 23:58"), utc("2021-09-05 00:02")
    deliveries.commit(
        *("cam", "camera", "camera__status", "reported_at", at),
        [{"camera_id": "late", "reported_at": late, "is_online": True}],
    )
    deliveries.commit(
        *("mc", "server", "server__samples", "sampled_at", at),
        [{"series_id": "s", "sampled_at": late, "value": 0.0}],
    )
    correction = {"camera_id": "c", "event_id": "0203", "event_type": "end", "label": "car", "is_false_positive": True}
    correction |= {"sent_at": utc("2021-09-02 05:00"), "start_at": utc("2021-09-02 03:00")}
    deliveries.commit("cam", "camera", "camera__events", "sent_at", at, [correction])
    reading = {"camera_id": "c", "event_id": "0204", "read_at": late, "plate_token": "p", "plate_confidence": 0.9}
    deliveries.commit("cam", "camera", "camera__plates", "read_at", at, [reading])

    assert lake.dbt(*BUILD).success
    built_on = content(lake)
    assert lake.dbt(*BUILD, "--full-refresh").success
    anew = content(lake)

    marked = [row for row in built_on["intermediate.int_camera__objects"] if row["top_score"] == 0.123]
    assert len(marked) == 1, "the untouched day was built anew"
    marked[0]["top_score"] = None
    assert [row["slot"] for row in built_on["intermediate.int_server__slots"] if row["is_up"] is None] == [0]
    for row in built_on["intermediate.int_server__slots"]:
        row["is_up"] = True if row["is_up"] is None else row["is_up"]
    (day,) = (row for row in built_on["marts.fct_server_days"] if str(row["sampled_on"]) == "2021-09-01")
    day["n_up"] += 1
    day["n_up_outside"] += 1
    for table in TABLES:
        assert built_on[table] == anew[table], table
