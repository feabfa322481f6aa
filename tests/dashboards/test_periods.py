"""Periods as an address writes them, and their neighbours."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.periods import (
    Period,
    containing,
    listed,
    months_until,
    parse,
    previous,
    reaching_back,
    step,
    until,
    year_before,
)  # fmt: skip

FIRST, TODAY = date(2020, 6, 1), date(2021, 9, 30)


def read(text: str) -> Period:
    period = parse(text, FIRST, TODAY)
    assert period is not None
    return period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("month", "2021-08-01", "2021-08-31"),
        ("week", "2021-09-20", "2021-09-26"),
        ("day", "2021-09-29", "2021-09-29"),
        ("2021-W38", "2021-09-20", "2021-09-26"),
        ("2020-Q4", "2020-10-01", "2020-12-31"),
        ("2020-12", "2020-12-01", "2020-12-31"),
        ("2020", "2020-01-01", "2020-12-31"),
        ("2021-07-05..2021-07-20", "2021-07-05", "2021-07-20"),
        ("all", "2020-06-01", "2021-09-30"),
    ],
)
def test_every_spelling_names_its_days(text: str, first: str, last: str) -> None:
    period = read(text)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert parse(period.address, FIRST, TODAY) == period


@pytest.mark.parametrize(
    "text", ["", "2021-13", "2021-W54", "2021-02-30", "2021-09-30..2021-09-01", "x..y", "99999", "'"]
)
def test_what_names_no_period_is_refused(text: str) -> None:
    assert parse(text, FIRST, TODAY) is None


@pytest.mark.parametrize(
    ("text", "before", "year"),
    [
        ("2021-01", "2020-12", "2020-01"),
        ("2021-Q1", "2020-Q4", "2020-Q1"),
        ("2021-W01", "2020-W53", "2020-W01"),
        ("2020-W53", "2020-W52", None),  # 2019 had no week 53
        ("2021-03-01", "2021-02-28", "2020-03-01"),
        ("2020-02-29", "2020-02-28", None),
        ("2021-07-05..2021-07-20", "2021-06-19..2021-07-04", "2020-07-05..2020-07-20"),
        ("all", None, None),
    ],
)
def test_neighbours(text: str, before: str | None, year: str | None) -> None:
    found = previous(read(text)), year_before(read(text))
    assert tuple(period and period.address for period in found) == (before, year)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2021-08", "2021-08-01..2021-08-31"),
        ("2021-W30", "2021-07-03..2021-08-01"),
        ("2021", "2021-01-01..2021-09-29"),  # today is not over
        ("2021-09-30", "2021-09-01..2021-09-30"),
    ],
)
def test_a_chart_reaches_back_from_a_short_period_and_not_into_the_future(text: str, shown: str) -> None:
    assert reaching_back(read(text), 30, TODAY).address == shown


def test_a_month_is_over_on_its_last_day_and_not_before() -> None:
    assert until("month", date(2021, 8, 31)).address == "2021-08"
    assert until("month", date(2021, 8, 30)).address == "2021-07"


def test_the_list_reaches_from_the_running_period_to_the_first_one() -> None:
    quarters = [period.address for period in listed("quarter", FIRST, TODAY)]
    assert quarters == ["2021-Q3", "2021-Q2", "2021-Q1", "2020-Q4", "2020-Q3", "2020-Q2"]
    assert containing("quarter", FIRST).address == quarters[-1]


@pytest.mark.parametrize(
    ("text", "first", "last", "grain"),
    [
        ("2021-08", date(2020, 9, 1), date(2021, 8, 31), "day"),
        ("2021-Q3", date(2020, 10, 1), TODAY, "week"),  # the quarter is not over
        ("2020-12", date(2020, 1, 1), date(2020, 12, 31), "day"),
        ("all", date(2020, 6, 1), TODAY, "month"),
    ],
)
def test_charts_over_months_end_with_the_period_and_never_after_today(
    text: str, first: date, last: date, grain: str
) -> None:
    assert months_until(read(text), TODAY) == (first, last)
    assert step(read(text)) == grain
