"""Traffic cameras: files of a recorder, messages of a broker, counts of stations, and the register of cameras."""

import dagster as dg

from lake.contracts import camera
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.camera__*, checked by the camera suite."""
    return raw_source([camera.EVENTS, camera.STATUS, camera.PLATES, camera.SIGNALS, camera.COUNTS, camera.REGISTRY])
