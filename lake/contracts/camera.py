"""Traffic cameras: what they saw (events, plates, counts), how they are (status, signals), where they hang (registry).

Events and status are after Frigate's, counts after FIWARE's TrafficFlowObserved, signals after ONVIF's notifications.
"""

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

PLATES = Contract(
    slug="camera",
    table="camera__plates",
    description="One row per plate read after its tracked object was first reported (frigate/tracked_object_update).",
    columns=(
        Column("camera_id", pa.string(), "camera", required=True),
        Column("event_id", pa.string(), "tracked object, as in camera__events", required=True),
        Column("read_at", TIMESTAMP, "when the plate was read", required=True),
        Column("plate_token", pa.string(), "keyed HMAC-SHA256 of the licence plate, 32 hex digits; never the plate"),
        Column("plate_confidence", pa.float64(), "plate recognition score, 0..1"),
    ),
    key=("camera_id", "event_id", "read_at"),
    event_at="read_at",
    versioned=False,
    purpose="Count how many vehicles had their plate read; recognise a repeated passage without knowing the plate",
    legal_basis=PUBLIC_RECORDING,
    holds_personal_data=True,
    partitioned_by=("year(read_at)", "month(read_at)"),
    sorted_by=("camera_id", "read_at"),
    dropped=("plate", "name", "sub_label", "description", "plate_box"),
    personal=("plate_token", "plate_confidence"),
)

SIGNALS = Contract(
    slug="camera",
    table="camera__signals",
    description="One row per device message that tells of no tracked object: motion, day or night, inputs, light.",
    columns=(
        Column("camera_id", pa.string(), "camera", required=True),
        Column("topic", pa.string(), "ONVIF topic without its prefixes, or ISAPI eventType", required=True),
        Column(
            "item", pa.string(), "which part of the device, name=value; empty where there is one only", required=True
        ),
        Column("sent_at", TIMESTAMP, "time of the message", required=True),
        Column("operation", pa.string(), "Initialized, Changed or Deleted (ONVIF PropertyOperation)"),
        Column("is_active", pa.bool_(), "the state told; null where it is no yes or no"),
    ),
    key=("camera_id", "topic", "item", "sent_at"),
    event_at="sent_at",
    versioned=False,
    purpose="Know what the devices report of themselves",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=True,  # it comes in the same stream as objects and plates
    partitioned_by=("year(sent_at)", "month(sent_at)"),
    sorted_by=("camera_id", "sent_at"),
)

COUNTS = Contract(
    slug="camera",
    table="camera__counts",
    description="One row per counted interval, or per counted vehicle, of a station, lane, direction and class. "
    "A reading that cannot be is kept and flagged.",
    columns=(
        Column("station_id", pa.string(), "camera or counting station", required=True),
        Column("lane", pa.string(), "lane as the source writes it; all: lanes are not told apart", required=True),
        Column("direction", pa.string(), "direction after the profile; all: not told apart", required=True),
        Column("vehicle_class", pa.string(), "label of seeds/object_labels.csv; all: not told apart", required=True),
        Column("vehicle_class_source", pa.string(), "class as the source writes it"),
        Column("record_id", pa.string(), "number of the vehicle; interval: the row counts one", required=True),
        Column("started_at", TIMESTAMP, "beginning of the interval, or the passage of the vehicle", required=True),
        Column(
            "ended_at", TIMESTAMP, "end of the interval, exclusive; equal to started_at for a vehicle", required=True
        ),
        Column("n_vehicles", pa.int64(), "vehicles counted; null where the source tells none"),
        Column("speed_km_h", pa.float64(), "mean speed, or that of the vehicle"),
        Column("occupancy_pct", pa.float64(), "share of time the detector was occupied, 0..100"),
        Column("observed_pct", pa.float64(), "share of the readings that were measured, not filled in by the source"),
        Column("is_count_impossible", pa.bool_(), "negative, or more than the lanes can carry", required=True),
        Column("is_speed_impossible", pa.bool_(), "negative or above 250 km/h", required=True),
        Column("is_occupancy_impossible", pa.bool_(), "below 0 or above 100 %", required=True),
        Column(
            "is_time_ambiguous", pa.bool_(), "the clock time came twice that day (end of summer time)", required=True
        ),
        Column("is_time_skipped", pa.bool_(), "the clock time never was (start of summer time)", required=True),
        Column("is_out_of_order", pa.bool_(), "earlier than a row before it in the delivery", required=True),
    ),
    key=("station_id", "lane", "direction", "vehicle_class", "record_id", "started_at", "ended_at"),
    event_at="started_at",
    versioned=False,
    purpose="Count traffic where stations count it",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    partitioned_by=("year(started_at)", "month(started_at)"),
    sorted_by=("station_id", "started_at"),
    volatile=("is_out_of_order",),
)

REGISTRY = Contract(
    slug="camera",
    table="camera__registry",
    description="One row per version of an entry of the register; a camera that is moved has an entry per place.",
    columns=(
        Column("camera_id", pa.string(), "camera, as its events name it", required=True),
        Column("name_vi", pa.string(), "name of the place"),
        Column("road_code", pa.string(), "road: QL1A, QL61C …"),
        Column("km_mark", pa.float64(), "kilometre mark on the road; Km2078+350 is 2078.35"),
        Column("direction", pa.string(), "where it looks, as the register writes it"),
        Column("owner", pa.string(), "unit that runs it"),
        Column("lat", pa.float64(), "latitude, WGS 84, degrees"),
        Column("long", pa.float64(), "longitude, WGS 84, degrees"),
        Column("installed_on", pa.date32(), "first day at this place", required=True),
        Column("retired_on", pa.date32(), "first day it was no longer there; null while it is"),
        Column("is_retired_before_installed", pa.bool_(), "time order violated", required=True),
        Column("updated_at", TIMESTAMP, "last change after the register (its day); null where it gives none"),
        Column("stated_at", TIMESTAMP, "when the register was received", required=True),
    ),
    key=("camera_id", "installed_on"),
    event_at="stated_at",
    versioned=True,
    purpose="Know which cameras there are, where and since when",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    volatile=("stated_at",),
    changed_at="updated_at",
)
