"""Coordinates of any EPSG code that can be turned into WGS 84 degrees without a grid file."""

from __future__ import annotations

import math
import warnings
from functools import cache

import pyproj
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

ACCURACY_M = 10.0  # positions are kept to eleven metres
MARGIN_DEGREES = 0.5  # around the area in which the code is defined


class Converter:
    """From one coordinate reference system to WGS 84. `is_projected`: it counts metres or feet, not degrees."""

    def __init__(self, code: str) -> None:
        """Raises ValueError: a code that is unknown, is no plane of places, or is accurate with a grid file only."""
        try:
            crs = pyproj.CRS.from_user_input(code)
        except CRSError:
            raise ValueError(f"{code} is no code of the EPSG registry") from None
        if not (crs.is_projected or crs.type_name == "Geographic 2D CRS"):
            raise ValueError(f"{code} ({crs.name}) is a {crs.type_name}, not one of places on a map")
        with warnings.catch_warnings():  # what pyproj warns of, a missing grid, is what the accuracy decides
            warnings.simplefilter("ignore", UserWarning)
            found = TransformerGroup(crs, "EPSG:4326", always_xy=True).transformers
        if not found or not 0 <= found[0].accuracy <= ACCURACY_M:
            raise ValueError(f"{code} ({crs.name}) cannot be converted to {ACCURACY_M:g} m without a grid file")
        self.is_projected = crs.is_projected
        self._transformer = found[0]
        self._area = crs.area_of_use

    def to_wgs84(self, x: float, y: float) -> tuple[float, float]:
        """(latitude, longitude) in degrees of easting or longitude `x` and northing or latitude `y`.

        Raises ValueError outside the area in which the code is defined.
        """
        long, lat = self._transformer.transform(x, y)
        # Far outside its area a projection wraps around, and a slip of the pen would land on a fine place.
        back = self._transformer.transform(long, lat, direction="INVERSE")
        if not math.dist(back, (x, y)) < (1 if self.is_projected else 1e-4):
            raise ValueError("far outside its area")
        area = self._area
        if area is not None and not (
            area.south - MARGIN_DEGREES <= lat <= area.north + MARGIN_DEGREES
            and (area.west > area.east or area.west - MARGIN_DEGREES <= long <= area.east + MARGIN_DEGREES)
        ):
            raise ValueError(f"outside {area.name}")
        return lat, long


@cache
def converter(code: str) -> Converter:
    """The converter of a code such as EPSG:3405; building one takes milliseconds. Raises ValueError."""
    return Converter(code)
