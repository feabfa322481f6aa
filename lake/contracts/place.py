"""Administrative units (đơn vị hành chính) as time-valid rows, and their boundaries.

A code is no key: on 1 July 2025 each of the 28 communes made of Hậu Giang's 75 took over the code of one of its
predecessors, with other ground under it. The key is (code, valid_from) everywhere.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, TIMESTAMP, Column, Contract

# Digits of a code by level, after the statistics office's catalogue (Decision 124/2004/QĐ-TTg and its successors).
CODE_DIGITS = {"province": 2, "district": 3, "commune": 5}
# Degrees that hold Vietnam with its islands; outside them longitude and latitude are swapped, or in metres.
SOUTH, NORTH, WEST, EAST = 6.0, 24.0, 101.0, 119.0
PROVINCE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def effective_at(day: date) -> datetime:
    """The instant a day begins in the province, aware."""
    return datetime.combine(day, time(), PROVINCE_ZONE)


UNITS = Contract(
    slug="place",
    table="place__units",
    description="One row per version of an administrative unit in an official code list.",
    columns=(
        Column("code", pa.string(), "code of the statistics office, leading zeros kept", required=True),
        Column("valid_from", pa.date32(), "first day on which the list holds", required=True),
        Column("valid_to", pa.date32(), "last day on which it holds; null while it does"),
        Column("level", pa.string(), "province, district or commune", required=True),
        Column("name_vi", pa.string(), "name with its type, NFC: Phường Vị Tân", required=True),
        Column("type_vi", pa.string(), "type as the name says it: Xã, Phường, Thị trấn …", required=True),
        Column("type_source", pa.string(), "type as the list's own column writes it; it may disagree with the name"),
        Column("name_key", pa.string(), "name without type and diacritics, lower case: vi tan", required=True),
        Column("parent_code", pa.string(), "code of the unit it belongs to; null where the list names it only"),
        Column("parent_name_vi", pa.string(), "name of the unit it belongs to, as the list writes it"),
        Column("parent_name_key", pa.string(), "that name without type and diacritics, lower case"),
        Column("effective_at", TIMESTAMP, "beginning of valid_from in the province", required=True),
    ),
    key=("code", "valid_from"),
    event_at="effective_at",
    versioned=True,  # a list is published again with a spelling corrected; the one received last stands
    purpose="Say which administrative unit a record belongs to on its day",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)

BOUNDARIES = Contract(
    slug="place",
    table="place__boundaries",
    description="One row per version of the boundary of an administrative unit.",
    columns=(
        Column("code", pa.string(), "code of the statistics office, leading zeros kept", required=True),
        Column("valid_from", pa.date32(), "first day on which the boundary holds", required=True),
        Column("name_vi", pa.string(), "name as the file writes it"),
        Column("geometry", pa.string(), "GeoJSON MultiPolygon, WGS 84, longitude first", required=True),
        Column("n_polygons", pa.int32(), "polygons of the unit", required=True),
        Column("n_vertices", pa.int32(), "positions of all its rings", required=True),
        Column("min_long", pa.float64(), "western edge, degrees", required=True),
        Column("min_lat", pa.float64(), "southern edge, degrees", required=True),
        Column("max_long", pa.float64(), "eastern edge, degrees", required=True),
        Column("max_lat", pa.float64(), "northern edge, degrees", required=True),
        Column("effective_at", TIMESTAMP, "beginning of valid_from in the province", required=True),
    ),
    key=("code", "valid_from"),
    event_at="effective_at",
    versioned=True,
    purpose="Draw figures on a map of the province",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
)
