"""Newline JSON of Frigate: every line becomes a row or a reject with its own reason, whatever its neighbours hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.base import REJECTED_SCHEMA, Delivery
from lake.contracts.camera import EVENTS, STATUS
from lake.contracts.pseudonym import token
from lake.errors import PayloadRefused
from lake.lines import stage_lines
from lake.sources.declared import load_profile
from transforms import camera

RECEIVED_AT = datetime(2021, 9, 30, 10, tzinfo=UTC)
NOON_S = 1632978000.25  # 2021-09-30 05:00:00.25 UTC, 12:00 in the province
KEY = b"0123456789abcdef" * 2
KEYS = {year: b"%d" % year * 8 for year in range(2000, 2027)} | {2021: KEY}
DELIVERY = Delivery("ndjson", load_profile("frigate"), RECEIVED_AT, "events.ndjson", KEYS)
MESSAGE: dict[str, Any] = {
    "type": "end",
    "before": {"id": "1632977990.5-abc", "camera": "ql1a-01", "frame_time": NOON_S - 1, "entered_zones": []},
    "after": {
        "id": "1632977990.5-abc",
        "camera": "ql1a-01",
        "frame_time": NOON_S,
        "start_time": NOON_S - 10,
        "end_time": NOON_S,
        "label": "car",
        "top_score": 0.875,
        "false_positive": False,
        "stationary": False,
        "current_zones": [],
        "entered_zones": ["bai_do", "huong_ve"],
        "average_estimated_speed": 41.5,
        "recognized_license_plate": "95A-123.45",
        "recognized_license_plate_score": 0.93,
    },
}
STATS = {
    "cameras": {"ql1a-01": {"camera_fps": 5.1, "pid": 7}, "ql1a-02": {"camera_fps": 0}},
    "service": {"uptime": 60, "last_updated": 1632978000},
}


class Reading:
    """What one file becomes: frames of events, status and rejects."""

    def __init__(self, body: bytes, delivery: Delivery = DELIVERY) -> None:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
            path = Path(folder) / "it's.ndjson"
            path.write_bytes(body)
            con.execute("set timezone = 'UTC'; set preserve_insertion_order = false; set threads = 2")
            stage_lines(
                con,
                path,
                fast=camera.fast_sql(str(path), delivery),
                careful=camera.careful_sql(delivery),
                variables=camera.variables(delivery),
            )
            self.events = con.execute(camera.ROWS_SQL[EVENTS.table]).pl()
            self.status = con.execute(camera.ROWS_SQL[STATUS.table]).pl()
            self.rejected = con.execute(camera.REJECTED_SQL + " order by position").pl()

    @property
    def codes(self) -> list[str]:
        return self.rejected["reason_code"].to_list()


def lines(*documents: object) -> bytes:
    return b"".join(d if isinstance(d, bytes) else json.dumps(d).encode() + b"\n" for d in documents)


def changed(**fields: object) -> dict[str, Any]:
    """MESSAGE with fields of `after` replaced; a field set to ... is left out."""
    message = deepcopy(MESSAGE)
    for name, value in fields.items():
        message["after"][name] = value
        if value is ...:
            del message["after"][name]
    return message


def numbered(number: int) -> dict[str, Any]:
    return changed(id=f"id-{number}")


def test_event_has_the_contract_columns_in_order_with_utc_times_and_no_plate() -> None:
    reading = Reading(lines(MESSAGE))
    assert reading.events.columns == EVENTS.names
    assert dict(reading.events.schema) == EVENTS.polars_schema
    assert reading.events.row(0, named=True) == {
        "camera_id": "ql1a-01",
        "event_id": "1632977990.5-abc",
        "event_type": "end",
        "sent_at": datetime(2021, 9, 30, 5, 0, 0, 250_000, tzinfo=UTC),
        "start_at": datetime(2021, 9, 30, 4, 59, 50, 250_000, tzinfo=UTC),
        "end_at": datetime(2021, 9, 30, 5, 0, 0, 250_000, tzinfo=UTC),
        "label": "car",
        "top_score": 0.875,
        "is_false_positive": False,
        "is_stationary": False,
        "direction": "inbound",
        "speed_km_h": 41.5,
        "plate_token": token("95A-123.45", KEY),
        "plate_confidence": 0.93,
    }
    assert reading.rejected.is_empty()


def test_status_has_one_row_per_camera_and_zero_frames_is_offline() -> None:
    reading = Reading(lines(STATS))
    assert dict(reading.status.schema) == STATUS.polars_schema
    at = datetime(2021, 9, 30, 5, tzinfo=UTC)
    assert sorted(reading.status.rows()) == [("ql1a-01", at, 5.1, True), ("ql1a-02", at, 0.0, False)]
    assert reading.events.is_empty()
    assert reading.rejected.is_empty()


def test_rejects_have_the_shape_of_the_quarantine_and_the_line_as_received() -> None:
    broken = b'{"type": "end",\xc3\n'
    reading = Reading(lines(MESSAGE, b"\n", broken, {"hello": 1}))
    assert dict(reading.rejected.schema) == pl.Schema(REJECTED_SCHEMA)
    assert reading.rejected.select("position", "reason_code", "raw").rows() == [
        (1, "malformed_json", broken.rstrip(b"\n")),
        (2, "unknown_shape", b'{"hello": 1}'),
    ]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed(camera=""), "missing_camera"),
        (changed(camera=...), "missing_camera"),
        (changed(id=None), "missing_id"),
        (changed(label=...), "missing_label"),
        (changed(frame_time=None), "missing_frame_time"),
        (changed(start_time=...), "missing_start_time"),
        ({**MESSAGE, "type": "gone"}, "bad_type"),
        ({"after": MESSAGE["after"]}, "bad_type"),
        (changed(frame_time="yesterday"), "impossible_time"),
        (changed(frame_time=0), "impossible_time"),
        (changed(frame_time=True), "impossible_time"),
        (changed(top_score=True), "bad_top_score"),
        (changed(frame_time=1e300), "impossible_time"),
        (changed(start_time=float("nan")), "impossible_time"),
        (changed(frame_time=RECEIVED_AT.timestamp() + 86_401), "impossible_time"),
        (changed(end_time="soon"), "impossible_time"),
        (changed(end_time=NOON_S - 11), "impossible_time"),
        (changed(top_score=1.5), "bad_top_score"),
        (changed(top_score={"a": 1}), "bad_top_score"),
        (changed(false_positive="perhaps"), "bad_flag"),
        (changed(stationary=[1]), "bad_flag"),
        (changed(average_estimated_speed="fast"), "bad_speed"),
        (changed(average_estimated_speed=-4), "bad_speed"),
        (changed(recognized_license_plate=["95A-123.45", 0.9]), "bad_plate"),
        (changed(recognized_license_plate_score=93), "bad_plate_score"),
        ({"type": "end", "after": "text"}, "missing_camera"),
        ({"available": "online"}, "unknown_shape"),
        ([MESSAGE], "unknown_shape"),
        (7, "unknown_shape"),
        (None, "unknown_shape"),
        ({"cameras": STATS["cameras"]}, "impossible_time"),
        ({**STATS, "service": {"last_updated": "now"}}, "impossible_time"),
        ({**STATS, "cameras": ["ql1a-01"]}, "bad_cameras"),
        ({**STATS, "cameras": {"ql1a-01": {}}}, "bad_cameras"),
        ({**STATS, "cameras": {"ql1a-01": {"camera_fps": "five"}}}, "bad_cameras"),
        ({**STATS, "cameras": {"": {"camera_fps": 5}}}, "bad_cameras"),
    ],
)
def test_each_fault_is_named_and_costs_only_its_own_line(document: object, code: str) -> None:
    reading = Reading(lines(numbered(1), document, numbered(2)))
    assert reading.codes == [code]
    assert reading.rejected["reason"].str.ends_with(".").all()
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2"]
    assert reading.status.is_empty()


def test_reason_does_not_repeat_a_plate() -> None:
    reading = Reading(lines(changed(recognized_license_plate=["95A-123.45"], top_score=None)))
    assert reading.codes == ["bad_plate"]
    assert "95A" not in reading.rejected["reason"][0]


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff\xfe\n",
        b'{"type": "end", "after": {"id": "\xff"}}\n',
        b"\x00\x00\n",
        b'{"type": "end"\n',
        b'{"type":\n',  # DuckDB's reader takes the next line into this one
        b'{"type": "end", "after":\n',
        b"[\n",
        b"[" * 5000 + b"\n",
        b'{"a": 1}{"b": 2}\n',
        b'{"a": 1},\n',
        b'{"a": "\\ud800"}\n',
        b"<html>\n",
    ],
)
def test_broken_line_spoils_no_neighbour(broken: bytes) -> None:
    reading = Reading(lines(numbered(1), broken, numbered(2), numbered(3)))
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2", "id-3"]
    assert reading.rejected.select("position", "reason_code", "raw").rows() == [
        (1, "malformed_json", broken.rstrip(b"\n"))
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"label": "car"', b'"label": "car", "label": "bus"'),
        (b'"type": "end"', b'"type": "end", "type": "new"'),
    ],
)
def test_key_told_twice_is_never_read_one_way(old: bytes, new: bytes) -> None:
    reading = Reading(lines(numbered(1), lines(MESSAGE).replace(old, new), numbered(2)))
    assert reading.codes == ["duplicate_key"]
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2"]


def test_lines_that_end_unlike_their_neighbours_are_read_and_shift_no_position() -> None:
    spaced, cut, late = json.dumps(numbered(3)).encode() + b" \n", b"{\n", changed(frame_time=0)
    reading = Reading(lines(cut, numbered(1), spaced, cut, late, numbered(2), cut))
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2", "id-3"]
    rejected = reading.rejected.select("position", "reason_code").rows()
    assert rejected == [(0, "malformed_json"), (3, "malformed_json"), (4, "impossible_time"), (6, "malformed_json")]


def test_document_spread_over_lines_does_not_abort_the_file() -> None:
    pretty = json.dumps(MESSAGE, indent=1).encode() + b"\n"
    reading = Reading(lines(numbered(1), pretty, numbered(2)))
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2"]
    assert "malformed_json" in reading.codes
    assert reading.rejected.height == pretty.count(b"\n")


def test_line_longer_than_the_reader_takes_does_not_abort_the_file() -> None:
    long = b'{"type": "end", "z": "' + b"y" * (34 << 20) + b"\n"
    reading = Reading(lines(numbered(1), long, numbered(2)))
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2"]
    assert reading.codes == ["oversized_line"]
    assert reading.rejected["raw"][0] == long[: 64 << 10]


def test_blank_lines_carriage_returns_and_a_missing_last_line_end_are_no_faults() -> None:
    body = lines(numbered(1), b"\r\n", b"  \n").replace(b"}\n", b"}\r\n") + json.dumps(numbered(2)).encode()
    reading = Reading(body)
    assert sorted(reading.events["event_id"]) == ["id-1", "id-2"]
    assert reading.rejected.is_empty()


def test_empty_file_has_no_rows() -> None:
    reading = Reading(b"")
    assert reading.events.is_empty()
    assert reading.status.is_empty()
    assert reading.rejected.is_empty()


def test_file_without_any_json_is_refused_as_a_whole() -> None:
    with pytest.raises(PayloadRefused, match="None of the 3 lines"):
        Reading(b"<!DOCTYPE html>\n<html>\n</html>\n")


def test_equal_lines_are_all_handed_on_for_the_writer_to_count() -> None:
    assert Reading(lines(MESSAGE, MESSAGE, STATS, STATS)).events.height == 2


def test_unknown_zones_give_no_direction_and_the_present_zone_counts_where_none_was_entered() -> None:
    body = lines(
        changed(entered_zones=["bai_do"]),
        changed(entered_zones=[], current_zones=["huong_di"]),
        changed(entered_zones=["huong_di", "huong_ve"]),
        changed(entered_zones=..., current_zones=...),
    )
    assert Reading(body).events["direction"].to_list() == [None, "outbound", "outbound", None]


def test_miles_per_hour_become_kilometres_per_hour() -> None:
    assert DELIVERY.profile is not None
    miles = replace(DELIVERY, profile=DELIVERY.profile.model_copy(update={"speed_unit": "mph"}))
    assert Reading(lines(changed(average_estimated_speed=100)), miles).events["speed_km_h"][0] == pytest.approx(
        160.9344
    )


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["Lu", "Nd", "P", "Zs"]), max_size=12))
def test_plate_token_is_the_one_of_the_privacy_module(plate: str) -> None:
    identifies = any(character.isalnum() for character in plate)
    body = lines(changed(recognized_license_plate=plate))
    if plate[:1] in ("[", "{"):
        assert Reading(body).codes == ["bad_plate"]
    else:
        expected = token(plate, KEY) if identifies else None
        assert Reading(body).events["plate_token"].to_list() == [expected]


def test_written_forms_of_one_plate_have_one_token_and_a_long_key_is_hashed_first() -> None:
    body = lines(*(changed(recognized_license_plate=p) for p in ("95A-123.45", "95a12345", " 95A 123 45 ")))
    for key in (KEY, b"k" * 65):
        tokens = set(Reading(body, replace(DELIVERY, pseudonym_keys=KEYS | {2021: key})).events["plate_token"])
        assert tokens == {token("95A12345", key)}


def test_key_is_in_no_sql_text_and_a_short_one_is_refused() -> None:
    text = camera.fast_sql("f", DELIVERY) + camera.careful_sql(DELIVERY)
    assert KEY.decode() not in text
    assert all(pad.hex() not in text.lower() for pads in camera.variables(DELIVERY).values() for pad in pads)
    with pytest.raises(ValueError, match="at least 32 bytes, that of 2021 has 5"):
        camera.variables(replace(DELIVERY, pseudonym_keys=KEYS | {2021: b"short"}))


def test_plate_seen_in_two_years_has_two_tokens_and_a_passage_over_new_year_one() -> None:
    new_year = datetime(2021, 1, 1, tzinfo=UTC).timestamp()
    starts_and_frames = [(new_year - 60, new_year - 1), (new_year - 60, new_year + 5), (new_year, new_year + 5)]
    body = lines(
        *(changed(id=str(n), start_time=at, frame_time=to, end_time=to) for n, (at, to) in enumerate(starts_and_frames))
    )
    before, over, after = Reading(body).events.sort("event_id")["plate_token"]
    assert before == over == token("95A-123.45", KEYS[2020])
    assert after == token("95A-123.45", KEY)


def test_lines_the_reader_counts_otherwise_are_all_read_again(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(lines(numbered(1), b"{\n", numbered(2)))
    fast = f"select * from ({camera.fast_sql(str(path), DELIVERY)}) limit 2"  # a reader that loses a line
    with duckdb.connect() as con:
        pads = camera.variables(DELIVERY)
        stage_lines(con, path, fast=fast, careful=camera.careful_sql(DELIVERY), variables=pads)
        ids = con.execute(f"select event_id from ({camera.ROWS_SQL[EVENTS.table]}) order by 1").fetchall()
        assert ids == [("id-1",), ("id-2",)]
        assert con.execute("select getvariable('plate_inner')").fetchone() == (None,)


def _cut(line: bytes, at: int) -> bytes:
    return line[: at % len(line)]


def _split(line: bytes, at: int) -> bytes:
    at %= len(line)
    return line[:at] + b"\n" + line[at:]


def _flip(line: bytes, at: int) -> bytes:
    at %= len(line)
    return line[:at] + bytes([line[at] ^ 0x80]) + line[at + 1 :]


DAMAGES: tuple[Callable[[bytes, int], bytes], ...] = (_cut, _split, _flip, lambda line, at: line)


@given(st.lists(st.tuples(st.sampled_from(DAMAGES), st.integers(0, 5000)), min_size=1, max_size=25))
def test_any_damage_leaves_exactly_the_whole_lines(damages: list[tuple[Callable[[bytes, int], bytes], int]]) -> None:
    body = lines(*(damage(json.dumps(numbered(n)).encode(), at) + b"\n" for n, (damage, at) in enumerate(damages)))
    held = [line for line in body.split(b"\n") if line and not line.isspace()]
    whole = [document for document in map(_document, held) if isinstance(document, dict) and "after" in document]
    if not any(_document(line) is not ... for line in held):
        if held:
            with pytest.raises(PayloadRefused):
                Reading(body)
        return
    reading = Reading(body)
    assert sorted(reading.events["event_id"]) == sorted(document["after"]["id"] for document in whole)
    assert reading.events.height + reading.rejected.height == len(held)
    assert all(held[position] == raw for position, raw in reading.rejected.select("position", "raw").rows())


def _document(line: bytes) -> object:
    try:
        return json.loads(line.decode())
    except ValueError:
        return ...


@pytest.mark.parametrize(
    "name",
    ["end", "false-positive", "full", "new-good", "new-ignored", "update-good", "update-samezone", "update-stationary"],
)
def test_real_frigate_payloads_become_rows(shared_data: Callable[[str], Path], name: str) -> None:
    payload = json.loads(shared_data(f"camera/frigate/mqtt_frigate-event-{name}.json").read_bytes())
    reading = Reading(lines(payload), replace(DELIVERY, received_at=datetime(2023, 4, 7, tzinfo=UTC)))
    assert reading.rejected.is_empty()
    row = reading.events.row(0, named=True)
    assert row["event_type"] == payload["type"]
    assert row["sent_at"] == datetime(2023, 4, 6, 14, 31, 46, 638857, tzinfo=UTC)
    assert row["is_false_positive"] is (name == "false-positive")
    # The same payload on the province's standing clock lies in the future.
    assert Reading(lines(payload)).codes == ["impossible_time"]
