"""Tickets: real Open311 and CSV deliveries counted exactly, and every kind of bad record named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.base import REJECTED_SCHEMA, Delivery, Located, Parsed
from lake.contracts.profile import Profile
from lake.contracts.ticket import REQUESTS
from lake.errors import PayloadRefused
from lake.sources.declared import load_profile
from transforms.ticket import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
REAL_NOW = datetime(2024, 6, 1, tzinfo=UTC)  # the 2017 reports were closed as late as 2023
GOOD = {
    "service_request_id": "HG-2021-000001",
    "status": "open",
    "requested_datetime": "2021-09-01T08:00:00+07:00",
}


def delivery(profile: Profile | None = None, *, csv: bool = False, at: datetime = NOW) -> Delivery:
    return Delivery("csv" if csv else "open311", profile, at, "http://tickets.example/requests.json", {})


def parsed(*requests: object, profile: Profile | None = None) -> Parsed:
    return parse(json.dumps(requests).encode(), delivery(profile))


def only_row(**changes: object) -> dict[str, object]:
    result = parsed({**GOOD, **changes})
    assert result.rejected.is_empty(), result.rejected["reason"].to_list()
    return result.rows["ticket__requests"].row(0, named=True)


def only_reject(record: object) -> tuple[str, str]:
    result = parsed(GOOD, record)
    assert result.rows["ticket__requests"].height == 1
    position, code, reason, _ = result.rejected.row(0)
    assert position == 1 and result.rejected.height == 1
    return code, reason


def counts(result: Parsed) -> tuple[int, int, int, int]:
    frame = result.rows["ticket__requests"]
    return (
        frame.height,
        frame.filter(pl.col("status") == "closed").height,
        int(frame["is_closed_before_requested"].sum()),
        result.rejected.height,
    )


@pytest.mark.parametrize(
    ("file", "profile", "expected"),
    [
        ("boston311_2013.csv", "boston311", (3095, 2517, 0, 0)),
        ("boston311_2017.csv", "boston311", (7760, 5920, 2, 0)),
        ("chicago_open311_requests_2014.json", None, (50, 49, 0, 0)),
        ("open311status/service_requests.json", None, (2, 0, 0, 0)),
    ],
)
def test_real_deliveries_are_counted_exactly(
    shared_data: Callable[[str], Path], file: str, profile: str | None, expected: tuple[int, int, int, int]
) -> None:
    path = shared_data(f"feedback/{file}")
    named = load_profile(profile) if profile else None
    result = parse(path.read_bytes(), delivery(named, csv=path.suffix == ".csv", at=REAL_NOW))
    assert counts(result) == expected
    frame = result.rows["ticket__requests"]
    assert frame.schema == REQUESTS.polars_schema
    assert frame["request_id"].n_unique() == expected[0]
    assert frame.filter(pl.col("status") == "closed")["closed_at"].null_count() == 0
    assert frame.filter(pl.col("status") == "open")["closed_at"].null_count() == expected[0] - expected[1]


def test_boston_local_times_become_utc(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("feedback/boston311_2013.csv")
    row = (
        parse(path.read_bytes(), delivery(load_profile("boston311"), csv=True))
        .rows["ticket__requests"]
        .row(0, named=True)
    )
    assert row["request_id"] == "101000729509"
    assert row["requested_at"] == datetime(2013, 1, 1, 11, 32, 33, tzinfo=UTC)  # 06:32:33 in Boston, winter
    assert row["expected_at"] == datetime(2013, 1, 2, 11, 32, 33, tzinfo=UTC)
    assert row["closed_at"] == datetime(2013, 1, 1, 18, 14, 40, tzinfo=UTC)
    assert row["updated_at"] is None  # the export dates no change
    assert row["agency"] == "PWDx" and row["channel"] == "Constituent Call" and row["has_photo"] is False
    assert (row["lat"], row["long"]) == (42.3029, -71.0824)


def test_chicago_history_gives_the_closing_time(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("feedback/chicago_open311_requests_2014.json").read_bytes()
    frame = parse(body, delivery()).rows["ticket__requests"]
    request = json.loads(body)[0]
    closing = [note["datetime"] for note in request["notes"] if note["type"] == "closed"][-1]
    row = frame.row(by_predicate=pl.col("request_id") == request["service_request_id"], named=True)
    assert row["closed_at"] == datetime.fromisoformat(closing)
    assert row["channel"] == "phone" and int(frame["has_photo"].sum()) == 2


def test_every_field_of_a_request() -> None:
    row = only_row(
        status="closed",
        status_notes="Đã xử lý, gọi 0912.345.678",
        service_code="GT",
        service_name=" Hạ  tầng\ngiao thông ",
        description="Ổ gà, xe 95A-123.45 té",
        agency_responsible="Sở GTVT",
        updated_datetime="2021-09-03T09:00:00Z",
        expected_datetime="2021-09-10T17:00:00+07:00",
        lat="9.784567",
        long=105.470912,
        media_url="http://img.example/1.jpg",
        extended_attributes={
            "channel": "app",
            "unit_code": "31321",
            "closed_datetime": "2021-09-02T10:30:00+07:00",
            "satisfaction": 5,
        },
        first_name="Tên",
        phone="0912345678",
        address="số 1",
    )
    assert row == {
        "request_id": "HG-2021-000001",
        "status": "closed",
        "status_source": "closed",
        "status_notes": "Đã xử lý, gọi [số điện thoại]",
        "service_code": "GT",
        "service_name": "Hạ tầng giao thông",
        "description": "Ổ gà, xe [biển số] té",
        "agency": "Sở GTVT",
        "channel": "app",
        "unit_code": "31321",
        "duplicate_of": None,
        "requested_at": datetime(2021, 9, 1, 1, tzinfo=UTC),
        "updated_at": datetime(2021, 9, 3, 9, tzinfo=UTC),
        "expected_at": datetime(2021, 9, 10, 10, tzinfo=UTC),
        "closed_at": datetime(2021, 9, 2, 3, 30, tzinfo=UTC),
        "lat": 9.7846,
        "long": 105.4709,
        "has_photo": True,
        "satisfaction": "5",
        "is_closed_before_requested": False,
        **dict.fromkeys(("located_code", "located_from", "located_confidence", "is_located_surely")),
    }


def test_personal_fields_never_become_columns() -> None:
    private = dict.fromkeys(REQUESTS.dropped, "Nguyễn 0912345678 a@b.vn")
    assert "Nguyễn" not in str(only_row(**private)) and "0912345678" not in str(only_row(**private))


def test_closing_time_prefers_the_attribute_then_the_note_then_the_update() -> None:
    notes = [
        {"type": "closed", "datetime": "2021-09-02T00:00:00Z"},
        {"type": "opened", "datetime": "2021-09-03T00:00:00Z"},
        {"type": "closed", "datetime": "2021-09-04T00:00:00Z"},
    ]
    updated = "2021-09-05T00:00:00Z"
    attribute = {"closed_datetime": "2021-09-03T12:00:00Z"}
    closed = {"status": "closed", "updated_datetime": updated}
    assert only_row(**closed)["closed_at"] == datetime(2021, 9, 5, tzinfo=UTC)
    assert only_row(**closed, notes=notes)["closed_at"] == datetime(2021, 9, 4, tzinfo=UTC)
    assert only_row(**closed, notes=notes, extended_attributes=attribute)["closed_at"] == datetime(
        2021, 9, 3, 12, tzinfo=UTC
    )
    assert only_row(status="open", updated_datetime=updated, notes=notes)["closed_at"] is None


def test_closed_before_requested_is_kept_and_flagged() -> None:
    row = only_row(status="closed", extended_attributes={"closed_datetime": "2021-08-31T08:00:00+07:00"})
    assert row["is_closed_before_requested"] is True
    assert row["updated_at"] is None


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"service_request_id": None}, "missing_request_id", "request_id"),
        ({"service_request_id": "\u200b "}, "missing_request_id", "request_id"),
        ({"service_request_id": ["1"]}, "wrong_type", "request_id is an array"),
        ({"description": {"text": "x"}}, "wrong_type", "description is an object"),
        ({"extended_attributes": ["app"]}, "wrong_type", "extended_attributes"),
        ({"expected_datetime": "9999-12-31T23:59:59Z"}, "impossible_time", "ten years"),
        ({"status": ""}, "missing_status", "status"),
        ({"status": "in_progress"}, "unknown_status", "'in_progress'"),
        ({"requested_datetime": None}, "missing_requested_at", "requested_at"),
        ({"requested_datetime": "hôm qua"}, "unreadable_date", "requested_at 'hôm qua'"),
        ({"requested_datetime": "30/09/2021"}, "unreadable_date", "'30/09/2021'"),
        ({"requested_datetime": "0001-01-01T00:00:00+07:00"}, "unreadable_date", "0001"),
        ({"requested_datetime": "1970-01-01T00:00:00Z"}, "impossible_time", "before 2000"),
        ({"requested_datetime": "2021-10-02T00:00:00Z"}, "impossible_time", "after the harvest"),
        ({"updated_datetime": "9999-12-31T23:59:59Z"}, "impossible_time", "updated_at"),
        ({"updated_datetime": 1632996000}, "unreadable_date", "updated_at"),
        ({"expected_datetime": "2021-13-01"}, "unreadable_date", "expected_at"),
        ({"lat": 91, "long": 105}, "bad_coordinates", "91"),
        ({"lat": 9.7}, "bad_coordinates", "long None"),
        ({"lat": "9,7", "long": "105,4"}, "bad_coordinates", "9,7"),
        ({"lat": float("nan"), "long": 105}, "bad_coordinates", "lat None"),
        ({"lat": float("inf"), "long": 105}, "bad_coordinates", "Infinity"),
        ({"lat": "1e400", "long": 105}, "bad_coordinates", "1e400"),
        ({"lat": True, "long": 105}, "bad_coordinates", "true"),
    ],
)
def test_bad_record_is_set_aside_with_its_reason(changes: dict[str, object], code: str, said: str) -> None:
    given_code, reason = only_reject({**GOOD, **changes})
    assert given_code == code and said in reason


def test_records_that_are_not_objects_do_not_stop_the_others() -> None:
    result = parsed("x", GOOD, None, 3)
    assert result.rejected["reason_code"].to_list() == ["not_an_object"] * 3
    assert result.rejected["position"].to_list() == [0, 2, 3]
    assert result.rejected.schema == pl.Schema(REJECTED_SCHEMA)
    assert result.rows["ticket__requests"].height == 1


def test_rejected_record_is_kept_byte_for_byte() -> None:
    records = [
        '{ "status": "lạ",\t"service_request_id" :"1","requested_datetime":"2021-09-01T08:00:00Z"}'.encode(),
        b'{"service_request_id": "\\ud83d", "status": "x\xff"}',
        b'"\xe1\xba\xa1"',
        b'{"service_request_id": "2", "status": "open", "status": "closed"}',
        b'{"notes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"description": "' + b"x" * (2 << 20) + b'"}',
    ]
    result = parse(b"[" + b" ,\n".join(records) + b"]", delivery())
    assert result.rejected["raw"].to_list() == records
    assert result.rejected["reason_code"].to_list() == [
        *("unknown_status", "bad_utf8", "not_an_object", "duplicate_key", "too_deep", "oversized_record")
    ]


def test_id_of_many_digits_is_not_rounded() -> None:
    body = b'[{"service_request_id": 12345678901234567890.5, "status": "open", "requested_datetime": "2021-09-01"}]'
    rows = parse(body, delivery()).rows["ticket__requests"]
    assert rows["request_id"].to_list() == ["12345678901234567890.5"]


def test_photo_field_that_is_gone_is_unknown_not_false() -> None:
    assert only_row()["has_photo"] is None
    assert only_row(media_url=None)["has_photo"] is only_row(media_url="")["has_photo"] is False
    assert only_row(media_url=["http://img.example/1.jpg"])["has_photo"] is True


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><body>502</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?><service_requests/>', 'format = "open311-xml"'),
        (b'[{"service_request_id": "1", "stat', "a JSON document, not Open311 JSON"),
        (b"", "an empty answer"),
        (b"\x1f\x8b\x08\x00", "a gzip file"),
        (b"[" * 100_000, "not Open311 JSON"),
        (b"[1] 2", "more follows the end"),
        (b"[1 2]", "no ','"),
        (b'{"service_request_id": "1", "a": 1, "a": 2}', "is there twice"),
        (b"\xff\xfe\xfa", "not Open311 JSON"),
        (b'{"requests": []}', "not an array of requests"),
        (b'"text"', "not an array of requests"),
        (b'[{"code": 404, "description": "jurisdiction_id not found"}]', "jurisdiction_id not found"),
    ],
)
def test_wrong_body_is_refused_saying_what_arrived(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused) as caught:
        parse(body, delivery())
    assert said in str(caught.value) and "tickets.example" in str(caught.value)


def test_empty_page_and_single_request_are_legal() -> None:
    assert counts(parse(b"[]", delivery())) == (0, 0, 0, 0)
    assert parse(b"[]", delivery()).rows["ticket__requests"].schema == REQUESTS.polars_schema
    assert counts(parse(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), delivery())) == (1, 0, 0, 0)


def test_profile_gives_the_status_words_and_the_zone() -> None:
    profile = Profile(slug="ticket", format="open311", time_zone="Asia/Ho_Chi_Minh", status={"Đã xử lý": "closed"})
    request = {**GOOD, "status": "Đã xử lý", "requested_datetime": "2021-09-01T08:00:00"}
    row = parsed(request, profile=profile).rows["ticket__requests"].row(0, named=True)
    assert (row["status"], row["status_source"]) == ("closed", "Đã xử lý")
    assert row["requested_at"] == datetime(2021, 9, 1, 1, tzinfo=UTC)
    assert parsed(GOOD, profile=profile).rejected["reason_code"].to_list() == ["unknown_status"]


PROFILE = Profile(
    slug="ticket",
    format="csv",
    time_zone="America/New_York",
    columns={
        "request_id": "id",
        "status": "state",
        "requested_at": "opened",
        "closed_at": "closed",
        "description": "text",
    },
    status={"Open": "open", "Closed": "closed"},
)
HEADER = "id,state,opened,closed,text,ignored\r\n"


def from_csv(rows: str, profile: Profile | None = PROFILE, header: str = HEADER) -> Parsed:
    encoding = profile.encoding if profile else "utf-8"
    return parse((header + rows).encode(encoding), delivery(profile, csv=True))


def test_csv_rows_with_quotes_line_breaks_and_blank_lines() -> None:
    result = from_csv(
        '1,Open,2021-03-01 08:00:00,,"dòng 1\r\ndòng, ""2""",x\r\n\r\n2,Closed,2021-03-01 08:00,2021-03-02,,\r\n'
    )
    frame = result.rows["ticket__requests"]
    assert frame["description"].to_list() == ['dòng 1 dòng, "2"', None]
    assert frame["closed_at"].to_list() == [None, datetime(2021, 3, 2, 5, tzinfo=UTC)]


