"""Open311 XML, service lists and histories: the real answers counted, hostile ones refused, bad notes set aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Format, Profile
from lake.contracts.ticket import EVENTS, REQUESTS, SERVICES
from lake.errors import PayloadRefused
from transforms.ticket import parse

NOW = datetime(2021, 9, 30, 10, tzinfo=UTC)
REQUEST = """<request><service_request_id>1</service_request_id><status>open</status>
<requested_datetime>2021-09-01T08:00:00+07:00</requested_datetime>%s</request>"""
GOOD = {"service_request_id": "1", "status": "open", "requested_datetime": "2021-09-01T08:00:00+07:00"}


def read(body: bytes, format: Format = "open311-xml", profile: Profile | None = None) -> Parsed:
    return parse(body, Delivery(format, profile, NOW, "http://tickets.example/requests.xml", {}))


def xml(*requests: str) -> bytes:
    return f'<?xml version="1.0"?><service_requests>{"".join(requests)}</service_requests>'.encode()


def only_row(parsed: Parsed) -> dict[str, object]:
    assert parsed.rejected.is_empty(), parsed.rejected["reason"].to_list()
    return parsed.rows[REQUESTS.table].row(0, named=True)


def events(parsed: Parsed) -> list[tuple[object, ...]]:
    return parsed.rows[EVENTS.table].select("seq", "event_type", "occurred_at", "agency", "is_out_of_order").rows()


@pytest.mark.parametrize(
    ("file", "format", "n_requests", "n_services", "reject"),
    [
        ("georeport_v2_sf/services.xml", "open311-xml", 0, 36, None),
        ("georeport_v2_sf/service_requests.xml", "open311-xml", 2, 0, None),
        ("georeport_v2_sf/get_service_request.xml", "open311-xml", 1, 0, None),
        ("georeport_v2_sf/post_service_request.xml", "open311-xml", 0, 0, "missing_status"),  # the answer to a POST
        ("open311status/requests_many.xml", "open311-xml", 2, 0, None),
        ("open311status/requests_single.xml", "open311-xml", 1, 0, None),
        ("open311status/service_list.json", "open311", 0, 3, None),
    ],
)
def test_real_answers_are_counted_exactly(
    shared_data: Callable[[str], Path], file: str, format: Format, n_requests: int, n_services: int, reject: str | None
) -> None:
    parsed = read(shared_data(f"feedback/{file}").read_bytes(), format)
    assert (parsed.rows[REQUESTS.table].height, parsed.rows[SERVICES.table].height) == (n_requests, n_services)
    assert parsed.rejected["reason_code"].to_list() == ([reject] if reject else [])
    for contract in (REQUESTS, EVENTS, SERVICES):
        assert parsed.rows[contract.table].schema == contract.polars_schema


def test_real_services_keep_name_group_and_type(shared_data: Callable[[str], Path]) -> None:
    frame = read(shared_data("feedback/georeport_v2_sf/services.xml").read_bytes()).rows[SERVICES.table]
    assert frame["service_code"].n_unique() == 36
    assert frame["group_name"].n_unique() == 13
    assert frame.filter(pl.col("group_name") == "Graffiti").height == 9
    first = frame.row(0, named=True)
    assert (first["service_code"], first["service_name"]) == ("001", "Cans_Left_Out_24x7")
    assert (first["service_type"], first["has_metadata"], first["keywords"]) == ("realtime", False, None)
    assert first["listed_at"] == NOW


def test_real_xml_request_has_all_its_values(shared_data: Callable[[str], Path]) -> None:
    row = only_row(read(shared_data("feedback/open311status/requests_single.xml").read_bytes()))
    assert row["request_id"] == "101005420892"
    assert row["requested_at"] == datetime(2018, 7, 30, 4, 1, tzinfo=UTC)
    assert row["expected_at"] == datetime(2018, 8, 3, 4, 1, tzinfo=UTC)
    assert (row["updated_at"], row["closed_at"], row["description"]) == (None, None, None)
    assert (row["lat"], row["long"], row["has_photo"]) == (43.6911, -79.2723, False)
    assert "Warden" not in str(row)


def test_real_chicago_history_is_told_event_by_event(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("feedback/chicago_open311_requests_2014.json").read_bytes()
    parsed = parse(body, Delivery("open311", None, datetime(2024, 6, 1, tzinfo=UTC), "x", {}))
    frame = parsed.rows[EVENTS.table]
    assert dict(frame.group_by("event_type").len().rows()) == {
        "opened": 50,
        "closed": 49,
        "submitted": 13,
        "activity": 61,
        "follow_on_created": 52,
        "follow_on_closed": 51,
    }
    assert frame.height == body.count(b'"summary"') == 276  # every note has one summary
    # the name of a unit stands once in every request and in every follow-on note
    assert frame["agency"].count() == body.count(b'"agency_responsible"') - 50 == 103
    assert frame["is_out_of_order"].sum() == 0
    duplicates = parsed.rows[REQUESTS.table]["duplicate_of"].drop_nulls().to_list()
    assert duplicates == ["15-05164921", "14-01212552"]
    assert "#14-01225670" not in frame.write_json()  # what officers wrote is not kept


def test_history_is_the_same_in_xml_and_json() -> None:
    notes = [
        {"datetime": "2021-09-01T02:00:00Z", "type": "opened", "summary": "Nguyễn Văn A gọi"},
        {"datetime": "2021-09-02T02:00:00Z", "type": "Re-opened", "extended_attributes": {"agency_responsible": "Sở"}},
    ]
    unit = "<extended_attributes><agency_responsible>Sở</agency_responsible></extended_attributes>"
    as_xml = (
        "<notes><note><datetime>2021-09-01T02:00:00Z</datetime><type>opened</type></note>"
        f"<note><datetime>2021-09-02T02:00:00Z</datetime><type>Re-opened</type>{unit}</note></notes>"
    )
    expected = [
        (1, "opened", datetime(2021, 9, 1, 2, tzinfo=UTC), None, False),
        (2, "re_opened", datetime(2021, 9, 2, 2, tzinfo=UTC), "Sở", False),
    ]
    assert events(read(xml(REQUEST % as_xml))) == expected
    assert events(read(json.dumps([{**GOOD, "notes": notes}]).encode(), "open311")) == expected


def test_single_note_of_xml_is_a_history_of_one() -> None:
    note = "<notes><note><datetime>2021-09-01T02:00:00Z</datetime><type>opened</type></note></notes>"
    assert [row[:2] for row in events(read(xml(REQUEST % note)))] == [(1, "opened")]
    assert events(read(xml(REQUEST % "<notes/>"))) == []


def test_event_told_after_a_later_one_is_flagged_not_moved() -> None:
    days = ("2021-09-02", "2021-09-05", "2021-09-03", "2021-09-05", "2021-09-04")
    notes = [{"datetime": day, "type": "activity"} for day in days]
    parsed = read(json.dumps([{**GOOD, "notes": notes}]).encode(), "open311")
    assert [row[4] for row in events(parsed)] == [False, False, True, False, True]
    assert [row[2].day for row in events(parsed)] == [2, 5, 3, 5, 4]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("note", "code", "said"),
    [
        ("dirt", "bad_note", "note 2 is not an object"),
        ({"datetime": "2021-09-02"}, "bad_note", "note 2 has no type"),
        ({"datetime": "2021-09-02", "type": "ông Nguyễn Văn A báo 0912345678 !"}, "bad_note", "no word"),
        ({"type": "closed"}, "bad_note", "note 2 has no datetime"),
        ({"datetime": "hôm qua", "type": "closed"}, "note_unreadable_date", "note 2: occurred_at 'hôm qua'"),
        ({"datetime": "2031-09-02", "type": "closed"}, "note_impossible_time", "after the harvest"),
        ({"datetime": ["2021-09-02"], "type": "closed"}, "note_wrong_type", "an array"),
    ],
)
def test_bad_note_costs_neither_the_request_nor_its_other_events(note: object, code: str, said: str) -> None:
    opened = {"datetime": "2021-09-01", "type": "opened"}
    parsed = read(json.dumps([{**GOOD, "notes": [opened, note, opened]}]).encode(), "open311")
    assert parsed.rows[REQUESTS.table].height == 1
    assert [row[0] for row in events(parsed)] == [1, 3]
    assert parsed.rejected.select("position", "reason_code").rows() == [(0, code)]
    assert said in parsed.rejected["reason"][0] and "0912345678" not in parsed.rejected["reason"][0]


def test_history_that_is_no_list_costs_the_events_alone() -> None:
    parsed = read(json.dumps([{**GOOD, "notes": "đã đóng"}]).encode(), "open311")
    assert (parsed.rows[REQUESTS.table].height, events(parsed)) == (1, [])
    assert parsed.rejected["reason_code"].to_list() == ["bad_note"]


def test_profile_gives_the_words_of_the_history() -> None:
    profile = Profile(slug="ticket", format="open311", events={"Chuyển đơn vị": "routed"})
    notes = [{"datetime": "2021-09-01", "type": "Chuyển đơn vị"}, {"datetime": "2021-09-01", "type": "lạ"}]
    parsed = read(json.dumps([{**GOOD, "notes": notes}]).encode(), "open311", profile)
    assert [row[1] for row in events(parsed)] == ["routed", "lạ"]


def test_service_without_name_or_code_is_set_aside() -> None:
    parsed = read(b"<services><service><service_code>1</service_code></service><service><service_code/></service>"
                  b"<service><service_code/><service_name>x</service_name></service></services>")  # fmt: skip
    assert parsed.rejected["reason_code"].to_list() == [
        *("missing_service_name", "missing_service_name", "missing_service_code")
    ]


def test_rejected_xml_record_is_kept_byte_for_byte() -> None:
    bad = "<request ><service_request_id>2</service_request_id ><status>lạ</status>\n <requested_datetime/></request >"
    parsed = read(b"\xef\xbb\xbf" + xml(REQUEST % "", bad, "<note/>", REQUEST % ""))
    assert parsed.rejected.select("position", "reason_code", "raw").rows() == [
        (1, "unknown_status", bad.encode()),
        (2, "unknown_element", b"<note/>"),
    ]
    assert parsed.rows[REQUESTS.table].height == 2


def test_element_there_twice_is_no_silent_choice() -> None:
    assert read(xml(REQUEST % "<status>closed</status>")).rejected["reason_code"].to_list() == ["wrong_type"]


def test_deep_or_enormous_record_costs_only_itself() -> None:
    deep = REQUEST % ("<a>" * 5_000 + "</a>" * 5_000)
    big = REQUEST % f"<description>{'x' * (2 << 20)}</description>"
    wide = REQUEST % f"<notes>{'<note/>' * 400_000}</notes>"
    parsed = read(xml(deep, REQUEST % "", big, wide, REQUEST % ""))
    assert parsed.rows[REQUESTS.table].height == 2
    assert parsed.rejected.select("position", "reason_code").rows() == [
        *((0, "too_deep"), (2, "oversized_record"), (3, "oversized_record"))
    ]
    assert parsed.rejected["raw"][2] == wide.encode()


BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<service_requests><request><description>&b;</description></request></service_requests>"""
OUTSIDE = b"""<!DOCTYPE r SYSTEM "file:///etc/passwd"><service_requests/>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "document type declaration"),
        (OUTSIDE, "document type declaration"),
        (b"<service_requests><request>&x;</request></service_requests>", "undefined entity"),
        (xml(REQUEST % "")[:-19], "no element found"),
        (xml(REQUEST % "")[:-25], "unclosed token"),
        (xml(REQUEST % "") + b"<more/>", "junk after document element"),
        (b"<service_requests><request></service_requests>", "mismatched tag"),
        (b"<service_requests>\xff</service_requests>", "not well-formed"),
        (b"", "an empty answer"),
        (b"[]", 'format = "open311"'),
        (b"<!DOCTYPE html><html><body>502</body></html>", "an HTML page"),
        (b"<html><body/></html>", "an HTML page with the root 'html'"),
        (b"<errors><error><code>404</code><description>no such jurisdiction</description></error></errors>", "no such"),
    ],
)
def test_wrong_xml_is_refused_saying_what_arrived(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused) as caught:
        read(body)
    assert said in str(caught.value) and "tickets.example" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("georeport_v2_sf/service_definition.xml", "service_definition"),
        ("uk_brent_confirm/request.xml", "GetRequestResult"),  # another vendor's report, with the citizen's name in it
    ],
)
def test_other_xml_is_refused_by_the_name_of_its_root(shared_data: Callable[[str], Path], file: str, root: str) -> None:
    with pytest.raises(PayloadRefused, match=f"root '{root}'"):
        read(shared_data(f"feedback/{file}").read_bytes())


def test_xml_in_latin_1_is_read_after_its_declaration() -> None:
    text = f'<?xml version="1.0" encoding="iso-8859-1"?><service_requests>{REQUEST % "<description>été</description>"}'
    body = f"{text}</service_requests>".encode("iso-8859-1")
    assert only_row(read(body))["description"] == "été"
