"""Traffic cameras' files of newline JSON: each new file is one batch."""

import dagster as dg

from lake.contracts import camera
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.camera__*, checked by the camera suite."""
    return raw_source([camera.EVENTS, camera.STATUS])
