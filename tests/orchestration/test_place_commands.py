"""`ioc place` before anything is published: the seed of the province answers, exit codes say how sure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
from command import Ioc

from lake.settings import Settings
from orchestration.place_commands import known_units


def test_an_address_is_looked_up_on_its_day(ioc: Ioc) -> None:
    said = ioc("place", "find", "P5, TP Vi Thanh, Hau Giang", "--on", "2021-09-30").stdout
    assert "31327" in said and "2020-02-01" in said
    said = ioc("place", "find", "xã Vị Thủy, TP Cần Thơ", "--on", "2026-01-01").stdout
    assert "31441" in said and "2025-07-01" in said


def test_an_unsure_answer_is_told_by_the_exit_code(ioc: Ioc) -> None:
    said = ioc("place", "find", "Long Mỹ", "--on", "2021-09-30", fails=True).stdout
    assert "936" in said and "937" in said
    assert "No unit" in ioc("place", "find", "Atlantis", fails=True).stdout
    assert "write 2021-09-30" in ioc("place", "find", "x", "--on", "30/09/2021", fails=True).stderr


def test_the_public_mapping_is_reported_line_by_line(ioc: Ioc, shared_data: Callable[[str], Path]) -> None:
    said = ioc("place", "check", str(shared_data("admin/mapping/merges_new_to_old.json")), fails=True).stdout
    assert "namesake" in said and "31582" in said and "10,599 links compared with 75" in said


def test_a_file_that_is_no_mapping_or_is_not_there_is_one_sentence(ioc: Ioc, tmp_path: Path) -> None:
    assert "check the path" in ioc("place", "check", str(tmp_path / "none.json"), fails=True).stderr
    (tmp_path / "page.json").write_text("<!doctype html>", encoding="utf-8")
    assert "an HTML page" in ioc("place", "check", str(tmp_path / "page.json"), fails=True).stderr


def test_a_boundary_of_a_unit_that_is_not_is_named_before_it_is_declared(
    ioc: Ioc, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    good = shared_data("admin/post2025/geojson/wards/31333_vi_tan.geojson")
    assert "1 boundaries fit, 0 do not" in ioc("place", "boundaries", str(good)).stdout
    document = json.loads(good.read_text(encoding="utf-8"))
    document["features"][0]["properties"]["code"] = "31318"  # Phường I, which went into another on that day
    (tmp_path / "map.geojson").write_text(json.dumps(document), encoding="utf-8")
    said = ioc("place", "boundaries", str(tmp_path / "map.geojson"), fails=True).stdout
    assert "unknown_unit" in said and "31318" in said


def test_units_of_harvested_lists_are_known_once_published(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert len(known_units(settings)) == 113
    settings.serving.mkdir(parents=True)
    with duckdb.connect(str(settings.serving / "reader.duckdb")) as con:
        con.execute(
            "create schema marts; create table marts.dim_places as select '00001' as code, date '2020-02-01' as "
            "valid_from, date '2025-06-30' as valid_to, 'commune' as level, 'Xã A' as name_vi, '001' as parent_code"
        )
    pointer = {"run_id": "r", "file": "reader.duckdb", "published_at": "2025-07-18T00:00:00+00:00", "snapshot_id": 1}
    (settings.serving / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    assert [unit.code for unit in known_units(settings)] == ["00001"]
