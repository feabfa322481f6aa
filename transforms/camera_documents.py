"""Every camera format that is read whole, in memory; newline JSON of Frigate streams through `transforms.camera`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Format
from transforms import camera_axis, camera_counts, camera_isapi, camera_onvif, camera_plates, camera_registry

_PARSE: Mapping[Format, Callable[[bytes, Delivery], Parsed]] = {
    "frigate_update": camera_plates.parse,
    "onvif": camera_onvif.parse,
    "isapi": camera_isapi.parse,
    "axis": camera_axis.parse,
    "counts": camera_counts.parse,
    "registry": camera_registry.parse,
}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload of any of these formats. Raises PayloadRefused as each of them does."""
    return _PARSE[delivery.format](body, delivery)
