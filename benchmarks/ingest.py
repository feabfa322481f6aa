"""Camera ingest against one bare DuckDB SQL job, Polars streaming and dlt: `python -m benchmarks.ingest`.

All read the same files and leave typed, de-duplicated events as Parquet by day and the bad lines aside; each run is
a process of its own. Ours also keeps the bytes sealed, compares with what the lake holds, keeps accounts and commits.
`--memory N` ingests N events alone, in packed files as large as those of the comparison, and prints the peak.
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
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.frigate_files import Written, write_files
from lake.contracts.camera import EVENTS
from lake.schema import ensure_tables

REFERENCES = {"careful": "bare_job", "quick": "bare_job", "polars": "polars_job"}
FILE_LINES = 1_250_000 // 7
MEASURES = ("wall_s", "cpu_s", "peak_mb")
Result = dict[str, Any]


def ours(files: Path, work: Path) -> Result:
    """The real path, `harvest`, into a new DuckLake with its embedded PostgreSQL; opening the lake is not timed."""
    from lake.catalog import open_catalog
    from lake.errors import IocError
    from lake.settings import Settings
    from lake.sources.declared import declare
    from orchestration.harvest import harvest

    settings = Settings(home=work / "home", root_catalog_folder=work / "catalog", threads=2, memory_limit="2GB")
    names = {"name_vi": "Đo tốc độ", "name_en": "Benchmark"}
    source = declare("benchmark", slug="camera", format="ndjson", location=str(files), profile="frigate", **names)
    with open_catalog(settings) as catalog, catalog.connect() as con:
        ensure_tables(catalog, con)
        begun, cpu_begun = time.perf_counter(), time.process_time()
        outcome = harvest(catalog, con, source, run_id="benchmark", location=str(files))
        wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
        if outcome.error:
            raise IocError(outcome.error)
        counts = con.execute(
            f"select (select count(*) from lake.raw.{EVENTS.table}), (select count(*) from lake.raw.quarantine)"
        ).fetchone()
        assert counts is not None
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + _postgres_mb(work)
        result = {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, "n_rows": counts[0], "n_bad": counts[1]}
        return result | {"pruning": _pruning(con, settings.files)}


def _pruning(con: duckdb.DuckDBPyConnection, files: Path) -> str:
    """Share of the table's bytes in row groups that may hold one camera of one day, after partition and statistics."""
    camera, first, last = con.execute(
        f"select min(camera_id), min(sent_at)::date::timestamptz, min(sent_at)::date::timestamptz + interval 1 day "
        f"from lake.raw.{EVENTS.table}"
    ).fetchall()[0]
    groups = con.execute(
        "select sum(n_bytes), sum(n_bytes) filter (where camera_low <= $camera and camera_high >= $camera "
        "and sent_low < $last and sent_high >= $first) from ("
        "  select file_name, row_group_id, any_value(row_group_bytes) as n_bytes,"
        "  max(stats_min) filter (where path_in_schema = 'camera_id') as camera_low,"
        "  max(stats_max) filter (where path_in_schema = 'camera_id') as camera_high,"
        "  max(stats_min) filter (where path_in_schema = 'sent_at')::timestamptz as sent_low,"
        "  max(stats_max) filter (where path_in_schema = 'sent_at')::timestamptz as sent_high"
        f"  from parquet_metadata('{files}/raw/{EVENTS.table}/**/*.parquet') group by all)",
        {"camera": camera, "first": first, "last": last},
    ).fetchone()
    assert groups is not None
    return f"one camera, one day: {groups[1] / groups[0]:.1%} of the bytes"


def _postgres_mb(work: Path) -> float:
    """Memory of the catalogue's PostgreSQL, pages its processes share counted once."""
    import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

    total = 0
    for process in psutil.process_iter(["exe"]):
        if (process.info["exe"] or "").startswith(str(work)):
            total += process.memory_full_info().pss
    return total / 2**20


