"""GSO workbooks: each number under its header and beside its label, or named with its cell; nothing in silence."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from gso_book import monthly, workbook
from indicator_delivery import codes, delivered, one, values

from lake.contracts.base import Parsed
from lake.errors import PayloadRefused
from transforms import workbook as cells
from transforms.text import clean

NAME = "2024-11-29-bieu.xlsx"


def at(parsed: Parsed, cell: str) -> dict[str, object]:
    return one(parsed, cell=cell)


def test_header_of_several_rows_says_period_status_unit_and_comparison() -> None:
    parsed = delivered(monthly(), "gso", NAME)
    columns = ("period_start_on", "period_end_on", "period_grain", "unit", "status_source", "comparison_basis")
    read = {cell: tuple(at(parsed, cell)[column] for column in columns) for cell in ("C9", "D9", "E9", "F9", "G9")}
    november = (date(2024, 11, 1), date(2024, 11, 30), "month")
    assert read == {
        "C9": (date(2024, 10, 1), date(2024, 10, 31), "month", "Tỷ đồng", "thực hiện", None),
        "D9": (*november, "Tỷ đồng", "ước tính", None),
        "E9": (date(2024, 1, 1), date(2024, 11, 30), "year_to_date", "Tỷ đồng", None, None),
        "F9": (*november, "%", None, "base_period"),
        "G9": (*november, "%", None, "december_last_year"),
    }
    assert at(parsed, "D9")["value_status"] == "estimate"
    assert at(parsed, "C9")["value_status"] is None  # carried out: neither an estimate nor final
    assert at(parsed, "F9")["dimensions"] == '{"basis":"base_period 2019","measure":"","row":"tổng số"}'


def test_marks_are_missing_a_zero_is_zero_and_a_typed_number_is_a_number() -> None:
    parsed = delivered(monthly(), "gso", NAME)
    read = {c: (at(parsed, c)["value"], at(parsed, c)["value_status"]) for c in ("C11", "D11", "E11", "G11")}
    assert read == {"C11": (None, "missing"), "D11": (None, "missing"), "E11": (3.5, None), "G11": (0.0, None)}
    assert at(parsed, "C11")["status_source"] == "..."


def test_what_is_no_value_is_named_with_its_sheet_and_cell() -> None:
    parsed = delivered(monthly(), "gso", NAME)
    assert parsed.rejected.select("reason_code", "reason").rows() == [
        ("hidden_sheet", "Sheet 'cũ' is hidden; its 2 cells were not read."),
        ("unlabelled_column", "sheet '33.CPI', column from I9: values under no header, 1 in all."),
        ("not_a_number", "sheet '33.CPI', cell F11: 'không rõ' is not a number."),
        ("unlabelled_row", "sheet '33.CPI', cell C15: values beside no label, 1 in all."),
    ]
    assert parsed.rejected["raw"].to_list()[1:] == [b"0.5", "không rõ".encode(), b"99.0"]


def test_unit_beside_a_label_and_province_of_a_row_are_told() -> None:
    parsed = delivered(monthly(), "gso", NAME)
    gold, here = at(parsed, "C13"), at(parsed, "D14")
    assert (gold["unit"], gold["indicator_name"], gold["unit_code"]) == ("Nghìn lượng", "Vàng, bạc", None)
    assert (here["unit_code"], here["geo_name"], here["geo_code"]) == ("93", "Hậu Giang", "93")


def test_revision_is_another_vintage_of_the_same_series() -> None:
    first = delivered(monthly(), "gso", NAME)
    later = delivered(monthly(D9=11.4, A1="7. Chỉ số giá tiêu dùng và bán lẻ"), "gso", "bieu 2025-01-06.xlsx")
    one_, other = at(first, "D9"), at(later, "D9")
    for same in ("series_id", "period_start_on", "period_end_on", "dataset_code"):
        assert one_[same] == other[same]
    assert (one_["value"], other["value"]) == (11.0, 11.4)
    assert (one_["vintage_at"], other["vintage_at"]) == (
        *(datetime(2024, 11, 28, 17, tzinfo=UTC), datetime(2025, 1, 5, 17, tzinfo=UTC)),
    )


def test_undated_name_takes_the_month_reported_on() -> None:
    row = at(delivered(monthly(), "gso", "bieu.xlsx"), "D9")
    assert (row["vintage_basis"], row["vintage_at"]) == ("reference", datetime(2024, 11, 29, 17, tzinfo=UTC))


def test_two_values_of_one_series_are_both_set_aside() -> None:
    parsed = delivered(monthly(hidden=False, B16="Hậu Giang", D16=1.6), "gso", NAME)
    ambiguous = parsed.rejected.filter(reason_code="ambiguous_series")["reason"].to_list()
    assert [re.findall(r"cell (\w+)", reason) for reason in ambiguous] == [["D14"], ["D16"]]
    assert at(parsed, "D14") == at(parsed, "D16") == {}


def test_header_that_names_no_period_or_an_unknown_base_costs_its_column_only() -> None:
    parsed = delivered(monthly(hidden=False, C5="", C6="", C7="", G5="mục tiêu", G6="", G7="", I9=""), "gso", NAME)
    assert codes(parsed)[:2] == ["unreadable_header", "unreadable_header"]
    reasons = " ".join(parsed.rejected["reason"].to_list())
    assert "column from C9: the header 'Thực hiện' names no period" in reasons
    assert "compares with something unknown" in reasons
    assert at(parsed, "D9")["value"] == 11.0


def test_sheet_with_numbers_but_without_a_table_is_named() -> None:
    body = workbook({"33.CPI": {"A1": "1. Bảng", "B2": "Năm 2023", "A3": "Dân số", "B3": 5}, "nháp": {"B7": 3}})
    parsed = delivered(body, "gso", NAME)
    assert parsed.rejected["reason"].to_list() == ["Sheet 'nháp' holds numbers, but no numbered table."]
    assert at(parsed, "B3")["value"] == 5.0


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "is no Excel or OpenDocument workbook"),
        (b"<html><table><tr><td>1. GDP</td></tr></table></html>", "is no Excel or OpenDocument workbook"),
        (b'{"class": "dataset"}', "is no Excel or OpenDocument workbook"),
        (monthly()[:2000], "cannot be read as a workbook"),
        (b"\xef\xbb\xbf" + monthly(), "is no Excel or OpenDocument workbook"),
        (workbook({"Sheet1": {"A1": "STT", "B1": "Họ tên", "A2": 1}}), "without one numbered table"),
    ],
)
def test_workbook_of_another_kind_is_refused_with_one_sentence(sent: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(sent, "gso", NAME)


REAL = {
    "2002-08-29-Bieu08-5.xls": (1834, {"no_table": 1}),
    "2018-12-27-03-So-lieu-2018-1.xls": (4384, {"unlabelled_column": 7, "ambiguous_series": 18}),
    "2024-12-29-02.Bieu-T12.2024.xlsx": (
        *(5100, {"hidden_sheet": 1, "unlabelled_column": 16, "unreadable_header": 4, "ambiguous_series": 22}),
    ),
    "2025-02-28-Bieu-T2.2025-1.xlsx": (2264, {"unlabelled_column": 1, "unreadable_header": 3, "ambiguous_series": 10}),
}


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path]) -> Callable[[str], tuple[bytes, Parsed]]:
    read: dict[str, tuple[bytes, Parsed]] = {}

    def get(name: str) -> tuple[bytes, Parsed]:
        if name not in read:
            body = shared_data(f"socioeconomic/gso_monthly/{name}").read_bytes()
            read[name] = (body, delivered(body, "gso", name))
        return read[name]

    return get


@pytest.mark.parametrize("name", REAL)
def test_no_number_of_a_real_workbook_is_lost_in_silence(
    real: Callable[[str], tuple[bytes, Parsed]], name: str
) -> None:
    """Every number on a visible sheet is a row, is named in quarantine, stands in a named column, or is a header."""
    body, parsed = real(name)
    n_rows, rejected = REAL[name]
    assert values(parsed).height == n_rows
    assert dict(parsed.rejected["reason_code"].value_counts().iter_rows()) == rejected
    held = dict(zip(values(parsed).select("sheet", "cell").iter_rows(), values(parsed)["value"], strict=True))
    reasons = "\n".join(parsed.rejected["reason"])
    cells_named = set(re.findall(r"sheet '(.+?)', cell ([A-Z]+\d+)", reasons))
    columns_named = set(re.findall(r"sheet '(.+?)', column from ([A-Z]+)", reasons))
    sheets_named = set(re.findall(r"Sheet '(.+?)'", reasons))
    n_held = 0
    for sheet in cells.sheets(body, name):
        for row, line in enumerate(sheet.rows):
            for column, cell in enumerate(line):
                address = cells.address(row, column)
                if (sheet.name, address) in held:
                    n_held += 1
                    typed = cell.replace(",", ".") if isinstance(cell, str) else cell  # a few are numbers typed as text
                    assert held[sheet.name, address] == float(typed)  # type: ignore[arg-type]
                elif isinstance(cell, (int, float)) and sheet.name not in sheets_named:
                    is_named = (sheet.name, address) in cells_named
                    in_column = (sheet.name, address.rstrip("0123456789")) in columns_named
                    assert is_named or in_column or cell in range(1990, 2026), (sheet.name, address, cell)
    assert n_held == n_rows


@pytest.mark.parametrize("name", list(REAL)[1:])
def test_real_figures_agree_with_those_read_by_another_program(
    real: Callable[[str], tuple[bytes, Parsed]], shared_data: Callable[[str], Path], name: str
) -> None:
    """State investment by month, and consumer prices, of which the other program writes 2.9 for an index of 102.9."""
    _, parsed = real(name)
    months = values(parsed).filter(period_grain="month")
    investment = months.filter(dataset_code="von-dau-tu-thuc-hien-tu-nguon-ngan-sach-nha-nuoc")
    prices = months.filter(pl.col("dataset_code").str.starts_with("chi-so-gia-tieu-dung"))

    def spelt(label: str) -> str:
        for other, one_ in (
            ("hoá", "hóa"),
            ("giáo dục - đào", "giáo dục và đào"),
            ("mũ nón và giày dép", "giày dép và mũ nón"),
        ):
            label = clean(label).lower().replace(other, one_)
        return label

    def labelled(rows: pl.DataFrame, label: str) -> pl.DataFrame:
        return rows.filter(pl.Series([spelt(own) == spelt(label) for own in rows["indicator_name"]], dtype=pl.Boolean))

    def of_day(file: str) -> list[dict[str, str]]:
        with shared_data(f"socioeconomic/gso_parsed/{file}").open(encoding="utf-8") as text:
            return [row for row in csv.DictReader(text) if row["Date"] == name[:10]]

    told = of_day("vdt.csv")
    assert len(told) in (37, 38)
    for row in told:
        own = labelled(investment, row["Phân Loại"]).sort("period_start_on")["value"].to_list()
        assert own == pytest.approx([float(row["Total-Pre-Month"]), float(row["E-Total-M"])])
    told = of_day("cpi.csv")
    assert len(told) == 20
    for row in told:
        base = 0 if row["Hàng hóa"] == "LẠM PHÁT CƠ BẢN" else 100  # it is published as a rate, in the same table
        own = dict(labelled(prices, row["Hàng hóa"]).select("comparison_basis", "value").iter_rows())
        assert own["same_period_last_year"] == pytest.approx(float(row["YOY"]) + base)
        assert own["previous_period"] == pytest.approx(float(row["MOM"]) + base)


def test_real_tcvn3_bytes_are_vietnamese(real: Callable[[str], tuple[bytes, Parsed]]) -> None:
    _, parsed = real("2002-08-29-Bieu08-5.xls")
    rice = one(parsed, sheet="01NN", cell="E10")
    assert (rice["indicator_name"], rice["value"], rice["unit"]) == ("1. Gieo cấy lúa mùa", 1454.7, "Nghìn ha")
    prices = one(parsed, sheet="Gia", cell="D10")
    assert (prices["indicator_name"], prices["comparison_basis"]) == ("Chỉ số giá tiêu dùng", "same_period_last_year")
    texts = "".join(
        "".join(row) for row in values(parsed).select("dataset_name", "indicator_name", "dimensions").iter_rows()
    )
    assert not re.search("[¶·¸®µ§¦¨©«¬\xad]", texts)


def test_real_workbooks_of_two_months_share_their_series(real: Callable[[str], tuple[bytes, Parsed]]) -> None:
    """Titles carry other numbers and periods in each month; two in three series of February are found in December."""
    (_, december), (_, february) = real("2024-12-29-02.Bieu-T12.2024.xlsx"), real("2025-02-28-Bieu-T2.2025-1.xlsx")
    shared = values(february)["series_id"].is_in(values(december)["series_id"].unique().to_list())
    assert shared.mean() > 0.66
    here = [one(parsed, unit_code="93", comparison_basis="previous_period") for parsed in (december, february)]
    assert [row["value"] for row in here] == [100.5, pytest.approx(here[1]["value"])]
    assert here[0]["series_id"] == here[1]["series_id"]
    assert [row["period_start_on"] for row in here] == [date(2024, 12, 1), date(2025, 2, 1)]


@pytest.mark.parametrize("name", ["Budget_Final_2014.xls", "Budget_Plan_2017.xls", "PCI_PCI_2016.xlsx"])
def test_real_workbooks_of_other_agencies_are_refused(shared_data: Callable[[str], Path], name: str) -> None:
    with pytest.raises(PayloadRefused, match="without one numbered table of GSO's monthly report"):
        delivered(shared_data(f"socioeconomic/provincial/{name}").read_bytes(), "gso", name)


def test_hostile_layout_takes_linear_time_and_loses_nothing() -> None:
    """A merge over the whole sheet, a header without end, labels that go on for ever, half a megabyte of words."""
    tall = {f"B{row}": "Năm 2024" for row in range(2, 4_000)} | {"A1": "1. Bảng", "C3999": 7.5}
    endless = {f"A{row}": "và" for row in range(4, 8_000)} | {"A1": "1. Bảng", "B2": "Năm 2024", "A3": "Số", "B7999": 1}
    wordy = {"A1": "1. Bảng", "B2": "(%) " * 8_000, "C2": "Năm 2024", "A3": "Số", "B3": 1, "C3": 2}
    body = workbook({"a": tall, "b": endless, "c": wordy}, merged={"a": "D1:XFD1048576"})
    parsed = delivered(body, "gso", NAME)
    assert one(parsed, sheet="c", cell="C3")["value"] == 2.0
    assert one(parsed, sheet="b", cell="B7999")["value"] == 1.0
    assert codes(parsed) == ["unlabelled_column", "unreadable_header"]
