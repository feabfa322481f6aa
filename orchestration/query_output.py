"""The result of a query as JSON, CSV or table cells that lose nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import types

INFINITIES = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
# DuckDB's infinite days and instants are the ends of the integers they are kept in.
INFINITE_DAY, INFINITE_INSTANT = 2**31 - 1, 2**63 - 1
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def rows(table: pa.Table) -> tuple[list[str], list[list[Any]]]:
    """(column names, rows) of plain JSON values. A repeated name gets `_2`, `_3`, …

    Decimals with a fraction, days, instants (UTC), times and intervals (ISO 8601) are texts, bytes are hexadecimal;
    what JSON numbers cannot say is "NaN", "Infinity", "-Infinity", and "infinity" for days and instants.
    """
    values = [[_plain(scalar) for scalar in column] for column in table.columns]
    return _distinct(table.column_names), [list(row) for row in zip(*values, strict=True)]


def write_json(table: pa.Table, file: IO[str]) -> None:
    """Write a list of objects."""
    names, found = rows(table)
    records = [dict(zip(names, row, strict=True)) for row in found]
    file.write(json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_csv(table: pa.Table, file: IO[str]) -> None:
    """Write a header and rows; null is an empty field, a nested value is JSON."""
    names, found = rows(table)
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows([cell(value) for value in row] for row in found)


def cell(value: Any) -> str:
    """A value of `rows` as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _distinct(names: Sequence[str]) -> list[str]:
    distinct: list[str] = []
    for name in names:
        unused, n = name, 1
        while unused in distinct or (n > 1 and unused in names):
            n += 1
            unused = f"{name}_{n}"
        distinct.append(unused)
    return distinct


def _plain(scalar: pa.Scalar) -> Any:
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if types.is_floating(kind):
        number = scalar.as_py()
        return INFINITIES.get(str(number), number)
    if types.is_decimal(kind):
        return int(scalar.as_py()) if kind.scale == 0 else str(scalar.as_py())
    if types.is_timestamp(kind):
        return _date_time(scalar.value, kind.unit, INFINITE_INSTANT, "+00:00" if kind.tz else "")
    if types.is_date(kind):
        return _date_time(scalar.value, "D", INFINITE_DAY)
    if types.is_time(kind):
        return _time(scalar.value, PER_SECOND[kind.unit])
    if types.is_interval(kind):
        return _interval(scalar.as_py())
    return _nested(scalar)


def _nested(scalar: pa.Scalar) -> Any:
    kind = scalar.type
    if types.is_binary(kind):
        return scalar.as_py().hex()
    if types.is_struct(kind):
        names = _distinct([field.name for field in kind])
        return {name: _plain(scalar[i]) for i, name in enumerate(names)}
    if types.is_map(kind):
        return {cell(_plain(pair[0])): _plain(pair[1]) for pair in scalar.values}
    if isinstance(scalar, (pa.ListScalar, pa.FixedSizeListScalar)):
        return [_plain(item) for item in scalar.values]
    if isinstance(scalar, (pa.DictionaryScalar, pa.UnionScalar, pa.ExtensionScalar)):
        return _plain(scalar.value)
    return scalar.as_py()  # bool, int, str


def _date_time(value: int, unit: str, infinite: int, offset: str = "") -> str:
    """`value` units since 1970 by numpy, whose years, other than Python's, are not bounded by 1 and 9999."""
    if abs(value) == infinite:
        return "infinity" if value > 0 else "-infinity"
    return _without_zeros(str(np.datetime_as_string(np.array(value, f"datetime64[{unit}]")))) + offset


def _time(value: int, per_second: int) -> str:
    """`value` parts of a second since midnight; the end of a day is 24:00:00, which Python's `time` cannot hold."""
    seconds, parts = divmod(value, per_second)
    fraction = f".{parts:0{len(str(per_second)) - 1}}" if parts else ""
    return _without_zeros(f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}")


def _interval(value: pa.MonthDayNano) -> str:
    seconds = Decimal(value.nanoseconds).scaleb(-9).normalize()
    return f"P{value.months}M{value.days}DT{seconds:f}S"


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