def test_cut_off_row_is_not_padded_with_nulls() -> None:
    result = from_csv("1,Open,2021-03-01 08:00:00,,a,b\r\n2,Closed,2021-03-01 08:")
    assert result.rows["ticket__requests"].height == 1
    assert result.rejected.row(0)[:2] == (1, "wrong_column_count")
    assert result.rejected["raw"][0] == b"2,Closed,2021-03-01 08:"


def test_long_row_unknown_status_and_broken_quote_are_set_aside() -> None:
    result = from_csv(
        '1,Open,2021-03-01 08:00:00,,a,b,c\r\n2,Doing,2021-03-01 08:00:00,,a,b\r\n3,Open,2021-03-01,,"a"b,c\r\n'
        "4,Open,2021-03-01 08:00:00,,a,b\r\n"
    )
    assert result.rejected["reason_code"].to_list() == ["wrong_column_count", "unknown_status", "malformed_record"]
    assert result.rejected["raw"][1] == b"2,Doing,2021-03-01 08:00:00,,a,b"
    assert result.rows["ticket__requests"]["request_id"].to_list() == ["4"]


def test_daylight_saving_gap_and_repeated_hour_are_deterministic() -> None:
    result = from_csv("1,Open,2021-03-14 02:30:00,,,\r\n2,Open,2020-11-01 01:30:00,,,\r\n")
    assert result.rows["ticket__requests"]["requested_at"].to_list() == [
        datetime(2021, 3, 14, 7, 30, tzinfo=UTC),  # skipped hour: offset before the change, -05:00
        datetime(2020, 11, 1, 5, 30, tzinfo=UTC),  # repeated hour: the first one, -04:00
    ]


