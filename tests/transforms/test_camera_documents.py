"""Messages of cameras themselves (ISAPI, ONVIF, AXIS, plate updates): rows where they fit, plates as tokens only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contracts.base import REJECTED_SCHEMA, Delivery, Parsed
from lake.contracts.profile import Format, Profile
from lake.contracts.pseudonym import token
from lake.errors import PayloadRefused
from lake.schema import CONTRACTS
from transforms.camera_documents import parse

RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = {year: b"%d" % year * 8 for year in range(2000, 2027)}
PLATE = "95A-123.45"


def read(format: Format, body: str | bytes, origin: str = "camera.xml", **profile: Any) -> Parsed:
    shape = Profile.model_validate({"slug": "camera", "format": format} | profile) if profile else None
    content = body.encode() if isinstance(body, str) else body
    parsed = parse(content, Delivery(format, shape, RECEIVED_AT, origin, KEYS))
    for table, frame in parsed.rows.items():
        assert frame.schema == pl.Schema(CONTRACTS[table].polars_schema)
    assert parsed.rejected.schema == pl.Schema(REJECTED_SCHEMA)
    shown = [str(frame.rows()) for frame in parsed.rows.values()] + parsed.rejected["reason"].to_list()
    assert not any("95A" in text or "123.45" in text or "12345" in text for text in shown)
    return parsed


def codes(parsed: Parsed) -> list[str]:
    return parsed.rejected["reason_code"].to_list()


def alert(
    kind: str = "ANPR", at: str = "2024-01-19T11:17:19+08:00", state: str = "active", *, uuid: str = "u1", **anpr: str
) -> str:
    fields = {"licensePlate": PLATE, "confidenceLevel": "97", "direction": "reverse", "vehicleType": "truck"} | anpr
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0" '
        'xmlns="http://www.isapi.org/ver20/XMLSchema"><macAddress>D4:E8:53:BC:4C:02</macAddress>'
        f"<channelID>1</channelID><dateTime>{at}</dateTime><eventType>{kind}</eventType>"
        f"<eventState>{state}</eventState><ANPR>{inside}</ANPR><UUID>{uuid}</UUID></EventNotificationAlert>"
    )


def test_real_hikvision_alert_is_one_passage_with_a_token(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("camera/anpr/hikvision_isapi_anpr.xml").read_bytes()
    cameras = {"d4:e8:53:bc:4c:02/1": "ql1a-01"}
    parsed = read("isapi", body, direction={"reverse": "inbound"}, cameras=cameras)
    at = datetime(2024, 1, 19, 3, 17, 19, tzinfo=UTC)
    assert parsed.rejected.is_empty()
    assert parsed.rows["camera__events"].rows(named=True) == [
        {
            "camera_id": "ql1a-01",
            "event_id": "2024011911172144900FlERIduqg06eKsYuvLX072NugIxaHw22mHG5D5KBmWqX",
            "event_type": "end",
            "sent_at": at,
            "start_at": at,
            "end_at": at,
            "label": "vehicle",
            "top_score": None,
            "is_false_positive": False,
            "is_stationary": None,
            "direction": "inbound",
            "speed_km_h": None,
            "plate_token": token("PECT600", KEYS[2024]),
            "plate_confidence": 0.97,
        }
    ]


def test_stream_dump_of_alerts_is_read_past_its_boundaries_and_pictures() -> None:
    head = "\r\n--boundary\r\nContent-Type: application/xml\r\n\r\n"
    picture = b"\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff<?x\x00"
    body = f"{head}{alert(uuid='a')}".encode() + picture + f"{head}{alert(uuid='b')}{head}".encode()
    parsed = read("isapi", body)
    assert parsed.rejected.is_empty()
    assert parsed.rows["camera__events"]["event_id"].to_list() == ["a", "b"]
    assert parsed.rows["camera__events"]["camera_id"][0] == "d4:e8:53:bc:4c:02/1"


def test_video_loss_is_the_cameras_state_and_other_alerts_are_signals() -> None:
    body = alert("videoloss", state="inactive") + alert("videoloss", "2024-01-19T11:18:19+08:00") + alert("VMD")
    parsed = read("isapi", body)
    assert parsed.rows["camera__status"]["is_online"].to_list() == [True, False]
    assert parsed.rows["camera__signals"].select("topic", "is_active").rows() == [("VMD", True)]


def test_two_wheels_are_a_motorcycle_whatever_else_is_said() -> None:
    assert read("isapi", alert(twoWheelVehicle="yes")).rows["camera__events"]["label"][0] == "motorcycle"


@pytest.mark.parametrize("plate", ["", "unknown", "noPlate", "无车牌", "-"])
def test_no_plate_gets_no_token(plate: str) -> None:
    assert read("isapi", alert(licensePlate=plate)).rows["camera__events"]["plate_token"][0] is None


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (alert(at="yesterday"), "impossible_time"),
        (alert(at="1999-12-31T23:59:59Z"), "impossible_time"),
        (alert(at="2026-01-03T00:00:00Z"), "impossible_time"),
        (alert(confidenceLevel="197"), "bad_plate_score"),
        (alert(licensePlate="x" * 300), "bad_plate"),
        (alert("VMD", state="perhaps"), "bad_state"),
        (alert(""), "missing_event_type"),
        (alert().replace("macAddress", "mac"), "missing_camera"),
        (alert().replace("ANPR>", "LPR>").replace("<eventType>LPR", "<eventType>ANPR"), "missing_plate_reading"),
        (alert().replace("</UUID>", "<UUID>"), "malformed_xml"),
        (alert()[:400], "malformed_xml"),
        (alert().replace("<UUID>", "<UUID>" + "<a>" * 100 + "</a>" * 100), "malformed_xml"),
        (alert().replace("<UUID>", "<UUID>&e;"), "malformed_xml"),
        (alert().replace("?>", '?><!DOCTYPE x [<!ENTITY e "95A-123.45">]>').replace("u1", "&e;"), "malformed_xml"),
        (alert().replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">'), "malformed_xml"),
        (alert(uuid="x" * (4 << 20)), "oversized_record"),
    ],
    ids=lambda value: value if len(value) < 30 else "alert",
)
def test_broken_alert_is_named_and_spoils_no_neighbour(broken: str, code: str) -> None:
    parsed = read("isapi", f"{alert(uuid='a')}\n{broken}\n{alert(uuid='b')}")
    assert parsed.rows["camera__events"]["event_id"].to_list() == ["a", "b"]
    assert codes(parsed) == [code]
    assert parsed.rejected["raw"][0] == broken.encode()


def notification(topic: str, data: str, source: str = "", at: str = "2024-03-14T18:08:58.162077Z") -> str:
    return (
        "<tt:Event><wsnt:NotificationMessage><wsnt:Topic>\n tns1:" + topic + "\n</wsnt:Topic><wsnt:ProducerReference>"
        "<wsa5:Address>uri://ae273212/ProducerReference</wsa5:Address></wsnt:ProducerReference><wsnt:Message>"
        f'<tt:Message UtcTime="{at}" PropertyOperation="Changed"><tt:Source>{source}</tt:Source>'
        f"<tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event>"
    )


def items(**values: str) -> str:
    return "".join(f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in values.items())


def tracked(number: str, look: str) -> str:
    return f'<tt:Object ObjectId="{number}"><tt:Appearance>{look}</tt:Appearance></tt:Object>'


def frame(*objects: str, at: str = "2024-03-14T23:59:59.5Z") -> str:
    return f'<tt:VideoAnalytics><tt:Frame UtcTime="{at}">{"".join(objects)}</tt:Frame></tt:VideoAnalytics>'


def stream(*parts: str) -> str:
    return (
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsa5="a" '
        f'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">{"".join(parts)}</tt:MetadataStream>'
    )


REAL_SIGNALS = {
    "audio_init": ("AudioSource/TriggerLevel", "channel=1", False),
    "daynight_init": ("VideoSource/DayNightVision", "VideoSourceConfigurationToken=1", True),
    "light_status_changed_init": ("LightControl/LightStatusChanged/Status", "", True),
    "light_status_init": ("Device/Light/Status", "id=0", False),
    "motion_guard_init": ("CameraApplicationPlatform/MotionGuard/Camera1ProfileANY", "", False),
    "port_0_init": ("Device/IO/Port", "port=1", False),
    "port_any_init": ("Device/IO/Port", "port=-1", False),
    "vmd4_any_change": ("CameraApplicationPlatform/VMD/Camera1ProfileANY", "", True),
    "vmd4_any_init": ("CameraApplicationPlatform/VMD/Camera1ProfileANY", "", False),
    "vmd4_c1p1_change": ("CameraApplicationPlatform/VMD/Camera1Profile1", "", True),
    "vmd4_c1p1_init": ("CameraApplicationPlatform/VMD/Camera1Profile1", "", False),
    "vmd4_c1p2_change": ("CameraApplicationPlatform/VMD/Camera1Profile2", "", True),
    "vmd4_c1p2_init": ("CameraApplicationPlatform/VMD/Camera1Profile2", "", False),
}


def test_real_onvif_notifications_are_signals(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("camera/onvif")
    found: dict[str, tuple[object, ...]] = {}
    for file in sorted(folder.glob("*.xml")):
        parsed = read("onvif", file.read_bytes(), file.name)
        assert parsed.rejected.is_empty()
        assert parsed.rows["camera__events"].is_empty()
        assert parsed.rows["camera__status"].is_empty()
        for row in parsed.rows["camera__signals"].select("topic", "item", "is_active").rows():
            found[file.stem] = row
    assert found == REAL_SIGNALS  # first_message is an empty stream
    whole = read("onvif", b"\n".join(file.read_bytes() for file in sorted(folder.glob("*.xml"))))
    assert whole.rows["camera__signals"].height == 13
    port = read("onvif", (folder / "port_0_init.xml").read_bytes()).rows["camera__signals"].row(0, named=True)
    assert port["sent_at"] == datetime(2019, 1, 15, 7, 50, 45, 206264, tzinfo=UTC)
    assert (port["camera_id"], port["operation"]) == ("4205c5dc-6132-44ad-9aa5-52172e062d2b", "Initialized")


def test_signal_loss_is_the_cameras_state() -> None:
    parsed = read("onvif", stream(notification("VideoSource/tnsx:SignalLoss", items(State="true"))))
    assert parsed.rows["camera__status"].select("camera_id", "is_online").rows() == [("ae273212", False)]


def test_plate_application_of_a_camera_is_a_passage_and_its_picture_goes_nowhere() -> None:
    data = items(lpText=PLATE, carID="4", carState="lost", confidence="0.81", vehicleType="CAR", image="/9j/4AAQ")
    parsed = read("onvif", stream(notification("CameraApplicationPlatform/ALPV", data)), direction={"in": "inbound"})
    row = parsed.rows["camera__events"].row(0, named=True)
    assert (row["event_id"], row["event_type"], row["label"]) == ("4@2024-03-14", "end", "car")
    assert (row["plate_token"], row["plate_confidence"]) == (token(PLATE, KEYS[2024]), 0.81)
    assert parsed.rows["camera__signals"].is_empty()


def test_words_of_a_notification_are_not_kept() -> None:
    data, source = items(state=PLATE, owner="Nguyen Van A"), items(port="1", note=PLATE)
    (row,) = (
        read("onvif", stream(notification("Device/IO/Port", data, source))).rows["camera__signals"].rows(named=True)
    )
    assert (row["item"], row["is_active"]) == ("port=1", None)


def test_objects_of_a_frame_are_messages_of_passages_and_faces_are_left_out() -> None:
    body = stream(
        frame(
            tracked("7", '<tt:Class><tt:Type Likelihood="0.9">Vehicle</tt:Type></tt:Class>'
                    "<tt:VehicleInfo><tt:Type>Bus</tt:Type></tt:VehicleInfo>"),
            tracked("8", '<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.8">' + PLATE + "</tt:PlateNumber>"
                    "</tt:LicensePlateInfo>"),
            tracked("9", "<tt:Class><tt:Type>Human</tt:Type></tt:Class>"),
            tracked("10", "<tt:Class><tt:Type>Face</tt:Type></tt:Class><tt:HumanFace/>"),
            tracked("11", "<tt:Shape/>"),
        )
    )  # fmt: skip
    parsed = read("onvif", body, "ql61c-03.xml")
    assert parsed.rejected.is_empty()
    found = parsed.rows["camera__events"]
    assert found.select("event_id", "label", "top_score", "plate_confidence").rows() == [
        ("7@2024-03-14", "bus", 0.9, None),
        ("8@2024-03-14", "vehicle", None, 0.8),
        ("9@2024-03-14", "person", None, None),
        ("11@2024-03-14", "unclassified", None, None),
    ]
    assert set(found["event_type"]) == {"update"}
    assert set(found["camera_id"]) == {"ql61c-03"}
    assert found["plate_token"][1] == token(PLATE, KEYS[2024])


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (notification("", items(state="1")), "missing_topic"),
        (notification("Device", items(state="1"), at="now"), "impossible_time"),
        (notification("ALPV", items(lpText=PLATE)), "missing_id"),
        (frame(tracked("", "<tt:Shape/>")), "missing_object_id"),
        (frame(tracked("1", "<tt:Shape/>"), at=""), "impossible_time"),
        ("<tt:Event>", "malformed_xml"),
    ],
)
def test_broken_message_of_a_stream_is_named(part: str, code: str) -> None:
    good = stream(notification("Device/IO/Port", items(state="1"), items(port="1")))
    parsed = read("onvif", good + stream(part) + good)
    assert codes(parsed) == [code]
    assert parsed.rows["camera__signals"].height == 2


def push(**fields: Any) -> dict[str, Any]:
    """A push event as the application writes it: every number is text."""
    known = {
        "packetCounter": "2117397",
        "capture_timestamp": "1702297625507",
        "plateUTF8": PLATE,
        "plateConfidence": "0.737210",
        "carState": "update",
        "carMoveDirection": "out",
        "carID": "54950",
        "vehicle_info": {"type": "CAR", "confidenceMMR": "0.99"},
        "camera_info": {"SerialNumber": "ACCC8EBFB452"},
        "plateListDescription": "xe cua Nguyen Van A",
        "ImageArray": [{"BinaryImage": "iVBORw0KGgo="}],
    }
    return {name: value for name, value in (known | fields).items() if value is not ...}


def test_numbers_that_are_texts_are_numbers() -> None:
    parsed = read("axis", json.dumps(push()), direction={"out": "outbound"})
    assert parsed.rejected.is_empty()
    row = parsed.rows["camera__events"].row(0, named=True)
    assert row["sent_at"] == datetime(2023, 12, 11, 12, 27, 5, 507_000, tzinfo=UTC)
    assert (row["event_id"], row["event_type"], row["camera_id"]) == ("54950@2023-12-11", "update", "ACCC8EBFB452")
    assert (row["plate_token"], row["plate_confidence"]) == (token(PLATE, KEYS[2023]), 0.73721)
    assert (row["label"], row["direction"], row["end_at"]) == ("car", "outbound", None)


def test_states_of_a_car_become_new_update_end_in_array_lines_or_alone() -> None:
    states = [push(carState=state) for state in ("new", "update", "lost")]
    for body in (json.dumps(states), "\n".join(map(json.dumps, states)), json.dumps(states, indent=1)):
        found = read("axis", body).rows["camera__events"]
        assert found["event_type"].to_list() == ["new", "update", "end"]
        assert found["end_at"].null_count() == 2


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (push(carState="gone"), "bad_type"),
        (push(carState=1), "bad_type"),
        (push(carID=...), "missing_id"),
        (push(camera_info=..., sensorProviderID=...), "missing_camera"),
        (push(camera_info="x"), "wrong_type"),
        (push(capture_timestamp=...), "impossible_time"),
        (push(capture_timestamp="0"), "impossible_time"),
        (push(capture_timestamp="soon"), "impossible_time"),
        (push(capture_timestamp="1" * 40), "impossible_time"),
        (push(plateConfidence="high"), "bad_plate_score"),
        (push(plateConfidence="101"), "bad_plate_score"),
        (push(plateUTF8=[PLATE]), "bad_plate"),
        ([push()], "not_an_object"),
        (7, "not_an_object"),
    ],
)
def test_broken_push_event_is_named_without_its_plate(event: Any, code: str) -> None:
    parsed = read("axis", json.dumps([push(), event, push(carState="lost")]))
    assert codes(parsed) == [code]
    assert parsed.rows["camera__events"].height == 2


def test_line_that_is_cut_off_costs_itself() -> None:
    parsed = read("axis", f'{json.dumps(push())}\n{{"carID": \n{json.dumps(push(carState="lost"))}')
    assert codes(parsed) == ["malformed_json"]
    assert parsed.rows["camera__events"].height == 2


LPR = {"type": "lpr", "id": "1607123955.475377-mxklsc", "name": "Nguyen Van A", "plate": PLATE, "score": 0.95}
LPR |= {"camera": "ql1a-01", "timestamp": 1607123958.748393}


def test_plate_update_is_a_token_of_the_year_its_object_was_first_seen_in() -> None:
    new_year = LPR | {"id": "1609459199.5-a", "timestamp": 1609459201.5}
    parsed = read("frigate_update", "\n".join(map(json.dumps, (LPR, new_year))))
    found = parsed.rows["camera__plates"]
    assert found.row(0, named=True) == {
        "camera_id": "ql1a-01",
        "event_id": "1607123955.475377-mxklsc",
        "read_at": datetime(2020, 12, 4, 23, 19, 18, 748393, tzinfo=UTC),
        "plate_token": token(PLATE, KEYS[2020]),
        "plate_confidence": 0.95,
    }
    assert found["read_at"].dt.year().to_list() == [2020, 2021]
    assert found["plate_token"].to_list() == [token(PLATE, KEYS[2020])] * 2


def test_faces_descriptions_and_classifications_pass_nowhere() -> None:
    others = [{"type": kind, "id": "1-a", "name": PLATE} for kind in ("face", "description", "classification")]
    parsed = read("frigate_update", "\n".join(map(json.dumps, [*others, LPR])))
    assert parsed.rows["camera__plates"].height == 1
    assert parsed.rejected.is_empty()


def test_updates_of_frigates_own_manual_are_one_plate_and_four_passed_over(shared_data: Callable[[str], Path]) -> None:
    manual = shared_data("camera/frigate/mqtt_reference.md").read_text(encoding="utf-8")
    section = manual.partition("### `frigate/tracked_object_update`")[2].partition("\n### ")[0]
    blocks = [re.sub(r"//.*", "", block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    assert [json.loads(block)["type"] for block in blocks] == [
        *("description", "face", "lpr", "classification", "classification")
    ]
    parsed = read("frigate_update", "\n".join(" ".join(block.splitlines()) for block in blocks))
    assert parsed.rejected.is_empty()
    (row,) = parsed.rows["camera__plates"].rows(named=True)
    assert (row["camera_id"], row["event_id"]) == ("driveway_cam", "1607123955.475377-mxklsc")
    assert row["plate_token"] == token("123ABC", KEYS[2020])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"type": "lpr"', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ("[1]", "unknown_shape"),
        (json.dumps(LPR | {"type": "weather"}), "unknown_shape"),
        (json.dumps(LPR | {"id": None}), "missing_id"),
        (json.dumps(LPR | {"id": "mxklsc"}), "impossible_time"),
        (json.dumps(LPR | {"camera": ""}), "missing_camera"),
        (json.dumps(LPR | {"timestamp": "later"}), "impossible_time"),
        (json.dumps(LPR | {"timestamp": 1e300}), "impossible_time"),
        (json.dumps(LPR | {"plate": [PLATE]}), "bad_plate"),
        (json.dumps(LPR | {"score": "x"}), "bad_plate_score"),
    ],
)
def test_broken_plate_update_is_named(line: str, code: str) -> None:
    parsed = read("frigate_update", f"{json.dumps(LPR)}\n{line}\n")
    assert codes(parsed) == [code]
    assert parsed.rows["camera__plates"].height == 1


@pytest.mark.parametrize("format", ["isapi", "onvif", "axis"])
@pytest.mark.parametrize("body", [b"", b"<html></html>", b"PK\x03\x04", b"\xff\xfe<\0?\0", b"text"])
def test_file_of_another_kind_is_refused_as_a_whole(format: Format, body: bytes) -> None:
    with pytest.raises(PayloadRefused, match=r"camera\.xml is "):
        read(format, body)


@settings(max_examples=40)
@given(st.binary(max_size=60), st.integers(0, 700))
def test_damage_anywhere_is_put_aside_or_refused(noise: bytes, at: int) -> None:
    for format, good in (("isapi", alert()), ("onvif", stream(notification("x", items(state="1"))))):
        body = good.encode()
        damaged = body[:at] + noise + body[at + len(noise) :]
        try:
            parsed = parse(damaged, Delivery(format, None, RECEIVED_AT, "x", KEYS))
        except PayloadRefused:
            continue
        assert sum(frame.height for frame in parsed.rows.values()) + parsed.rejected.height <= 2
