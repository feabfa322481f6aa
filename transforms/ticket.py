"""Citizens' reports, as `ticket_rows` reads them -> ticket tables, each report with the unit its address lies in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import polars as pl

from lake.contracts.base import Delivery, Located, Parsed
from lake.contracts.place import PROVINCE_ZONE
from lake.contracts.ticket import REQUESTS
from transforms import ticket_rows
from transforms.ticket_record import LOCATED
from transforms.ticket_rows import ADDRESS


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """`ticket_rows.parse`, located."""
    return located(ticket_rows.parse(body, delivery), delivery.locate)


def located(read: Parsed, locate: Callable[[str, date], Located] | None) -> Parsed:
    """What `ticket_rows.parse` read, in the shape of the contracts: the address gives way to the unit it lies in, by
    the boundaries of the report's day; null where the source gives a unit of its own."""
    requests = read.rows[REQUESTS.table]
    if locate is not None:
        found = [_unit(written, at, locate) for written, at in requests.select(ADDRESS, "requested_at").iter_rows()]
        schema = {name: requests.schema[name] for name in LOCATED}
        requests = requests.drop(LOCATED).hstack(pl.DataFrame(found, schema=schema, orient="row"))
    return Parsed(read.rows | {REQUESTS.table: requests.select(REQUESTS.names)}, read.rejected)


def _unit(
    written: str | None, requested_at: datetime, locate: Callable[[str, date], Located]
) -> tuple[object, object, object, object]:
    return locate(written, requested_at.astimezone(PROVINCE_ZONE).date()) if written else (None,) * 4
