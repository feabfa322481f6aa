"""Code lists: the official ones counted exactly, and every row that would mislead refused with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_places import LISTS, read

from lake.contracts.base import REJECTED_SCHEMA, Delivery, Parsed
from lake.contracts.place import BOUNDARIES, UNITS
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms.place import parse
from transforms.place_name import fold, key, parent_key, syllables, taken_apart

GOOD = {"code": "31333", "name_vi": "Xã Vị Tân", "parent_code": "930", "parent_name_vi": "Thành phố Vị Thanh"}
HEADER = "| Stt | Mã số | Tên đơn vị hành chính | Tỉnh (thành phố) |\n| --- | --- | --- | --- |\n"


def profile(**constants: str) -> Profile:
    constants = {"level": "commune", "valid_from": "2020-02-01", "valid_to": "2025-06-30"} | constants
    columns = {name: name for name in (*GOOD, "type_source") if name not in constants}
    return Profile(slug="place", format="csv", columns=columns, constants=constants)


def parsed(*records: dict[str, str], **constants: str) -> Parsed:
    how = profile(**constants)
    lines = [",".join(how.columns)] + [",".join(r.get(column, "") for column in how.columns) for r in records]
    delivery = Delivery("csv", how, datetime(2025, 7, 18, tzinfo=UTC), "list.csv", {})
    return parse("\n".join(lines).encode(), delivery)


def rows(result: Parsed) -> pl.DataFrame:
    return result.rows["place__units"]


@pytest.mark.parametrize(
    ("name", "n", "types"),
    [
        ("gso_districts_2020", 696, {"Huyện": 508, "Thành phố": 87, "Thị xã": 52, "Quận": 49}),
        ("gso_communes_2020", 10_035, {"Xã": 7_692, "Phường": 1_726, "Thị trấn": 617}),
        ("gso_provinces_2025", 34, {"Tỉnh": 28, "Thành phố": 6}),
        ("gso_communes_2025", 3_321, {"Xã": 2_621, "Phường": 687, "Đặc khu": 13}),
    ],
)
def test_no_unit_of_an_official_list_is_lost(
    name: str, n: int, types: dict[str, int], shared_data: Callable[[str], Path]
) -> None:
    result = read(name, shared_data(LISTS[name]).read_bytes())
    assert result.rejected.is_empty() and result.rows["place__boundaries"].is_empty()
    assert rows(result).schema == UNITS.polars_schema
    assert rows(result).height == rows(result)["code"].n_unique() == n
    assert Counter(rows(result)["type_vi"]) == types
    if name != "gso_provinces_2025":
        assert rows(result)["parent_name_key"].null_count() == 0


def test_a_type_the_list_contradicts_stays_visible(shared_data: Callable[[str], Path]) -> None:
    communes = rows(read("gso_communes_2020", shared_data(LISTS["gso_communes_2020"]).read_bytes()))
    odd = communes.filter(pl.col("type_vi") != pl.col("type_source"))
    assert set(odd.select("name_vi", "type_source").rows()) == {
        ("Thị trấn Ngọc Lặc", "Xã"),
        ("Phường 5", "Xã"),
        ("Phường 15", "Xã"),
    }


def test_a_page_break_of_the_decree_does_not_cut_a_name(shared_data: Callable[[str], Path]) -> None:
    communes = rows(read("gso_communes_2025", shared_data(LISTS["gso_communes_2025"]).read_bytes()))
    (row,) = communes.filter(pl.col("code") == "00199").rows(named=True)
    assert (row["name_vi"], row["parent_name_key"], row["valid_to"]) == ("Phường Láng", "ha noi", None)
    assert communes.filter(pl.col("name_vi").str.contains("<|br>")).is_empty()
    assert "Phường Văn Miếu - Quốc Tử Giám" in communes["name_vi"].to_list()


def test_a_unit_holds_from_the_morning_of_its_first_day_in_the_province() -> None:
    (row,) = rows(parsed(GOOD)).rows(named=True)
    assert (row["valid_from"], row["valid_to"]) == (date(2020, 2, 1), date(2025, 6, 30))
    assert row["effective_at"] == datetime(2020, 1, 31, 17, tzinfo=UTC)
    assert (row["name_key"], row["parent_name_key"]) == ("vi tan", "vi thanh")


@pytest.mark.parametrize(
    ("change", "reason_code"),
    [
        ({"code": ""}, "missing_code"),
        ({"code": "97"}, "bad_code"),  # 00097 of a spreadsheet: the code of no commune
        ({"code": "3133X"}, "bad_code"),
        ({"code": "٣١٣٣٣"}, "bad_code"),
        ({"name_vi": " "}, "missing_name"),
        ({"name_vi": "Vị Tân"}, "unknown_type"),
        ({"name_vi": "Xã"}, "unknown_type"),
        ({"parent_code": "9300"}, "bad_parent"),
        ({"parent_code": "31333"}, "bad_parent"),
    ],
)
def test_a_row_that_would_mislead_is_set_aside_alone(change: dict[str, str], reason_code: str) -> None:
    result = parsed(GOOD, GOOD | change)
    assert rows(result).height == 1
    ((position, code, reason, raw),) = result.rejected.rows()
    assert (position, code) == (1, reason_code) and reason.endswith(".") and raw
    assert result.rejected.schema == REJECTED_SCHEMA


@pytest.mark.parametrize(
    ("constants", "reason_code"),
    [
        ({"level": "ward"}, "unknown_level"),
        ({"valid_from": "01/07/2025"}, "unreadable_date"),
        ({"valid_from": ""}, "bad_validity"),
        ({"valid_to": "2019-12-31"}, "bad_validity"),
        ({"level": "province"}, "bad_code"),
    ],
)
def test_a_profile_that_says_the_impossible_lets_no_row_in(constants: dict[str, str], reason_code: str) -> None:
    result = parsed(GOOD, **constants)
    assert rows(result).is_empty() and result.rejected["reason_code"].to_list() == [reason_code]


def test_a_province_has_no_parent() -> None:
    city = {"code": "92", "name_vi": "Cần Thơ", "parent_code": "01"}
    assert parsed(city, level="province").rejected["reason_code"].to_list() == ["bad_parent"]
    assert rows(parsed(city | {"parent_code": ""}, level="province"))["name_vi"].to_list() == ["Tỉnh Cần Thơ"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "an empty answer"),
        (b"<!doctype html><title>Login</title>", "an HTML page"),
        (b'{"data": []}', "a JSON document"),
        ("Mã\n1".encode(), "has no column"),
        ("code,name_vi,parent_code,parent_name_vi,type_source\n31333,Xã V".encode("utf-16"), "cannot be read"),
    ],
)
def test_another_kind_of_file_is_refused_whole(body: bytes, told: str) -> None:
    with pytest.raises(PayloadRefused, match=told):
        parse(body, Delivery("csv", profile(), datetime.now(UTC), "list.csv", {}))


def test_a_profile_must_say_since_when_a_list_holds() -> None:
    how = Profile(slug="place", format="csv", columns={"code": "a", "name_vi": "b"}, constants={"level": "commune"})
    for said, told in ((how, "nothing of valid_from"), (None, "without a profile")):
        with pytest.raises(PayloadRefused, match=told):
            parse(b"a,b", Delivery("csv", said, datetime.now(UTC), "list.csv", {}))


def test_a_heading_is_no_unit_but_a_row_without_its_code_is_missed() -> None:
    body = HEADER + "| | | TỈNH SƠN LA | Tỉnh Sơn La |\n| 1 | 03646 | Phường Tô Hiệu | Tỉnh Sơn La |\n"
    body += "| 2 | | Phường Chiềng An | Tỉnh Sơn La |\n| 3 | 03664 | Phường Chiềng Cơi |\n"
    result = read("gso_communes_2025", body.encode())
    assert rows(result)["code"].to_list() == ["03646"]
    assert result.rejected["reason_code"].to_list() == ["missing_code", "wrong_column_count"]


def test_a_table_of_something_else_is_refused() -> None:
    for body in ("# Tiêu đề\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "| " + "x" * 100_001):
        with pytest.raises(PayloadRefused):
            read("gso_communes_2025", body.encode())


def test_a_name_cell_may_hold_a_bar() -> None:
    body = HEADER + "| 1 | 03646 | Phường Tô\\|Hiệu | Tỉnh Sơn La |\n"
    assert rows(read("gso_communes_2025", body.encode()))["name_vi"].to_list() == ["Phường Tô|Hiệu"]


def test_one_name_in_many_spellings_has_one_key() -> None:
    assert {key(name) for name in ("III", "iii", "3", "03")} == {"3"}
    assert {fold(name) for name in ("Ea H'leo", "Ea H’Leo", "EA HLEO")} == {"ea hleo"}
    assert {fold(name) for name in ("Hoà Đông", "Hòa Ðông".replace("Ð", "Đ"), "hoa dong")} == {"hoa dong"}
    assert syllables("Hoà") == syllables("Hòa") != syllables("Hóa")
    assert syllables("Đông") != syllables("Dông")
    assert {parent_key(name) for name in ("Tp Đà Nẵng", "Thành phố Đà Nẵng", "ĐÀ NẴNG")} == {"da nang"}


@settings(max_examples=25)
@given(st.text(max_size=30), st.sampled_from(["province", "district", "commune"]))
def test_any_text_is_a_name_or_none(text: str, level: str) -> None:
    named = taken_apart(text, level)
    if named is not None:
        assert named.bare and taken_apart(named.full, level) == named


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for name in ("gso_communes_2020", "gso_communes_2025", "boundaries_2025"):
        try:
            result = read(name, body)
        except PayloadRefused:
            continue
        assert result.rows.keys() == {UNITS.table, BOUNDARIES.table}
