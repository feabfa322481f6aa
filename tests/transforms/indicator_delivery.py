"""What the tests of socio-economic formats share: a delivery, and the rows made of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from lake.contracts.base import Delivery, Parsed
from lake.contracts.indicator import VALUES
from lake.contracts.profile import Format, Profile
from transforms.indicator import parse

RECEIVED_AT = datetime(2026, 3, 31, 10, tzinfo=UTC)


def delivered(body: bytes, format: Format, origin: str = "delivery", profile: Profile | None = None) -> Parsed:
    """A payload as the indicator transform reads it; its rows have the contract's shape."""
    parsed = parse(body, Delivery(format, profile, RECEIVED_AT, origin, {}))
    assert dict(values(parsed).schema) == VALUES.polars_schema
    return parsed


def values(parsed: Parsed) -> pl.DataFrame:
    return parsed.rows[VALUES.table]


def one(parsed: Parsed, **where: Any) -> dict[str, Any]:
    """The only row in which the columns have these values."""
    return values(parsed).filter(**where).row(0, named=True) if values(parsed).filter(**where).height == 1 else {}


def codes(parsed: Parsed) -> list[str]:
    """Reason codes of what was set aside, in payload order."""
    return parsed.rejected["reason_code"].to_list()
