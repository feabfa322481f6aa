"""Workbooks of every generation come out as cells; what is no workbook is refused with a sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from lake.errors import PayloadRefused
from transforms.workbook import MAX_UNPACKED_BYTES, address, sheets


def packed(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_cells_keep_their_place_and_type_and_hidden_sheets_say_so() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Biểu 1"
    book.active["C3"] = "Vị Thanh"
    book.active["D3"] = 93.5
    book.active["E3"] = datetime(2021, 9, 30, 17)  # noqa: DTZ001  # a cell has no zone
    book.active.merge_cells("A1:C1")
    hidden = book.create_sheet("nháp")
    hidden.sheet_state = "hidden"
    first, second = sheets(packed(book), "form.xlsx")
    assert (first.name, first.is_hidden, second.is_hidden) == ("Biểu 1", False, True)
    assert first.rows[2][2:5] == ["Vị Thanh", 93.5, datetime(2021, 9, 30, 17)]  # noqa: DTZ001
    assert first.merged == [((0, 0), (0, 2))]


@pytest.mark.parametrize(("place", "name"), [((0, 0), "A1"), ((9, 25), "Z10"), ((0, 26), "AA1"), ((2, 702), "AAA3")])
def test_cell_is_named_as_the_spreadsheet_names_it(place: tuple[int, int], name: str) -> None:
    assert address(*place) == name


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"PK\x03\x04 cut", b"\xd0\xcf\x11\xe0 cut", b"a,b\n1,2\n"])
def test_what_is_no_workbook_is_refused_with_its_name(body: bytes) -> None:
    with pytest.raises(PayloadRefused, match=r"form\.xlsx"):
        list(sheets(body, "form.xlsx"))


def test_truncated_workbook_is_refused() -> None:
    with pytest.raises(PayloadRefused, match="cannot be read"):
        list(sheets(packed(openpyxl.Workbook())[:-100], "form.xlsx"))


def test_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(MAX_UNPACKED_BYTES + 1))
    with pytest.raises(PayloadRefused, match="unpacks to"):
        list(sheets(out.getvalue(), "form.xlsx"))


@pytest.mark.parametrize("name", ["2002-08-29-Bieu08-5.xls", "2025-02-28-Bieu-T2.2025-1.xlsx"])
def test_real_workbooks_of_two_generations_are_read(shared_data: Callable[[str], Path], name: str) -> None:
    book = list(sheets(shared_data(f"socioeconomic/gso_monthly/{name}").read_bytes(), name))
    assert any(isinstance(cell, float | int) for sheet in book for row in sheet.rows for cell in row)
