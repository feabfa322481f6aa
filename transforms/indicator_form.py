"""The province's own form of socio-economic indicators -> observations, and what is wrong with its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lake.contracts.base import Delivery
from lake.contracts.forms.indicator import INDICATOR
from lake.contracts.indicator import MISSING, STATED
from transforms import form, period
from transforms.cell_values import CellFaultError
from transforms.form import CellError, Record
from transforms.observation import Fault, Observation, Vintage
from transforms.period import Period
from transforms.text import bare_words
from transforms.workbook import address

DATASET = "form:indicator"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_PERIOD = re.compile(
    r"""(?: (?:thang\ )? (?P<month>\d{1,2}) | quy\ (?P<quarter>[1-4]|iv|i{1,3}) | (?P<to_date>\d{1,2})\ thang (?:\ dau)?
    | ca )? \ ? (?:nam\ )? (?P<year>\d{4})""",
    re.VERBOSE,
)


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """One observation per filled row; a row with a bad cell is a fault with the reason code of its first one.

    The closing time of the form is the vintage. Raises PayloadRefused as `form.read`.
    """
    for position, record in enumerate(records(body, delivery.origin, delivery.received_at)):
        if record.errors:
            _, code, reason, raw = form.rejected(position, record)
            yield Fault(code, reason, raw)
        else:
            yield _observation(record)


def records(body: bytes, origin: str, received_at: datetime) -> list[Record]:
    """Filled rows of the form, good and bad; the period and the status are checked too."""
    return [_checked(record) for record in form.read(body, INDICATOR, origin, received_at)]


def period_of(text: str) -> Period | None:
    """The period of 09/2021, Tháng 9/2021, Quý III/2021, 6 tháng/2021, 9 tháng đầu năm 2021, 2021; None for another."""
    found = _PERIOD.fullmatch(bare_words(text))
    if found is None:
        return None
    year = int(found["year"])
    try:
        if found["month"]:
            return period.months(year, int(found["month"]), int(found["month"]))
        if quarter := found["quarter"]:
            return period.quarter(year, _ROMAN.get(quarter) or int(quarter))
        if found["to_date"]:
            return period.months(year, 1, int(found["to_date"]))
        return period.year(year)
    except ValueError:
        return None


def _checked(record: Record) -> Record:
    if record.errors:
        return record
    errors = []
    if period_of(str(record.values["period"])) is None:
        errors.append(_error(record, "period", CellFaultError("unreadable_period")))
    if (record.values.get("value") is None) != (record.values["value_status"] == MISSING):
        errors.append(_error(record, "value_status", CellFaultError("value_without_status")))
    return replace(record, errors=tuple(errors), raw=form.as_json(record.values) if errors else b"")


def _error(record: Record, column: str, fault: CellFaultError) -> CellError:
    cell = address(record.row, record.columns[column])
    value = str(record.values[column])
    return CellError(record.sheet, cell, record.table.field(column).header, value, fault.code, fault.vi, fault.en)


def _observation(record: Record) -> Observation:
    values = record.values
    told = period_of(str(values["period"]))
    at, value = values["reported_at"], values.get("value")
    assert told is not None and isinstance(at, datetime)
    assert value is None or isinstance(value, float)
    code, unit_code, unit, measure = (str(values[name]) for name in ("indicator_code", "unit_code", "unit", "measure"))
    return Observation(
        dataset_code=DATASET,
        dataset_name=INDICATOR.title_vi,
        indicator_code=code,
        indicator_name=str(values["indicator_name"]),
        # A plan is a series of its own, and so is the same indicator in another unit of measure.
        dimensions={"indicator": code, "measure": measure, "unit": unit.lower(), "unit_code": unit_code},
        period=told,
        value=value,
        vintage=Vintage(at, STATED),
        unit_code=unit_code,
        unit=unit,
        value_status=str(values["value_status"]),
        sheet=record.sheet,
        cell=address(record.row, record.columns["value"]) if "value" in record.columns else None,
    )
