"""Traffic counts in CSV -> camera__counts: intervals of any length, or one row per vehicle, columns after the profile.

Counters write clock times. In the hour that comes twice at the end of summer time a step back means the second one; a
clock time that never was is read with the offset before the change. Both are flagged, and so is a row earlier than one
before it. Readings that cannot be are kept and flagged: what to make of them is the figures' matter.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import PurePath
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.camera import COUNTS
from lake.contracts.profile import Profile, Series
from lake.errors import PayloadRefused
from transforms import csv_records
from transforms.camera_message import CLOCK_TOLERANCE, EARLIEST, KM_PER_MILE, RejectedError, name_of
from transforms.text import clean, what_arrived

MAX_PREAMBLE_LINES, MAX_PREAMBLE_BYTES = 50, 64 << 10
MAX_SPEED_KM_H = 250.0  # faster is an error of the detector
MAX_VEHICLES_PER_LANE_S = 4  # motorcycles ride abreast; cars pass at one every second and a half at most
MAX_LANES = 8  # of a station that does not tell lanes apart
ALL, INTERVAL = "all", "interval"
TIME_OF_DAY = "time_of_day"  # pseudo column: follows started_at where day and time are in two columns
MAPPED = {*COUNTS.names, TIME_OF_DAY} - {
    *("ended_at", "vehicle_class_source", "is_count_impossible", "is_speed_impossible", "is_occupancy_impossible"),
    *("is_time_ambiguous", "is_time_skipped", "is_out_of_order"),
}
_NAMES = ("station_id", "lane", "direction", "vehicle_class")
_PLACE = re.compile(r"\\\{(station_id|lane|direction|vehicle_class)\\\}")

Record = Mapping[str, str]


class _Column(NamedTuple):
    """A column that holds counts: its header, and the names its rows get."""

    header: str
    names: Mapping[str, str]


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One CSV; every row with a time becomes a row of each of its series, in order.

    An empty cell is a null: the interval was reported without that reading. Equal rows are handed on for the writer to
    count. Reason codes: those of `csv_records`, missing_started_at, unreadable_date, impossible_time,
    unreadable_number, unknown_class, missing_record_id, unfit_name.
    Raises PayloadRefused when the body is not what the profile declares.
    """
    profile = delivery.profile
    if profile is None:
        raise PayloadRefused(f"{delivery.origin} is a CSV without a profile; name one that says which column is which.")
    _check(profile)
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page", "an XML document"):
        raise PayloadRefused(f"{delivery.origin} is {arrived}, not a CSV; check what writes it.")
    table, header, preamble = _table(body, profile, delivery.origin)
    series = _series(header, profile, delivery.origin)
    mapped = profile.model_copy(
        update={"columns": profile.columns | {column.header: column.header for column in series}}
    )
    reader = _Reader(delivery, profile, preamble, series)
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, row in enumerate(csv_records.read(table, mapped, delivery.origin)):
        try:
            if row.fault:
                raise RejectedError(*row.fault)
            rows.extend(reader.rows(row.record))
        except RejectedError as error:
            rejects.append((position, error.code, str(error), row.raw))
    frame = pl.DataFrame(rows, schema=COUNTS.polars_schema, orient="row")
    return Parsed(rows={COUNTS.table: frame}, rejected=rejected_frame(rejects))


def _check(profile: Profile) -> None:
    """Raises PayloadRefused where the profile does not describe counts."""
    if unknown := sorted({*profile.columns, *profile.preamble} - MAPPED):
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a count does not have; correct it.")
    if "started_at" not in profile.columns:
        raise PayloadRefused("The profile maps no column to started_at; add it under [columns].")
    if not profile.interval_s and "record_id" not in profile.columns:
        raise PayloadRefused("The profile has neither interval_s nor a column for record_id; add the one that fits.")
    measures = {"n_vehicles", "speed_km_h", "occupancy_pct"} & profile.columns.keys()
    if profile.series and measures:
        raise PayloadRefused("The profile has counts both in [columns] and as [[series]]; keep one of the two.")
    if profile.interval_s and not profile.series and not measures:
        raise PayloadRefused("The profile maps no column to n_vehicles, speed_km_h or occupancy_pct; add one.")


