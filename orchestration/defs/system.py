"""Shared systems, staff, downloads and reports from filled forms: read on each source's own schedule."""

import dagster as dg

from lake.contracts import system
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.system__*, checked by the system suite."""
    contracts = [system.INVENTORY, system.STAFF, system.DOWNLOADS, system.REPORTS, system.MAINTENANCE, system.BACKUPS]
    return raw_source(contracts)
