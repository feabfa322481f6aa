"""The ledger of one-stop dossiers: what was filed, how, when it was due and returned, and the monthly reports of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from lake.contracts.forms import FORMS
from lake.simulator.dossier_words import PROCEDURES, Procedure
from lake.simulator.filled_forms import Cell, Filled, workbook
from lake.simulator.places import COMMUNES, DISTRICTS
from lake.simulator.province import (
    CLOCK,
    add_working_days,
    closings,
    end_of,
    generator,
    is_working_day,
    local,
    months,
    office_time,
)
from lake.simulator.ticket_words import GIVEN_NAMES, MIDDLE_NAMES, SURNAMES

# No figures of the province's one-stop offices are published: volumes and shares are invented. The dip of
# July-September 2021 is the lockdown, in which filing online grew.
FILED_PER_MONTH = (250, 275, 268, 262, 280, 274, 290, 262, 158, 296, 288, 276, 280, 190, 148, 172)
_ONLINE_SHARE = np.linspace(0.20, 0.38, len(FILED_PER_MONTH)) + np.array([0] * 13 + [0.12, 0.16, 0.14])
_LATE_SHARE, _REFUSED_SHARE, _WITHDRAWN_SHARE = 0.034, 0.018, 0.006
_WORDS = {"online": "Trực tuyến", "counter": "Trực tiếp", "post": "Bưu chính"}
_RATINGS, _RATING_WEIGHTS = ("Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng"), (0.24, 0.6, 0.12, 0.04)


@dataclass(frozen=True)
class Dossier:
    """One dossier as it stands at the clock. ``returned_at`` is None while open; ``status`` in the form's words."""

    dossier_id: str
    procedure: Procedure
    agency: str
    unit_code: str
    filed_at: datetime
    due_on: date
    returned_at: datetime | None
    status: str
    channel: str
    is_paid_online: bool | None
    has_digital_components: bool
    has_digital_result: bool
    rating: str | None
    applicant: tuple[str, str]  # synthetic name and phone number: in the export, never in the lake


@lru_cache(maxsize=2)
def ledger(seed: int) -> tuple[Dossier, ...]:
    """All dossiers in order of receipt."""
    rng = generator(seed, "dossier")
    weights = np.array([procedure.weight for procedure in PROCEDURES])
    found: list[Dossier] = []
    numbers: dict[int, int] = {}
    for (_, start, end), count, online in zip(months(), FILED_PER_MONTH, _ONLINE_SHARE, strict=True):
        for filed_at, wants_online in _received(start, end, count, float(online), rng):
            number = numbers[filed_at.year] = numbers.get(filed_at.year, 0) + 1
            procedure = PROCEDURES[int(rng.choice(len(PROCEDURES), p=weights / weights.sum()))]
            is_online = wants_online and procedure.service != "Cung cấp thông tin"
            found.append(_dossier(f"HS-{filed_at.year}-{number:06d}", procedure, filed_at, is_online, rng))
    return tuple(found)


def _received(
    start: datetime, end: datetime, count: int, online: float, rng: np.random.Generator
) -> list[tuple[datetime, bool]]:
    """Times of receipt of a month, online at any hour of any day."""
    days = [start.date() + timedelta(days=n) for n in range((end - start).days + (end.hour > 0))]
    working = [day for day in days if is_working_day(day)]
    moments: list[tuple[datetime, bool]] = []
    while len(moments) < count:
        is_online = bool(rng.random() < online)
        if is_online:
            hour = int(np.clip(rng.normal(14, 4), 5, 23))
            moment = local(days[int(rng.integers(len(days)))], hour) + timedelta(seconds=int(rng.integers(3600)))
        else:
            moment = office_time(working[int(rng.integers(len(working)))], rng)
        if moment < CLOCK - timedelta(minutes=30):
            moments.append((moment, is_online))
    return sorted(moments)


def _dossier(
    dossier_id: str, procedure: Procedure, filed_at: datetime, is_online: bool, rng: np.random.Generator
) -> Dossier:
    commune = COMMUNES[int(rng.integers(len(COMMUNES)))]
    unit_code, agency = {
        "province": ("93", procedure.agency),
        "district": (commune.district_code, f"UBND {DISTRICTS[commune.district_code]}"),
        "commune": (commune.code, f"UBND {commune.name[0].lower()}{commune.name[1:]}"),
    }[procedure.level]
    due_on = add_working_days(filed_at.date(), int(np.ceil(procedure.limit_days)))
    returned_at, status = _end(procedure, filed_at, due_on, rng)
    progress = (filed_at - local(date(2020, 6, 1))) / timedelta(days=487)
    paid = bool(rng.random() < (0.5 if is_online else 0.03) * (0.5 + progress)) if procedure.fee_vnd else None
    is_rated = returned_at is not None and rng.random() < 0.4
    return Dossier(
        dossier_id=dossier_id,
        procedure=procedure,
        agency=agency,
        unit_code=unit_code,
        filed_at=filed_at,
        due_on=due_on,
        returned_at=returned_at,
        status=status,
        channel="online" if is_online else "post" if rng.random() < 0.04 else "counter",
        is_paid_online=paid,
        has_digital_components=bool(rng.random() < (0.97 if is_online else 0.3 + 0.25 * progress)),
        has_digital_result=returned_at is not None and bool(rng.random() < 0.25 + 0.35 * progress),
        rating=str(rng.choice(_RATINGS, p=_RATING_WEIGHTS)) if is_rated else None,
        applicant=(
            f"{_one(SURNAMES, rng)} {_one(MIDDLE_NAMES, rng)} {_one(GIVEN_NAMES, rng)}",
            f"095{rng.integers(10_000_000):07d}",  # no operator has the prefix 095
        ),
    )


