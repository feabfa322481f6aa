"""Public mappings: the namesake errors are found by rule, in the province and elsewhere; a right mapping passes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from real_places import BEFORE, real_units

from lake.errors import PayloadRefused
from transforms.gazetteer import Unit
from transforms.place_bridge import Disagreement, Link, disagreements, links

FILE = "admin/mapping/merges_new_to_old.json"
SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


def bridge() -> dict[tuple[str, str], float]:
    with (SEEDS / "unit_bridge.csv").open(encoding="utf-8") as lines:
        return {(row["old_code"], row["new_code"]): float(row["share"]) for row in csv.DictReader(lines)}


def told(found: list[Disagreement]) -> set[tuple[str, str, str]]:
    return {(one.kind, one.old_code, one.new_code) for one in found}


def unit(code: str, name: str, district: str) -> Unit:
    return Unit(code, BEFORE, date(2025, 6, 30), "commune", name, district)


def test_the_public_mapping_errs_on_namesakes_and_the_rule_finds_each(shared_data: Callable[[str], Path]) -> None:
    given = links(shared_data(FILE).read_bytes(), "merges.json")
    old = [unit for unit in real_units(shared_data) if unit.valid_to and unit.level == "commune"]
    found = disagreements(given, bridge(), old)
    assert told(found) == {
        ("namesake", "31379", "31582"),  # Xã Phú Tân of Hậu Giang, put into Sóc Trăng
        ("shared_out", "31379", "31378"),  # and so only half of it is left where it belongs
        ("namesake", "30622", "30259"),  # Xã Tân Phú of An Giang, put into Đồng Tháp: both in a Châu Thành
        ("namesake", "14770", "14818"),  # Phường Phú Sơn of Thanh Hóa city, put into Bỉm Sơn
        ("other_name", "04136", "04136"),
        ("other_name", "07540", "07534"),
    }
    reasons = {one.old_code: one.reason for one in found if one.kind == "namesake"}
    assert "puts it into 31378" in reasons["31379"] and "namesake 31582" in reasons["31379"]
    assert "namesake 30274" in reasons["30622"] and "namesake 14823" in reasons["14770"]


def test_the_error_is_found_without_any_list_of_the_country(shared_data: Callable[[str], Path]) -> None:
    found = disagreements(links(shared_data(FILE).read_bytes(), "merges.json"), bridge(), [])
    assert told(found) == {("namesake", "31379", "31582"), ("shared_out", "31379", "31378")}


def right() -> list[Link]:
    return [Link(old, f"Xã {old}", new, f"Xã {new}", True) for old, new in bridge()]


def test_a_mapping_that_follows_the_resolution_passes() -> None:
    assert disagreements(right(), bridge(), []) == []


def test_each_way_to_disagree_is_told_apart() -> None:
    given = right()
    lost = given.pop()
    moved = Link("31318", "Phường I", "31333", "Phường Vị Tân", True)
    stranger = Link("99999", "Xã Lạ", "31321", "Phường Vị Thanh", False)
    found = disagreements([*given, moved, stranger], bridge(), [])
    assert told(found) == {
        ("missing", lost.old_code, lost.new_code),
        ("not_in_resolution", "31318", "31333"),
        ("not_in_resolution", "99999", "31321"),
    }
    assert all(one.reason.endswith(".") for one in found)


def test_two_of_one_name_that_both_belong_are_no_error() -> None:
    """Two districts merge into one commune, and each brings its own Xã Tân Phú."""
    old = [unit("00001", "Xã Tân Phú", "001"), unit("00002", "Xã Tân Phú", "002")]
    given = [Link("00001", "Xã Tân Phú", "00009", "Xã Tân", True), Link("00002", "Xã Tân Phú", "00009", "Xã Tân", True)]
    assert disagreements(given, {}, old) == []
    neighbours = [unit("00003", "Xã A", "002"), unit("00004", "Xã B", "002")]
    more = [Link(one.code, one.name_vi, "00009", "Xã Tân", True) for one in neighbours]
    assert told(disagreements([*given, *more], {}, [*old, *neighbours])) == {("namesake", "00001", "00009")}


def test_a_stranger_without_a_namesake_is_no_error() -> None:
    old = [unit("00001", "Xã Một", "001"), unit("00002", "Xã Hai", "002"), unit("00003", "Xã Ba", "002")]
    given = [Link(one.code, one.name_vi, "00009", "Xã Tân", True) for one in old]
    assert disagreements(given, {}, old) == []


def test_the_spelling_of_a_name_is_no_disagreement() -> None:
    old = [unit("31336", "Xã Hoả Lựu", "930"), unit("31327", "Phường V", "930"), unit("31333", "Xã Vị Tân", "930")]
    names = {"31336": "Xã Hỏa Lựu", "31327": "Phường 5", "31333": "Phường Vị Tân"}
    given = [Link(code, name, "00009", "Xã Mới", True) for code, name in names.items()]
    assert told(disagreements(given, {}, old)) == {("other_name", "31333", "00009")}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b'{"data": 5}',
        b'{"data": []}',
        b'{"data": [5]}',
        b'{"data": [{"level2s": [{"level2_id": "31333", "name": "x"}]}]}',
        json.dumps({"data": [{"level2s": [{"level2_id": 31333, "name": "x", "merges": [{"old_id": 1}]}]}]}).encode(),
    ],
)
def test_another_kind_of_file_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadRefused, match="check which file it is"):
        links(body, "merges.json")
