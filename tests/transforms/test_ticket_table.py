"""Citizens' reports in workbooks and in national grids: cells, headers, codes that can and cannot be used."""

from __future__ import annotations

import io
import json
import math
from datetime import UTC, date, datetime, time

import openpyxl
import pyproj
import pytest
from openpyxl.workbook.workbook import Workbook

from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Profile
from lake.contracts.ticket import REQUESTS
from lake.errors import PayloadRefused
from transforms.coordinates import converter
from transforms.ticket import parse

NOW = datetime(2021, 9, 30, 10, tzinfo=UTC)
DAY = datetime.fromisoformat("2021-09-01")  # as a spreadsheet holds it, without a zone
MORNING = DAY.replace(hour=8)
HEADER = ["STT", "Mã phản ánh", "Trạng thái", "Ngày\n tiếp nhận", "Hạn xử lý", "Trùng với", "Nội dung"]
PROFILE = Profile(
    slug="ticket",
    format="excel",
    time_zone="Asia/Ho_Chi_Minh",
    date_format="%d/%m/%Y %H:%M",
    columns={
        "request_id": "Mã phản ánh",
        "status": "Trạng thái",
        "requested_at": "Ngày tiếp nhận",
        "expected_at": "Hạn xử lý",
        "duplicate_of": "Trùng với",
        "description": "Nội dung",
    },
    status={"Mới": "open", "Đã đóng": "closed"},
)


def saved(*rows: list[object], name: str = "Phản ánh", book: Workbook | None = None) -> bytes:
    book = book or openpyxl.Workbook()
    assert book.active is not None
    book.active.title = name
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(body: bytes, profile: Profile | None = PROFILE) -> Parsed:
    return parse(body, Delivery("excel", profile, NOW, "phan-anh.xlsx", {}))


def test_form_with_a_title_above_its_header_is_read_with_cell_types() -> None:
    body = saved(
        ["BÁO CÁO PHẢN ÁNH"],
        ["Đơn vị: Trung tâm"],
        HEADER,
        [1, 101001979543, "Mới", MORNING, date(2021, 9, 10), None, "Ổ gà, gọi 0912345678"],
        [None] * 7,
        [2, "PA-2", "Đã đóng", "02/09/2021 07:30", "", 101001979543, True],
    )
    parsed = read(body)
    assert parsed.rejected.is_empty()
    first, second = parsed.rows[REQUESTS.table].to_dicts()
    assert first["request_id"] == second["duplicate_of"] == "101001979543"
    assert first["requested_at"] == datetime(2021, 9, 1, 1, tzinfo=UTC)
    assert first["expected_at"] == datetime(2021, 9, 9, 17, tzinfo=UTC)
    assert first["description"] == "Ổ gà, gọi [số điện thoại]"
    assert second["requested_at"] == datetime(2021, 9, 2, 0, 30, tzinfo=UTC)
    assert (second["status"], second["expected_at"], second["description"]) == ("closed", None, "true")


def test_bad_rows_of_a_sheet_are_set_aside_with_their_cells() -> None:
    body = saved(
        HEADER,
        [1, "PA-1", "Mới", DAY, None, None, "a"],
        [2, "PA-2", "Lạ", DAY, None, None, "b"],
        [3, "PA-3", "Mới", "01/13/2021 08:00", None, None, "c"],
        [4, "PA-4", "Mới", time(8, 30), None, None, "d"],
        ["Tổng cộng", None, None, None, None, None, 4],
    )
    parsed = read(body)
    assert parsed.rows[REQUESTS.table]["request_id"].to_list() == ["PA-1"]
    assert parsed.rejected["reason_code"].to_list() == [
        *("unknown_status", "unreadable_date", "date_without_day", "missing_request_id")
    ]
    assert parsed.rejected["position"].to_list() == [1, 2, 3, 4]
    assert "D5" in parsed.rejected["reason"][2]
    assert json.loads(parsed.rejected["raw"][0])[1:3] == ["PA-2", "Lạ"]


def test_hidden_sheet_is_read_only_when_it_is_named() -> None:
    book = openpyxl.Workbook()
    hidden = book.create_sheet("Nháp", 0)
    hidden.append(HEADER)
    hidden.append([1, "ẩn", "Mới", DAY, None, None, ""])
    hidden.sheet_state = "hidden"
    book.active = book.worksheets[1]
    body = saved(HEADER, [1, "PA-1", "Mới", DAY, None, None, ""], book=book)
    assert read(body).rows[REQUESTS.table]["request_id"].to_list() == ["PA-1"]
    named = PROFILE.model_copy(update={"sheet": "Nháp"})
    assert read(body, named).rows[REQUESTS.table]["request_id"].to_list() == ["ẩn"]
    with pytest.raises(PayloadRefused, match="no sheet 'Khác' among Nháp, Phản ánh"):
        read(body, PROFILE.model_copy(update={"sheet": "Khác"}))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><table></table></html>", "an HTML page, not a workbook"),
        (b"", "an empty answer"),
        (b"a,b\n1,2\n", "no Excel or OpenDocument workbook"),
        (b'{"a": 1}', "a JSON document"),
        (saved(HEADER, ["x"])[:900], "cannot be read as a workbook"),
        (saved([*HEADER, "Mã phản ánh"], ["x"]), "has the column Mã phản ánh twice"),
        (saved(HEADER[:4], ["x"]), "has no column Hạn xử lý, Nội dung, Trùng với in its first 50 rows"),
        (saved(["x"]), "has no column"),
    ],
)
def test_wrong_workbook_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused) as caught:
        read(body)
    assert said in str(caught.value) and "phan-anh.xlsx" in str(caught.value)