def _one(words: tuple[str, ...], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]


def _end(
    procedure: Procedure, filed_at: datetime, due_on: date, rng: np.random.Generator
) -> tuple[datetime | None, str]:
    """When the result was returned, if it is by the clock, and the state."""
    kind = rng.random()
    if kind < _LATE_SHARE:
        returned_at = office_time(due_on + timedelta(days=1 + int(rng.gamma(1.4, 4))), rng)
    else:
        span = max(int(np.ceil(procedure.limit_days)), 1)
        day = add_working_days(filed_at.date(), int(rng.integers(max(span // 3, 0), span + 1)))
        returned_at = max(office_time(day, rng), filed_at + timedelta(minutes=25))
    if returned_at >= CLOCK - timedelta(minutes=5):
        return None, "Chờ bổ sung" if kind > 0.93 else "Đang giải quyết"
    if kind > 1 - _WITHDRAWN_SHARE:
        return returned_at, "Rút hồ sơ"
    return returned_at, "Từ chối" if kind > 1 - _WITHDRAWN_SHARE - _REFUSED_SHARE else "Đã trả kết quả"


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, workbook) of every month: dossiers filed or returned in it, and those open at its end.

    The exports hold the applicants' names and telephone numbers, as exports do. Faults are those of FAULTS.
    """
    dossiers = ledger(seed)
    form = FORMS["dossier"]
    for month, (first, closing) in enumerate(closings()):
        start, end = local(first), end_of(closing)
        told = [_as_of(d, end) for d in dossiers if d.filed_at <= end and (d.returned_at or CLOCK) >= start]
        rows = [_row(dossier) for dossier in told]
        people = [dossier.applicant for dossier in told]
        for fault_month, plant in _FAULTS.values():
            if fault_month == month:
                plant(rows, people)
        extra: dict[str, list[Cell]] = {
            "STT": list(range(1, len(rows) + 1)),
            "Người nộp hồ sơ": [name for name, _ in people],
            "Số điện thoại": [phone for _, phone in people],
        }
        tables = [Filled(form.tables[0], closing, rows, extra)]
        if month in (0, len(FILED_PER_MONTH) - 1):
            tables.append(Filled(form.tables[1], closing, [_procedure_row(procedure) for procedure in PROCEDURES]))
        yield f"mot-cua-{first:%Y-%m}.xlsx", workbook(form, tables)


def _as_of(dossier: Dossier, moment: datetime) -> Dossier:
    if dossier.returned_at is None or dossier.returned_at <= moment:
        return dossier
    return replace(dossier, returned_at=None, status="Đang giải quyết", has_digital_result=False, rating=None)


def _row(dossier: Dossier) -> dict[str, Cell]:
    procedure = dossier.procedure
    return {
        "dossier_id": dossier.dossier_id,
        "procedure_code": procedure.code,
        "procedure_name": procedure.name,
        "field_name": procedure.field_name,
        "agency": dossier.agency,
        "unit_code": dossier.unit_code,
        "filed_at": dossier.filed_at,
        "due_at": dossier.due_on,
        "returned_at": dossier.returned_at,
        "channel": _WORDS[dossier.channel],
        "status": dossier.status,
        "is_full_process": _yes(procedure.service == "Toàn trình"),
        "fee_vnd": procedure.fee_vnd,
        "is_paid_online": None if dossier.is_paid_online is None else _yes(dossier.is_paid_online),
        "has_digital_components": _yes(dossier.has_digital_components),
        "has_digital_result": _yes(dossier.has_digital_result),
        "rating": dossier.rating,
    }


def _procedure_row(procedure: Procedure) -> dict[str, Cell]:
    return {
        "procedure_code": procedure.code,
        "procedure_name": procedure.name,
        "field_name": procedure.field_name,
        "agency": procedure.agency if procedure.level == "province" else "UBND các cấp",
        "service_level": procedure.service,
        "limit_working_days": procedure.limit_days,
    }


def _yes(value: bool) -> str:
    return "Có" if value else "Không"


Rows = list[dict[str, Cell]]
People = list[tuple[str, str]]


def _twice(rows: Rows, people: People) -> None:
    rows.append(rows[40])
    people.append(people[40])


def _returned_before_filed(rows: Rows, people: People) -> None:
    row = next(row for row in rows if isinstance(row["returned_at"], datetime))
    filed_at = row["filed_at"]
    assert isinstance(filed_at, datetime)
    row["returned_at"] = filed_at - timedelta(days=10)


def _unknown_unit(rows: Rows, people: People) -> None:
    next(row for row in rows if row["unit_code"] == "930")["unit_code"] = UNKNOWN_UNIT


def _english_date(rows: Rows, people: People) -> None:
    row = next(row for row in rows if isinstance(row["filed_at"], datetime) and row["filed_at"].day > 12)
    filed_at = row["filed_at"]
    assert isinstance(filed_at, datetime)
    row["filed_at"] = f"{filed_at:%m/%d/%Y}"


UNKNOWN_UNIT = "939"  # shaped like a district's code, but no district's
# Planted: code -> (month it lies in, counted from the first, how it is written into the sheet).
_FAULTS = {
    "duplicate_dossier": (5, _twice),
    "returned_before_filed": (8, _returned_before_filed),
    "month_first_date": (10, _english_date),
    "unknown_unit": (12, _unknown_unit),
}
