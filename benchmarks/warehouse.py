"""What one more day costs the warehouse, with a history and with twice as much: `python -m benchmarks.warehouse`.

Made-up rows of four sources (reports, camera messages and states, server samples, articles) go into a new lake for D
and for 2 D days; the whole warehouse is built once, another day is added, and it is built again as the service does.
CPU time of dbt is printed beside wall time, because wall time on a shared machine mostly tells what else was running.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from lake.settings import Settings
from orchestration import dbt_build, due
from orchestration.resources import open_session

FIRST_DAY = date(2020, 6, 1)  # from here on all rules of the KPIs are in force
# rows of one day, made from the day's number and committed the day after; instants are UTC
DAY = """
insert into lake.raw.ticket__requests by name
select 'ticket' as source, d::varchar || '-' || i as request_id,
    case when i % 15 = 0 then 'open' else 'closed' end as status,
    t0 + to_hours(i) as requested_at, t0 + to_hours(i) as updated_at, t0 + to_hours(i + 200) as expected_at,
    case when i % 15 > 0 then t0 + to_hours(i + 20 * (i % 13)) end as closed_at, false as is_closed_before_requested,
    (select list(code order by code) from units)[1 + (d * 7 + i) % 75] as unit_code,
    d::varchar || '-' || i as record_hash,
    came_at as ingested_at, t0 as received_at
from day, range(20) as n(i);
insert into lake.raw.camera__status by name
select 'camera' as source, 'c' || c as camera_id, t0 + to_minutes(m) as reported_at, (m + c + d) % 97 > 0 as is_online,
    came_at as ingested_at
from day, range(10) as a(c), range(1440) as b(m);
insert into lake.raw.camera__events by name
select 'camera' as source, 'c' || i % 10 as camera_id, d::varchar || '-' || i as event_id, kind as event_type,
    t0 + to_seconds(4 * i + k) as sent_at, t0 + to_seconds(4 * i) as start_at,
    'car' as label, 30.0 + i % 40 as speed_km_h,
    false as is_false_positive, came_at as ingested_at
from day, range(20000) as a(i), (values (0, 'new'), (3, 'end')) as b(k, kind);
insert into lake.raw.server__samples by name
select 'server' as source, 's' || s as series_id, t0 + to_minutes(m) as sampled_at,
    ((m * 31 + s + d) % 997 > 0)::double as value,
    came_at as ingested_at
from day, range(26) as a(s), range(1440) as b(m);
insert into lake.raw.media__articles by name
select 'media' as source, 'f' || i % 30 as feed_id, d::varchar || '-' || i as article_id,
    'https://bao.example/' || d || '-' || i as url, 'Tin ' || i as headline,
    t0 + to_minutes(5 * i) as published_at, false as is_published_at_missing,
    d::varchar || '-' || i as record_hash, t0 as received_at, came_at as ingested_at
from day, range(280) as n(i);
"""
TABLES = {
    "ticket__requests": ("ticket", 20),
    "camera__status": ("camera", 14_400),
    "camera__events": ("camera", 40_000),
    "server__samples": ("server", 37_440),
    "media__articles": ("media", 280),
}


def add_days(con: duckdb.DuckDBPyConnection, first: int, n_days: int) -> None:
    """Days number `first` to `first + n_days - 1` of the made-up history, their batches, and the clock after them."""
    for d in range(first, first + n_days):
        begin = f"timestamptz '{FIRST_DAY + timedelta(days=d)} 00:00:00+00'"
        con.execute("begin")
        con.execute(
            f"create or replace temp table day as select {d} as d, {begin} as t0, {begin} + interval 1 day as came_at"
        )
        for statement in DAY.split(";\n"):
            con.execute(statement)
        for table, (source, n_rows) in TABLES.items():
            con.execute(
                f"insert into lake.ops.batches by name select 'b{d}-{table}' as batch_id, 'r' as run_id, "
                f"'{source}' as source, '{source}' as slug, '{table}' as table_name, {n_rows} as n_offered, "
                f"{n_rows} as n_accepted, 0 as n_quarantined, 0 as n_deduplicated, {begin} as event_min_at, "
                f"{begin} + interval 1 day as event_max_at, {begin} as received_at, "
                f"{begin} + interval 1 day as committed_at"
            )
        con.execute("commit")
    clock = f"timestamptz '{FIRST_DAY + timedelta(days=first + n_days)} 00:00:00+00'"
    con.execute(
        f"insert into lake.ops.harvests by name select 'h{first}' as harvest_id, 'r' as run_id, source, slug, "
        f"{clock} as started_at, {clock} as finished_at, 'ok' as status, {clock} as as_of, 1 as n_payloads "
        "from lake.ops.sources"
    )


def declare(con: duckdb.DuckDBPyConnection) -> None:
    """The four sources, the series of 26 servers, and the communes that reports name."""
    con.execute(
        "insert into lake.ops.sources by name select s as source, s as slug, 'benchmark' as format, s as name_vi, "
        "s as name_en, '93' as unit_code, 'Asia/Ho_Chi_Minh' as time_zone, true as is_synthetic, 86400 as freshness_s, "
        "60 as step_s from (values ('ticket'), ('camera'), ('server'), ('media')) as v(s)"
    )
    con.execute(
        "insert into lake.raw.server__series by name select 'server' as source, 's' || s as series_id, 'up' as metric, "
        "'sv-' || s as instance, '{}' as labels from range(26) as n(s)"
    )
    con.execute(
        f"create temp table units as select code from read_csv('{dbt_build.PROJECT}/seeds/units.csv', "
        "all_varchar = true) "
        "where level = 'commune' and valid_to is not null"
    )


def build(con: duckdb.DuckDBPyConnection, settings: Settings, dsn: str) -> tuple[float, float]:
    """Wall and CPU seconds of `dbt build` without unit tests, as the warehouse job runs it."""
    seen = due.state(con)
    what = due.arguments(con, settings, seen)
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with dbt_build.environment(settings, dsn):
        done = subprocess.run(
            [
                *(str(dbt_build.DBT), "build", "--project-dir", str(dbt_build.PROJECT), "--quiet", *what),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"The build failed: {(done.stdout + done.stderr)[-2000:]}")
    due.mark_built(con, settings, seen)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(n_days: int) -> dict[str, tuple[float, float]]:
    """A build of everything and one of a further day, over a history of `n_days`."""
    work = Path(tempfile.mkdtemp(prefix="ioc-benchmark-"))
    work.chmod(0o755)  # root's PostgreSQL runs as a system user and must reach its folder
    settings = Settings(home=work / "home", root_catalog_folder=work / "catalog", threads=2, memory_limit="2GB")
    try:
        dbt_build.manifest(settings)
        with open_session(settings) as session:
            declare(session.con)
            add_days(session.con, 0, n_days)
            whole = build(session.con, settings, session.catalog.dsn)
            add_days(session.con, n_days, 1)
            return {"whole": whole, "day": build(session.con, settings, session.catalog.dsn)}
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=180, help="days of the shorter history")
    days = parser.parse_args().days
    once, twice = measure(days), measure(2 * days)
    for n, found in ((days, once), (2 * days, twice)):
        for what, (wall_s, cpu_s) in found.items():
            print(f"{n} days, build of {what}: wall {wall_s:.1f} s, CPU {cpu_s:.1f} s")
    print(f"one more day, twice the history / once: CPU {twice['day'][1] / once['day'][1]:.3f} (aim <= 1.10)")


if __name__ == "__main__":
    main()
