"""Boundaries: real communes read with all their positions; a shape in doubt is refused, never drawn somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real_places import read

from lake.contracts.place import BOUNDARIES
from lake.errors import PayloadRefused
from lake.sources.declared import load_profile
from transforms import boundary

SQUARE = [[105.4, 9.7], [105.5, 9.7], [105.5, 9.8], [105.4, 9.8], [105.4, 9.7]]
PROFILE = load_profile("boundaries_2025")


def feature(coordinates: Any = None, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    named = {"code": "31333", "fullName": "Phường Vị Tân"} | properties
    shape = {"type": kind, "coordinates": [SQUARE] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": named, "geometry": shape}


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def test_every_commune_of_the_real_map_keeps_all_its_positions(shared_data: Callable[[str], Path]) -> None:
    files = sorted(shared_data("admin/post2025/geojson/wards").glob("*.geojson"))
    n_vertices = 0
    for file in files[::4]:
        result = read("boundaries_2025", file.read_bytes())
        assert result.rejected.is_empty() and result.rows["place__units"].is_empty()
        (row,) = result.rows["place__boundaries"].rows(named=True)
        assert row["code"] == file.name[:5]
        given = json.loads(file.read_text(encoding="utf-8"))["features"][0]
        assert json.loads(row["geometry"]) == given["geometry"]
        assert [row["min_long"], row["min_lat"], row["max_long"], row["max_lat"]] == given["bbox"]
        n_vertices += row["n_vertices"]
    assert len(files) == 63 and n_vertices == 27_861


def test_the_province_file_of_another_format_is_refused(shared_data: Callable[[str], Path]) -> None:
    with pytest.raises(PayloadRefused, match="no GeoJSON FeatureCollection"):
        read("boundaries_2025", shared_data("admin/pre2025/gis_93_hau_giang.json").read_bytes())


def test_a_polygon_becomes_a_multipolygon_and_a_hole_stays() -> None:
    hole = [[105.44, 9.74], [105.46, 9.74], [105.46, 9.76], [105.44, 9.74]]
    (row,) = read("boundaries_2025", collection(feature([SQUARE, hole]))).rows["place__boundaries"].rows(named=True)
    assert json.loads(row["geometry"]) == {"type": "MultiPolygon", "coordinates": [[SQUARE, hole]]}
    assert (row["n_polygons"], row["n_vertices"], row["name_vi"]) == (1, 9, "Phường Vị Tân")
    assert (row["min_long"], row["max_lat"]) == (105.4, 9.8)
    assert read("boundaries_2025", collection(feature())).rows["place__boundaries"].schema == BOUNDARIES.polars_schema


@pytest.mark.parametrize(
    ("wrong", "reason_code"),
    [
        (feature([[p[::-1] for p in SQUARE]]), "bad_coordinates"),  # latitude first
        (feature([[[583_000.0, 1_074_000.0]] * 5]), "bad_coordinates"),  # metres
        (feature([SQUARE[:-1]]), "bad_ring"),
        (feature([SQUARE[:3]]), "bad_ring"),
        (feature([[SQUARE[0]] * 5]), "bad_ring"),
        (feature([[["105.4", "9.7"], *SQUARE[1:]]]), "bad_coordinates"),
        (feature([[[105.4], *SQUARE[1:]]]), "bad_coordinates"),
        (feature([[[105.4, float("nan")], *SQUARE[1:]]]), "bad_coordinates"),
        (feature([[[105.4, 1e999], *SQUARE[1:]]]), "bad_coordinates"),
        (feature([]), "not_a_polygon"),
        (feature([[]]), "bad_ring"),
        (feature("x"), "not_a_polygon"),
        (feature([105.4, 9.7], "Point"), "not_a_polygon"),
        (feature([[[]]], "MultiPolygon"), "bad_ring"),
        (feature(code=31333), "bad_code"),
        (feature(code="1333"), "bad_code"),
        (feature(code=None), "bad_code"),
        ({**feature(), "type": "Thing"}, "not_a_feature"),
        ({**feature(), "properties": 5}, "not_a_feature"),
        ({**feature(), "geometry": None}, "not_a_polygon"),
        (5, "not_a_feature"),
    ],
)
def test_a_shape_in_doubt_is_set_aside_with_its_reason(wrong: Any, reason_code: str) -> None:
    good = feature(code="31340")
    result = read("boundaries_2025", collection(wrong, good))
    assert result.rows["place__boundaries"]["code"].to_list() == ["31340"]
    ((position, code, reason, raw),) = result.rejected.rows()
    assert (position, code) == (0, reason_code) and reason.endswith(".")
    assert json.loads(raw) == wrong or "nan" in str(wrong)


def test_a_code_that_is_no_unit_of_the_day_and_a_second_shape_are_told() -> None:
    body = collection(feature(), feature(code="31321"), feature())
    rows, rejects = boundary.rows(body, "map", PROFILE, {"31333"})
    assert len(rows) == 1 and [reject[1] for reject in rejects] == ["unknown_unit", "repeated_unit"]


def test_a_shape_of_a_million_positions_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundary, "MAX_VERTICES", 8)
    ((_, code, _, _),) = boundary.rows(collection(feature([SQUARE, SQUARE])), "map", PROFILE)[1]
    assert code == "too_many_vertices"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "an empty answer"),
        (b"<kml></kml>", "an XML document"),
        (collection(feature())[:-5], "not GeoJSON"),
        (collection(), "has 0 features"),
        (b'{"type": "FeatureCollection"}', "no GeoJSON FeatureCollection"),
        (collection(feature(), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}), "not in WGS 84"),
    ],
)
def test_another_kind_of_document_is_refused_whole(body: bytes, told: str) -> None:
    with pytest.raises(PayloadRefused, match=told):
        read("boundaries_2025", body)


def test_the_crs_old_exports_write_is_that_of_geojson() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert read("boundaries_2025", collection(feature(), crs=crs)).rows["place__boundaries"].height == 1


def test_a_map_without_its_day_is_refused() -> None:
    for change, told in (({"constants": {}}, "since when"), ({"columns": {"area": "areaKm2"}}, "maps area")):
        with pytest.raises(PayloadRefused, match=told):
            boundary.rows(collection(feature()), "map", PROFILE.model_copy(update=change))
