"""Seeds hold facts and words: the units of the province, and labels in both languages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_lake import seed


def test_the_province_has_its_eight_districts_and_75_communes() -> None:
    units = [unit for unit in seed("units") if unit["valid_to"] == "2025-06-30"]
    communes = [unit for unit in units if unit["level"] == "commune"]
    kinds = Counter("Thị trấn" if u["name_vi"].startswith("Thị trấn") else u["name_vi"].split()[0] for u in communes)
    assert kinds == {"Xã": 51, "Phường": 13, "Thị trấn": 11}
    assert Counter(unit["parent_code"] for unit in communes) == {
        "930": 9,
        "931": 6,
        "932": 10,
        "933": 8,
        "934": 15,
        "935": 10,
        "936": 8,
        "937": 9,
    }
    assert {unit["parent_code"] for unit in units if unit["level"] == "district"} == {"93"}
    assert len({unit["code"] for unit in units}) == len(units) == 84


def test_communes_agree_with_the_resolution(shared_data: Callable[[str], Path]) -> None:
    bridge = json.loads(shared_data("admin/haugiang_75_to_28.json").read_text(encoding="utf-8"))
    before = [unit for unit in seed("units") if unit["valid_to"] == "2025-06-30"]
    official = {old["code"]: old["district"] for new in bridge for old in new["old"]}
    ours = {unit["code"]: unit["parent_code"] for unit in before if unit["level"] == "commune"}
    assert ours == official


@pytest.mark.parametrize("column", ["name", "unit", "formula", "numerator"])
def test_every_kpi_is_explained_in_both_languages(column: str) -> None:
    for kpi in seed("kpi_definitions"):
        assert kpi[f"{column}_vi"], f"{kpi['code']} lacks {column}_vi"
        assert kpi[f"{column}_en"], f"{kpi['code']} lacks {column}_en"
        assert bool(kpi["denominator_vi"]) == bool(kpi["denominator_en"])


def test_a_target_without_a_document_says_that_it_is_a_proposal() -> None:
    for target in seed("kpi_targets"):
        assert target["basis"] == "Đề xuất" or target["basis"].startswith(("Báo cáo", "QĐ ")), target
