"""The same job for Polars' streaming engine: `python -m benchmarks.polars_job polars FILES WORK`.

Newline JSON of Frigate → typed, de-duplicated events as Parquet by day, bad lines aside. One bad line stops its JSON
readers, `ignore_errors` or not, so lines are read as text and those that do not end as a message ends are put aside
unparsed. Plates are pseudonymised in Python, since Polars has no HMAC.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import resource
import sys
import time

import polars as pl

KEY = hashlib.sha256(b"benchmark").digest()
AFTER = pl.Struct(
    {
        "id": pl.String,
        "camera": pl.String,
        "frame_time": pl.Float64,
        "start_time": pl.Float64,
        "end_time": pl.Float64,
        "label": pl.String,
        "top_score": pl.Float64,
        "false_positive": pl.Boolean,
        "stationary": pl.Boolean,
        "entered_zones": pl.List(pl.String),
        "average_estimated_speed": pl.Float64,
        "recognized_license_plate": pl.String,
        "recognized_license_plate_score": pl.Float64,
    }
)


def _token(plate: str) -> str:
    normalised = re.sub("[^A-Z0-9]", "", plate.upper())
    return hmac.new(KEY, normalised.encode(), hashlib.sha256).hexdigest()[:32]


def _tokens(plates: pl.Series) -> pl.Series:
    return pl.Series([None if plate is None else _token(plate) for plate in plates], dtype=pl.String)


def _instant(field: str) -> pl.Expr:
    seconds = pl.col("message").struct.field("after").struct.field(field)
    return (seconds * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))


def main(_way: str, files: str, work: str) -> None:
    """Run the job and print its wall time (s), peak memory (MB), CPU time (s) and counts."""
    after = pl.col("message").struct.field("after").struct
    zone = after.field("entered_zones").list.first()
    begun, cpu_begun = time.perf_counter(), time.process_time()
    lines = pl.scan_lines(f"{files}/*.ndjson")
    is_whole = pl.col("line").str.ends_with("}}")
    events = (
        lines.filter(is_whole)
        .select(pl.col("line").str.json_decode(pl.Struct({"type": pl.String, "after": AFTER})).alias("message"))
        .select(
            after.field("camera").alias("camera_id"),
            after.field("id").alias("event_id"),
            pl.col("message").struct.field("type").alias("event_type"),
            _instant("frame_time").alias("sent_at"),
            _instant("start_time").alias("start_at"),
            _instant("end_time").alias("end_at"),
            after.field("label", "top_score"),
            after.field("false_positive").alias("is_false_positive"),
            after.field("stationary").alias("is_stationary"),
            zone.replace_strict({"huong_di": "outbound", "huong_ve": "inbound"}, default=None).alias("direction"),
            after.field("average_estimated_speed").alias("speed_km_h"),
            after.field("recognized_license_plate").map_batches(_tokens, return_dtype=pl.String).alias("plate_token"),
            after.field("recognized_license_plate_score").alias("plate_confidence"),
        )
        .unique(["camera_id", "event_id", "event_type", "sent_at"])
    )
    day = pl.col("sent_at").dt.date()
    events.sink_parquet(
        pl.PartitionBy(f"{work}/events", key={"day": day}), compression="zstd", mkdir=True, engine="streaming"
    )
    lines.filter(~is_whole).sink_parquet(f"{work}/bad.parquet", engine="streaming")
    wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
    n_rows = pl.scan_parquet(f"{work}/events/**/*.parquet").select(pl.len()).collect().item()
    n_bad = pl.scan_parquet(f"{work}/bad.parquet").select(pl.len()).collect().item()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, "n_rows": n_rows, "n_bad": n_bad}))


if __name__ == "__main__":
    main(*sys.argv[1:])
