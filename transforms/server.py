"""Server metrics: answers of the Prometheus HTTP API and metrics pages -> series and samples."""

from __future__ import annotations

import gc
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.server import SAMPLES, SERIES
from lake.errors import PayloadRefused
from transforms import json_records

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
LABELS_LENGTH = 1 << 16  # characters of all labels of a series
SERIES_LENGTH = 1 << 30  # characters of a series in an answer: the payload's limit holds
UNPAIRED = re.compile("[\ud800-\udfff]")
OPENMETRICS_ONLY = re.compile(r"^# (UNIT |TYPE \S+ (unknown|info|stateset|gaugehistogram)$)", re.MULTILINE)

Reject = tuple[int, str, str, bytes]


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> `server__series` and `server__samples`.

    `prometheus`: the JSON of /api/v1/query or /api/v1/query_range with a vector or a matrix, or its bare
    `result` array. `openmetrics`: an OpenMetrics 1.0 page (it ends in `# EOF`) or Prometheus text format
    0.0.4; a sample without a time gets `delivery.received_at`.
    A series without a name or with labels nobody can store, a sample that is not [seconds, number] and a time before
    2000 or more than a day after the harvest are rejected one by one; a body in another format raises
    PayloadRefused. Equal (series, time) pairs are kept: the table writer de-duplicates.
    """
    if not body.strip():
        raise PayloadRefused(f"{delivery.origin} answered with an empty body; check that the exporter is ready.")
    if body.lstrip()[:1] == b"<":
        raise PayloadRefused(
            f"{delivery.origin} answered with an HTML page, not metrics; check the address and its login."
        )
    read = _read_page if delivery.format == "openmetrics" else _read_answer
    with _no_garbage_collection():
        return _frames(read(body, delivery), delivery)


def series_identity(labels: dict[str, str]) -> tuple[str, str]:
    """(series_id, labels) of a label set: its JSON with sorted keys and 16 hex digits of its SHA-256.

    A label with an empty value is the same as no label (Prometheus data model), so it is left out.
    """
    held = {name: value for name, value in labels.items() if value}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16], text


class _Harvest:
    """Series and flat columns of samples, filled by a reader; a sample's `owner` is its index in `series`."""

    def __init__(self) -> None:
        self.series: list[tuple[int, dict[str, str]]] = []  # (position in the payload, labels)
        self.counts: list[int] = []
        self.times: list[Any] = []  # seconds since 1970
        self.values: list[Any] = []
        self.rejects: list[Reject] = []
        self.records: list[json_records.Record] = []  # of the series, where an answer gave them

    def add(self, position: int, labels: dict[str, str], times: list[Any], values: list[Any]) -> None:
        self.series.append((position, labels))
        self.counts.append(len(times))
        self.times += times
        self.values += values

    def reject(self, position: int, code: str, reason: str, raw: bytes) -> None:
        self.rejects.append((position, code, reason, raw))