def _table(body: bytes, profile: Profile, origin: str) -> tuple[bytes, list[str], dict[str, str]]:
    """(the CSV from its header on, the header, what the lines above it say); the header has all mapped columns."""
    wanted = set(profile.columns.values())
    above: dict[str, str] = {}
    at = 0
    for line in islice(body[:MAX_PREAMBLE_BYTES].splitlines(keepends=True), MAX_PREAMBLE_LINES):
        try:
            text = line.removeprefix(codecs.BOM_UTF8).decode(profile.encoding, "replace")
        except LookupError as error:
            raise PayloadRefused(f"{origin} cannot be read ({error}); correct `encoding` in the profile.") from error
        cells = [cell.strip().strip('"') for cell in text.split(profile.delimiter)]
        if wanted <= set(cells):
            return body[at:], cells, above
        if len(cells) > 1:
            above.setdefault(cells[0].rstrip(": "), cells[1])
        at += len(line)
    raise PayloadRefused(
        f"{origin} has no header with {', '.join(sorted(wanted))}; deliver it again, or correct the profile."
    )


def _series(header: list[str], profile: Profile, origin: str) -> list[_Column]:
    found = [
        _Column(cell, {"lane": s.lane, "direction": s.direction, "vehicle_class": s.vehicle_class, **match.groupdict()})
        for s in profile.series
        for cell in header
        if (match := _pattern(s).fullmatch(cell))
    ]
    if profile.series and not found:
        declared = ", ".join(s.column for s in profile.series)
        raise PayloadRefused(f"{origin} has no column like {declared}; deliver it again, or correct the profile.")
    return found


def _pattern(series: Series) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(lambda place: f"(?P<{place[1]}>.+)", re.escape(series.column)))


