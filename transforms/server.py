"""Server metrics: answers of the Prometheus HTTP API and metrics pages -> series and samples."""

from __future__ import annotations

import gc
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.profile import Format
from lake.contracts.server import SAMPLES, SERIES
from lake.errors import PayloadRefused
from transforms import server_answer, server_hosts, server_page, server_table
from transforms.server_harvest import Harvest, as_json
from transforms.text import what_arrived

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)

_READ: Mapping[Format, Callable[[bytes, Delivery], Harvest]] = {
    "prometheus": server_answer.read,
    "openmetrics": server_page.read,
    "csv": server_table.read,
}


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> `server__series` and `server__samples`, or `server__hosts`.

    `prometheus`: the JSON of /api/v1/query or /api/v1/query_range with a vector or a matrix, or its bare
    `result` array. `openmetrics`: an OpenMetrics 1.0 page (it ends in `# EOF`) or Prometheus text format
    0.0.4; a sample without a time gets `delivery.received_at`. `csv`: series in a table that a profile explains
    (`server_table`). `zabbix`: an export of hosts (`server_hosts`).
    A series without a name or with labels nobody can store, a sample that is not [seconds, number] and a time before
    2000 or more than a day after the harvest are rejected one by one; a body in another format raises
    PayloadRefused. Equal (series, time) pairs are kept: the table writer de-duplicates.
    """
    if not body.strip():
        raise PayloadRefused(f"{delivery.origin} answered with an empty body; check that the exporter is ready.")
    if delivery.format == "zabbix":
        return server_hosts.parse(body, delivery)
    if body.lstrip()[:1] == b"<":
        raise PayloadRefused(
            f"{delivery.origin} answered with {what_arrived(body)}, not metrics; check the address and its login."
        )
    with _no_garbage_collection():
        return _frames(_READ[delivery.format](body, delivery), delivery)


def series_identity(labels: dict[str, str]) -> tuple[str, str]:
    """(series_id, labels) of a label set: its JSON with sorted keys and 16 hex digits of its SHA-256.

    A label with an empty value is the same as no label (Prometheus data model), so it is left out.
    """
    held = {name: value for name, value in labels.items() if value}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16], text


def _frames(harvest: Harvest, delivery: Delivery) -> Parsed:
    identities = [series_identity(labels) for _, labels in harvest.series]
    owner = pl.Series("owner", range(len(harvest.series)), dtype=pl.UInt32)
    samples = pl.DataFrame({"owner": owner, "n": pl.Series(harvest.counts, dtype=pl.UInt32)}).select(
        pl.col("owner").repeat_by("n").explode(empty_as_null=False)
    )
    samples = samples.with_columns(
        _column(harvest.times, pl.Float64()).alias("seconds"),
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
        written = as_json([harvest.times[index], harvest.values[index]])
        if harvest.records:
            if number not in as_written:
                as_written[number] = server_answer.points(harvest.records[number])
            written = as_written[number][index - starts[number]]
        harvest.reject(position, code, reason, b'{"metric":%b,"value":%b}' % (as_json(labels), written))
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
    text = _column(written, pl.String())
    value = text.cast(pl.Float64, strict=False)
    is_infinite = value.is_infinite().fill_null(False)
    if not is_infinite.any():
        return value
    return value.set(is_infinite & ~text.str.contains("(?i)inf"), None)


def _column(values: list[Any], type_: pl.DataType) -> pl.Series:
    """Values of one type, null where one is of another: the careful way takes three times as long."""
    try:
        return pl.Series(values, dtype=type_)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(values, dtype=type_, strict=False)


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
