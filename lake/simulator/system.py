"""The ledger of shared systems, staff, downloads of the app, reports owed, maintenance and backups; told quarterly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from lake.contracts.forms import FORMS
from lake.simulator import upkeep_plan
from lake.simulator.filled_forms import Cell, Filled, workbook
from lake.simulator.places import DISTRICTS
from lake.simulator.province import CLOCK, add_working_days, end_of, generator

REPORTS = (date(2020, 9, 30), date(2020, 12, 31), date(2021, 3, 31), date(2021, 6, 30), CLOCK)
CENTRE = "Trung tâm điều hành đô thị thông minh"
APP = "Hậu Giang"
# Published: more than 30,000 downloads by September 2021, 20 staff where there had been 8. The way there is invented.
DOWNLOADS_AT_CLOCK = {"Google Play": 23_940, "App Store": 6_410}
STAFF = {  # (position, payroll, contract) by the report from which on it holds
    date(2020, 9, 30): (("Quản trị hệ thống", 3, 1), ("Trực giám sát", 2, 2)),
    date(2021, 3, 31): (("Lãnh đạo", 2, 0), ("Quản trị hệ thống", 4, 1), ("Trực giám sát", 4, 3)),
    CLOCK.date(): (
        ("Lãnh đạo", 2, 0),
        ("Quản trị hệ thống", 5, 1),
        ("Trực giám sát", 5, 5),
        ("Phân tích dữ liệu", 1, 1),
    ),
}


@dataclass(frozen=True)
class System:
    """One shared system; ``replicas`` is how many servers answer under its address."""

    code: str
    name: str
    owner: str
    commissioned_on: date
    retired_on: date | None
    security_level: int
    is_in_data_centre: bool
    is_on_sharing_platform: bool
    n_servers: int
    is_probed: bool

    @property
    def url(self) -> str:
        """Address its availability is probed at; nobody's, after RFC 2606."""
        return f"https://{self.code}.ioc.example"


_OFFICE, _ICT = "Văn phòng Ủy ban nhân dân tỉnh", "Sở Thông tin và Truyền thông"
SYSTEMS = (
    System("cong-ttdt", "Cổng thông tin điện tử tỉnh", _OFFICE, date(2016, 1, 4), None, 3, True, True, 2, True),
    System("dvc", "Cổng dịch vụ công và một cửa điện tử", _OFFICE, date(2018, 7, 2), None, 3, True, True, 4, True),
    System("qlvb", "Hệ thống quản lý văn bản và điều hành", _OFFICE, date(2015, 3, 2), None, 3, True, True, 3, True),
    System("bcktxh", "Hệ thống báo cáo kinh tế - xã hội", _OFFICE, date(2020, 3, 2), None, 2, True, True, 1, True),
    System("paht", "Hệ thống phản ánh hiện trường", CENTRE, date(2020, 6, 1), None, 2, True, True, 2, True),
    System("lgsp", "Nền tảng tích hợp, chia sẻ dữ liệu", _ICT, date(2019, 11, 1), None, 3, True, True, 2, True),
    System("thu-dien-tu", "Thư điện tử công vụ", _ICT, date(2012, 5, 2), None, 2, True, False, 1, True),
    System("hop-truc-tuyen", "Hội nghị truyền hình trực tuyến", _ICT, date(2017, 9, 1), None, 2, True, False, 1, True),
    System("giam-sat-tt", "Giám sát báo chí, mạng xã hội", CENTRE, date(2020, 9, 1), None, 1, False, False, 0, False),
    System("camera-gt", "Giám sát giao thông", "Công an tỉnh", date(2020, 9, 1), None, 3, True, False, 3, False),
    System("hktt-cu", "Hộ khẩu cũ", "Công an tỉnh", date(2010, 1, 4), date(2021, 7, 1), 3, True, False, 1, False),
)  # fmt: skip

_KEPT = tuple(system.code for system in SYSTEMS if system.is_in_data_centre and system.retired_on is None)
_REPORT_NAMES = (("Báo cáo kinh tế - xã hội tháng", 20), ("Báo cáo cải cách hành chính", 15))
_DEPARTMENTS = ("Sở Kế hoạch và Đầu tư", "Sở Tài chính", "Sở Công Thương", "Cục Thống kê")


@dataclass(frozen=True)
class Due:
    """One report a unit owes for a month; ``submitted_on`` None where it never came."""

    name: str
    unit: str
    period: str
    due_on: date
    submitted_on: date | None


@lru_cache(maxsize=2)
def reports_due(seed: int) -> tuple[Due, ...]:
    """The socio-economic report and the one on administrative reform, of every unit and month since January 2021."""
    rng = generator(seed, "system reports")
    units = [f"UBND {name}" for name in DISTRICTS.values()] + list(_DEPARTMENTS)
    tardy = {unit: float(rng.uniform(0.01, 0.22)) for unit in units}
    found = []
    for month in range(1, CLOCK.month + 1):
        for name, day in _REPORT_NAMES:
            due_on = add_working_days(date(2021, month, day) - timedelta(days=1), 1)
            for unit in units:
                submitted_on: date | None = due_on - timedelta(days=int(rng.integers(0, 4)))
                if rng.random() < tardy[unit]:
                    late = add_working_days(due_on, 1 + int(rng.gamma(1.2, 2)))
                    submitted_on = None if rng.random() < 0.15 or late >= CLOCK.date() else late
                found.append(Due(name, unit, f"{month:02d}/2021", due_on, submitted_on))
    return tuple(found)


