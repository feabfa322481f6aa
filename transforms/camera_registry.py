"""The register of cameras, a workbook or a CSV with the template's columns -> camera__registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.camera import REGISTRY
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import csv_records, workbook
from transforms.camera_message import RejectedError, name_of
from transforms.text import clean, nfc, what_arrived

REQUIRED = ("camera_id", "installed_on")
MAPPED = set(REGISTRY.names) - {"is_retired_before_installed", "stated_at"}
HEADER_ROWS = 30  # a title and a few notes may stand above the header
EARLIEST = date(1980, 1, 1)
PLANNED = timedelta(days=3_653)  # a camera may be entered before it is up, and its last day be agreed on
_KM = re.compile(r"(?:km\s*)?(\d{1,4})(?:\s*\+\s*(\d{1,4}(?:[.,]\d{1,3})?)|[.,](\d{1,4}))?(?:\s*m)?", re.IGNORECASE)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")

Record = Mapping[str, str]


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One register as it is today; a row per camera and place, in order. Blank rows are none.

    Reason codes: those of `csv_records`, missing_camera_id, missing_installed_on, unreadable_date, impossible_time,
    bad_km_mark, bad_coordinates, unfit_name. Raises PayloadRefused when the body is not what the profile declares.
    """
    profile = delivery.profile
    if profile is None:
        raise PayloadRefused(f"{delivery.origin} is a register without a profile; use camera_registry, or your own.")
    if unknown := sorted(profile.columns.keys() - MAPPED):
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a register does not have; correct it.")
    if missing := [column for column in REQUIRED if column not in profile.columns]:
        raise PayloadRefused(f"The profile maps no column to {', '.join(missing)}; add it under [columns].")
    is_workbook = body.startswith((workbook.ZIP_MAGIC, workbook.OLE_MAGIC))
    read = _from_workbook if is_workbook else _from_csv
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, (record, raw) in enumerate(read(body, profile, delivery.origin)):
        try:
            if isinstance(record, RejectedError):
                raise record
            rows.append(_row(record, profile, delivery))
        except RejectedError as error:
            rejects.append((position, error.code, str(error), raw))
    frame = pl.DataFrame(rows, schema=REGISTRY.polars_schema, orient="row")
    return Parsed(rows={REGISTRY.table: frame}, rejected=rejected_frame(rejects))


def _row(record: Record, profile: Profile, delivery: Delivery) -> tuple[object, ...]:
    camera_id = name_of(record.get("camera_id"), "camera_id")
    installed_on = _day(record, "installed_on", profile, delivery)
    if installed_on is None:
        raise RejectedError("missing_installed_on", "installed_on is empty.")
    retired_on = _day(record, "retired_on", profile, delivery)
    lat, long = _place(record)
    row: dict[str, object] = {
        "camera_id": camera_id,
        **{column: clean(record.get(column, ""))[:256] or None for column in ("name_vi", "direction", "owner")},
        "road_code": re.sub(r"[\s.]", "", clean(record.get("road_code", ""))).upper()[:32] or None,
        "km_mark": _km(record.get("km_mark", "")),
        "lat": lat,
        "long": long,
        "installed_on": installed_on,
        "retired_on": retired_on,
        "is_retired_before_installed": retired_on is not None and retired_on < installed_on,
        "updated_at": _changed(record, profile, delivery),
        "stated_at": delivery.received_at,
    }
    return tuple(row[name] for name in REGISTRY.names)


def _day(record: Record, column: str, profile: Profile, delivery: Delivery) -> date | None:
    written = clean(record.get(column, ""))
    if not written:
        return None
    try:
        if cell := _DAY.fullmatch(written):  # as a workbook's date cells are handed on, whatever a text cell writes
            day = date.fromisoformat(cell[1])
        else:
            day = datetime.strptime(written, profile.date_format or "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        raise RejectedError(
            "unreadable_date", f"{column} {written[:80]!r} is not a day in the declared format."
        ) from None
    if not EARLIEST <= day <= delivery.received_at.date() + PLANNED:
        raise RejectedError(
            "impossible_time", f"{column} {written[:80]!r} is before 1980 or more than ten years ahead."
        )
    return day


def _changed(record: Record, profile: Profile, delivery: Delivery) -> datetime | None:
    day = _day(record, "updated_at", profile, delivery)
    return None if day is None else datetime.combine(day, time(), ZoneInfo(profile.time_zone)).astimezone(UTC)


def _km(written: str) -> float | None:
    """Kilometres of a mark: Km2078+350, 2078+350 or 2078,35."""
    text = clean(written)
    if not text:
        return None
    found = _KM.fullmatch(text)
    metres = float(found[2].replace(",", ".")) if found and found[2] else 0.0
    if found is None or metres >= 1_000:
        raise RejectedError("bad_km_mark", f"km_mark {text[:80]!r} is not written as Km2078+350.")
    return float(f"{found[1]}.{found[3]}") if found[3] else round(int(found[1]) + metres / 1_000, 6)


def _place(record: Record) -> tuple[float | None, float | None]:
    written = [clean(record.get(column, "")) for column in ("lat", "long")]
    if written == ["", ""]:
        return None, None
    try:
        lat, long = (float(value.replace(",", ".")) for value in written)
    except ValueError:
        lat = long = float("nan")
    if not (abs(lat) <= 90 and abs(long) <= 180):
        raise RejectedError("bad_coordinates", f"lat {written[0][:80]!r}, long {written[1][:80]!r} is no WGS 84 place.")
    return lat, long


def _from_csv(body: bytes, profile: Profile, origin: str) -> Iterator[tuple[Record | RejectedError, bytes]]:
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page", "an XML document", "a JSON document"):
        raise PayloadRefused(f"{origin} is {arrived}, not a register; deliver the workbook, or a CSV.")
    for row in csv_records.read(body, profile, origin):
        if row.fault:
            yield RejectedError(*row.fault), row.raw
        elif any(value.strip() for value in row.record.values()):
            yield row.record, row.raw


def _from_workbook(body: bytes, profile: Profile, origin: str) -> Iterator[tuple[Record | RejectedError, bytes]]:
    """Records of the first visible sheet with the template's header; the cells of a row stand for its raw bytes."""
    wanted = {column: _folded(header) for column, header in profile.columns.items()}
    for sheet in workbook.sheets(body, origin):
        if sheet.is_hidden:
            continue
        for at, row in enumerate(sheet.rows[:HEADER_ROWS]):
            header = [_folded(_text(cell)) for cell in row]
            if set(wanted.values()) <= set(header):
                index = {column: header.index(name) for column, name in wanted.items()}
                for cells in sheet.rows[at + 1 :]:
                    record = {column: _text(cells[place]) for column, place in index.items()}
                    if any(record.values()):
                        yield record, json.dumps(record, ensure_ascii=False).encode()
                return
    listed = ", ".join(profile.columns.values())
    raise PayloadRefused(f"{origin} has no visible sheet with the columns {listed}; use the template, or your profile.")


def _text(cell: workbook.Cell) -> str:
    """A cell as it would be written: whole numbers without a point, days in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return clean(str(cell))


def _folded(text: str) -> str:
    return nfc(clean(text)).casefold()