def run_alone(way: str, files: Path) -> Result:
    """One way in a process and a folder of its own."""
    work = Path(tempfile.mkdtemp(prefix="ioc-benchmark-"))
    work.chmod(0o755)  # root's PostgreSQL runs as a system user and must reach its folder
    module = f"benchmarks.{'ingest' if way == 'ours' else REFERENCES.get(way, 'dlt_job')}"
    try:
        command = [sys.executable, "-m", module, way, str(files), str(work)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{way} failed: {error.stderr[-2000:]}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(written: Written, files: Path, repeat: int) -> None:
    """Run all ways `repeat` times in turn; print medians, ratios, and whether every good event is there once."""
    results: dict[str, list[Result]] = {way: [] for way in ("ours", *REFERENCES)}
    for _ in range(repeat):
        for way, runs in results.items():
            runs.append(run_alone(way, files))
    median = {way: {m: statistics.median(run[m] for run in runs) for m in MEASURES} for way, runs in results.items()}
    print(f"{written.n_lines:,} lines, {written.n_bytes / 1e9:.2f} GB, {written.n_events:,} good events, ", end="")
    print(f"{written.n_malformed:,} malformed, {written.n_duplicate:,} repeated; median of {repeat}")
    for way, runs in results.items():
        values = "wall {wall_s:5.1f} s, CPU {cpu_s:5.1f} s, peak {peak_mb:5.0f} MB".format(**median[way])
        lost = written.n_events - runs[-1]["n_rows"]
        print(f"{way:8} {values}; {lost:,} good events missing, {runs[-1]['n_bad']:,} lines aside")
    for way in REFERENCES:
        wall, cpu, peak = (median["ours"][m] / median[way][m] for m in MEASURES)
        print(f"ours / {way}: wall {wall:.2f}, CPU {cpu:.2f}, peak memory {peak:.2f}")
    if any(run["n_rows"] != written.n_events for run in results["ours"]):
        raise SystemExit("Ours does not hold every good event exactly once.")


def compare_with_dlt(n_lines: int) -> None:
    """dlt on one file of the comparison, because it is slow; both read the same."""
    with tempfile.TemporaryDirectory(prefix="ioc-benchmark-files-") as folder:
        written = write_files(Path(folder), n_lines, days=1)
        dlt, us = run_alone("dlt", Path(folder)), run_alone("ours", Path(folder))
    print(f"dlt on {written.n_lines:,} lines: wall {dlt['wall_s']:.1f} s, CPU {dlt['cpu_s']:.1f} s; ", end="")
    print(
        f"ours {us['wall_s']:.1f} s, {us['cpu_s']:.1f} s; dlt / ours: wall {dlt['wall_s'] / us['wall_s']:.1f}, ", end=""
    )
    print(f"CPU {dlt['cpu_s'] / us['cpu_s']:.1f}")


def measure_memory(n_lines: int) -> None:
    """Peak memory of one ingest of packed files, each as large as a file of the comparison."""
    with tempfile.TemporaryDirectory(prefix="ioc-benchmark-files-") as folder:
        written = write_files(Path(folder), n_lines, days=max(1, round(n_lines / FILE_LINES)), is_packed=True)
        us = run_alone("ours", Path(folder))
    print(f"{written.n_lines:,} lines: wall {us['wall_s']:.0f} s, peak {us['peak_mb']:.0f} MB, ", end="")
    print(f"{written.n_events - us['n_rows']:,} good events missing; {us['pruning']}")


def main() -> None:
    """Command line; `ours FILES WORK` is how it calls itself in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_250_000, help="lines to write and read")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way; medians are printed")
    parser.add_argument("--memory", type=int, help="lines to ingest for their peak memory, nothing else")
    parser.add_argument("alone", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        _, files, work = asked.alone
        print(json.dumps(ours(Path(files), Path(work))))
        return
    if asked.memory:
        measure_memory(asked.memory)
        return
    with tempfile.TemporaryDirectory(prefix="ioc-benchmark-files-") as folder:
        compare(write_files(Path(folder), asked.events), Path(folder), asked.repeat)
    compare_with_dlt(min(asked.events, FILE_LINES))


if __name__ == "__main__":
    main()
