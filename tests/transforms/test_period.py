"""Codes of periods: each form means the days it says, and what is none is none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.period import from_code, months


@pytest.mark.parametrize(
    ("code", "start", "end", "grain"),
    [
        ("2024", "2024-01-01", "2024-12-31", "year"),
        ("2024A1", "2024-01-01", "2024-12-31", "year"),
        ("2024M02", "2024-02-01", "2024-02-29", "month"),
        ("2024-M2", "2024-02-01", "2024-02-29", "month"),
        ("1999-01", "1999-01-01", "1999-01-31", "month"),
        ("2024Q4", "2024-10-01", "2024-12-31", "quarter"),
        ("2024-Q1", "2024-01-01", "2024-03-31", "quarter"),
        ("2024K3", "2024-07-01", "2024-09-30", "quarter"),
        ("2024-S2", "2024-07-01", "2024-12-31", "half_year"),
        ("2024H1", "2024-01-01", "2024-06-30", "half_year"),
        ("2020W53", "2020-12-28", "2021-01-03", "week"),
        ("2024-12-31", "2024-12-31", "2024-12-31", "day"),
        ("2010/2012", "2010-01-01", "2012-12-31", "span"),
    ],
)
def test_code_means_its_days(code: str, start: str, end: str, grain: str) -> None:
    assert from_code(code) == (date.fromisoformat(start), date.fromisoformat(end), grain)


@pytest.mark.parametrize("code", ["", "24", "2024M13", "2024Q5", "2021W53", "2023-02-29", "2012/2010", "total", "0001"])
def test_what_is_no_period_is_not_made_one(code: str) -> None:
    assert from_code(code) is None


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(1, 12))
def test_only_whole_quarters_and_halves_get_their_names(year: int, one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    period = months(year, first, last)
    assert (period.start_on.month, period.end_on.month) == (first, last)
    names = {"month": 1, "quarter": 3, "half_year": 6, "nine_months": 9, "year": 12}
    if period.grain in names:
        assert last - first + 1 == names[period.grain]
        assert (first - 1) % names[period.grain] == 0
    else:
        assert period.grain == ("year_to_date" if first == 1 else "span")
