"""The ledger of official documents: the registers of documents received and issued, and their monthly exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from lake.contracts.forms import FORMS
from lake.simulator.filled_forms import Cell, Filled, csv_export
from lake.simulator.places import COMMUNES, DISTRICTS
from lake.simulator.province import CLOCK, add_working_days, closings, end_of, generator, is_working_day, local

PER_MONTH = 190  # invented; the provincial office's real register is larger by far
_IN_SHARE, _ASSIGNMENT_SHARE, _LATE_SHARE = 0.58, 0.3, 0.06
_ISSUERS = (
    ("Ủy ban nhân dân tỉnh", "UBND", 0.3),
    ("Văn phòng Ủy ban nhân dân tỉnh", "VP", 0.2),
    ("Sở Thông tin và Truyền thông", "STTTT", 0.14),
    ("Sở Kế hoạch và Đầu tư", "SKHĐT", 0.1),
    ("Sở Y tế", "SYT", 0.12),
    ("Bộ Thông tin và Truyền thông", "BTTTT", 0.08),
    ("Văn phòng Chính phủ", "VPCP", 0.06),
)
_OWN_AGENCY = "Trung tâm điều hành đô thị thông minh tỉnh Hậu Giang"
# (name of the kind, symbol with the agency's letters in it, weight); official letters bear the agency's letters first.
_KINDS = (
    ("Công văn", "{agency}-TH", 0.56),
    ("Kế hoạch", "KH-{agency}", 0.12),
    ("Báo cáo", "BC-{agency}", 0.12),
    ("Quyết định", "QĐ-{agency}", 0.1),
    ("Thông báo", "TB-{agency}", 0.1),
)
_LEVELS, _LEVEL_WEIGHTS = ("Tỉnh", "Huyện", "Xã"), (0.5, 0.3, 0.2)
_PROVINCIAL = ("Phòng Nghiệp vụ", "Phòng Kỹ thuật - Công nghệ", "Phòng Hành chính - Tổng hợp")


@dataclass(frozen=True)
class Document:
    """One document as it stands at the clock; ``done_on`` is None while open or where nothing is to be done."""

    is_in: bool
    symbol: str
    issuing_agency: str
    issued_on: date
    kind: str
    level: str
    assigned_unit: str
    due_on: date | None
    done_on: date | None
    is_assignment: bool
    is_signed: bool
    is_online: bool
    arrived_on: date | None
    arrival_minute: int  # after 07:00


@lru_cache(maxsize=2)
def ledger(seed: int) -> tuple[Document, ...]:
    """All documents by date; symbols are numbered by agency and year."""
    rng = generator(seed, "document")
    numbers: dict[tuple[str, int], int] = {}
    found = []
    for first, closing in closings():
        last = end_of(closing).date()
        days = [day for n in range((last - first).days + 1) if is_working_day(day := first + timedelta(days=n))]
        # What is dated on the last day is registered in time for its report.
        for at in np.sort(rng.integers(0, len(days) - 1, PER_MONTH + int(rng.integers(-15, 16)))).tolist():
            found.append(_document(days[at], numbers, rng))
    return tuple(found)


def _document(issued_on: date, numbers: dict[tuple[str, int], int], rng: np.random.Generator) -> Document:
    is_in = bool(rng.random() < _IN_SHARE)
    weights = np.array([weight for *_, weight in _ISSUERS])
    issuer, letters, _ = _ISSUERS[int(rng.choice(len(_ISSUERS), p=weights / weights.sum()))]
    if not is_in:
        issuer, letters = _OWN_AGENCY, "IOC"
    kind, symbol, _ = _KINDS[int(rng.choice(len(_KINDS), p=[weight for *_, weight in _KINDS]))]
    key = letters, issued_on.year
    numbers[key] = numbers.get(key, 0) + 1 + int(rng.integers(0, 6)) * is_in  # others write to others too
    level = str(rng.choice(_LEVELS, p=_LEVEL_WEIGHTS))
    commune = COMMUNES[int(rng.integers(len(COMMUNES)))]
    unit = {
        "Tỉnh": _PROVINCIAL[int(rng.integers(len(_PROVINCIAL)))],
        "Huyện": f"UBND {DISTRICTS[commune.district_code]}",
        "Xã": f"UBND {commune.name[0].lower()}{commune.name[1:]}",
    }[level]
    arrived_on = add_working_days(issued_on, int(rng.integers(0, 3))) if is_in else None
    if arrived_on and arrived_on >= CLOCK.date():
        arrived_on = issued_on
    due_on = done_on = None
    is_assignment = is_in and bool(rng.random() < _ASSIGNMENT_SHARE)
    if is_in and (is_assignment or rng.random() < 0.7):
        assert arrived_on is not None
        due_on = add_working_days(arrived_on, int(rng.integers(5, 21)))
        if rng.random() < _LATE_SHARE:
            done_on = add_working_days(due_on, 1 + int(rng.gamma(1.2, 4)))
        else:
            done_on = min(add_working_days(arrived_on, int(rng.integers(1, 18))), due_on)
        if done_on >= CLOCK.date():
            done_on = None
    progress = (issued_on - date(2020, 6, 1)).days / 487
    online = {"Tỉnh": 0.7, "Huyện": 0.5, "Xã": 0.32}[level] + 0.2 * progress
    return Document(
        is_in=is_in,
        symbol=f"{numbers[key]}/{symbol.format(agency=letters)}",
        issuing_agency=issuer,
        issued_on=issued_on,
        kind=kind,
        level=level,
        assigned_unit=unit,
        due_on=due_on,
        done_on=done_on,
        is_assignment=is_assignment,
        is_signed=bool(rng.random() < (0.72 + 0.25 * progress)),
        is_online=bool(rng.random() < online),
        arrived_on=arrived_on,
        arrival_minute=int(rng.integers(0, 9 * 60)),
    )


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, CSV) of every month: documents registered or done in it, and those open at its end.

    The report of MISSING_MONTH was never delivered; what was open at its end is told by the next one.
    """
    (table,) = FORMS["document"].tables
    for month, (first, closing) in enumerate(closings()):
        last = end_of(closing).date()
        told = [d for d in ledger(seed) if (d.arrived_on or d.issued_on) <= last and _last_day(d) >= first]
        rows = [_row(document, last) for document in told]
        for fault_month, plant in _FAULTS.values():
            if fault_month == month:
                plant(rows)
        if f"{first:%Y-%m}" != MISSING_MONTH:
            yield f"van-ban-{first:%Y-%m}.csv", csv_export(Filled(table, closing, rows))


