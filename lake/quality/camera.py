"""Behaviour of a batch of camera events and camera states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.quality.expect import Suite, between, in_time, not_before, not_blank, one_of, unique

LABELS = {"bicycle", "bus", "car", "motorcycle", "person", "truck"}  # those a flow can be counted by


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `camera__events` and `camera__status`."""
    return [
        Suite(
            "camera__events",
            frames["camera__events"],
            [
                unique("camera_id", "event_id", "event_type", "sent_at"),
                not_blank("camera_id"),
                not_blank("event_id"),
                one_of("event_type", {"new", "update", "end"}),
                in_time("sent_at", received_at),
                in_time("start_at", received_at),
                not_before("end_at", "start_at"),
                one_of("label", LABELS, severity="warning"),
                between("top_score", 0, 1),
                between("plate_confidence", 0, 1),
                between("speed_km_h", 0, 200, severity="warning"),
            ],
        ),
        Suite(
            "camera__status",
            frames["camera__status"],
            [
                unique("camera_id", "reported_at"),
                not_blank("camera_id"),
                in_time("reported_at", received_at),
                between("camera_fps", 0, None, severity="warning"),
            ],
        ),
    ]
