"""Socio-economic indicators -> indicator__values: which format is read by which module, and what all share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.indicator import VALUES
from lake.contracts.profile import Format
from lake.errors import PayloadRefused
from transforms import gso, indicator_form, jsonstat, px, sdmx, worldbank
from transforms.observation import MAX_OBSERVATIONS, Fault, Observation, canonical, series_id

READERS: Mapping[Format, Callable[[bytes, Delivery], Iterator[Observation | Fault]]] = {
    "gso": gso.read,
    "jsonstat": jsonstat.read,
    "px": px.read,
    "sdmx": sdmx.read,
    "worldbank": worldbank.read,
    "form": indicator_form.read,
}
MAX_BYTES = 128 << 20
_SCHEMA = VALUES.polars_schema


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> rows of `indicator__values`, in payload order, and the cells and records that cannot be rows.

    A mark such as "..." or a flag in the place of a value makes a row without a value and with the status `missing`;
    an empty cell makes none. Two different values of one series and period in one payload contradict each other: both
    go to quarantine (`ambiguous_series`). Other reason codes are those of the format's module.
    Raises PayloadRefused when the body as a whole is not what the source declares.
    """
    if len(body) > MAX_BYTES:
        raise PayloadRefused(f"{delivery.origin} has more than {MAX_BYTES >> 20} MB; ask for less at a time.")
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    positions: list[int] = []
    for position, read in enumerate(READERS[delivery.format](body, delivery)):
        if position >= MAX_OBSERVATIONS:
            raise PayloadRefused(
                f"{delivery.origin} holds more than {MAX_OBSERVATIONS:,} values; ask for less at a time."
            )
        if isinstance(read, Fault):
            rejects.append((position, *read))
        else:
            rows.append(_row(read, delivery))
            positions.append(position)
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(pl.Series("position", positions, pl.Int64))
    told = pl.struct("value", "value_status").n_unique().over(*VALUES.key, "vintage_at")
    contradicting = frame.filter(told > 1)
    rejects += [_contradiction(row) for row in contradicting.iter_rows(named=True)]
    sound = frame.filter(told == 1).drop("position")
    return Parsed(rows={VALUES.table: sound}, rejected=rejected_frame(sorted(rejects, key=lambda reject: reject[0])))


def warm_up() -> None:
    """Load and start everything `parse` needs, for a process that may open no file and start no thread afterwards."""
    body = (
        b'{"version":"2.0","class":"dataset","id":["year"],"size":[1],"value":[1],"role":{"time":["year"]},'
        b'"dimension":{"year":{"category":{"index":["2024"]}}}}'
    )
    parse(body, Delivery("jsonstat", None, datetime(2025, 1, 1, tzinfo=UTC), "", {}))


def _row(read: Observation, delivery: Delivery) -> tuple[object, ...]:
    """A contract row, columns in contract order."""
    dimensions = canonical(read.dimensions)
    row = {
        **read._asdict(),
        "series_id": series_id(read.dataset_code, dimensions),
        "dimensions": dimensions,
        "period_start_on": read.period.start_on,
        "period_end_on": read.period.end_on,
        "period_grain": read.period.grain,
        "vintage_at": read.vintage.at,
        "vintage_basis": read.vintage.basis,
        "published_at": read.vintage.at or delivery.received_at,
    }
    return tuple(row[name] for name in VALUES.names)


def _contradiction(row: dict[str, object]) -> tuple[int, str, str, bytes]:
    place = f"sheet {row['sheet']!r}, cell {row['cell']}" if row["cell"] else "record"
    reason = (
        f"{place}: {row['indicator_name']!r} from {row['period_start_on']} to {row['period_end_on']} has another value "
        "elsewhere in this delivery."
    )
    return int(str(row["position"])), "ambiguous_series", reason, f"{row['dimensions']} = {row['value']}".encode()
