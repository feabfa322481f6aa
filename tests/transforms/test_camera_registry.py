"""The register of cameras: a workbook or a CSV gives the same rows, and a slip of the pen costs one row."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.camera import REGISTRY
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from lake.sources.declared import load_profile
from transforms.camera_registry import parse

RECEIVED_AT = datetime(2021, 9, 30, 10, tzinfo=UTC)
PROFILE = load_profile("camera_registry")
HEADER = list(PROFILE.columns.values())
GOOD = ["ql1a-01", "Cầu Cái Tư", "ql 1a", "Km2078+350", "Cần Thơ", "Sở GTVT", "9,78", "105,47", "01/06/2020", ""]


def read(body: bytes, profile: Profile | None = PROFILE) -> Parsed:
    return parse(body, Delivery("registry", profile, RECEIVED_AT, "danh-muc.xlsx", {}))


def csv(*rows: list[str]) -> bytes:
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in [HEADER, *rows]).encode()


def with_(**cells: str) -> list[str]:
    """GOOD with cells replaced, by contract column."""
    return [cells.get(column, cell) for column, cell in zip(PROFILE.columns, GOOD, strict=True)]


def workbook(*rows: list[Any], hidden: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if hidden:
        sheet.sheet_state = "hidden"
        book.create_sheet("empty")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_workbook_and_csv_give_the_same_row() -> None:
    cells: list[Any] = [*GOOD[:6], 9.78, 105.47, date(2020, 6, 1), None]
    title = ["DANH MỤC CAMERA GIAO THÔNG"]
    for body in (csv(GOOD), workbook(title, [], HEADER, cells, [None] * len(HEADER), [])):
        parsed = read(body)
        assert parsed.rejected.is_empty()
        frame = parsed.rows["camera__registry"]
        assert frame.schema == REGISTRY.polars_schema
        assert frame.rows(named=True) == [
            {
                "camera_id": "ql1a-01",
                "name_vi": "Cầu Cái Tư",
                "road_code": "QL1A",
                "km_mark": 2078.35,
                "direction": "Cần Thơ",
                "owner": "Sở GTVT",
                "lat": 9.78,
                "long": 105.47,
                "installed_on": date(2020, 6, 1),
                "retired_on": None,
                "is_retired_before_installed": False,
                "updated_at": None,
                "stated_at": RECEIVED_AT,
            }
        ]


@pytest.mark.parametrize(
    ("written", "km"),
    [("Km 12", 12), ("2078+350", 2078.35), ("KM0+5", 0.005), ("12,5", 12.5), ("12.25", 12.25), ("km7+50.5", 7.0505)],
)
def test_kilometre_mark_is_read_as_it_is_written_on_the_road(written: str, km: float) -> None:
    assert read(csv(with_(km_mark=written))).rows["camera__registry"]["km_mark"][0] == pytest.approx(km)


def test_number_of_a_camera_in_a_number_cell_stays_whole() -> None:
    body = workbook(HEADER, [12, *GOOD[1:3], 12.5, *GOOD[4:]])
    row = read(body).rows["camera__registry"].row(0, named=True)
    assert (row["camera_id"], row["km_mark"]) == ("12", 12.5)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"camera_id": " "}, "missing_camera_id"),
        ({"installed_on": ""}, "missing_installed_on"),
        ({"installed_on": "31/02/2020"}, "unreadable_date"),
        ({"installed_on": "01/06/1920"}, "impossible_time"),
        ({"retired_on": "01/06/2120"}, "impossible_time"),
        ({"km_mark": "gần cầu"}, "bad_km_mark"),
        ({"km_mark": "Km5+1350"}, "bad_km_mark"),
        ({"lat": "105,47", "long": ""}, "bad_coordinates"),
        ({"lat": "98"}, "bad_coordinates"),
    ],
)
def test_slip_is_named_and_costs_only_its_own_row(cells: dict[str, str], code: str) -> None:
    parsed = read(csv(GOOD, with_(**cells), with_(camera_id="ql1a-02")))
    assert parsed.rows["camera__registry"]["camera_id"].to_list() == ["ql1a-01", "ql1a-02"]
    assert parsed.rejected.select("position", "reason_code").rows() == [(1, code)]


def test_camera_retired_before_it_was_installed_is_flagged() -> None:
    frame = read(csv(with_(retired_on="31/05/2020"))).rows["camera__registry"]
    assert frame["is_retired_before_installed"].to_list() == [True]


def test_day_of_the_last_change_begins_at_the_registers_midnight() -> None:
    shape = PROFILE.model_copy(update={"columns": PROFILE.columns | {"updated_at": "Hướng quan sát"}})
    frame = read(csv(with_(direction="30/09/2021")), shape).rows["camera__registry"]
    assert frame["updated_at"].to_list() == [datetime(2021, 9, 29, 17, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html></html>", "an HTML page"),
        (b"", "an empty answer"),
        (b"{}", "a JSON document"),
        (b"PK\x03\x04 no workbook", "cannot be read as a workbook"),
        (b"a,b\n1,2\n", "has no column"),
        (workbook(["a", "b"], [1, 2]), "no visible sheet"),
        (workbook(HEADER, GOOD, hidden=True), "no visible sheet"),
    ],
)
def test_file_that_is_no_register_is_refused_as_a_whole(body: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(body)


def test_profile_must_name_what_a_register_needs() -> None:
    with pytest.raises(PayloadRefused, match="no column to camera_id, installed_on"):
        read(csv(GOOD), PROFILE.model_copy(update={"columns": {"name_vi": "x"}}))
    with pytest.raises(PayloadRefused, match="maps color"):
        read(csv(GOOD), PROFILE.model_copy(update={"columns": PROFILE.columns | {"color": "x"}}))
    with pytest.raises(PayloadRefused, match="without a profile"):
        read(csv(GOOD), None)
