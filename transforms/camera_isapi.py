"""Hikvision ISAPI EventNotificationAlert -> passages (ANPR), status (video loss) and signals (all other events).

Fields after Hikvision's ISAPI developer guide. The namespace differs between generations and is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from xml.etree.ElementTree import Element  # a type only; transforms.camera_xml reads

from lake.contracts.base import Delivery, Parsed
from lake.contracts.camera import EVENTS, SIGNALS, STATUS
from transforms.camera_message import (
    RejectedError,
    Rows,
    camera_of,
    collect,
    direction_of,
    instant_of,
    label_of,
    name_of,
    number_of,
    passage,
)
from transforms.camera_xml import documents, text, tree

ROOT = "EventNotificationAlert"
STATES = {"active": True, "inactive": False}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One file of alerts, in order; times without an offset are in the profile's zone, speeds in km/h.

    An ANPR alert is a whole passage, so it is one `end` message. `videoloss` tells of the camera's own state: cameras
    send it, inactive, as a heartbeat. Reason codes: those of `camera_message`, malformed_xml, oversized_record,
    missing_event_type, bad_state, missing_plate_reading.
    Raises PayloadRefused where no alert is in the body.
    """
    messages: list[tuple[Callable[[], Rows], bytes]] = [
        (partial(_rows, document, delivery), document) for document in documents(body, ROOT, delivery)
    ]
    return collect(messages, (EVENTS, STATUS, SIGNALS))


def _rows(document: bytes, delivery: Delivery) -> Rows:
    alert = tree(document)
    kind = name_of(text(alert, "eventType"), "event_type")
    channel = text(alert, "channelID") or text(alert, "dynChannelID") or "1"
    device = text(alert, "macAddress") or text(alert, "deviceID") or text(alert, "ipAddress")
    camera_id = camera_of(None if device is None else f"{device.lower()}/{channel}", delivery)
    sent_at = instant_of(text(alert, "dateTime"), "dateTime", delivery)
    if kind.casefold() == "anpr":
        return [(EVENTS, _passage(alert, camera_id, sent_at, delivery))]
    written = text(alert, "eventState")
    if written not in STATES:
        raise RejectedError("bad_state", f"eventState of {kind[:80]} must be active or inactive.")
    if kind.casefold() == "videoloss":
        return [(STATUS, (camera_id, sent_at, None, not STATES[written]))]
    return [(SIGNALS, (camera_id, kind, "", sent_at, None, STATES[written]))]


def _passage(alert: Element, camera_id: str, at: datetime, delivery: Delivery) -> tuple[object, ...]:
    reading = alert.find("ANPR")
    if reading is None:
        raise RejectedError("missing_plate_reading", "an ANPR alert holds no element ANPR.")
    line = text(reading, "line") or ""
    # Older devices send no UUID; one line of a camera sees one vehicle at a time.
    event_id = text(alert, "UUID") or f"{at.isoformat()}/{line}"
    confidence = number_of(text(reading, "confidenceLevel"), "confidenceLevel", "bad_plate_score", 0, 100)
    return passage(
        delivery,
        camera_id=camera_id,
        event_id=name_of(event_id, "id"),
        event_type="end",
        sent_at=at,
        label=_label(reading),
        direction=direction_of(text(reading, "direction"), delivery),
        speed=number_of(text(reading, "vehicleInfo/speed"), "speed", "bad_speed", 0, 1_000),
        plate=text(reading, "licensePlate") or text(reading, "originalLicensePlate"),
        plate_confidence=None if confidence is None else confidence / 100,
    )


def _label(reading: Element) -> str:
    if text(reading, "twoWheelVehicle") == "yes":
        return "motorcycle"
    return label_of(text(reading, "vehicleType"))
