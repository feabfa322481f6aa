"""Flat files: Parquet, and CSV that Excel opens with Vietnamese letters intact and without running any cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

BYTE_ORDER_MARK = "\ufeff"
# What spreadsheets take for the start of a formula, full-width forms included (OWASP, "CSV Injection").
_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(result: pa.Table, *, delimiter: str = ",", decimal: str = ".") -> bytes:
    """UTF-8 with a byte order mark, CRLF; null is an empty cell. A Vietnamese Excel wants `;` and the decimal comma.

    Text that starts like a formula, column names included, gets an apostrophe in front: a spreadsheet then shows
    it as text. Numbers are left as they are, a minus sign makes no formula of them.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([defused(name) for name in result.column_names])
    for batch in result.to_batches(max_chunksize=1_000):
        writer.writerows([_cell(value, decimal) for value in row.values()] for row in _rows(batch))
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def defused(text: str) -> str:
    """`text` so that no spreadsheet runs it."""
    return f"'{text}" if text.lstrip(" ").startswith(_TRIGGERS) or text.startswith(_TRIGGERS) else text


def _rows(batch: pa.RecordBatch) -> list[dict[int, object]]:
    # Names may repeat in a result; positions do not.
    columns = [column.to_pylist() for column in batch.columns]
    return [dict(enumerate(values)) for values in zip(*columns, strict=True)]


def _cell(value: object, decimal: str) -> object:
    if isinstance(value, float | Decimal) and decimal != ".":
        return str(value).replace(".", decimal)
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    return defused(value.isoformat() if hasattr(value, "isoformat") else str(value))


def to_parquet(result: pa.Table, about: Mapping[str, str]) -> bytes:
    """Zstandard-compressed Parquet; `about` goes into the file's metadata."""
    out = io.BytesIO()
    pq.write_table(result.replace_schema_metadata(dict(about)), out, compression="zstd")
    return out.getvalue()