def test_bytes_outside_the_encoding_cost_only_their_row() -> None:
    good = [f"{n},Open,2021-03-01,,đèn hỏng,x\r\n".encode() for n in range(40)]
    bad = b"bad,Open,2021-03-01,,\xff\xfe,x"
    result = parse(HEADER.encode() + b"".join(good) + bad + b"\r\n" + good[0], delivery(PROFILE, csv=True))
    assert result.rejected.select("position", "reason_code", "raw").rows() == [(40, "bad_encoding", bad)]
    assert result.rows["ticket__requests"].height == 41


def test_enormous_field_costs_only_its_row_and_its_lines_are_no_records() -> None:
    field = "x" * 200_000 + "\r\n9,Open,2021-03-01,,planted,x\r\n"
    bad = f'1,Open,2021-03-01,,"{field}",x'
    result = from_csv(f"0,Open,2021-03-01,,a,x\r\n{bad}\r\n2,Open,2021-03-01,,a,x\r\n")
    assert result.rejected.select("position", "reason_code", "raw").rows() == [(1, "oversized_record", bad.encode())]
    assert result.rows["ticket__requests"]["request_id"].to_list() == ["0", "2"]


def test_column_there_twice_is_refused() -> None:
    with pytest.raises(PayloadRefused, match="has the column opened twice"):
        from_csv("1,Open,2021-03-01,2021-03-01,,a\r\n", header="id,state,opened,opened,closed,text\r\n")


