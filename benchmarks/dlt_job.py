"""The same job as a user of dlt would write it: `python -m benchmarks.dlt_job dlt FILES WORK`.

Lines parsed in Python, merged by key into a DuckDB file, bad lines in a table of their own. Needs the dependency group
`benchmark` (`uv sync --inexact --group benchmark`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEY = hashlib.sha256(b"benchmark").digest()
DIRECTIONS = {"huong_di": "outbound", "huong_ve": "inbound"}


def _lines(files: str) -> Iterator[str]:
    for file in sorted(Path(files).glob("*.ndjson")):
        with file.open(encoding="utf-8") as lines:
            yield from lines


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _token(plate: str | None) -> str | None:
    if plate is None:
        return None
    return hmac.new(KEY, re.sub("[^A-Z0-9]", "", plate.upper()).encode(), hashlib.sha256).hexdigest()[:32]


def _row(message: dict[str, Any]) -> dict[str, Any]:
    after = message["after"]
    zones = after["entered_zones"]
    return {
        "camera_id": after["camera"],
        "event_id": after["id"],
        "event_type": message["type"],
        "sent_at": _instant(after["frame_time"]),
        "start_at": _instant(after["start_time"]),
        "end_at": _instant(after["end_time"]),
        "label": after["label"],
        "top_score": after["top_score"],
        "is_false_positive": after["false_positive"],
        "is_stationary": after["stationary"],
        "direction": DIRECTIONS.get(zones[0]) if zones else None,
        "speed_km_h": after["average_estimated_speed"],
        "plate_token": _token(after["recognized_license_plate"]),
        "plate_confidence": after["recognized_license_plate_score"],
    }


def main(_way: str, files: str, work: str) -> None:
    """Run the job and print its wall time (s), peak memory (MB), CPU time (s) and counts."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt
    import duckdb

    bad: list[dict[str, Any]] = []

    @dlt.resource(
        name="events",
        write_disposition="merge",
        primary_key=("camera_id", "event_id", "event_type", "sent_at"),
    )
    def events() -> Iterator[dict[str, Any]]:
        for line in _lines(files):
            try:
                yield _row(json.loads(line))
            except (ValueError, KeyError):
                bad.append({"line": line})

    begun, cpu_begun = time.perf_counter(), time.process_time()
    pipeline = dlt.pipeline(
        "benchmark", pipelines_dir=f"{work}/dlt", destination=dlt.destinations.duckdb(f"{work}/events.duckdb")
    )
    pipeline.run(events())
    pipeline.run(bad, table_name="bad_lines")
    wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
    with duckdb.connect(f"{work}/events.duckdb") as con:
        counts = con.execute(
            f"select (select count(*) from {pipeline.dataset_name}.events), "
            f"(select count(*) from {pipeline.dataset_name}.bad_lines)"
        ).fetchone()
    assert counts is not None
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, "n_rows": counts[0], "n_bad": counts[1]}
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
