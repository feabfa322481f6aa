"""Administrative units from official code lists, and their boundaries: fetched on each source's own schedule."""

import dagster as dg

from lake.contracts import place
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.place__*, checked by the place suite."""
    return raw_source([place.UNITS, place.BOUNDARIES])