def test_missing_column_is_refused_by_name() -> None:
    with pytest.raises(PayloadRefused, match="has no column opened, closed"):
        from_csv("1,Open,x\r\n", header="id,state,text\r\n")


def test_stray_quote_does_not_swallow_the_rest_in_silence() -> None:
    with pytest.raises(PayloadRefused, match="ends inside a quoted field"):
        from_csv('1,Open,2021-03-01 08:00:00,,"a,b\r\n' + "2,Open,2021-03-01 08:00:00,,a,b\r\n" * 50)


@pytest.mark.parametrize(
    ("body", "profile", "said"),
    [
        (b"<html>", PROFILE, "an HTML page"),
        (b"", PROFILE, "an empty answer"),
        (b"id,state\n", None, "without a profile"),
        ("id,state,opened\nớ".encode("utf-16"), PROFILE, "correct `encoding`"),
        (b"x\n", PROFILE.model_copy(update={"columns": {"request_id": "id"}}), "no column to requested_at, status"),
        (b"x\n", PROFILE.model_copy(update={"columns": {"ticket": "id"}}), "maps ticket"),
        (b"x\n", PROFILE.model_copy(update={"encoding": "klingon"}), "correct `encoding`"),
    ],
)
def test_wrong_csv_is_refused(body: bytes, profile: Profile | None, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        parse(body, delivery(profile, csv=True))


def test_other_encoding_delimiter_and_byte_order_mark() -> None:
    profile = PROFILE.model_copy(update={"encoding": "cp1258", "delimiter": ";"})
    row = "1;Open;2021-03-01;;đươ\u0300ng;x\r\n"  # windows-1258 writes the tone apart
    assert from_csv(row, profile, HEADER.replace(",", ";")).rows["ticket__requests"]["description"][0] == "đường"
    body = b"\xef\xbb\xbf" + (HEADER + "1,Open,2021-03-01,,a,b\r\n").encode()
    assert counts(parse(body, delivery(PROFILE, csv=True))) == (1, 0, 0, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*GOOD, "updated_datetime", "lat", "long", "notes", "extended_attributes", "description", "media_url"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=5))
