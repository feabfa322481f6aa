"""World Bank indicators: CSV downloads (a column per year, or a row per value) and answers of the API v2."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms.observation import Fault, Observation, Vintage, number, stated, status_of_flag
from transforms.period import from_code
from transforms.text import clean, what_arrived

MAX_PREAMBLE = 10  # rows before the header; the World Bank writes four
WIDE = ["Country Name", "Country Code", "Indicator Name", "Indicator Code"]
LONG = ["Country Name", "Country Code", "Year", "Value"]
ZONE = "America/New_York"  # of the day the World Bank writes as its last update


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations in file order; an empty cell is none.

    Reason codes: wrong_column_count, malformed_record, missing_country, unreadable_period, not_a_number,
    not_an_object. Raises PayloadRefused for anything that is neither form.
    """
    arrived = what_arrived(body)
    if arrived not in ("a JSON document", "text or binary data"):
        raise PayloadRefused(f"{delivery.origin} sent {arrived}, not World Bank CSV or JSON; check the address.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadRefused(
            f"{delivery.origin} is not UTF-8 ({error.reason} at byte {error.start:,}); download it again, unchanged."
        ) from error
    return _answer(text, delivery) if arrived == "a JSON document" else _table(text, delivery)


def _table(text: str, delivery: Delivery) -> Iterator[Observation | Fault]:
    vintage = Vintage(None, "received")
    rows = _Rows(text)
    try:
        for nth, row in enumerate(rows):
            if row[: len(WIDE)] == WIDE or row == LONG:
                break
            if row[:1] == ["Last Updated Date"]:
                vintage = stated(row[1] if len(row) > 1 else "", delivery, zone=ZONE)
            if nth == MAX_PREAMBLE:
                break
        else:
            row = []
    except csv.Error:
        row = []
    if row == LONG:
        return _long(rows, delivery, vintage)
    if row[: len(WIDE)] == WIDE:
        return _wide(rows, row, delivery, vintage)
    raise PayloadRefused(
        f"{delivery.origin} has no header {', '.join(WIDE)} in its first {MAX_PREAMBLE} rows; "
        "download the indicator as CSV from data.worldbank.org."
    )


class _Rows:
    """Rows of a CSV; `raw` is the last one as received."""

    def __init__(self, text: str) -> None:
        self._lines: list[str] = []
        self._reader = csv.reader(map(self._taken, io.StringIO(text, newline="")), strict=True)
        self.raw = b""

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> list[str]:
        self._lines.clear()
        try:
            return next(self._reader)
        finally:
            self.raw = "".join(self._lines).rstrip("\r\n").encode()

    def _taken(self, line: str) -> str:
        self._lines.append(line)
        return line


def _records(rows: _Rows, n_fields: int) -> Iterator[list[str] | Fault]:
    """Records after the header."""
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield Fault("malformed_record", f"the row is not CSV: {error}.", rows.raw)
            continue
        if row is None:
            return
        if len(row) == n_fields:
            yield row
        elif row:
            yield Fault("wrong_column_count", f"the row has {len(row)} fields, the header {n_fields}.", rows.raw)


def _wide(rows: _Rows, header: list[str], delivery: Delivery, vintage: Vintage) -> Iterator[Observation | Fault]:
    periods = {column: from_code(name) for column, name in enumerate(header) if column >= len(WIDE) and name}
    if unreadable := [header[column] for column, period in periods.items() if period is None]:
        raise PayloadRefused(
            f"{delivery.origin} has a column {unreadable[0][:80]!r} that is no year; download it again."
        )
    for row in _records(rows, len(header)):
        if isinstance(row, Fault):
            yield row
            continue
        for column in periods:
            if written := row[column].strip():
                fields = dict(zip(("geo_name", "geo_code", "indicator_name", "indicator_code"), row, strict=False))
                yield _observation(fields, header[column], written, "", vintage)


def _long(rows: _Rows, delivery: Delivery, vintage: Vintage) -> Iterator[Observation | Fault]:
    """The form of published data packages; only the name of the file says what is measured."""
    name = PurePosixPath(urlsplit(delivery.origin).path).stem or delivery.origin
    for row in _records(rows, len(LONG)):
        if isinstance(row, Fault):
            yield row
        elif row[3].strip():
            fields = {"geo_name": row[0], "geo_code": row[1], "indicator_name": name, "indicator_code": name}
            yield _observation(fields, row[2], row[3].strip(), "", vintage)


def _answer(text: str, delivery: Delivery) -> Iterator[Observation | Fault]:
    try:
        answer = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise PayloadRefused(f"{delivery.origin} sent incomplete JSON ({error}); fetch it again.") from error
    head = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}
    if isinstance(messages := head.get("message"), list):
        said = clean(" ".join(str(m.get("value", "")) for m in messages if isinstance(m, dict)))[:200]
        raise PayloadRefused(f"{delivery.origin} answered with an error ({said}); correct the address in sources.toml.")
    records = answer[1] if head and len(answer) > 1 else None
    if isinstance(records, dict):  # as some scripts save it
        records = records.get("value")
    if not isinstance(records, list):
        raise PayloadRefused(
            f"{delivery.origin} is JSON, but no answer of the World Bank's API v2; ask .../indicator/CODE?format=json."
        )
    vintage = stated(str(head.get("lastupdated") or ""), delivery, zone=ZONE)
    for record in records:
        raw = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace")
        indicator = record.get("indicator") if isinstance(record, dict) else None
        country = record.get("country") if isinstance(record, dict) else None
        if not isinstance(indicator, dict) or not isinstance(country, dict):
            yield Fault("not_an_object", "the record has no objects `indicator` and `country`.", raw)
            continue
        flag = str(record.get("obs_status") or "").strip()
        if record.get("value") is None and not flag:
            continue
        fields = {
            "geo_name": str(country.get("value") or ""),
            "geo_code": str(record.get("countryiso3code") or country.get("id") or ""),
            "indicator_name": str(indicator.get("value") or ""),
            "indicator_code": str(indicator.get("id") or ""),
            "unit": str(record.get("unit") or ""),
        }
        written = "" if record.get("value") is None else str(record["value"])
        yield _observation(fields, str(record.get("date") or ""), written, flag, vintage)


def _observation(
    fields: Mapping[str, Any], date: str, written: str, flag: str, vintage: Vintage
) -> Observation | Fault:
    raw = ",".join((fields["geo_code"], fields["indicator_code"], date, written)).encode("utf-8", "backslashreplace")
    period, value = from_code(date), number(written)
    if not fields["geo_code"].strip() or not fields["indicator_code"].strip():
        return Fault("missing_country", "the code of the country or of the indicator is empty.", raw)
    if period is None:
        return Fault("unreadable_period", f"{date[:80]!r} is no period that can be read.", raw)
    if value is None and written:
        return Fault("not_a_number", f"{written[:80]!r} is not a number.", raw)
    name = clean(fields["indicator_name"]) or fields["indicator_code"]
    unit = clean(fields.get("unit", ""))
    if not unit and name.endswith(")"):  # "GDP growth (annual %)"
        unit = name.rpartition("(")[2][:-1].strip()
    return Observation(
        dataset_code="worldbank",
        dataset_name=None,
        indicator_code=fields["indicator_code"],
        indicator_name=name,
        dimensions={"country": fields["geo_code"], "indicator": fields["indicator_code"]},
        period=period,
        value=value,
        vintage=vintage,
        geo_code=fields["geo_code"],
        geo_name=clean(fields["geo_name"]) or None,
        unit=unit or None,
        value_status=status_of_flag(flag, has_value=value is not None) if flag else None,
        status_source=flag or None,
    )
