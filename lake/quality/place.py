"""Behaviour of a batch of administrative units or boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.place import CODE_DIGITS, EAST, NORTH, SOUTH, WEST
from lake.quality.expect import Suite, between, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of `place__units` and `place__boundaries`: two units under one key leave every join to chance."""
    return [
        Suite(
            "place__units",
            frames["place__units"],
            [
                unique("code", "valid_from"),
                not_blank("code"),
                not_blank("name_vi"),
                not_blank("name_key"),
                one_of("level", set(CODE_DIGITS)),
                not_before("valid_to", "valid_from", severity="blocking"),
            ],
        ),
        Suite(
            "place__boundaries",
            frames["place__boundaries"],
            [
                unique("code", "valid_from"),
                not_blank("geometry"),
                between("min_lat", SOUTH, NORTH),
                between("max_lat", SOUTH, NORTH),
                between("min_long", WEST, EAST),
                between("max_long", WEST, EAST),
            ],
        ),
    ]