def test_every_record_is_either_a_row_or_a_reject(records: list[object]) -> None:
    try:
        result = parse(json.dumps(records).encode(), delivery())
    except PayloadRefused:
        assert records  # only the error answer of an endpoint
        return
    assert result.rows["ticket__requests"].height + result.rejected.height == len(records)


@given(st.dates(date(2001, 1, 1), date(2021, 9, 28)), st.times(), st.integers(-12, 14))
def test_an_offset_never_changes_the_instant(day: date, at: time, hours: int) -> None:
    local = datetime.combine(day, at, UTC)
    written = f"{local:%Y-%m-%dT%H:%M:%S}{'+' if hours >= 0 else '-'}{abs(hours):02d}:00"
    expected = local.replace(microsecond=0) - timedelta(hours=hours)
    assert only_row(requested_datetime=written)["requested_at"] == expected


def test_day_first_dates_are_read_by_the_profile() -> None:
    profile = load_profile("boston311").model_copy(
        update={"date_format": "%d/%m/%Y %H:%M", "time_zone": "Asia/Ho_Chi_Minh"}
    )
    header = ",".join(profile.columns.values())
    values = dict.fromkeys(profile.columns, "") | {
        "request_id": "1",
        "status": "Open",
        "requested_at": "02/03/2021 00:30",
    }
    body = f"{header}\n{','.join(values[name] for name in profile.columns)}\n".encode()
    delivery = Delivery("csv", profile, datetime(2021, 9, 30, tzinfo=UTC), "test.csv", {})
    (requested_at,) = parse(body, delivery).rows["ticket__requests"]["requested_at"]
    assert requested_at == datetime(2021, 3, 1, 17, 30, tzinfo=UTC)