@lru_cache(maxsize=2)
def downloads(seed: int) -> tuple[tuple[date, str, int, int, int], ...]:
    """(day of counting, store, downloads so far, installed, users of 30 days) at every month's end."""
    rng = generator(seed, "downloads")
    days = [date(2020 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(6, 21)] + [CLOCK.date()]
    growth = np.array([1] * 13 + [1.9, 2.6, 2.2]) * rng.uniform(0.8, 1.2, len(days))  # the Covid months
    found = []
    for store, total in DOWNLOADS_AT_CLOCK.items():
        counts = np.round(np.cumsum(growth) / growth.sum() * total).astype(int).tolist()
        for day, count in zip(days, counts, strict=True):
            installed = round(count * float(rng.uniform(0.6, 0.68)))
            found.append((day, store, count, installed, round(installed * float(rng.uniform(0.2, 0.3)))))
    return tuple(sorted(found))


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, workbook) of every quarter."""
    form = FORMS["system"]
    since = date(2020, 6, 1)
    for closing in REPORTS:
        day = end_of(closing).date()
        positions = next(rows for held, rows in reversed(STAFF.items()) if held <= day)
        inventory = [_system_row(system) for system in SYSTEMS]
        staff = [_staff_row(*position) for position in positions]
        counted = [_download_row(*count) for count in downloads(seed) if since <= count[0] <= day]
        owed = [_due_row(due, day) for due in reports_due(seed) if since <= due.due_on <= day]
        for fault_day, plant in _FAULTS.values():
            if fault_day == day:
                plant(staff, counted)
        maintained = [_window_row(w) for w in upkeep_plan.windows(seed) if since <= w.started_at.date() <= day]
        kept = [_backup_row(b) for b in upkeep_plan.backups(seed, _KEPT) if since <= b.planned_on <= day]
        told = zip(form.tables, (inventory, staff, counted, owed, maintained, kept), strict=True)
        yield f"he-thong-{day:%Y-%m-%d}.xlsx", workbook(form, [Filled(table, closing, rows) for table, rows in told])
        since = day - timedelta(days=90)  # late reports come to be known


def _system_row(system: System) -> dict[str, Cell]:
    return {
        "system_code": system.code,
        "system_name": system.name,
        "owner_unit": system.owner,
        "operator_unit": CENTRE,
        "url": system.url,
        "commissioned_on": system.commissioned_on,
        "retired_on": system.retired_on,
        "security_level": system.security_level,
        "is_in_data_centre": "Có" if system.is_in_data_centre else "Không",
        "is_on_sharing_platform": "Có" if system.is_on_sharing_platform else "Không",
        "n_servers": system.n_servers,
    }


def _staff_row(position: str, n_payroll: int, n_contract: int) -> dict[str, Cell]:
    return {
        "unit": CENTRE,
        "position": position,
        "n_payroll": n_payroll,
        "n_contract": n_contract,
        "full_time_equivalent": float(n_payroll + n_contract),
    }


def _download_row(day: date, store: str, count: int, installed: int, users: int) -> dict[str, Cell]:
    return {
        "app": APP,
        "store": store,
        "counted_on": day,
        "n_downloads": count,
        "n_installed": installed,
        "n_monthly_users": users,
    }


def _due_row(due: Due, day: date) -> dict[str, Cell]:
    return {
        "report_name": due.name,
        "unit": due.unit,
        "period": due.period,
        "due_on": due.due_on,
        "submitted_on": due.submitted_on if due.submitted_on and due.submitted_on <= day else None,
    }


def _window_row(window: upkeep_plan.Window) -> dict[str, Cell]:
    return {
        "target": window.target,
        "started_at": window.started_at,
        "ended_at": window.ended_at,
        "approved_by": window.approved_by,
        "approved_at": window.approved_at,
    }


def _backup_row(backup: upkeep_plan.Backup) -> dict[str, Cell]:
    return {
        "system_code": backup.system,
        "kind": "Diễn tập khôi phục" if backup.is_drill else "Sao lưu",
        "planned_on": backup.planned_on,
        "is_successful": "Có" if backup.is_successful else "Không",
        "done_at": backup.done_at,
    }


Rows = list[dict[str, Cell]]


def _total(staff: Rows, counted: Rows) -> None:
    staff.append({"unit": "Tổng cộng", "position": "", "n_payroll": 5, "n_contract": 3})


def _more_devices_than_downloads(staff: Rows, counted: Rows) -> None:
    row = counted[0]
    assert isinstance(row["n_downloads"], int)
    row["n_installed"] = row["n_downloads"] * 2


# Planted: code -> (closing day of the report it lies in, how it is written into the sheets).
_FAULTS = {
    "total_among_staff": (date(2020, 12, 31), _total),
    "more_devices_than_downloads": (date(2021, 3, 31), _more_devices_than_downloads),
}
