"""ONVIF tt:MetadataStream -> passages (analytics frames, plate readings), status (signal loss) and signals.

After the ONVIF Analytics and Event Service specifications. Of the values a device may put into a notification only a
yes or no is kept: applications on cameras write plates, names and pictures into the same fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import PurePath
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
    passage,
    share_of,
)
from transforms.camera_xml import documents, text, tree

ROOT = "MetadataStream"
SIGNAL_LOSS = "VideoSource/SignalLoss"
YES_OR_NO = {
    **dict.fromkeys(("1", "true", "on", "active", "open"), True),
    **dict.fromkeys(("0", "false", "off", "inactive", "closed"), False),
}
STATES = ("active", "state", "triggered", "day", "logicalstate", "ismotion", "value")  # names of the item that tells it
ITEMS = {"channel", "port", "id", "videosourceconfigurationtoken", "source", "token", "inputtoken", "relaytoken"}
CAR_STATES = {"new": "new", "update": "update", "lost": "end"}
OPERATIONS = {"Initialized", "Changed", "Deleted"}
FACES = {"face", "humanface", "head"}  # faces are not followed


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One recording of a metadata stream, in order; each notification and each object of a frame is a message.

    The camera is the device of the ProducerReference; where there is none, the name of the file. Object numbers count
    from one at every start of a camera, so the UTC day is added. Reason codes: those of `camera_message`,
    malformed_xml, oversized_record, missing_topic, missing_object_id.
    Raises PayloadRefused where no MetadataStream is in the body.
    """
    return collect(list(_messages(body, delivery)), (EVENTS, STATUS, SIGNALS))


def _messages(body: bytes, delivery: Delivery) -> Iterator[tuple[Callable[[], Rows], bytes]]:
    for document in documents(body, ROOT, delivery):
        try:
            stream = tree(document)
        except RejectedError as error:
            yield partial(_refused, error), document
            continue
        for message in stream.iter("NotificationMessage"):
            yield partial(_notification, message, delivery), document
        for frame in stream.iter("Frame"):
            for tracked in frame.findall("Object"):
                yield partial(_object, frame, tracked, delivery), document


def _refused(error: RejectedError) -> Rows:
    raise error


def _notification(notification: Element, delivery: Delivery) -> Rows:
    topic = "/".join(step.rpartition(":")[2] for step in (text(notification, "Topic") or "").split("/"))
    topic = name_of(topic, "topic")
    message = notification.find("Message/Message")
    if message is None:
        raise RejectedError("impossible_time", "the notification holds no Message with a UtcTime.")
    sent_at = instant_of(message.get("UtcTime"), "UtcTime", delivery)
    camera_id = _camera(notification, delivery)
    data = _items(message.find("Data"))
    if "lpText" in data:
        return [(EVENTS, _plate_reading(camera_id, sent_at, data, delivery))]
    told = {name.lower(): value for name, value in data.items()}
    written = next((told[name] for name in STATES if name in told), "")
    is_active = YES_OR_NO.get(written.strip().lower())
    if topic == SIGNAL_LOSS and is_active is not None:
        return [(STATUS, (camera_id, sent_at, None, not is_active))]
    source = _items(message.find("Source"))
    item = ",".join(f"{name}={value}" for name, value in source.items() if name.lower() in ITEMS)
    operation = message.get("PropertyOperation")
    known = operation if operation in OPERATIONS else None
    return [(SIGNALS, (camera_id, topic, item[:256], sent_at, known, is_active))]


def _plate_reading(camera_id: str, sent_at: datetime, data: dict[str, str], delivery: Delivery) -> tuple[object, ...]:
    """A passage from the notification of a plate application (AXIS License Plate Verifier)."""
    car = name_of(data.get("carID"), "id")
    return passage(
        delivery,
        camera_id=camera_id,
        event_id=f"{car}@{sent_at:%Y-%m-%d}",
        event_type=CAR_STATES.get(data.get("carState", ""), "update"),
        sent_at=sent_at,
        label=label_of(data.get("vehicleType")),
        direction=direction_of(data.get("carMoveDirection"), delivery),
        plate=data["lpText"],
        plate_confidence=share_of(data.get("confidence"), "confidence", "bad_plate_score"),
    )


def _object(frame: Element, tracked: Element, delivery: Delivery) -> Rows:
    """An object of an analytics frame; an object that is a face alone is passed over."""
    look = tracked.find("Appearance")
    kind = None if look is None else _kind(look)
    if look is None or (kind or "").lower() in FACES:
        return []
    sent_at = instant_of(frame.get("UtcTime"), "UtcTime", delivery)
    number = tracked.get("UUID") or name_of(tracked.get("ObjectId"), "object_id")
    plate = look.find("LicensePlateInfo/PlateNumber")
    likelihood = look.find("Class/Type")
    row = passage(
        delivery,
        camera_id=camera_of(PurePath(delivery.origin).stem, delivery),
        event_id=name_of(number if tracked.get("UUID") else f"{number}@{sent_at:%Y-%m-%d}", "id"),
        event_type="update",
        sent_at=sent_at,
        label=label_of(kind or ("" if plate is not None else "unclassified")),
        top_score=share_of(None if likelihood is None else likelihood.get("Likelihood"), "Likelihood", "bad_top_score"),
        plate=None if plate is None else plate.text,
        plate_confidence=share_of(None if plate is None else plate.get("Likelihood"), "Likelihood", "bad_plate_score"),
    )
    return [(EVENTS, row)]


def _kind(look: Element) -> str | None:
    """The most exact class told: of the vehicle, else of the object, else its likeliest candidate (ONVIF 2.x)."""
    return text(look, "VehicleInfo/Type") or text(look, "Class/Type") or text(look, "Class/ClassCandidate/Type")


def _camera(notification: Element, delivery: Delivery) -> str:
    address = text(notification, "ProducerReference/Address")
    device = address.removeprefix("uri://").partition("/")[0] if address else PurePath(delivery.origin).stem
    return camera_of(device, delivery)


def _items(part: Element | None) -> dict[str, str]:
    return {} if part is None else {i.get("Name", ""): i.get("Value", "") for i in part.iter("SimpleItem")}
