"""What a contract is, and what a transform hands to the table writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from lake.contracts.profile import Format, Profile, Slug

RESERVED = frozenset({"source", "batch_id", "ingested_at", "record_hash", "received_at"})  # the table writer's own
TIMESTAMP = pa.timestamp("us", tz="UTC")

# Legal bases, as the tables' comments name them. docs/personal-data.md says what counsel must confirm.
PUBLIC_TASK = "Public task of the operations centre; Law 91/2025/QH15, Decree 356/2025/ND-CP"
PUBLIC_RECORDING = "Recording in public places for order and traffic safety; Law 91/2025/QH15, Decree 356/2025/ND-CP"
PUBLISHED = "Published by the press itself; Law 91/2025/QH15, Decree 356/2025/ND-CP"
NOT_PERSONAL = "Holds no personal data"

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
    `changed_at` names the column of a versioned table in which a source dates the change. Where it is null the
    delivery dates it: the version received last stands, and a return to an older one is a new version.
    A difference in a `volatile` column alone makes neither a new version nor a conflict.
    Rows of a `is_derived` table repeat what another table's records say, so the accounts leave them out.
    `dropped` names source fields that hold personal data and never pass the boundary.
    `personal` names columns that still tell something of a person (a pseudonym, redacted text, a place): they are
    blanked when the person is erased, so none of them is required.
    `holds_personal_data` says that the bytes of a delivery do: they are sealed at rest. `formats` are the wire formats
    its rows come in, all of the slug where it names none.
    `purpose` and `legal_basis` say why the table is kept; they are stored as the table's comment.
    """

    slug: Slug
    table: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_at: str
    versioned: bool
    purpose: str
    legal_basis: str
    holds_personal_data: bool
    formats: tuple[Format, ...] = ()
    partitioned_by: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    changed_at: str = ""
    is_derived: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a column named as one of the writer's own."""
        if taken := RESERVED & set(self.names):
            raise ValueError(
                f"raw.{self.table} cannot have the columns {', '.join(sorted(taken))}: the writer adds them."
            )

    @property
    def names(self) -> list[str]:
        """Column names in order, without the writer's own columns."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Columns in which null is refused."""
        return [column.name for column in self.columns if column.required]

    @property
    def policy(self) -> str:
        """Why the table is kept and what in it is personal, as its comment in the lake says."""
        personal = ", ".join(self.personal) or "none"
        return f"Purpose: {self.purpose}. Legal basis: {self.legal_basis}. Personal columns: {personal}."

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


class Located(NamedTuple):
    """The administrative unit of (`code`, `valid_from`) that an address lies in; None where several fit, or none.

    `confidence` is 0..1; `is_sure`: it may be used without a person looking.
    """

    code: str | None
    valid_from: date | None
    confidence: float
    is_sure: bool


@dataclass(frozen=True)
class Delivery:
    """What a transform must know of a payload besides its bytes.

    `origin` is the URL or file name it came from, `received_at` the instant of the harvest (aware, UTC),
    `pseudonym_keys` the secrets of the keyed HMAC for personal identifiers (at least 32 bytes each), by year of the
    event in UTC, without a gap from 2000 to the year of `received_at` or later. `locate` finds the unit of a written
    address by the boundaries of a day; None where the units of the source's country are not known.
    """

    format: Format
    profile: Profile | None
    received_at: datetime
    origin: str
    pseudonym_keys: Mapping[int, bytes]
    locate: Callable[[str, date], Located] | None = None


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
