"""Citizens' reports from Open311 servers, CSV and Excel exports: fetched on each source's own schedule."""

import dagster as dg

from lake.contracts import ticket
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.ticket__*, checked by the ticket suite."""
    return raw_source([ticket.REQUESTS, ticket.EVENTS, ticket.SERVICES])
