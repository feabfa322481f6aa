from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dashboards.number_format import MINUS, NBSP, NO_DATA, Formats

VI, EN = Formats("vi"), Formats("en")


def test_thousands_and_decimals_follow_the_language() -> None:
    assert VI.count(1422) == "1.422"
    assert EN.count(1422) == "1,422"
    assert VI.decimal(1250.5, 1) == "1.250,5"
    assert EN.decimal(1250.5, 1) == "1,250.5"
    assert VI.count(3_645_942) == "3.645.942"


def test_published_rate_is_written_as_the_centre_writes_it() -> None:
    assert VI.percent(1329 / 1422) == "93,5%"
    assert EN.percent(1329 / 1422) == "93.5%"


@pytest.mark.parametrize(("ratio", "text"), [(0.9345, "93,5%"), (0.00125, "0,1%"), (Decimal("0.8385"), "83,9%")])
def test_half_rounds_up_not_to_even(ratio: float | Decimal, text: str) -> None:
    assert VI.percent(ratio) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1, "100,0%"), (0, "0,0%"), (0.9998, "99,98%"), (0.99999, "99,999%"), (0.0004, "0,04%"), (1.2, "120,0%")],
)
def test_only_all_is_written_as_all_and_only_nothing_as_nothing(ratio: float, text: str) -> None:
    assert VI.percent(ratio) == text


def test_minus_is_the_typographic_sign() -> None:
    assert VI.decimal(-0.4, 1) == f"{MINUS}0,4"
    assert MINUS == "−"


def test_points_are_not_percent() -> None:
    assert VI.points(0.95 - 1329 / 1422) == f"1,5{NBSP}điểm{NBSP}%"
    assert EN.points(0.0154) == f"1.5{NBSP}pp"
    assert VI.points(0.0004) == f"0,04{NBSP}điểm{NBSP}%"


def test_null_is_a_dash_never_zero() -> None:
    for formats in (VI, EN):
        for text in (
            formats.count(None),
            formats.percent(None),
            formats.points(None),
            formats.day(None),
            formats.instant(None),
            formats.duration(None),
        ):
            assert text == NO_DATA


def test_dates() -> None:
    assert VI.day(date(2021, 9, 30)) == "30/09/2021"
    assert EN.day(date(2021, 9, 30)) == "30 Sep 2021"
    assert VI.days(date(2021, 9, 1), date(2021, 9, 30)) == "01/09/2021 – 30/09/2021"
    assert VI.days(date(2021, 9, 1), date(2021, 9, 1)) == "01/09/2021"


def test_instants_are_read_on_the_provinces_wall_clock() -> None:
    assert VI.instant(datetime(2021, 9, 30, 10, 0, tzinfo=UTC)) == "30/09/2021 17:00"
    # 17:00 UTC is already tomorrow
    assert VI.instant(datetime(2021, 9, 30, 17, 5, tzinfo=UTC)) == "01/10/2021 00:05"


@pytest.mark.parametrize(
    ("grain", "vi", "en"),
    [
        ("day", "01/03/2021", "1 Mar 2021"),
        ("week", "Tuần 9/2021", "Week 9/2021"),
        ("month", "Tháng 3/2021", "March 2021"),
        ("quarter", "Quý 1/2021", "Q1 2021"),
        ("year", "Năm 2021", "2021"),
    ],
)
def test_names_of_periods(grain: str, vi: str, en: str) -> None:
    first = date(2021, 3, 1)
    assert VI.period(grain, first, first) == vi
    assert EN.period(grain, first, first) == en


def test_iso_week_belongs_to_the_year_of_its_thursday() -> None:
    assert VI.period("week", date(2020, 12, 28), date(2021, 1, 3)) == "Tuần 53/2020"


@pytest.mark.parametrize(
    ("seconds", "vi"),
    [(0, "0 phút"), (45, "45 giây"), (300, "5 phút"), (7_200, "2 giờ"), (129_600, "36 giờ"), (172_800, "2 ngày")],
)
def test_durations(seconds: int, vi: str) -> None:
    assert VI.duration(seconds).replace(NBSP, " ") == vi
