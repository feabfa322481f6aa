"""PX files: keywords, code pages, continued texts, marks for missing values."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from indicator_delivery import codes, delivered, one, values

from lake.errors import PayloadRefused

PX = """CHARSET="ANSI";
CODEPAGE="{page}";
MATRIX="V01";
TITLE="Dân số theo đơn vị; và "
"quý";
CONTENTS="Dân số";
UNITS="nghìn người";
STUB="đơn vị","chỉ tiêu";
HEADING="quý";
CONTVARIABLE="chỉ tiêu";
VALUES("đơn vị")="Hậu Giang","Cần Thơ";
CODES("đơn vị")="93","92";
VARIABLE-TYPE("đơn vị")="G";
VALUES("chỉ tiêu")="Dân số","Chỉ số";
VALUES("quý")="Quý I","Quý II";
TIMEVAL("quý")=TLIST(Q1),"20241","20242";
LAST-UPDATED("Dân số")="20240705 09:30";
LAST-UPDATED("Chỉ số")="20240801 00:00";
UNITS("Chỉ số")="%";
BASEPERIOD("Chỉ số")="2020=100";
TITLE[en]="Population; quarter";
DATA=
729.9 730.1
".." 101.5
1240 -
"..." x
;
"""


def px(text: str = PX, page: str = "utf-8") -> bytes:
    return text.format(page=page).encode(page)


def test_values_stand_at_their_codes_and_marks_are_missing_never_zero() -> None:
    parsed = delivered(px(), "px")
    read = values(parsed).select(
        "geo_code", "indicator_name", "period_start_on", "value", "value_status", "status_source"
    )
    first, second = date(2024, 1, 1), date(2024, 4, 1)
    assert read.rows() == [
        ("93", "Dân số", first, 729.9, None, None),
        ("93", "Dân số", second, 730.1, None, None),
        ("93", "Chỉ số", first, None, "missing", ".."),
        ("93", "Chỉ số", second, 101.5, None, None),
        ("92", "Dân số", first, 1240.0, None, None),
        ("92", "Dân số", second, None, "missing", "-"),
        ("92", "Chỉ số", first, None, "missing", "..."),
        ("92", "Chỉ số", second, None, "missing", "x"),
    ]


def test_unit_vintage_and_base_are_those_of_the_content() -> None:
    parsed = delivered(px(), "px")
    people, index = one(parsed, value=729.9), one(parsed, value=101.5)
    assert (people["unit"], people["comparison_basis"], index["unit"]) == ("nghìn người", None, "%")
    assert index["comparison_basis"] == "base_period"
    assert people["vintage_at"] == datetime(2024, 7, 5, 9, 30, tzinfo=UTC)
    assert index["vintage_at"] == datetime(2024, 8, 1, tzinfo=UTC)
    assert people["dataset_name"] == "Dân số theo đơn vị; và quý"  # continued, with a semicolon, in the main language
    assert people["period_grain"] == "quarter"


def test_letters_are_read_in_the_declared_code_page() -> None:
    plain = unicodedata.normalize("NFD", PX.replace("đ", "d")).encode("ascii", "ignore").decode()
    text = plain.replace("Can Tho", "Växjö")
    parsed = delivered(px(text, "iso-8859-1"), "px")
    assert "Växjö" in values(parsed)["geo_name"].to_list()


def test_text_that_is_neither_number_nor_symbol_is_set_aside() -> None:
    parsed = delivered(px(PX.replace("1240 -", "12,40 -").replace("12,40", '"12,40"')), "px")
    assert codes(parsed) == ["not_a_number"]
    assert "cell 4 holds '12,40'" in parsed.rejected["reason"][0]
    assert values(parsed).height == 7


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (px()[: px().index(b"1240")] + b";", "has 4 values for 8 cells, so it was cut off"),
        (px()[: px().index(b"1240")], "ends inside DATA, so it was cut off"),
        (px()[: px().index(b"DATA")], "no DATA"),
        (px(PX.replace("DATA=", 'KEYS("quý")=CODES;\nDATA=')), "sparse DATA"),
        (px(PX.replace('TIMEVAL("quý")', 'NOTE("quý")')), "no time variable"),
        (px(PX.replace('"93","92"', '"93"')), "2 VALUES and 1 CODES"),
        (px(PX.replace("{page}", "klingon")), "unknown code page"),
        (px().replace(b'"utf-8"', b'"ascii"'), "is not in its code page"),
        (b"", "an empty answer"),
        (b"<html><body>404</body></html>", "an HTML page"),
        (b'{"class": "dataset"}', "a JSON document"),
        (b"\x00\x01\x02 something", "does not begin with a PX keyword"),
    ],
)
def test_what_is_no_whole_px_file_is_refused(sent: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(sent, "px")


def test_real_tables_of_pxweb_hold_their_cells(shared_data: Callable[[str], Path]) -> None:
    """TAB001 has 2,259 cells marked ".."; both files are ISO 8859-1 with texts in two languages."""
    people = delivered(shared_data("socioeconomic/px/TAB001.px").read_bytes(), "px")
    assert values(people).height == 30 * 3 * 22 * 3
    assert dict(values(people)["status_source"].value_counts().iter_rows()) == {"..": 2259, None: 3681}
    uk = values(people).filter(geo_code="UK", dimensions='{"AGE":"UNK","ContentsCode":"HNMGA","REGION":"UK","SEX":"T"}')
    assert uk["value"].to_list() == [None, None, None]
    waste = delivered(shared_data("socioeconomic/px/TAB003.px").read_bytes(), "px")
    assert values(waste).height == 9 * 34 * 2 * 4
    last = values(waste).tail(4)
    assert last["value"].to_list() == [1_794_000.0, 3_815_000.0, 3_273_000.0, 5_578_000.0]
    assert (last["dataset_code"][0], last["unit"][0]) == ("TAB003", "tonnes")