class _Reader:
    """Makes rows of records, remembering per series how far the clock has come."""

    def __init__(
        self, delivery: Delivery, profile: Profile, preamble: Mapping[str, str], series: list[_Column]
    ) -> None:
        self._delivery = delivery
        self._profile = profile
        self._series = series
        self._zone = ZoneInfo(profile.time_zone)
        self._latest: dict[tuple[str, ...], datetime] = {}
        said = {column: preamble.get(label, "") for column, label in profile.preamble.items()}
        self._station = said.get("station_id") or profile.station_id or PurePath(delivery.origin).name.split(".")[0]

    def rows(self, record: Record) -> Iterator[tuple[object, ...]]:
        """Rows of one record. Raises RejectedError."""
        names = {name: record[name] for name in _NAMES if record.get(name, "").strip()}
        if not self._series:
            yield self._row({"station_id": self._station, **names}, record, record.get("n_vehicles"))
            return
        for column in self._series:
            yield self._row({"station_id": self._station, **column.names, **names}, record, record[column.header])

    def _row(self, names: Mapping[str, str], record: Record, counted: str | None) -> tuple[object, ...]:
        profile = self._profile
        station, lane, direction = (name_of(names.get(name, ALL), name) for name in _NAMES[:3])
        direction = profile.direction.get(direction, direction)
        vehicle_class, class_source = self._class(names.get("vehicle_class"))
        is_interval = profile.interval_s > 0
        record_id = INTERVAL if is_interval else name_of(record.get("record_id"), "record_id")
        # Vehicles of all classes pass one after another; intervals of each class may stand in a block of their own.
        order = (station, lane, direction, vehicle_class if is_interval else ALL)
        latest = self._latest.get(order, EARLIEST)
        instant, is_ambiguous, is_skipped = self._instant(record, latest)
        self._latest[order] = max(instant, latest)
        length = timedelta(seconds=profile.interval_s)
        started_at = instant - length if profile.is_end_stamped else instant
        n_vehicles = _count(counted) if is_interval else 1
        speed = _number(record.get("speed_km_h"), "speed_km_h")
        if speed is not None and profile.speed_unit == "mph":
            speed *= KM_PER_MILE
        occupancy = _number(record.get("occupancy_pct"), "occupancy_pct")
        limit = MAX_VEHICLES_PER_LANE_S * max(profile.interval_s, 1) * (MAX_LANES if lane == ALL else 1)
        row: dict[str, object] = {
            "station_id": station,
            "lane": lane,
            "direction": direction,
            "vehicle_class": vehicle_class,
            "vehicle_class_source": class_source,
            "record_id": record_id,
            "started_at": started_at,
            "ended_at": started_at + length,
            "n_vehicles": n_vehicles,
            "speed_km_h": speed,
            "occupancy_pct": occupancy,
            "observed_pct": _number(record.get("observed_pct"), "observed_pct"),
            "is_count_impossible": n_vehicles is not None and not 0 <= n_vehicles <= limit,
            "is_speed_impossible": speed is not None and not 0 <= speed <= MAX_SPEED_KM_H,
            "is_occupancy_impossible": occupancy is not None and not 0 <= occupancy <= 100,
            "is_time_ambiguous": is_ambiguous,
            "is_time_skipped": is_skipped,
            "is_out_of_order": instant < latest,
        }
        return tuple(row[name] for name in COUNTS.names)

    def _class(self, written: str | None) -> tuple[str, str | None]:
        """(label, class as written)."""
        if written is None:
            return ALL, None
        source = name_of(written, "vehicle_class")
        known = self._profile.vehicle_class
        if known and source not in known:
            raise RejectedError("unknown_class", f"vehicle class {source[:80]!r} is not in the profile.")
        return known.get(source, source), source

    def _instant(self, record: Record, latest: datetime) -> tuple[datetime, bool, bool]:
        """(UTC instant of the row's time, whether its clock time came twice, whether it never was).

        `latest` is how far the clock of the series has come.
        """
        written = clean(f"{record['started_at']} {record.get(TIME_OF_DAY, '')}")
        if not written:
            raise RejectedError("missing_started_at", "started_at is empty.")
        try:
            form = self._profile.date_format
            read = datetime.strptime(written, form) if form else datetime.fromisoformat(written)  # noqa: DTZ007
            is_ambiguous = is_skipped = False
            if read.tzinfo is None:
                first, second = (read.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
                is_ambiguous, is_skipped = first < second, second < first
                is_second = is_ambiguous and first < latest
                instant = second if is_second else first
            else:
                instant = read.astimezone(UTC)
        except (ValueError, OverflowError):
            raise RejectedError(
                "unreadable_date", f"started_at {written[:80]!r} is not a date in the declared format."
            ) from None
        if not EARLIEST <= instant <= self._delivery.received_at + CLOCK_TOLERANCE:
            raise RejectedError(
                "impossible_time", f"started_at {written[:80]!r} is before 2000 or more than a day after the harvest."
            )
        return instant, is_ambiguous, is_skipped


def _number(written: str | None, column: str) -> float | None:
    """A finite number, None for an empty cell. Raises RejectedError unreadable_number."""
    if not (text := clean(written or "")):
        return None
    # A plain form: float() also takes "nan", "1_0" and digits of other scripts.
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", text, re.ASCII):
        raise RejectedError("unreadable_number", f"{column} {text[:80]!r} is not a number.")
    return float(text)


def _count(written: str | None) -> int | None:
    value = _number(written, "n_vehicles")
    if value is not None and not value.is_integer():
        raise RejectedError("unreadable_number", f"n_vehicles {value} is not a whole number.")
    return None if value is None else int(value)