def _read_answer(body: bytes, delivery: Delivery) -> _Harvest:
    path = () if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[" else ("data", "result")
    try:
        answer, records = json_records.read(body, path=path, number=float, max_characters=SERIES_LENGTH)
    except ValueError as error:
        raise PayloadRefused(
            f"{delivery.origin} answered with something other than complete JSON ({error}); fetch it again."
        ) from error
    harvest = _Harvest()
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
        if unfit := _unfit(labels):
            harvest.reject(position, "unfit_labels", unfit, record.raw)
            continue
        if "histogram" in item or "histograms" in item:
            reason = "Native histograms are not supported; query a float series such as its count or a quantile."
            harvest.reject(position, "native_histogram", reason, record.raw)
        points = item["values"] if "values" in item else [item["value"]] if "value" in item else []
        if not isinstance(points, list):
            harvest.reject(position, "bad_sample", "`values` must be an array of [seconds, value].", record.raw)
            continue
        pairs = [point if type(point) is list and len(point) == 2 else (None, None) for point in points]
        harvest.add(position, labels, [_scalar(pair[0]) for pair in pairs], [_scalar(pair[1]) for pair in pairs])
        harvest.records.append(record)
    return harvest


def _scalar(value: Any) -> Any:
    """A number, or a text that may be one; None for anything else, which a column could not hold."""
    return value if (type(value) is float and isfinite(value)) or (type(value) is str and value.isascii()) else None


def _unfit(labels: dict[str, str]) -> str | None:
    """Why labels cannot be stored: PostgreSQL, the catalogue, takes no NUL, and nobody half a surrogate pair."""
    text = "".join([*labels, *labels.values()])
    if len(text) > LABELS_LENGTH:
        return f"The labels have more than {LABELS_LENGTH:,} characters."
    if "\0" in text or UNPAIRED.search(text):
        return "A label holds a NUL or half a surrogate pair."
    return None


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


def _read_page(body: bytes, delivery: Delivery) -> _Harvest:
    """A metrics page, all or nothing as a Prometheus scrape is: one bad line refuses the page."""
    received_s = delivery.received_at.timestamp()
    address = urlsplit(delivery.origin)
    # A scrape adds the target's address, or pages of two servers would become one series.
    target = {"instance": address.netloc.rpartition("@")[2]} if address.scheme in ("http", "https") else {}
    try:
        text = body.decode("utf-8")
        is_openmetrics = text.rstrip("\n").endswith("# EOF")
        if not is_openmetrics and (not text.endswith("\n") or OPENMETRICS_ONLY.search(text)):
            raise ValueError("its end is missing")
        read = openmetrics_parser if is_openmetrics else text_parser
        samples = [sample for family in read.text_string_to_metric_families(text) for sample in family.samples]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise PayloadRefused(
            f"{delivery.origin} is not a whole metrics page ({error}); check what the exporter serves there."
        ) from error
    harvest = _Harvest()
    for position, sample in enumerate(samples):
        labels = {**target, **sample.labels, "__name__": sample.name}
        time_s = received_s if sample.timestamp is None else float(sample.timestamp)
        if sample.value is None:
            reason = "Native histograms are not supported; expose classic buckets beside them."
            harvest.reject(position, "native_histogram", reason, _json({"metric": labels}))
            continue
        if unfit := _unfit(labels):
            harvest.reject(position, "unfit_labels", unfit, _json({"metric": labels}))
            continue
        harvest.add(position, labels, [time_s], [float(sample.value)])
    return harvest


def _frames(harvest: _Harvest, delivery: Delivery) -> Parsed:
    identities = [series_identity(labels) for _, labels in harvest.series]
    owner = pl.Series("owner", range(len(harvest.series)), dtype=pl.UInt32)
    samples = pl.DataFrame({"owner": owner, "n": pl.Series(harvest.counts, dtype=pl.UInt32)}).select(
        pl.col("owner").repeat_by("n").explode(empty_as_null=False)
    )
    samples = samples.with_columns(
        pl.Series("seconds", harvest.times, dtype=pl.Float64, strict=False),
        (
            _values(harvest.values) if delivery.format == "prometheus" else pl.Series(harvest.values, dtype=pl.Float64)
        ).alias("value"),
    ).with_row_index("index")
    latest = delivery.received_at + CLOCK_TOLERANCE
    starts = [0, *itertools.accumulate(harvest.counts)]
    as_written: dict[int, list[bytes]] = {}
    readable = pl.col("seconds").is_not_null() & pl.col("value").is_not_null()
    possible = pl.col("seconds").is_between(EARLIEST.timestamp(), latest.timestamp())
    for index, number, seconds, value in samples.filter(~(readable & possible).fill_null(False)).iter_rows():
        position, labels = harvest.series[number]
        if seconds is None or value is None:
            code, reason = "bad_sample", "A sample must be [seconds, number written as text]."
        else:
            code = "impossible_time"
            reason = f"Time {harvest.times[index]} s is before 2000 or more than a day after the harvest."
        written = _json([harvest.times[index], harvest.values[index]])
        if harvest.records:
            if number not in as_written:
                as_written[number] = _points(harvest.records[number])
            written = as_written[number][index - starts[number]]
        harvest.reject(position, code, reason, b'{"metric":%b,"value":%b}' % (_json(labels), written))
    good = samples.filter(readable & possible).select(
        "owner",
        # Rounding at the microsecond undoes the binary fraction of the JSON number (Prometheus keeps ms).
        (pl.col("seconds") * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC")).alias("sampled_at"),
        "value",
    )
    ids = pl.DataFrame(
        {
            "owner": owner,
            "series_id": pl.Series([identity for identity, _ in identities], dtype=pl.String),
            "metric": pl.Series([labels["__name__"] for _, labels in harvest.series], dtype=pl.String),
            "instance": pl.Series([labels.get("instance") or None for _, labels in harvest.series], dtype=pl.String),
            "job": pl.Series([labels.get("job") or None for _, labels in harvest.series], dtype=pl.String),
            "labels": pl.Series([text for _, text in identities], dtype=pl.String),
        }
    )
    first = good.group_by("owner").agg(pl.col("sampled_at").min().alias("first_at"))
    series = (
        ids.join(first, on="owner").sort("first_at", "owner").unique("series_id", keep="first", maintain_order=True)
    )
    good = good.join(ids.select("owner", "series_id"), on="owner", maintain_order="left")
    return Parsed(
        rows={SERIES.table: series.select(SERIES.names), SAMPLES.table: good.select(SAMPLES.names)},
        rejected=rejected_frame(harvest.rejects),
    )


def _values(written: list[Any]) -> pl.Series:
    """Numbers of sample values as written; null where it is none, or one that Float64 cannot hold, such as 1e400."""
    text = pl.Series(written, dtype=pl.String, strict=False)
    value = text.cast(pl.Float64, strict=False)
    is_overflow = value.is_infinite() & ~text.str.contains("(?i)inf")
    return value.set(is_overflow.fill_null(False), None)


def _points(record: json_records.Record) -> list[bytes]:
    """The samples of a series as received."""
    many = json_records.read(record.raw, path=("values",), number=float, max_characters=SERIES_LENGTH).records
    if many is not None:
        return [point.raw for point in many]
    return [_json(record.value["value"])]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Millions of new small lists make the collector walk them all again and again: twice the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
