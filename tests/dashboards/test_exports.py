from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from dashboards.exports.flat import to_csv


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1"]
)
def test_a_cell_never_starts_like_a_formula(text: str) -> None:
    assert read(to_csv(pa.table({"a": [text]})))[1] == [f"'{text}"]


def test_a_column_name_never_starts_like_a_formula() -> None:
    assert read(to_csv(pa.table({"=1+1": [1]})))[0] == ["'=1+1"]


def test_excel_sees_vietnamese_letters() -> None:
    data = to_csv(pa.table({"đơn vị": ["Huyện Phụng Hiệp"]}))
    assert data.startswith(b"\xef\xbb\xbf")
    assert read(data) == [["đơn vị"], ["Huyện Phụng Hiệp"]]


def test_numbers_dates_and_nulls_keep_their_meaning() -> None:
    instant = datetime(2021, 9, 30, 10, tzinfo=UTC)
    table = pa.table(
        {"n": [-5], "x": [-0.5], "d": [Decimal("-1.50")], "on": [date(2021, 9, 30)], "at": [instant], "none": [None]}
    )
    assert read(to_csv(table))[1] == ["-5", "-0.5", "-1.50", "2021-09-30", "2021-09-30T10:00:00+00:00", ""]


def test_columns_of_one_name_are_both_kept() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert read(to_csv(table)) == [["a", "a"], ["1", "2"]]
