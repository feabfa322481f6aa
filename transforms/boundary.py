"""Boundaries of administrative units in GeoJSON (RFC 7946), as a user or a ministry's map service supplies them.

A boundary that is wrong in silence paints a figure on its neighbour, so anything in doubt is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from lake.contracts.place import BOUNDARIES, CODE_DIGITS, EAST, NORTH, SOUTH, WEST, effective_at
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import json_records
from transforms.text import clean, what_arrived

MAX_VERTICES = 200_000  # of one unit; the finest map of a commune at hand has 5,010
MAX_FEATURES = 20_000  # Vietnam had 10,598 communes at most
MAX_CHARACTERS = 64 << 20  # of one feature

Ring = list[list[float]]
Reject = tuple[int, str, str, bytes]


class Shape(NamedTuple):
    """A checked boundary: polygons of closed rings of [longitude, latitude], the outer ring first."""

    polygons: list[list[Ring]]
    n_vertices: int
    min_long: float
    min_lat: float
    max_long: float
    max_lat: float

    @property
    def geometry(self) -> str:
        """GeoJSON text of a MultiPolygon."""
        return json.dumps({"type": "MultiPolygon", "coordinates": self.polygons}, separators=(",", ":"))


def rows(
    body: bytes, origin: str, profile: Profile, known: Container[str] | None = None
) -> tuple[list[tuple[object, ...]], list[Reject]]:
    """Rows of `place__boundaries` in document order, and the features that cannot be rows.

    The profile's columns name the properties that hold the code and the name (without a code the feature's id is
    taken), its constants say since when the boundaries hold. `known`: codes of units valid on that day; a feature
    with another code is rejected. Reason codes: those of `json_records`; not_a_feature, bad_code, unknown_unit,
    repeated_unit, not_a_polygon, bad_ring, bad_coordinates, too_many_vertices.
    Raises PayloadRefused where the body is no FeatureCollection in WGS 84, or has no feature.
    """
    valid_from = _valid_from(origin, profile)
    found: list[tuple[object, ...]] = []
    rejects: list[Reject] = []
    seen: set[str] = set()
    for position, feature in enumerate(_features(body, origin)):
        try:
            if feature.fault:
                raise _RefusedError(*feature.fault)
            code, name = _named(feature.value, profile)
            if known is not None and code not in known:
                raise _RefusedError("unknown_unit", f"no unit has the code {code} on {valid_from}.")
            if code in seen:
                raise _RefusedError("repeated_unit", f"code {code} is there twice in the file.")
            shape = checked(feature.value.get("geometry"))
        except _RefusedError as error:
            rejects.append((position, error.code, str(error), feature.raw))
            continue
        seen.add(code)
        row = {
            "code": code,
            "valid_from": valid_from,
            "name_vi": name,
            "geometry": shape.geometry,
            "n_polygons": len(shape.polygons),
            "n_vertices": shape.n_vertices,
            "min_long": shape.min_long,
            "min_lat": shape.min_lat,
            "max_long": shape.max_long,
            "max_lat": shape.max_lat,
            "effective_at": effective_at(valid_from),
        }
        found.append(tuple(row[column] for column in BOUNDARIES.names))
    return found, rejects


class _RefusedError(Exception):
    """A feature that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _valid_from(origin: str, profile: Profile) -> date:
    if unknown := sorted((profile.columns.keys() | profile.constants.keys()) - {"code", "name_vi", "valid_from"}):
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a boundary does not have; correct it.")
    try:
        return date.fromisoformat(profile.constants["valid_from"])
    except (KeyError, ValueError):
        raise PayloadRefused(
            f"{origin} does not say since when its boundaries hold; set valid_from under [constants] in the profile."
        ) from None


