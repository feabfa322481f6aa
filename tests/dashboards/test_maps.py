"""Maps drawn without a browser: what is on them, and which class a unit is in."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl
import pytest
import vl_convert

from dashboards import maps

STATES = {"ok": "works", "below": "too little", "blind": "dark", "unknown": "unknown"}
TIPS = {"name_vi": "Unit"}


def svg(chart: Any) -> str:
    return str(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict() | {"width": 900}), allowed_base_urls=[]))


@pytest.mark.parametrize(
    ("values", "told", "labels"),
    [
        ([0, 0, 0, 1, 2], ["0", "0", "0", "1", "2"], ["0", "1", "2"]),  # most have none: that is a class, not four
        ([3, None, 9], ["3", "none", "4–9"], ["3", "4–9"]),
        ([5, 5, 5], ["5", "5", "5"], ["5"]),
        ([0, 0], ["0", "0"], ["0"]),
        (list(range(1, 9)), None, ["1–3", "4–5", "6", "7–8"]),
        ([], [], []),
    ],
)
def test_classes_keep_zero_apart_and_leave_the_unknown_out(
    values: list[int | None], told: list[str] | None, labels: list[str]
) -> None:
    found, order = maps.classes(pl.Series(values, dtype=pl.Int64), str, "none")
    assert order == labels
    assert told is None or found == told


def units(n: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "code": [f"u{i}" for i in range(n)],
            "name_vi": [f"Xã Vĩnh Thuận Đông {i}" for i in range(n)],
            "parent_code": ["a" if i < 2 else "b" for i in range(n)],
            "tile_row": [1] * n,
            "tile_column": list(range(1, n + 1)),
            "label": ["0"] + ["1–3"] * (n - 2) + ["none"],
            "shown": ["0"] + ["2"] * (n - 2) + ["—"],
            "is_known": [True] * (n - 1) + [False],
            "is_chosen": [i == 1 for i in range(n)],
            "geometry": [
                json.dumps({"type": "Polygon", "coordinates": [[[i, 9], [i, 10], [i + 1, 10], [i + 1, 9], [i, 9]]]})
                for i in range(n)
            ],
        }
    )


def test_tiles_bear_their_names_and_figures_and_lines_between_districts() -> None:
    drawn = svg(maps.tile_map(units(4), ["0", "1–3"], TIPS, lang="vi"))
    assert drawn.count(">Vĩnh Thuận<") == 4
    assert drawn.count(">—<") == 1
    # around four tiles in two districts: ten outer sides, and one between them
    assert maps._borders(units(4)).height == 11
    assert maps._borders(units(4).with_columns(parent_code=pl.lit("a"))).is_empty()


@pytest.mark.parametrize(
    ("name", "short", "lines", "initials"),
    [
        ("Phường III", "P.III", "P.III", "P.III"),
        ("Xã Vĩnh Thuận Đông", "Vĩnh Thuận Đông", "Vĩnh\nThuận Đông", "VTĐ"),
        ("Thị trấn Một Ngàn", "Một Ngàn", "Một Ngàn", "MN"),
    ],
)
def test_a_tile_can_hold_the_name_of_its_unit(name: str, short: str, lines: str, initials: str) -> None:
    assert (maps._short(name), maps._lines(name), maps._initials(name)) == (short, lines, initials)


def test_boundaries_are_drawn_as_they_are_and_an_unknown_figure_is_no_colour() -> None:
    drawn = svg(maps.boundary_map(units(4), ["0", "1–3"], TIPS, lang="vi"))
    shapes = [part for part in drawn.split("<path") if 'aria-roledescription="geoshape"' in part]
    assert [re.findall('fill="(.*?)"', shape.split(">")[0]) for shape in shapes] == [
        [maps.RAMP[0]], [maps.RAMP[-1]], [maps.RAMP[-1]], [],
    ]  # fmt: skip


def test_roads_are_drawn_with_and_without_coordinates() -> None:
    cameras = pl.DataFrame(
        {
            "camera_id": ["x", "y", "z"],
            "road_code": ["QL1A", "QL1A", "QL61C"],
            "km_mark": [2078.4, 2080.0, 12.0],
            "km_shown": ["Km2078+400", "Km2080+000", "Km12+000"],
            "lat": [9.9, 9.8, 9.7],
            "long": [105.7, 105.8, 105.5],
            "state": ["works", "dark", "unknown"],
        }
    )
    on_ground = svg(maps.road_map(cameras, STATES, {"camera_id": "Camera"}, lang="vi"))
    strip = svg(maps.strip_map(cameras, STATES, {"camera_id": "Camera"}, lang="vi"))
    for drawn in (on_ground, strip):
        assert drawn.count('aria-roledescription="point"') == 3
        assert "QL61C" in drawn
    assert "Km2078+400" in strip
