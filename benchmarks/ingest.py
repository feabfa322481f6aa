"""Camera ingest against one bare DuckDB SQL job: `python -m benchmarks.ingest [--events N] [--repeat N]`.

Both read the same files and leave typed, de-duplicated events as Parquet by day and the bad lines aside; each run is
a process of its own. Ours also keeps the bytes, compares with the lake, keeps accounts and commits (`harvest`).
The reference exists twice: `careful` loses nothing; `quick` uses DuckDB's JSON reader, which drops the text of bad
lines and spoils some of their neighbours, so its rows are fewer.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from benchmarks.frigate_files import Written, write_files
from lake import tables
from lake.catalog import open_catalog
from lake.contracts.base import Delivery
from lake.contracts.camera import EVENTS
from lake.errors import IocError
from lake.settings import Settings
from lake.sources.declared import declare, load_profile
from orchestration.harvest import harvest
from transforms import camera

THREADS, MEMORY_LIMIT = 2, "2GB"
Result = dict[str, Any]


def ours(files: Path, work: Path) -> Result:
    """The real path: landing, transform, commit into a new DuckLake with its embedded PostgreSQL."""
    settings = Settings(
        home=work / "home", root_catalog_folder=work / "catalog", threads=THREADS, memory_limit=MEMORY_LIMIT
    )
    names = {"name_vi": "Đo tốc độ", "name_en": "Benchmark"}
    source = declare("bench", slug="camera", format="ndjson", location=str(files), profile="frigate", **names)
    with open_catalog(settings) as catalog, catalog.connect() as con:
        tables.ensure_tables(con)
        begun = time.perf_counter()
        outcome = harvest(catalog, con, source, run_id="benchmark", location=str(files))
        wall_s = time.perf_counter() - begun
        if outcome.error:
            raise IocError(outcome.error)
        n_rows, n_bad = _counts(con, f"lake.raw.{EVENTS.table}", "lake.raw.quarantine")
        return _result(wall_s, n_rows, n_bad, _postgres_mb(work))


def careful(files: Path, work: Path) -> Result:
    """Lines as text, validated, then parsed: nothing is lost."""
    source = (
        f"with line as (select line, json_valid(line) as is_json from read_csv('{files}/*.ndjson', "
        "columns = {line: 'VARCHAR'}, delim = '\\x01', quote = '', escape = '', header = false, auto_detect = false, "
        "max_line_size = 1048576)), "
        f"document as (select line, is_json, case when is_json then json_transform(line, '{_SHAPE}') end as d "
        "from line) "
        "select if(is_json, null, line) as line, d.type as type, d.after as after from document"
    )
    return _reference(work, source)


def quick(files: Path, work: Path) -> Result:
    """DuckDB's own JSON reader, bad lines as rows of nulls."""
    after = ", ".join(f"{name} {kind}" for name, kind in _FIELDS.items())
    source = (
        f"select null as line, type, after from read_ndjson('{files}/*.ndjson', ignore_errors = true, "
        f"columns = {{type: 'VARCHAR', after: 'STRUCT({after})'}})"
    )
    return _reference(work, source)


_FIELDS = {
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
_SHAPE = json.dumps(
    {
        "type": "VARCHAR",
        "after": {name: ["VARCHAR"] if kind.endswith("[]") else kind for name, kind in _FIELDS.items()},
    }
)


_PLATE = "regexp_replace(upper(after.recognized_license_plate), '[^A-Z0-9]', '', 'g')"
_COLUMNS = f"""
    after.camera as camera_id, after.id as event_id, type as event_type, to_timestamp(after.frame_time) as "at",
    to_timestamp(after.start_time) as start_at, to_timestamp(after.end_time) as end_at, after.label as label,
    after.top_score as top_score, after.false_positive as is_false_positive, after.stationary as is_stationary,
    case after.entered_zones[1] when 'huong_di' then 'outbound' when 'huong_ve' then 'inbound' end as direction,
    after.average_estimated_speed as speed_km_h,
    left(sha256(getvariable('plate_outer') || unhex(sha256(getvariable('plate_inner') || encode({_PLATE})))), 32)
        as plate_token,
    after.recognized_license_plate_score as plate_confidence"""


def _reference(work: Path, source: str) -> Result:
    delivery = Delivery("ndjson", load_profile("frigate"), datetime.now(UTC), "benchmark", b"k" * 32)
    out, bad = work / "events", work / "bad.parquet"
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": "false",
        "temp_directory": str(work),
    }
    keys = ", ".join(f'"{name}"' for name in EVENTS.key)
    days = ", ".join(f'{part}("at") as {part}' for part in ("year", "month", "day"))
    with duckdb.connect(config=config) as con:
        con.execute("set timezone = 'UTC'")
        for name, value in camera.variables(delivery).items():
            con.execute(f"set variable {name} = $1", [value])
        begun = time.perf_counter()
        con.execute(f"create temp table typed as select line, {_COLUMNS} from ({source})")
        con.execute(
            f"copy (select distinct on ({keys}) * exclude (line), {days} from typed where event_id is not null) "
            f"to '{out}' (format parquet, compression zstd, partition_by (year, month, day))"
        )
        con.execute(f"copy (select line from typed where event_id is null) to '{bad}' (format parquet)")
        wall_s = time.perf_counter() - begun
        n_rows, n_bad = _counts(con, f"'{out}/*/*/*/*.parquet'", f"'{bad}'")
        return _result(wall_s, n_rows, n_bad, 0.0)


