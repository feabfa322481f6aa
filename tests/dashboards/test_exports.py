from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from dashboards.charts import Series, ranked_bars
from dashboards.exports import journal
from dashboards.exports.document import to_pdf
from dashboards.exports.exhibit import Exhibit, Field, Origin
from dashboards.exports.flat import to_csv, to_parquet
from dashboards.exports.pictures import to_svg
from dashboards.exports.workbook import to_workbook
from lake.errors import ServingError
from lake.settings import Settings


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


def test_a_vietnamese_excel_gets_semicolons_and_decimal_commas() -> None:
    data = to_csv(pa.table({"tỷ lệ": [0.935], "=ghi chú": ["a;b"]}), delimiter=";", decimal=",")
    assert data.decode("utf-8-sig") == 'tỷ lệ;\'=ghi chú\r\n0,935;"a;b"\r\n'


HOSTILE = '=HYPERLINK("http://x","<b>y</b>") #strong[z] $a$'
FRAME = pl.DataFrame(
    {
        "service": [HOSTILE, "Vệ sinh môi trường"],
        "n": [1422, None],
        "rate": [1329 / 1422, 0.5],
        "day": [date(2021, 9, 30), None],
        "at": [datetime(2021, 9, 30, 10, tzinfo=UTC), None],
    }
)
FIELDS = (
    Field("service", "Lĩnh vực"),
    Field("n", "Số", "number"),
    Field("rate", "Tỷ lệ", "percent", 1),
    Field("day", "Ngày", "day"),
    Field("at", "Lúc", "instant"),
)
SPEC = ranked_bars(FRAME, "service", [Series("n", "Số")], title="Lĩnh vực", lang="vi").to_dict()
TEXTS = ((HOSTILE, "1.422", "93,5%", "30/09/2021", "30/09/2021 17:00"), ("Vệ sinh môi trường", "—", "50,0%", "—", "—"))
EXHIBIT = Exhibit("Theo lĩnh vực: [1]/*", HOSTILE, FRAME, TEXTS, FIELDS, SPEC)
ORIGIN = Origin("Phản ánh", (("Ảnh chụp", "412"), ("Kỳ", HOSTILE)), True, "Mô phỏng", "Tính chất", "Nguồn", "vi")


def test_a_workbook_holds_numbers_as_numbers_text_as_text_and_its_sources() -> None:
    book = load_workbook(io.BytesIO(to_workbook([EXHIBIT, EXHIBIT], ORIGIN, ZoneInfo("Asia/Ho_Chi_Minh"))))
    assert book.sheetnames == ["Theo lĩnh vực 1", "Theo lĩnh vực 1 2", "Nguồn"]
    sheet = book.worksheets[0]
    head, first, second = ([cell.value for cell in row] for row in sheet["A4:E6"])
    assert head == ["Lĩnh vực", "Số", "Tỷ lệ", "Ngày", "Lúc"]
    assert first == [HOSTILE, 1422, 1329 / 1422, datetime(2021, 9, 30), datetime(2021, 9, 30, 17)]  # noqa: DTZ001
    assert second[1] is None
    assert (sheet["A5"].data_type, sheet["A5"].hyperlink) == ("s", None)
    assert [cell.number_format for cell in sheet[5]] == ["@", "#,##0", "0.0%", "dd/mm/yyyy", "dd/mm/yyyy hh:mm"]
    assert sheet["A2"].value == "Mô phỏng"
    assert [cell.value for cell in book["Nguồn"]["B"]] == ["412", HOSTILE, "Mô phỏng"]


def test_synthetic_rows_are_marked_in_every_flat_file() -> None:
    table = EXHIBIT.table(ORIGIN)
    assert table.column("Tính chất").to_pylist() == ["Mô phỏng", "Mô phỏng"]
    read_back = pq.read_table(io.BytesIO(to_parquet(table, dict(ORIGIN.lines))))
    assert read_back.column("Số").to_pylist() == [1422, None]
    assert read_back.schema.metadata["Ảnh chụp".encode()] == b"412"
    assert "Tính chất" not in EXHIBIT.table(replace(ORIGIN, is_synthetic=False)).column_names


@pytest.mark.slow
def test_pictures_and_paper_take_hostile_text_as_text() -> None:
    drawn = to_svg(EXHIBIT, ORIGIN)
    assert "Theo lĩnh vực: [1]/*" in drawn
    assert "Mô phỏng" in drawn
    assert "1.422" in drawn
    assert "<b>" not in drawn
    assert to_pdf([EXHIBIT], ORIGIN, [HOSTILE], "{n} dòng").startswith(b"%PDF")


def test_no_export_without_its_line_in_the_journal(tmp_path: Path) -> None:
    journal.note(Settings(home=tmp_path), {"page": "phan-anh", "rows": 2})
    journal.note(Settings(home=tmp_path), {"page": "giao-thong"})
    lines = [json.loads(line) for line in (tmp_path / journal.NAME).read_text(encoding="utf-8").splitlines()]
    assert [line["page"] for line in lines] == ["phan-anh", "giao-thong"]
    with pytest.raises(ServingError, match="journal"):
        journal.note(Settings(home=tmp_path / "gone"), {})