def _last_day(document: Document) -> date:
    """The last day on which something changed."""
    if document.due_on is None:
        return document.arrived_on or document.issued_on
    return document.done_on or CLOCK.date()


def _row(document: Document, last: date) -> dict[str, Cell]:
    arrived_at = None
    if document.arrived_on:
        arrived_at = local(document.arrived_on, 7) + timedelta(minutes=document.arrival_minute)
    return {
        "direction": "Văn bản đến" if document.is_in else "Văn bản đi",
        "symbol": document.symbol,
        "issuing_agency": document.issuing_agency,
        "issued_on": document.issued_on,
        "kind": document.kind,
        "arrived_at": arrived_at,
        "assigned_unit": document.assigned_unit,
        "level": document.level,
        "due_on": document.due_on,
        "done_on": document.done_on if document.done_on and document.done_on <= last else None,
        "is_assignment": "Có" if document.is_assignment else "Không",
        "is_signed_digitally": None if document.is_in else "Có" if document.is_signed else "Không",
        "is_processed_online": "Có" if document.is_online else "Không",
    }


def _unknown_register(rows: list[dict[str, Cell]]) -> None:
    rows[30]["direction"] = "Nội bộ"


def _due_before_issue(rows: list[dict[str, Cell]]) -> None:
    row = next(row for row in rows if isinstance(row["due_on"], date))
    issued_on = row["issued_on"]
    assert isinstance(issued_on, date)
    row["due_on"] = issued_on - timedelta(days=3)


def _bad_symbol(rows: list[dict[str, Cell]]) -> None:
    rows[12]["symbol"] = "không số"


MISSING_MONTH = "2021-03"
# Planted: code -> (month it lies in, counted from the first, how it is written into the export).
_FAULTS = {
    "unknown_register": (3, _unknown_register),
    "bad_symbol": (7, _bad_symbol),
    "due_before_issue": (11, _due_before_issue),
}