def _counts(con: duckdb.DuckDBPyConnection, *relations: str) -> list[int]:
    rows = [con.execute(f"select count(*) from {relation}").fetchone() for relation in relations]
    return [row[0] for row in rows if row]


def _result(wall_s: float, n_rows: int, n_bad: int, beside_mb: float) -> Result:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + beside_mb
    return {"wall_s": wall_s, "peak_mb": peak_mb, "n_rows": n_rows, "n_bad": n_bad}


def _postgres_mb(work: Path) -> float:
    """Memory of the catalogue's PostgreSQL, pages shared by its processes counted once."""
    total = 0
    for process in psutil.process_iter(["exe"]):
        if (process.info["exe"] or "").startswith(str(work)):
            total += process.memory_full_info().pss
    return total / 2**20


WAYS: dict[str, Callable[[Path, Path], Result]] = {"ours": ours, "careful": careful, "quick": quick}


def run_alone(way: str, files: Path) -> Result:
    """One way in a process and a folder of its own."""
    work = Path(tempfile.mkdtemp(prefix="ioc-benchmark-"))
    work.chmod(0o755)  # root's PostgreSQL runs as a system user and must reach its folder
    try:
        command = [sys.executable, "-m", "benchmarks.ingest", "--way", way, "--files", str(files), "--work", str(work)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{way} failed: {error.stderr[-2000:]}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(written: Written, files: Path, repeat: int) -> None:
    """Run all ways `repeat` times in turn; print medians, ratios and whether the counts are right."""
    results: dict[str, list[Result]] = {way: [] for way in WAYS}
    for _ in range(repeat):
        for way in WAYS:
            results[way].append(run_alone(way, files))
    median = {
        way: {field: statistics.median(r[field] for r in runs) for field in ("wall_s", "peak_mb")}
        for way, runs in results.items()
    }
    print(f"{written.n_lines:,} lines, {written.n_bytes / 1e9:.2f} GB, {written.n_events:,} good events, ", end="")
    print(f"{written.n_malformed:,} malformed, {written.n_duplicate:,} repeated; median of {repeat}")
    for way, runs in results.items():
        lost = written.n_events - runs[-1]["n_rows"]
        note = "all good events" if lost == 0 else f"{lost:,} good events missing"
        print(f"{way:8} {median[way]['wall_s']:6.1f} s {median[way]['peak_mb']:7,.0f} MB  {note}, ", end="")
        print(f"{runs[-1]['n_bad']:,} set aside")
    for way in ("careful", "quick"):
        wall, peak = (median["ours"][field] / median[way][field] for field in ("wall_s", "peak_mb"))
        print(f"ours / {way}: wall {wall:.2f}, peak memory {peak:.2f}")
    if results["ours"][-1]["n_rows"] != written.n_events:
        raise SystemExit("Ours does not hold every good event once.")


def main() -> None:
    """Command line; `--way` is how a run calls itself in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_250_000, help="lines to write and read")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way; medians are printed")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(WAYS[asked.way](asked.files, asked.work)))
        return
    with tempfile.TemporaryDirectory(prefix="ioc-benchmark-files-") as folder:
        compare(write_files(Path(folder), asked.events), Path(folder), asked.repeat)


if __name__ == "__main__":
    main()
