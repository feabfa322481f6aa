"""Behaviour of a batch of what cameras, counting stations and the register of cameras tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.quality.expect import Expectation, Suite, between, in_time, not_before, not_blank, one_of, unique

LABELS = {"bicycle", "bus", "car", "motorcycle", "person", "truck", "vehicle"}  # those a flow can be counted by
LATITUDES, LONGITUDES = (8.0, 24.0), (102.0, 110.0)  # of Viet Nam's mainland; degrees in the wrong order fall outside


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of the six tables of cameras; a source fills one or three of them.

    A reading that cannot be is flagged by the transform, and no figure is made of it: a detector that is out of order
    is reported, and stops the province's figures when half of what it says cannot be.
    """
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
        Suite(
            "camera__plates",
            frames["camera__plates"],
            [
                unique("camera_id", "event_id", "read_at"),
                not_blank("camera_id"),
                not_blank("event_id"),
                in_time("read_at", received_at),
                between("plate_confidence", 0, 1),
            ],
        ),
        Suite(
            "camera__signals",
            frames["camera__signals"],
            [
                unique("camera_id", "topic", "item", "sent_at"),
                not_blank("camera_id"),
                not_blank("topic"),
                in_time("sent_at", received_at),
            ],
        ),
        Suite(
            "camera__counts",
            frames["camera__counts"],
            [
                unique("station_id", "lane", "direction", "vehicle_class", "record_id", "started_at", "ended_at"),
                not_blank("station_id"),
                in_time("started_at", received_at),
                not_before("ended_at", "started_at", severity="blocking"),
                one_of("vehicle_class", LABELS | {"all"}, severity="warning"),
                *_rare("is_count_impossible"),
                *_rare("is_speed_impossible"),
                *_rare("is_occupancy_impossible"),
                one_of("is_time_skipped", {False}, severity="warning"),
                one_of("is_out_of_order", {False}, severity="warning"),
                between("observed_pct", 1, 100, severity="warning"),
            ],
        ),
        Suite(
            "camera__registry",
            frames["camera__registry"],
            [
                unique("camera_id", "installed_on"),
                not_blank("camera_id"),
                between("lat", *LATITUDES, severity="warning"),
                between("long", *LONGITUDES, severity="warning"),
                one_of("is_retired_before_installed", {False}, severity="warning"),
            ],
        ),
    ]


def _rare(flag: str) -> tuple[Expectation, Expectation]:
    """A flag is a warning where it is set at all, and blocks where it is set in half of the rows."""
    return one_of(flag, {False}, severity="warning"), one_of(flag, {False}, at_least=0.5)