GRID = {"request_id": "id", "status": "state", "requested_at": "at", "easting": "x", "northing": "y"}


def placed(x: object, y: object, crs: str, columns: dict[str, str] | None = None) -> Parsed:
    profile = Profile(slug="ticket", format="csv", columns=columns or GRID, crs=crs)
    body = f"id,state,at,x,y\n1,open,2021-09-01,{x},{y}\n".encode()
    return parse(body, Delivery("csv", profile, NOW, "reports.csv", {}))


def place(x: object, y: object, crs: str, columns: dict[str, str] | None = None) -> tuple[float | None, float | None]:
    parsed = placed(x, y, crs, columns)
    assert parsed.rejected.is_empty(), parsed.rejected["reason"].to_list()
    lat, long = parsed.rows[REQUESTS.table].select("lat", "long").row(0)
    return lat, long


def test_massachusetts_feet_at_the_false_origin() -> None:
    # Defined in 310 CMR: 200,000 m east and 750,000 m north at 41 degrees north, 71.5 degrees west; US survey feet.
    foot = 1200 / 3937
    assert place(200_000 / foot, 750_000 / foot, "EPSG:2249") == (41.0, -71.5)


def test_british_grid_at_the_worked_example_of_the_ordnance_survey() -> None:
    # "A guide to coordinate systems in Great Britain", annexes: 651409.903 E 313177.270 N, a point in Norfolk.
    lat, long = place(651409.903, 313177.270, "EPSG:27700")
    assert lat == pytest.approx(52 + 39 / 60 + 28.72 / 3600, abs=1e-4)
    assert long == pytest.approx(1 + 42 / 60 + 57.79 / 3600, abs=1e-4)


def _vn2000_to_wgs84(lat: float, long: float) -> tuple[float, float]:
    """Shift of the centre of the ellipsoid after Decision 05/2007/QĐ-BTNMT; both data use the WGS 84 ellipsoid."""
    a, e2 = 6378137.0, 0.00669437999014
    phi, lam = math.radians(lat), math.radians(long)
    n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    x = n * math.cos(phi) * math.cos(lam) - 191.90441429
    y = n * math.cos(phi) * math.sin(lam) - 39.30318279
    z = n * (1 - e2) * math.sin(phi) - 111.45032835
    p, phi = math.hypot(x, y), math.atan2(z, math.hypot(x, y))
    for _ in range(5):
        n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + e2 * n * math.sin(phi), p)
    return math.degrees(phi), math.degrees(math.atan2(y, x))


def test_vn_2000_is_shifted_to_wgs_84() -> None:
    columns = {**GRID, "long": "x", "lat": "y"}
    del columns["easting"], columns["northing"]
    expected = _vn2000_to_wgs84(9.784, 105.47)
    assert math.dist(expected, (9.784, 105.47)) > 1e-3  # more than a hundred metres: not to be left out
    assert place(105.47, 9.784, "EPSG:4756", columns) == pytest.approx(expected, abs=1e-4)


def test_utm_48n_of_vn_2000_on_its_central_meridian() -> None:
    # Meridian arc of the WGS 84 ellipsoid to 10 degrees north, times the scale of UTM: 1,105,854.833 m * 0.9996.
    expected = _vn2000_to_wgs84(10.0, 105.0)
    assert place(500_000, 1_105_854.833 * 0.9996, "EPSG:3405") == pytest.approx(expected, abs=1e-4)


def test_place_outside_the_grid_is_set_aside() -> None:
    for x, y in (("", 5), ("abc", 5), (651409, 999_999_999), ("nan", 1), ("inf", "inf")):
        parsed = placed(x, y, "EPSG:27700")
        assert parsed.rejected["reason_code"].to_list() == ["bad_coordinates"], (x, y)
        assert "EPSG:27700" in parsed.rejected["reason"][0]
    for x, y in (("", ""), (0, "0.0")):
        assert place(x, y, "EPSG:27700") == (None, None)


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("EPSG:99999", "no code of the EPSG registry"),
        ("EPSG:5773", "is a Vertical CRS"),
        ("EPSG:4978", "is a Geocentric CRS"),
        ("EPSG:4131", "without a grid file"),  # Indian 1960, used in Viet Nam before VN-2000: 44 m at best
        ("EPSG:4267", "without a grid file"),  # NAD27
    ],
)
def test_code_that_cannot_be_converted_well_is_refused(crs: str, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        placed(1, 1, crs)


def test_columns_and_code_must_belong_together() -> None:
    with pytest.raises(PayloadRefused, match="needs lat and long"):
        placed(1, 1, "EPSG:4326")
    with pytest.raises(PayloadRefused, match="needs easting and northing"):
        placed(1, 1, "EPSG:3405", {**GRID, "lat": "y"})


def test_conversion_never_asks_the_network_for_a_grid() -> None:
    converter("EPSG:27700")
    assert not pyproj.network.is_network_enabled()
