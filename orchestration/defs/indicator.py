"""Socio-economic statistics from workbooks, statistical services and files: fetched on each source's own schedule."""

import dagster as dg

from lake.contracts import indicator
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.indicator__values, checked by the indicator suite."""
    return raw_source([indicator.VALUES])