def _features(body: bytes, origin: str) -> list[json_records.Record]:
    try:
        document, features = json_records.read(body, path=("features",), number=_number, max_characters=MAX_CHARACTERS)
    except ValueError as error:
        raise PayloadRefused(f"{origin} sent {what_arrived(body)}, not GeoJSON ({error}); deliver it again.") from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection" or features is None:
        raise PayloadRefused(f"{origin} is no GeoJSON FeatureCollection; export it as one, in WGS 84.")
    if "crs" in document and "CRS84" not in str(document["crs"]) and "4326" not in str(document["crs"]):
        raise PayloadRefused(f"{origin} is not in WGS 84 ({str(document['crs'])[:120]}); convert it to EPSG:4326.")
    if not 0 < len(features) <= MAX_FEATURES:
        raise PayloadRefused(f"{origin} has {len(features):,} features; give 1 to {MAX_FEATURES:,} of them.")
    return features


def _number(written: str) -> float:
    """Texts of numbers and NaN, which JSON does not have: `checked` refuses what is not finite."""
    return float(written)


def _named(feature: Any, profile: Profile) -> tuple[str, str | None]:
    """Code and name of a feature. Raises _RefusedError."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _RefusedError("not_a_feature", "the record is no GeoJSON Feature.")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise _RefusedError("not_a_feature", "properties is not an object.")
    column = profile.columns.get("code")
    written = properties.get(column) if column else feature.get("id")
    # A number has lost its leading zeros, so only a text is a code.
    if not isinstance(written, str) or not (written.isascii() and written.isdigit()):
        raise _RefusedError("bad_code", f"code {str(written)[:40]!r} is not a text of digits.")
    if len(written) not in CODE_DIGITS.values():
        raise _RefusedError("bad_code", f"code {written[:40]!r} has {len(written)} digits, a unit has 2, 3 or 5.")
    name = properties.get(profile.columns.get("name_vi", ""))
    return written, (clean(name) or None) if isinstance(name, str) else None


def checked(geometry: Any) -> Shape:
    """The boundary of a Polygon or MultiPolygon. Raises an error with a reason code for anything else.

    Each ring has at least four positions, is closed and encloses an area; each position lies in Vietnam.
    """
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        raise _RefusedError("not_a_polygon", f"geometry {str(kind)[:40]!r} is neither Polygon nor MultiPolygon.")
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    if not isinstance(parts, list) or not parts or not all(isinstance(rings, list) and rings for rings in parts):
        raise _RefusedError("not_a_polygon", "coordinates hold no polygon.")
    n_vertices = 0
    polygons = []
    for rings in parts:
        polygon = []
        for ring in rings:
            n_vertices += len(ring) if isinstance(ring, list) else 0
            if n_vertices > MAX_VERTICES:
                raise _RefusedError("too_many_vertices", f"more than {MAX_VERTICES:,} positions; simplify the map.")
            polygon.append(_ring(ring))
        polygons.append(polygon)
    longs = [long for polygon in polygons for long, _ in polygon[0]]
    lats = [lat for polygon in polygons for _, lat in polygon[0]]
    return Shape(polygons, n_vertices, min(longs), min(lats), max(longs), max(lats))


def _ring(ring: Any) -> Ring:
    if not isinstance(ring, list) or len(ring) < 4:
        raise _RefusedError("bad_ring", "a ring has fewer than four positions.")
    positions = []
    for position in ring:
        if not isinstance(position, list) or len(position) < 2:
            raise _RefusedError("bad_coordinates", "a position is not [longitude, latitude].")
        long, lat = position[0], position[1]
        if not (isinstance(long, float) and isinstance(lat, float) and math.isfinite(long) and math.isfinite(lat)):
            raise _RefusedError("bad_coordinates", "a position holds something that is no number.")
        if not (WEST <= long <= EAST and SOUTH <= lat <= NORTH):
            raise _RefusedError("bad_coordinates", f"longitude {long}, latitude {lat} is not in Vietnam.")
        positions.append([long, lat])
    if positions[0] != positions[-1]:
        raise _RefusedError("bad_ring", "a ring does not end where it begins.")
    if _area(positions) == 0.0:
        raise _RefusedError("bad_ring", "a ring encloses no area.")
    return positions


def _area(ring: Ring) -> float:
    """Twice the signed area in square degrees (shoelace formula), from the ring's first position for precision."""
    west, south = ring[0]
    return sum((a[0] - west) * (b[1] - south) - (b[0] - west) * (a[1] - south) for a, b in pairwise(ring))
