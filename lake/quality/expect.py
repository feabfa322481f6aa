"""The vocabulary of suites: Great Expectations' expectations written down as data, each with a severity.

Writing them down needs no Great Expectations, which costs nine seconds and 270 MB to import; run.py does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import polars as pl

Severity = Literal["blocking", "warning"]

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(minutes=10)  # two machines' clocks, and the time a long harvest takes


@dataclass(frozen=True)
class Expectation:
    """One expectation. `type` and `arguments` are Great Expectations' own."""

    type: str
    arguments: dict[str, Any]
    severity: Severity


@dataclass(frozen=True)
class Suite:
    """Expectations on one frame, named after its raw table (with a suffix where a part of it is checked)."""

    name: str
    frame: pl.DataFrame
    expectations: list[Expectation]


def unique(*columns: str, severity: Severity = "blocking", are_nulls_equal: bool = True) -> Expectation:
    """No two rows share the values of `columns`.

    Among several columns nulls are equal to each other, unless rows with a null are to be left out.
    """
    if len(columns) == 1:
        return Expectation("expect_column_values_to_be_unique", {"column": columns[0]}, severity)
    ignored = "never" if are_nulls_equal else "any_value_is_missing"
    arguments = {"column_list": list(columns), "ignore_row_if": ignored}
    return Expectation("expect_compound_columns_to_be_unique", arguments, severity)


def between(column: str, low: float | None, high: float | None, *, severity: Severity = "blocking") -> Expectation:
    """Every non-null value lies in [low, high]; an open side is None."""
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Expectation("expect_column_values_to_be_between", arguments, severity)


def in_time(
    column: str, received_at: datetime, *, severity: Severity = "blocking", at_least: float = 1.0
) -> Expectation:
    """A share of at least `at_least` of the instants lies between 2000 and ten minutes after the harvest."""
    arguments = {
        "column": column,
        "min_value": EARLIEST,
        "max_value": received_at + CLOCK_TOLERANCE,
        "mostly": at_least,
    }
    return Expectation("expect_column_values_to_be_between", arguments, severity)


def one_of(
    column: str, allowed: Collection[str | float], *, severity: Severity = "blocking", at_least: float = 1.0
) -> Expectation:
    """A share of at least `at_least` of the non-null values belongs to the vocabulary."""
    arguments = {"column": column, "value_set": sorted(allowed), "mostly": at_least}
    return Expectation("expect_column_values_to_be_in_set", arguments, severity)


def not_blank(column: str, *, severity: Severity = "blocking") -> Expectation:
    """Every non-null text has a character that is not white space (nulls are the contract's affair)."""
    return Expectation("expect_column_values_to_match_regex", {"column": column, "regex": r"\S"}, severity)


def not_before(later: str, earlier: str, *, severity: Severity = "warning") -> Expectation:
    """Where both instants are known, `later` >= `earlier`."""
    arguments = {
        "column_A": later,
        "column_B": earlier,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Expectation("expect_column_pair_values_a_to_be_greater_than_b", arguments, severity)
