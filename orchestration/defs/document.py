"""Documents in and out from filled forms: read on each source's own schedule."""

import dagster as dg

from lake.contracts import document
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.document__*, checked by the document suite."""
    return raw_source([document.DOCUMENTS])
