"""Cells people type: what is meant is read, what could mean two things is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake.contracts.form import Field, Kind
from lake.contracts.forms.dossier import DOSSIERS
from transforms.cell_values import REASONS, ZONE, CellFaultError, shown, value_of
from transforms.workbook import Cell

RECEIVED_AT = datetime(2021, 9, 30, 10, tzinfo=UTC)
few = settings(max_examples=60, deadline=None)


def field(kind: Kind, **more: Any) -> Field:
    return Field("c", "Cột", kind, "", "", **more)


def code_of(cell: Cell, asked: Field) -> str:
    with pytest.raises(CellFaultError) as fault:
        value_of(cell, asked, RECEIVED_AT)
    assert fault.value.vi and fault.value.en
    return fault.value.code


def in_vietnamese(number: Decimal) -> str:
    whole, _, part = f"{number:f}".partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", ".")
    return sign + grouped + (f",{part}" if part else "")


@few
@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=3))
def test_number_written_the_vietnamese_way_is_the_number(number: Decimal) -> None:
    assert value_of(in_vietnamese(number), field("decimal"), RECEIVED_AT) == float(number)


@few
@given(st.integers(-(2**53) + 1, 2**53 - 1))
@example(1_234_567)
def test_whole_number_loses_nothing_however_it_stands_in_the_cell(number: int) -> None:
    spaced = f"{number:,}".replace(",", " ")
    for cell in (number, float(number), str(number), in_vietnamese(Decimal(number)), spaced):
        assert value_of(cell, field("integer"), RECEIVED_AT) == number


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1,234.5", "english_number"),
        ("1,234,567", "english_number"),
        ("0.123", "english_number"),
        ("1.5", "english_number"),
        ("1.2345", "english_number"),
        ("12 tỷ", "not_a_number"),
        ("٣", "not_a_number"),
        ("1e5", "not_a_number"),
        ("9" * 400, "not_a_number"),
        (True, "not_a_number"),
        (date(2021, 9, 1), "not_a_number"),
        (float("nan"), "not_a_number"),
        ("1,5", "not_whole"),
        (1.5, "not_whole"),
        (1e17, "lost_digits"),
        ("#REF!", "excel_error"),
    ],
)
def test_number_that_could_be_another_is_refused(cell: Cell, code: str) -> None:
    assert code_of(cell, field("integer")) == code


def test_bounds_are_told_in_the_sentence() -> None:
    with pytest.raises(CellFaultError, match="out_of_range") as fault:
        value_of(30, field("integer", low=1, high=29), RECEIVED_AT)
    assert "từ 1 đến 29" in fault.value.vi


@pytest.mark.parametrize(("cell", "value"), [("85%", 85.0), ("0,5 %", 0.5), (85, 85.0), (1.5, 1.5), (0, 0.0)])
def test_percent_is_read_as_it_stands(cell: Cell, value: float) -> None:
    assert value_of(cell, field("percent", low=0, high=100), RECEIVED_AT) == value


@pytest.mark.parametrize("cell", [0.85, 1, 1.0, 0.01])
def test_cell_formatted_as_a_percentage_does_not_turn_85_percent_into_less_than_one(cell: Cell) -> None:
    assert code_of(cell, field("percent", low=0, high=100)) == "ambiguous_percent"


days = st.dates(date(2000, 1, 1), date(2021, 9, 30))


@few
@given(days)
@example(date(2021, 5, 9))
@example(date(2000, 2, 29))
def test_a_day_is_the_same_as_text_date_and_serial_number(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    cells: list[Cell] = [
        *(f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}", f"{day:%d-%m-%Y}", f"{day:%d.%m.%Y}"),
        *(day.isoformat(), f" {day:%d/%m/%Y} 00:00 ", day, datetime.combine(day, time()), serial, float(serial)),
    ]
    assert {value_of(cell, field("day"), RECEIVED_AT) for cell in cells} == {day}


@few
@given(days, st.times().map(lambda t: t.replace(microsecond=0)))
def test_a_time_is_provincial_and_kept_to_the_second(day: date, clock: time) -> None:
    local = datetime.combine(day, clock)
    serial = (local - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001  # a cell has no zone
    for cell in (f"{local:%d/%m/%Y %H:%M:%S}", local, serial):
        if clock != time():
            value = value_of(cell, field("instant"), RECEIVED_AT)
            assert value == local.replace(tzinfo=ZONE) and getattr(value, "tzinfo", None) is UTC


def test_deadline_without_a_time_lasts_to_the_end_of_its_day() -> None:
    due = value_of("15/09/2021", DOSSIERS.field("due_at"), RECEIVED_AT)
    filed = value_of("15/09/2021", DOSSIERS.field("filed_at"), RECEIVED_AT)
    assert due == datetime(2021, 9, 15, 16, 59, 59, tzinfo=UTC)
    assert filed == datetime(2021, 9, 14, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("01/09/21", "two_digit_year"),
        ("1/9/21", "two_digit_year"),
        ("09/30/2021", "month_first"),
        ("31/02/2021", "not_a_date"),
        ("30/13/2021", "not_a_date"),
        ("2021", "not_a_date"),
        (2021, "not_a_date"),
        ("hôm qua", "not_a_date"),
        ("30/09-2021", "not_a_date"),
        ("30/09/2021 25:00", "not_a_date"),
        (time(10), "not_a_date"),
        (True, "not_a_date"),
        ("01/10/2021", "impossible_date"),
        ("31/12/1999", "impossible_date"),
        (date(9999, 12, 31), "impossible_date"),
    ],
)
def test_day_that_could_be_another_is_refused(cell: Cell, code: str) -> None:
    assert code_of(cell, field("day")) == code


def test_month_first_that_is_a_month_stays_what_the_form_says() -> None:
    assert value_of("05/09/2021", field("day"), RECEIVED_AT) == date(2021, 9, 5)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("Có", True), ("co", True), ("X", True), ("✓", True), (True, True), (1.0, True), ("KHÔNG", False), (0, False)],
)
def test_yes_and_no_in_the_ways_people_write_them(cell: Cell, value: bool) -> None:
    assert value_of(cell, field("yes_no"), RECEIVED_AT) is value


def test_an_answer_nobody_offered_is_not_put_under_another() -> None:
    channel = DOSSIERS.field("channel")
    assert value_of("truc  TUYEN", channel, RECEIVED_AT) == "online"
    assert code_of("Qua Zalo", channel) == "unknown_word"
    assert code_of("maybe", field("yes_no")) == "unknown_word"
    assert code_of(3.0, channel) == "unknown_word"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (date(2021, 9, 1), "date_in_text"),
        (datetime(2021, 9, 1), "date_in_text"),  # noqa: DTZ001
        (1.2345678901234568e20, "lost_digits"),
        (False, "not_a_text"),
        ("á" * 501, "too_long"),
    ],
)
def test_text_a_spreadsheet_has_changed_is_refused(cell: Cell, code: str) -> None:
    assert code_of(cell, field("text")) == code


def test_text_is_composed_and_codes_typed_as_numbers_keep_their_digits() -> None:
    assert value_of("Sơ\u0309  Y tế\u200b", field("text"), RECEIVED_AT) == "Sở Y tế"
    assert value_of(93.0, field("text"), RECEIVED_AT) == "93"
    assert code_of("abc", field("text", pattern=r"\d+", shape_vi="chữ số", shape_en="digits")) == "bad_format"


@few
@given(
    st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.booleans(), st.datetimes(), st.timedeltas()),
    st.sampled_from(["text", "integer", "decimal", "percent", "day", "instant", "yes_no", "choice"]),
)
def test_no_cell_breaks_the_reader(cell: Cell, kind: Kind) -> None:
    try:
        value_of(cell, field(kind, words={"Có": "yes"}), RECEIVED_AT)
    except CellFaultError as fault:
        assert fault.code in REASONS


def test_shown_value_hides_a_phone_number() -> None:
    assert "0912" not in shown("gọi 0912 345 678")
    assert shown(44_469.0) == "44469" and shown("x" * 200) == "x" * 80
