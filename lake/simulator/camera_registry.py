"""The register of cameras: where each of the sixty hangs since when, the one that moved, and those taken down."""

import io
from collections.abc import Iterator
from datetime import date, timedelta

from openpyxl import Workbook

from lake.simulator.camera import CAMERAS
from lake.simulator.filled_forms import Cell, settled
from lake.simulator.province import generator

_HEADER = (
    *("Mã camera", "Vị trí lắp đặt", "Tuyến đường", "Lý trình", "Hướng quan sát"),
    *("Đơn vị quản lý", "Vĩ độ", "Kinh độ", "Ngày lắp đặt", "Ngày ngừng sử dụng"),
)
# The stretches of both roads in the province: first and last kilometre, and the places (WGS84) they begin and end at,
# between which cameras stand in a straight line. No survey stands behind a place.
_ROADS = {
    "ql1a": ("QL1A", 2_078.4, 2_113.0, (9.932, 105.753), (9.806, 105.826)),
    "ql61c": ("QL61C", 10.2, 47.3, (9.949, 105.690), (9.789, 105.476)),
}
MOVED = CAMERAS[11]
RETIRED = "ql1a-37"
# Planted: a camera taken down before it was put up, and a mark that is no kilometre.
RETIRED_BEFORE_INSTALLED, BAD_KM = "ql1a-38", "ql61c-25"
_OWNER = "Công an tỉnh"


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, workbook): the register as it is today, with a title above its header."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh mục camera")
    sheet.append(["DANH MỤC CAMERA GIAO THÔNG (số liệu mô phỏng)"])
    sheet.append([])
    sheet.append(_HEADER)
    for row in rows(seed):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    yield "danh-muc-camera.xlsx", settled(out.getvalue())


def rows(seed: int) -> list[list[Cell]]:
    """The register's rows in the order of its header."""
    rng = generator(seed, "camera registry")
    first_day = date(2020, 10, 1)
    found = []
    for camera in CAMERAS:
        installed_on = first_day + timedelta(days=int(rng.integers(0, 300)))
        if camera == MOVED:
            found.append(_row(camera, 0.9, date(2020, 10, 5), date(2021, 5, 31)))
            installed_on = date(2021, 6, 1)
        found.append(_row(camera, None, installed_on, None))
    found.append(_row(RETIRED, 0.97, date(2020, 10, 5), date(2021, 6, 30)))
    found.append(_row(RETIRED_BEFORE_INSTALLED, 0.98, date(2021, 4, 12), date(2021, 3, 1)))
    found.append(_row(BAD_KM, 0.99, date(2020, 11, 2), date(2021, 8, 31)))
    found[-1][3] = "Km 2O+100"
    return found


def _row(camera: str, place: float | None, installed_on: date, retired_on: date | None) -> list[Cell]:
    """``place``: how far along the road, 0 to 1; else after the camera's number."""
    road, number = camera.split("-")
    name, first_km, last_km, start, end = _ROADS[road]
    share = place if place is not None else (int(number) - 0.5) / sum(c.startswith(f"{road}-") for c in CAMERAS)
    km = first_km + share * (last_km - first_km)
    lat, long = (round(a + share * (b - a), 5) for a, b in zip(start, end, strict=True))
    mark = f"Km{int(km)}+{int(km % 1 * 1000):03d}"
    facing = "Hướng Cà Mau" if road == "ql1a" else "Hướng Vị Thanh"
    return [camera, f"{name}, {mark}", name, mark, facing, _OWNER, lat, long, installed_on, retired_on]
