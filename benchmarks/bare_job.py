"""The reference: one DuckDB SQL job and nothing else, so that its process holds nothing else either.

    python -m benchmarks.bare_job careful|quick FILES WORK

Newline JSON of Frigate → typed, de-duplicated events as Parquet by day, bad lines aside. Prints one line of JSON.
`careful` takes lines as text, validates and parses them: nothing is lost. `quick` uses DuckDB's JSON reader, which
drops the text of bad lines and spoils some of their neighbours.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time

import duckdb

FIELDS = {
    "id": "VARCHAR",
    "camera": "VARCHAR",
    "frame_time": "DOUBLE",
    "start_time": "DOUBLE",
    "end_time": "DOUBLE",
    "label": "VARCHAR",
    "top_score": "DOUBLE",
    "false_positive": "BOOLEAN",
    "stationary": "BOOLEAN",
    "entered_zones": "VARCHAR[]",
    "average_estimated_speed": "DOUBLE",
    "recognized_license_plate": "VARCHAR",
    "recognized_license_plate_score": "DOUBLE",
}
PLATE = "regexp_replace(upper(after.recognized_license_plate), '[^A-Z0-9]', '', 'g')"
COLUMNS = f"""
    after.camera as camera_id, after.id as event_id, type as event_type, to_timestamp(after.frame_time) as sent_at,
    to_timestamp(after.start_time) as start_at, to_timestamp(after.end_time) as end_at, after.label as label,
    after.top_score as top_score, after.false_positive as is_false_positive, after.stationary as is_stationary,
    case after.entered_zones[1] when 'huong_di' then 'outbound' when 'huong_ve' then 'inbound' end as direction,
    after.average_estimated_speed as speed_km_h,
    left(sha256(getvariable('plate_outer') || unhex(sha256(getvariable('plate_inner') || encode({PLATE})))), 32)
        as plate_token,
    after.recognized_license_plate_score as plate_confidence"""


def careful(files: str) -> str:
    """SELECT line, type, after: the text of a bad line, or the parsed good one."""
    types = {name: ["VARCHAR"] if kind.endswith("[]") else kind for name, kind in FIELDS.items()}
    shape = json.dumps({"type": "VARCHAR", "after": types})
    return f"""
        with read as (
            select line, json_valid(line) as is_json
            from read_csv('{files}/*.ndjson', columns = {{line: 'VARCHAR'}}, delim = '\\x01', quote = '',
                escape = '', header = false, auto_detect = false, max_line_size = 1048576)),
        parsed as (select line, is_json, case when is_json then json_transform(line, '{shape}') end as d from read)
        select if(is_json, null, line) as line, d.type as type, d.after as after from parsed"""


def quick(files: str) -> str:
    """SELECT line, type, after: bad lines are rows of nulls."""
    after = ", ".join(f"{name} {kind}" for name, kind in FIELDS.items())
    return f"""
        select null::varchar as line, type, after from read_ndjson('{files}/*.ndjson', ignore_errors = true,
            columns = {{type: 'VARCHAR', after: 'STRUCT({after})'}})"""


def main(way: str, files: str, work: str) -> None:
    """Run the job and print its wall time (s), peak memory (MB), CPU time (s) and counts."""
    key = hashlib.sha256(b"benchmark").digest().ljust(64, b"\0")
    con = duckdb.connect(
        config={"threads": 2, "memory_limit": "2GB", "preserve_insertion_order": "false", "temp_directory": work}
    )
    con.execute("set timezone = 'UTC'")
    con.execute("set variable plate_inner = $1", [bytes(byte ^ 0x36 for byte in key)])
    con.execute("set variable plate_outer = $1", [bytes(byte ^ 0x5C for byte in key)])
    source = {"careful": careful, "quick": quick}[way](files)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    con.execute(f"create temp table typed as select line, {COLUMNS} from ({source})")
    con.execute(
        "copy (select distinct on (camera_id, event_id, event_type, sent_at) * exclude (line), "
        "year(sent_at) as year, month(sent_at) as month, day(sent_at) as day from typed where event_id is not null) "
        f"to '{work}/events' (format parquet, compression zstd, partition_by (year, month, day))"
    )
    con.execute(f"copy (select line from typed where event_id is null) to '{work}/bad.parquet' (format parquet)")
    wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
    counts = con.execute(
        f"select (select count(*) from '{work}/events/*/*/*/*.parquet'), (select count(*) from '{work}/bad.parquet')"
    ).fetchone()
    assert counts is not None
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, "n_rows": counts[0], "n_bad": counts[1]}
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
