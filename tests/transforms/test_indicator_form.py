"""The province's form of indicators: what is typed becomes a value of the right series, period and vintage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from filled_form import as_csv, example, filled, packed

from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms.indicator import INDICATOR, VALUES
from transforms.cell_values import ZONE
from transforms.indicator import parse
from transforms.indicator_form import period_of

RECEIVED_AT = datetime(2021, 10, 1, 3, tzinfo=UTC)


def parsed(*rows: dict[str, Any], closed_at: Any = "30/09/2021") -> Parsed:
    body = packed(filled(INDICATOR, {VALUES.sheet: rows}, closed_at))
    return parse(body, Delivery("form", None, RECEIVED_AT, "form.xlsx", {}))


def test_row_of_the_form_is_a_value_with_its_cell_and_vintage() -> None:
    (row,) = parsed(example(VALUES, value="1.234,5")).rows["indicator__values"].to_dicts()
    told = {
        "indicator_code": "KTXH-01",
        "unit_code": "93",
        "unit": "Tỷ đồng",
        "period_start_on": date(2021, 9, 1),
        "period_end_on": date(2021, 9, 30),
        "period_grain": "month",
        "value": 1234.5,
        "value_status": "estimate",
        "vintage_at": datetime(2021, 9, 30, 23, 59, 59, tzinfo=ZONE),
        "vintage_basis": "stated",
        "sheet": "Chỉ tiêu",
        "cell": "G5",
    }
    assert {name: row[name] for name in told} == told


def test_plan_and_revision_stand_beside_the_value_and_never_replace_it() -> None:
    plan = example(VALUES, measure="Kế hoạch", value=1500, value_status="Chính thức")
    first = parsed(example(VALUES), plan).rows["indicator__values"]
    revised = parsed(example(VALUES, value=1300, value_status="Điều chỉnh"), closed_at="01/10/2021 08:00")
    again = revised.rows["indicator__values"]
    assert first["series_id"].n_unique() == 2
    assert again["series_id"].to_list() == first["series_id"].to_list()[:1]
    assert again["vintage_at"][0] > first["vintage_at"][0]


@pytest.mark.parametrize(
    ("written", "first", "last", "grain"),
    [
        ("09/2021", date(2021, 9, 1), date(2021, 9, 30), "month"),
        ("Tháng 9 năm 2021", date(2021, 9, 1), date(2021, 9, 30), "month"),
        ("Tháng 2/2024", date(2024, 2, 1), date(2024, 2, 29), "month"),
        ("Quý III/2021", date(2021, 7, 1), date(2021, 9, 30), "quarter"),
        ("quy 4 nam 2021", date(2021, 10, 1), date(2021, 12, 31), "quarter"),
        ("6 tháng/2021", date(2021, 1, 1), date(2021, 6, 30), "half_year"),
        ("9 tháng đầu năm 2021", date(2021, 1, 1), date(2021, 9, 30), "nine_months"),
        ("7 tháng/2021", date(2021, 1, 1), date(2021, 7, 31), "year_to_date"),
        ("2021", date(2021, 1, 1), date(2021, 12, 31), "year"),
        ("Cả năm 2021", date(2021, 1, 1), date(2021, 12, 31), "year"),
    ],
)
def test_periods_as_reports_write_them(written: str, first: date, last: date, grain: str) -> None:
    assert period_of(written) == (first, last, grain)


@pytest.mark.parametrize("written", ["13/2021", "Quý V/2021", "9/21", "hôm nay", "0 tháng/2021", "1/9/2021", "9999"])
def test_what_is_no_period_is_told_by_its_cell(written: str) -> None:
    assert period_of(written) is None
    (reject,) = parsed(example(VALUES, period=written)).rejected.to_dicts()
    assert reject["reason_code"] == "unreadable_period" and "E5 (Kỳ báo cáo)" in reject["reason"]


def test_an_empty_value_is_missing_only_when_the_form_says_so() -> None:
    said = parsed(example(VALUES, value=None, value_status="Chưa có số liệu")).rows["indicator__values"]
    assert said["value"].to_list() == [None] and said["value_status"].to_list() == ["missing"]
    for row in (example(VALUES, value=None), example(VALUES, value_status="Chưa có số liệu")):
        assert parsed(row).rejected["reason_code"].to_list() == ["value_without_status"]


def test_csv_of_the_form_is_read_too() -> None:
    body = as_csv(VALUES, [example(VALUES, value="12,5")])
    rows = parse(body, Delivery("form", None, RECEIVED_AT, "form.csv", {})).rows["indicator__values"]
    assert rows["value"].to_list() == [12.5]
