"""Messages as Frigate publishes them, small: what a test needs to tell one from another."""

from __future__ import annotations

import json

START_S = 1632977990.5  # 2021-09-30 04:59:50.5 UTC
EVENTS, UPDATES, STATS = "frigate/events", "frigate/tracked_object_update", "frigate/stats"
Message = tuple[str, bytes]


def event(number: int, *, kind: str = "end", plate: str | None = None) -> Message:
    """The message `kind` of the tracked object `number`."""
    after = {
        "id": f"{START_S + number:.1f}-x{number}",
        "camera": "ql1a-01",
        "frame_time": START_S + number + {"new": 0, "update": 1, "end": 2}[kind],
        "start_time": START_S + number,
        "end_time": START_S + number + 2 if kind == "end" else None,
        "label": "car",
        "sub_label": ["Nguyen Van A", 0.9],
        "top_score": 0.9,
        "false_positive": False,
        "stationary": False,
        "current_zones": [],
        "entered_zones": ["huong_ve"],
        "snapshot": {"box": [1, 2, 3, 4]},
        "thumbnail": "aGVsbG8=",
        "recognized_license_plate": plate,
    }
    return EVENTS, json.dumps({"type": kind, "before": {}, "after": after}).encode()


def plate_update(number: int, plate: str) -> Message:
    """A plate read of the object `number`, with the name of the one who owns it."""
    update = {"type": "lpr", "id": f"{START_S + number:.1f}-x{number}", "name": "Nguyen Van A", "plate": plate}
    update |= {"score": 0.95, "camera": "ql1a-01", "timestamp": START_S + number + 1.25, "plate_box": [1, 2, 3, 4]}
    return UPDATES, json.dumps(update).encode()


def stats(second: int) -> Message:
    """Statistics of one camera that delivers frames."""
    cameras = {"ql1a-01": {"camera_fps": 5.0, "pid": 7}}
    return STATS, json.dumps({"cameras": cameras, "service": {"last_updated": int(START_S) + second}}).encode()
