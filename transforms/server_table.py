"""Series of servers in a CSV that a profile explains: a sample per row, or a series per column -> samples.

What a row's time means follows Prometheus, which takes no sample older than the last one of its series: a row that
steps back is set aside (`backward_time`), one that repeats a time with another value too (`conflict`), and one that
repeats it with the same value is handed on for the table writer to count. A file whose last time is earlier than its
first is newest first and is read from its end. A missing value is no sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import csv_records
from transforms.csv_records import Cells, Fault
from transforms.server_harvest import Harvest, unfit_labels
from transforms.text import what_arrived

UNIX = "unix"  # date format: seconds since 1970


Labels = tuple[tuple[str, str], ...]  # sorted by name


class _Sample(NamedTuple):
    """One cell with a value. `time_s`: seconds since 1970; `row`: position in the payload."""

    row: int
    raw: bytes
    labels: Labels
    time_s: float
    value: float


class _Bad(NamedTuple):
    """A row or cell that is no sample."""

    row: int
    raw: bytes
    fault: Fault


class _Series:
    """Samples taken of one series; `known` tells what a time holds."""

    def __init__(self, row: int) -> None:
        self.row = row
        self.known: dict[float, float] = {}
        self.times: list[float] = []
        self.values: list[float] = []


def read(body: bytes, delivery: Delivery) -> Harvest:
    """Series with their samples, oldest first. Raises PayloadRefused.

    Columns of the profile are `sampled_at`, `value` and labels; without a column or a fixed label `instance`, the
    file's name is the instance. With `header_labels` the first column is the time, every other a series whose labels
    stand in as many header rows. Reason codes: those of `csv_records`, bad_sample, unreadable_date, backward_time,
    conflict, unfit_labels, missing_metric.
    """
    profile, origin = delivery.profile, delivery.origin
    if profile is None:
        raise PayloadRefused(f"{origin} is a CSV without a profile; name one that says which column is which.")
    if body.lstrip()[:1] in (b"{", b"["):
        raise PayloadRefused(f"{origin} is {what_arrived(body)}, not a CSV; check the address in sources.toml.")
    harvest = Harvest()
    stem = PurePosixPath(urlsplit(origin).path).name.partition(".")[0]
    found = _wide if profile.header_labels else _long
    samples = []
    for cell in found(body, profile, origin, {"instance": stem} | profile.labels):
        if isinstance(cell, _Bad):
            harvest.reject(cell.row, *cell.fault, cell.raw)
        else:
            samples.append(cell)
    if samples and samples[-1].time_s < samples[0].time_s:
        samples.reverse()
    _fill(harvest, samples)
    return harvest


def _fill(harvest: Harvest, samples: list[_Sample]) -> None:
    taken: dict[Labels, _Series] = {}
    for row, raw, labels, time_s, value in samples:
        series = taken.setdefault(labels, _Series(row))
        before = series.known.get(time_s)
        if before is not None and not _is_same(before, value):
            harvest.reject(row, "conflict", f"The time has the value {before} in an earlier row.", raw)
        elif before is None and series.times and time_s < series.times[-1]:
            harvest.reject(row, "backward_time", "The time is earlier than that of the row before it.", raw)
        else:
            series.known[time_s] = value
            series.times.append(time_s)
            series.values.append(value)
    for labels, series in taken.items():
        harvest.add(series.row, dict(labels), series.times, series.values)


def _sample(row: int, raw: bytes, labels: dict[str, str], time_s: float, value: float) -> _Sample | _Bad:
    if not labels.get("__name__"):
        return _Bad(row, raw, ("missing_metric", "The row names no metric (`__name__`)."))
    if unfit := unfit_labels(labels):
        return _Bad(row, raw, ("unfit_labels", unfit))
    return _Sample(row, raw, tuple(sorted(labels.items())), time_s, value)


def _is_same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _long(body: bytes, profile: Profile, origin: str, fixed: dict[str, str]) -> Iterator[_Sample | _Bad]:
    undeclared = sorted({"sampled_at", "value"} - profile.columns.keys())
    if undeclared:
        raise PayloadRefused(f"The profile maps no column to {', '.join(undeclared)}; add it under [columns].")
    names = profile.columns.keys() - {"sampled_at", "value"}
    for at, row in enumerate(csv_records.read(body, profile, origin)):
        if row.fault:
            yield _Bad(at, row.raw, row.fault)
            continue
        time_s, value = _time_s(row.record["sampled_at"], profile), _value(row.record["value"])
        if isinstance(time_s, tuple):
            yield _Bad(at, row.raw, time_s)
        elif isinstance(value, tuple):
            yield _Bad(at, row.raw, value)
        elif value is not None:
            own = {name: text for name in names if (text := row.record[name].strip())}
            yield _sample(at, row.raw, fixed | own, time_s, value)


def _wide(body: bytes, profile: Profile, origin: str, fixed: dict[str, str]) -> Iterator[_Sample | _Bad]:
    records = csv_records.cells(body, profile, origin)
    header = [row for row in islice(records, len(profile.header_labels)) if row.fault is None]
    if len(header) < len(profile.header_labels) or len({len(row.fields) for row in header}) != 1:
        raise PayloadRefused(
            f"{origin} has no {len(profile.header_labels)} header rows of one length; deliver it again, or correct "
            "`header_labels` in the profile."
        )
    series = [
        fixed | {name: field.strip() for name, field in zip(profile.header_labels, fields, strict=True)}
        for fields in zip(*(row.fields for row in header), strict=True)
    ]
    for at, row in enumerate(records):
        if row.fault:
            yield _Bad(at, row.raw, row.fault)
        elif len(row.fields) != len(series):
            fault = ("wrong_column_count", f"the row has {len(row.fields)} fields, the header {len(series)}.")
            yield _Bad(at, row.raw, fault)
        elif at or any(row.fields[1:]):  # pandas writes the name of the first column alone under several header rows
            yield from _wide_row(at, row, series, profile)


def _wide_row(at: int, row: Cells, series: list[dict[str, str]], profile: Profile) -> Iterator[_Sample | _Bad]:
    time_s = _time_s(row.fields[0], profile)
    if isinstance(time_s, tuple):
        yield _Bad(at, row.raw, time_s)
        return
    for labels, field in zip(series[1:], row.fields[1:], strict=True):
        value = _value(field)
        if isinstance(value, tuple):
            yield _Bad(at, row.raw, value)
        elif value is not None:
            yield _sample(at, row.raw, labels, time_s, value)


def _time_s(written: str, profile: Profile) -> float | Fault:
    written = written.strip()
    try:
        if profile.date_format == UNIX:
            time_s = float(written)
            return time_s if math.isfinite(time_s) else _unreadable(written)
        if profile.date_format:
            read = datetime.strptime(written, profile.date_format)  # noqa: DTZ007  # the zone follows
        else:
            read = datetime.fromisoformat(written)
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(profile.time_zone))
        return read.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return _unreadable(written)


def _unreadable(written: str) -> Fault:
    return "unreadable_date", f"The time {written[:80]!r} is not in the declared format."


def _value(written: str) -> float | Fault | None:
    """A number, None where the cell is empty. NaN and infinities are legal, one too large for a float is none."""
    written = written.strip()
    if not written:
        return None
    try:
        value = float(written)
        if math.isinf(value) and "inf" not in written.lower():
            raise OverflowError
    except (ValueError, OverflowError):
        return "bad_sample", f"The value {written[:80]!r} is no number."
    return value
