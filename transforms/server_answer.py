"""Answers of the Prometheus HTTP API: a vector or a matrix in JSON -> series and samples."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms import json_records
from transforms.server_harvest import Harvest, as_json, unfit_labels

SERIES_LENGTH = 1 << 30  # characters of a series in an answer: the payload's limit holds


def read(body: bytes, delivery: Delivery) -> Harvest:
    """The series of an answer. Raises PayloadRefused."""
    path = () if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[" else ("data", "result")
    try:
        answer, records = json_records.read(body, path=path, number=float, max_characters=SERIES_LENGTH)
    except ValueError as error:
        raise PayloadRefused(
            f"{delivery.origin} answered with something other than complete JSON ({error}); fetch it again."
        ) from error
    harvest = Harvest()
    for position, record in enumerate(_checked(answer, records, delivery)):
        if record.fault:
            harvest.reject(position, *record.fault, record.raw)
            continue
        item = record.value
        labels = item.get("metric") if isinstance(item, dict) else None
        if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
            reason = "A series must have `metric`, an object of text labels."
            harvest.reject(position, "bad_series", reason, record.raw)
            continue
        if not labels.get("__name__"):
            reason = "The series has no metric name (`__name__`); name the expression with a recording rule."
            harvest.reject(position, "missing_metric", reason, record.raw)
            continue
        if unfit := unfit_labels(labels):
            harvest.reject(position, "unfit_labels", unfit, record.raw)
            continue
        if "histogram" in item or "histograms" in item:
            reason = "Native histograms are not supported; query a float series such as its count or a quantile."
            harvest.reject(position, "native_histogram", reason, record.raw)
        pairs = item["values"] if "values" in item else [item["value"]] if "value" in item else []
        if not isinstance(pairs, list):
            harvest.reject(position, "bad_sample", "`values` must be an array of [seconds, value].", record.raw)
            continue
        harvest.add(position, labels, *_columns(pairs))
        harvest.records.append(record)
    return harvest


def _columns(pairs: list[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Times and values of the samples of a series, None where one is no pair or no scalar."""
    if set(map(type, pairs)) == {list} and set(map(len, pairs)) == {2}:
        times, values = zip(*pairs, strict=True)
        are_scalars = set(map(type, times)) == {float} and set(map(type, values)) == {str}
        # All as they should be, which is told without a step of Python for each of millions.
        if are_scalars and isfinite(sum(times)) and "".join(values).isascii():
            return times, values
    checked = [pair if type(pair) is list and len(pair) == 2 else (None, None) for pair in pairs]
    return [_scalar(time) for time, _ in checked], [_scalar(value) for _, value in checked]


def _scalar(value: Any) -> Any:
    """A number, or a text that may be one; None for anything else, which a column could not hold."""
    return value if (type(value) is float and isfinite(value)) or (type(value) is str and value.isascii()) else None


def _checked(answer: Any, records: list[json_records.Record] | None, delivery: Delivery) -> list[json_records.Record]:
    """The records of the `result` array, or of an answer that is one itself. Raises PayloadRefused."""
    if records is not None and isinstance(answer, list):
        return records
    if not isinstance(answer, dict):
        raise PayloadRefused(f"{delivery.origin} is not an answer of the Prometheus HTTP API; check the address.")
    if answer.get("status") == "error":
        text = f"{answer.get('errorType', 'error')}: {answer.get('error', 'no reason given')}"
        raise PayloadRefused(f"{delivery.origin} refused the query ({text}); correct `queries` in sources.toml.")
    data = answer.get("data")
    if records is None or not isinstance(data, dict) or data.get("resultType") not in ("matrix", "vector"):
        raise PayloadRefused(
            f"{delivery.origin} holds no matrix or vector of the Prometheus HTTP API; "
            "ask query or query_range for a metric."
        )
    return records


def points(record: json_records.Record) -> list[bytes]:
    """The samples of a series as received."""
    many = json_records.read(record.raw, path=("values",), number=float, max_characters=SERIES_LENGTH).records
    if many is not None:
        return [point.raw for point in many]
    return [as_json(record.value["value"])]
