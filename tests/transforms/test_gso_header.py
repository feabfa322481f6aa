"""Headers of GSO tables: the words decide period, estimate, comparison and unit, and what is left is the measure."""

from __future__ import annotations

import pytest

from transforms.gso_header import is_unit, read
from transforms.province_codes import province_code
from transforms.tcvn3 import decode, is_legacy

LAST_YEAR, BEFORE = "same_period_last_year", "previous_period"


@pytest.mark.parametrize(
    ("words", "period", "status", "basis", "unit", "rest"),
    [
        ("Ước tính quý IV năm 2024", "2024-10-01/2024-12-31", "estimate", None, None, ""),
        ("Cộng dồn cả năm 2024", "2024-01-01/2024-12-31", None, None, None, ""),
        ("Cơ cấu (%) Quý III năm 2024", "2024-07-01/2024-09-30", None, None, "%", "cơ cấu"),
        ("Năm 2023 Quý II", "2023-04-01/2023-06-30", None, None, None, ""),
        ("So với cùng kỳ năm trước: Thực hiện quý I năm năm 2024", "2024-01-01/2024-03-31", None, LAST_YEAR, "%", ""),
        ("Tháng 12 năm 2024 so với tháng trước", "2024-12-01/2024-12-31", None, BEFORE, "%", ""),
        ("Tháng 12 năm 2024 so với tháng 11 năm 2024 (%)", "2024-12-01/2024-12-31", None, BEFORE, "%", ""),
        (
            "Tháng 8 năm 2002 so với (%): Tháng 12 năm 2001",
            "2002-08-01/2002-08-31",
            None,
            "december_last_year",
            "%",
            "",
        ),
        ("Quý IV năm 2024 so với Quý III năm 2024", "2024-10-01/2024-12-31", None, BEFORE, "%", ""),
        ("Năm 2024 so với năm 2023 (%) Số DN", "2024-01-01/2024-12-31", None, LAST_YEAR, "%", "số dn"),
        ("Năm 2023 so với năm 2024", "2023-01-01/2023-12-31", None, None, "%", "năm 2024"),
        ("Năm 2024 so với kế hoạch năm (%)", "2024-01-01/2024-12-31", None, "plan", "%", ""),
        ("Tháng 12 năm 2024 so với Kỳ gốc (2019)", "2024-12-01/2024-12-31", None, "base_period", "%", ""),
        ("Thực hiện (Tỷ đồng) 7 tháng đầu năm 2002", "2002-01-01/2002-07-31", None, None, "Tỷ đồng", ""),
        (
            "Bình quân quý IV năm 2024 so với cùng kỳ năm trước",
            "2024-10-01/2024-12-31",
            None,
            LAST_YEAR,
            "%",
            "bình quân",
        ),
        ("thời điểm 01/12/2024 so với cùng thời điểm tháng trước", "2024-12-01/2024-12-01", None, BEFORE, "%", ""),
        ("Sơ bộ tháng 12 năm 2024 Trị giá", "2024-12-01/2024-12-31", "provisional", None, None, "trị giá"),
        ("Số liệu chính thức năm 2023", "2023-01-01/2023-12-31", "final", None, None, "số liệu"),
        ("Số dự án (Dự án)", "", None, None, "Dự án", "số dự án"),
        ("Tháng 13 năm 2024", "2024-01-01/2024-12-31", None, None, None, "tháng 13"),
    ],
)
def test_header_is_taken_apart(
    words: str, period: str, status: str | None, basis: str | None, unit: str | None, rest: str
) -> None:
    reading = read(words, year=2024)
    shown = f"{reading.period.start_on}/{reading.period.end_on}" if reading.period else ""
    if rest == "năm 2024":  # the later year is no basis: the header contradicts itself
        assert reading.is_compared and reading.basis is None
        return
    assert (shown, reading.status, reading.basis, reading.unit, reading.rest) == (period, status, basis, unit, rest)


def test_year_left_out_is_that_of_the_table_and_without_one_there_is_no_period() -> None:
    assert read("Ước tính tháng 12", year=2018).period == read("Ước tính tháng 12 năm 2018", year=None).period
    assert read("Ước tính tháng 12", year=None).period is None


@pytest.mark.parametrize(("text", "answer"), [("Nghìn ha", True), ("%", True), ("Búp tươi", False), ("LPG", False)])
def test_only_units_are_units(text: str, answer: bool) -> None:
    assert is_unit(text) is answer


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Hậu Giang", "93"),
        ("TP. Hồ Chí Minh", "79"),
        ("Bà Rịa - Vũng Tàu", "77"),
        ("Thừa Thiên - Huế", "46"),
        ("Hoà Bình", "17"),
        ("Hà Giang ", "02"),
        ("Đắk  Lắk", "66"),
        ("Đồng bằng sông Cửu Long", None),
        ("Hậu", None),
    ],
)
def test_provinces_are_known_by_name_and_nothing_else_is(name: str, code: str | None) -> None:
    assert province_code(name) == code


def test_tcvn3_letters_become_vietnamese() -> None:
    assert (
        decode("S¶n xuÊt n«ng nghiÖp ®Õn ngµy 15 th¸ng 8 n¨m 2002")
        == "Sản xuất nông nghiệp đến ngày 15 tháng 8 năm 2002"
    )
    assert decode("kú n¨m tr\xadíc, ¦íc tÝnh, nghÜa, quü, rõng, vÉn, thuû s¶n, h÷u, Ê¬") == (
        "kỳ năm trước, Ước tính, nghĩa, quỹ, rừng, vẫn, thuỷ sản, hữu, ấơ"
    )


def test_unicode_is_never_taken_for_tcvn3() -> None:
    assert not is_legacy(["Cà phê", "Tổng số", "Điều"])
    assert not is_legacy(["Café", "GDP"])
    assert is_legacy(["Cµ phª", "Tæng sè", "GDP"])
    assert decode("Cà phê và Điều") == "Cà phê và Điều"
