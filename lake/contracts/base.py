"""What a contract is, and what a transform hands to the table writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
import pyarrow as pa

from lake.contracts.profile import Format, Profile

TIMESTAMP = pa.timestamp("us", tz="UTC")

REJECTED_SCHEMA: dict[str, pl.DataType] = {
    "position": pl.Int64(),  # 0-based record number (or line number) inside the payload
    "reason_code": pl.String(),  # snake_case, stable: counted and charted
    "reason": pl.String(),  # one English sentence with the offending column and value
    "raw": pl.Binary(),  # the record as received
}


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `required` means null is refused (the row goes to quarantine)."""

    name: str
    type: pa.DataType
    description: str
    required: bool = False


@dataclass(frozen=True)
class Contract:
    """The shape of `raw.<table>`.

    `key` identifies a record inside one source instance. A `versioned` table keeps every distinct version of a
    record (a ticket changes); otherwise the first delivery of a key stands, an equal redelivery is de-duplicated
    and a different one is quarantined as `conflict`.
    A difference in a `volatile` column alone makes neither a new version nor a conflict.
    Rows of a `is_derived` table repeat what another table's records say, so the accounts leave them out.
    `dropped` names source fields that hold personal data and never pass the boundary.
    """

    slug: str
    table: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_at: str
    versioned: bool
    partitioned_by: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    is_derived: bool = False

    @property
    def names(self) -> list[str]:
        """Column names in order, without the writer's own columns."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Columns in which null is refused."""
        return [column.name for column in self.columns if column.required]

    @property
    def arrow_schema(self) -> pa.Schema:
        """Business columns as a pyarrow schema, nullability included."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @property
    def polars_schema(self) -> dict[str, pl.DataType]:
        """The same shape for building Polars frames."""
        empty = pl.from_arrow(self.arrow_schema.empty_table())
        assert isinstance(empty, pl.DataFrame)
        return dict(empty.schema)


@dataclass(frozen=True)
class Delivery:
    """What a transform must know of a payload besides its bytes.

    `origin` is the URL or file name it came from, `received_at` the instant of the harvest (aware, UTC),
    `pseudonym_key` the secret of the keyed HMAC for personal identifiers (at least 32 bytes).
    """

    format: Format
    profile: Profile | None
    received_at: datetime
    origin: str
    pseudonym_key: bytes


@dataclass(frozen=True)
class Parsed:
    """What a transform makes of one payload.

    `rows`: raw table name -> frame with exactly the contract's columns and types.
    `rejected`: frame of REJECTED_SCHEMA, one row per record that could not become a row.
    """

    rows: dict[str, pl.DataFrame]
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED_SCHEMA))


def rejected_frame(rejects: list[tuple[int, str, str, bytes]]) -> pl.DataFrame:
    """(position, reason_code, reason, raw) tuples -> frame of REJECTED_SCHEMA."""
    return pl.DataFrame(rejects, schema=REJECTED_SCHEMA, orient="row")