def test_no_text_column_lets_a_phone_number_or_an_introduced_name_pass() -> None:
    told = "tôi tên Trần Thị Bưởi, 0912 345 678, a@b.vn, số nhà 12/3"
    plain = ("service_code", "service_name", "status_notes", "description", "agency_responsible", *REQUESTS.dropped)
    extended = dict.fromkeys(("channel", "unit_code", "satisfaction"), told)
    row = only_row(**dict.fromkeys(plain, told), extended_attributes=extended)
    assert [name for name, value in row.items() if re.search("Bưởi|345|@|12/3", str(value))] == []
    assert row["channel"] == "tôi tên [họ tên], [số điện thoại], [thư điện tử], [địa chỉ]"


def test_an_address_is_read_by_the_day_of_the_report_and_goes_no_further() -> None:
    asked: list[tuple[str, date]] = []

    def locate(text: str, on: date) -> Located:
        asked.append((text, on))
        return Located("31333", date(2020, 2, 1), 0.99, True)

    late = {"requested_datetime": "2021-09-01T23:30:00+07:00", "address": "12 đường Lê Lợi, xã Vị Tân"}
    records = [
        GOOD | late,
        GOOD | late | {"service_request_id": "told", "extended_attributes": {"unit_code": "31336"}},
        GOOD | {"service_request_id": "none", "address": {"street": "Lê Lợi"}},
    ]
    known = replace(delivery(), locate=locate)
    rows = parse(json.dumps(records).encode(), known).rows["ticket__requests"]
    assert asked == [("12 đường Lê Lợi, xã Vị Tân", date(2021, 9, 1))]
    located = rows.select("unit_code", "located_code", "located_from", "located_confidence", "is_located_surely").rows()
    assert located == [
        (None, "31333", date(2020, 2, 1), 0.99, True),
        ("31336", None, None, None, None),
        (None, None, None, None, None),
    ]
    assert "Lê Lợi" not in str(rows.rows())
