"""Processes of the fault tests, started by `harness`: one job each, real product code, free to be killed.

`python -m tests.faults.worker '<job>'` does one job; without an argument it is a fork server that reads jobs line by
line and answers with process numbers, so that a kill does not cost the seconds of importing everything anew.
A job is a JSON object: `do` names a function below, `home` the lake, `out` a file for what it has to tell.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from lake import serving
from lake.catalog import open_catalog
from lake.errors import IocError
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import declare
from orchestration import dbt_build
from orchestration.harvest import harvest
from tests.faults.killing import arm
from tests.kpi_tables import create_kpi_tables

Job = dict[str, Any]


class Told:
    """The file in which a job says what it has done; it is on the disk when `say` returns."""

    def __init__(self, file: str) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, **facts: object) -> None:
        os.write(self._file, json.dumps(facts | {"at": time.monotonic()}, default=str).encode() + b"\n")
        os.fsync(self._file)


def harvest_all(job: Job, told: Told) -> None:
    """Harvest the deliveries one after another; a harvest that returned is an acknowledgement."""
    with open_catalog(_settings(job)) as catalog:
        con = catalog.connect()
        ensure_tables(catalog, con)
        for delivery in job["deliveries"]:
            slug, format = delivery["slug"], delivery["format"]
            location = delivery["location"]
            declared = delivery.get("declared", location)  # `simulator:…` makes it a source whose clock stands
            source = declare(delivery["source"], slug=slug, format=format, location=declared, name_vi="x", name_en="x")
            outcome = harvest(catalog, con, source, run_id="faults", location=location)
            told.say(done=delivery["name"], error=outcome.error, is_new=bool(outcome.receipts))


def publish(job: Job, told: Told) -> None:
    """Publish `times` times, with another run id each; a KPI table of the lake says of which run it is."""
    with open_catalog(_settings(job)) as catalog:
        con = catalog.connect()
        if not job.get("is_unchanged"):
            con.execute("create schema if not exists lake.kpi")
        for number in range(job["times"]):
            run_id = f"{job['prefix']}-{number}"
            if not job.get("is_unchanged"):
                con.execute(f"create or replace table lake.kpi.mark as select '{run_id}' as run_id")
                create_kpi_tables(con, [("F1", "day", "2021-09-30", "2021-09-30", "93", number, None)])
            with catalog.lock("publish"):
                told.say(done=serving.publish(con, catalog.settings, run_id).run_id)


def upkeep(job: Job, told: Told) -> None:
    """The daily upkeep `times` times, `ahead_s` seconds in the future."""
    from lake import upkeep as product

    with open_catalog(_settings(job)) as catalog:
        con = catalog.connect()
        for _ in range(job.get("times", 1)):
            now = datetime.fromtimestamp(time.time() + job.get("ahead_s", 0), UTC)
            report = product.upkeep(catalog, con, catalog.settings, now)
            told.say(done="upkeep", error="; ".join(report.failures) or None)


def compact(job: Job, told: Told) -> None:
    """Merge small files of all tables until `stop` exists, retrying what writers refuse."""
    with open_catalog(_settings(job)) as catalog:
        con = catalog.connect()
        while not Path(job["stop"]).exists():
            try:
                con.execute("call ducklake_merge_adjacent_files('lake')")
                told.say(done="merged")
            except duckdb.TransactionException as error:
                told.say(conflict=str(error))
            time.sleep(job.get("pause_s", 0))


def read_serving(job: Job, told: Told) -> None:
    """Read the publication until `stop` exists; every table of one connection must be of one run."""
    settings = _settings(job)
    n, seen = 0, set()
    while not Path(job["stop"]).exists():
        with serving.connect(settings) as con:
            (run,), (marked,) = (con.execute(f"select run_id from {t}").fetchone() for t in ("publication", "kpi.mark"))
            (again,) = con.execute("select run_id from publication").fetchone()
            con.execute("select count(*), count(distinct batch_id) from ops.batches").fetchall()
        if not run == marked == again:
            told.say(mixed=[run, marked, again])
        n, seen = n + 1, seen | {run}
        time.sleep(job.get("pause_s", 0))
    told.say(reads=n, runs=len(seen))


def read_lake(job: Job, told: Told) -> None:
    """Read the lake until `stop` exists; in every snapshot rows, quarantine and accounts agree."""
    identity = (
        "with rows as (select batch_id from lake.raw.camera__events union all "
        "select batch_id from lake.raw.camera__status union all select batch_id from lake.raw.ticket__requests), "
        "found as (select batch_id, count(*) as n from rows group by all), "
        "held as (select batch_id, count(*) as n from lake.raw.quarantine group by all), "
        "told as (select batch_id, sum(n_accepted) as accepted, sum(n_quarantined) as held "
        "from lake.ops.batches group by all) "
        "select count(*) from told full join found using (batch_id) full join held using (batch_id) "
        "where coalesce(told.accepted, -1) <> coalesce(found.n, 0) or coalesce(told.held, -1) <> coalesce(held.n, 0)"
    )
    with open_catalog(_settings(job)) as catalog:
        con = catalog.connect()
        n = 0
        while not Path(job["stop"]).exists():
            row = con.execute(identity).fetchone()
            if row != (0,):
                told.say(torn=row)
            n += 1
            time.sleep(job.get("pause_s", 0))
        told.say(reads=n)


def build(job: Job, told: Told) -> None:
    """`dbt build` without tests, as the warehouse runs it."""
    with open_catalog(_settings(job)) as catalog, dbt_build.environment(catalog.settings, catalog.dsn):
        command = [str(dbt_build.DBT), "build", "--project-dir", str(dbt_build.PROJECT), "--no-use-colors", "--quiet"]
        done = subprocess.run(
            [*command, "--exclude-resource-type", "unit_test", "test"], capture_output=True, text=True, check=False
        )
        told.say(done="build", code=done.returncode, said=done.stdout[-2000:] if done.returncode else "")


JOBS: dict[str, Callable[[Job, Told], None]] = {
    f.__name__: f for f in (harvest_all, publish, upkeep, compact, read_serving, read_lake, build)
}


def do(job: Job) -> int:
    """Do one job; the exit code. Errors of the product are told as sentences, defects with their traceback."""
    told = Told(job["out"])
    arm(job.get("crash", ""), Path(job["marks"]) if "marks" in job else None)
    try:
        if limit := job.get("file_limit"):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        if user := job.get("user"):
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        JOBS[job["do"]](job, told)
    except IocError as error:
        told.say(error=str(error), kind=type(error).__name__)
        return 1
    except BaseException:
        told.say(defect=traceback.format_exc())
        return 2
    return 0


def _settings(job: Job) -> Settings:
    return Settings(home=Path(job["home"]), memory_limit="512MB", **job.get("settings", {}))


def serve_forks() -> None:
    """Fork one process per line of standard input, each in a group of its own, and answer with its number."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them; the harness watches their end
    gc.freeze()
    for line in sys.stdin:
        if number := os.fork():
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for inherited in (0, 1):
            os.dup2(os.open(os.devnull, os.O_RDWR), inherited)
        os._exit(do(json.loads(line)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        if os.getpgid(0) != os.getpid():
            os.setsid()
        sys.exit(do(json.loads(sys.argv[1])))
    serve_forks()
