"""Traffic cameras: tracked objects after Frigate's events, and the cameras' own state."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, PUBLIC_RECORDING, TIMESTAMP, Column, Contract

EVENTS = Contract(
    slug="camera",
    table="camera__events",
    description="One row per message about a tracked object; new/update/end of one event_id are one passage.",
    columns=(
        Column("camera_id", pa.string(), "camera", required=True),
        Column("event_id", pa.string(), "tracked object", required=True),
        Column("event_type", pa.string(), "new, update or end", required=True),
        Column("sent_at", TIMESTAMP, "frame_time of the message", required=True),
        Column("start_at", TIMESTAMP, "object first seen", required=True),
        Column("end_at", TIMESTAMP, "object last seen; null until it ends"),
        Column("label", pa.string(), "car, motorcycle, bus, truck, bicycle, person …", required=True),
        Column("top_score", pa.float64(), "best detection score, 0..1"),
        Column("is_false_positive", pa.bool_(), "the detector withdrew the object"),
        Column("is_stationary", pa.bool_(), "object not moving"),
        Column("direction", pa.string(), "direction after the profile's zone map"),
        Column("speed_km_h", pa.float64(), "average estimated speed"),
        Column("plate_token", pa.string(), "keyed HMAC-SHA256 of the licence plate, 32 hex digits; never the plate"),
        Column("plate_confidence", pa.float64(), "plate recognition score, 0..1"),
    ),
    key=("camera_id", "event_id", "event_type", "sent_at"),
    event_at="sent_at",
    versioned=False,
    purpose="Count traffic and find congestion; recognise a repeated passage without knowing the plate",
    legal_basis=PUBLIC_RECORDING,
    holds_personal_data=True,
    partitioned_by=("year(sent_at)", "month(sent_at)", "day(sent_at)"),
    sorted_by=("camera_id", "sent_at"),
    dropped=("recognized_license_plate", "sub_label", "snapshot", "box", "region"),
    personal=("plate_token", "plate_confidence"),
)

STATUS = Contract(
    slug="camera",
    table="camera__status",
    description="One row per camera and statistics message: was the camera delivering frames?",
    columns=(
        Column("camera_id", pa.string(), "camera", required=True),
        Column("reported_at", TIMESTAMP, "service.last_updated of frigate/stats", required=True),
        Column("camera_fps", pa.float64(), "frames per second delivered"),
        Column("is_online", pa.bool_(), "camera_fps > 0", required=True),
    ),
    key=("camera_id", "reported_at"),
    event_at="reported_at",
    versioned=False,
    purpose="Know whether each camera works",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=True,  # it comes in the same file as the events
    partitioned_by=("year(reported_at)", "month(reported_at)"),
    sorted_by=("camera_id", "reported_at"),
)
