"""Server metrics and the inventory: daily partitions, fetched on each source's schedule."""

import dagster as dg

from lake.contracts import server
from orchestration.partitions import PROVINCIAL_DAYS
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.server__*, checked by the server suite."""
    return raw_source([server.SAMPLES, server.SERIES, server.HOSTS], partitions=PROVINCIAL_DAYS)
