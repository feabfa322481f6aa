"""Killed at a named point: nothing acknowledged is lost, nothing is doubled or torn, the next start needs no help."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from harness import ROOT, Forks, Lab, Tally, is_in_commit, opened_lab
from ledger import CAMERA, TICKET, Generator
from loopback import Server
from promises import Promises

from lake import serving
from lake.crashpoint import POINTS
from lake.errors import ServingError
from lake.landing import Landing
from orchestration import reading

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults-crash")]
OF_HARVEST = ("after_fetch", "landing_write", "landing_rename", "parquet_write", "before_commit", "after_commit")
OF_PUBLISH = ("before_publish_rename", "after_publish_rename")
OF_UPKEEP = ("mid_compaction", "mid_expiry")


def test_every_crash_point_is_tried() -> None:
    assert set(POINTS) == {*OF_HARVEST, *OF_PUBLISH, *OF_UPKEEP, "mid_dbt"}


def test_environment_alone_kills_no_production_process() -> None:
    passing = "from lake import crashpoint; [crashpoint.reach(point) for point in crashpoint.POINTS]"
    environment = os.environ | {"IOC_CRASH_AT": f"{POINTS[0]}:1"}
    subprocess.run([sys.executable, "-c", passing], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize("point", OF_HARVEST)
def test_killed_harvest_loses_doubles_and_tears_nothing(
    lab: Lab, point: str, is_full: bool, promises: Promises
) -> None:
    tally = Tally(f"kill -9 at {point}")
    for number in range(10 if is_full else 1):
        marks = lab.folder / f"{point}-{number}.mark"
        crash = f"{point}:{lab.random.randint(1, 3)}"
        deliveries = lab.new(3)
        told = lab.harvest(deliveries, crash=crash, marks=str(marks)).wait()
        assert len(told) < len(deliveries), f"{crash} was not reached"
        tally.times += 1
        tally.in_commit += is_in_commit(marks)
        lab.acknowledge(told)
        tally.add(lab.check())
        tally.orphans = max(tally.orphans, lab.orphans())
        lab.drain(tally, is_cold=number == 0 and point == "before_commit")
    if point in ("parquet_write", "before_commit"):
        assert tally.in_commit == tally.times, "the kill must fall into the commit"
    promises.keep(tally)


def test_landed_payload_is_read_after_a_crash_although_its_source_has_moved_on(own_lab: Lab) -> None:
    lab = own_lab
    first, second = lab.generator.next(TICKET), lab.generator.next(TICKET)
    job = lab.send(first)
    assert lab.harvest([job], crash="landing_rename:1").wait() == []
    lab.documents[f"/{first.name}"] = second.body  # the same address has another answer now
    assert lab.harvest([job]).wait()[0]["error"] is None
    (row,) = reading.status(lab.con, Landing(lab.catalog.settings), [])
    assert row["in_flight"] == 0


@pytest.mark.parametrize("point", OF_PUBLISH)
def test_killed_publish_leaves_one_whole_publication(lab: Lab, point: str, is_full: bool, promises: Promises) -> None:
    tally = Tally(f"kill -9 at {point}", note="readers: one whole publication before and after")
    for number in range(10 if is_full else 1):
        prefix = f"{point}-{number}"
        told = lab.start("publish", times=3, prefix=prefix, crash=f"{point}:3").wait()
        assert [fact["done"] for fact in told] == [f"{prefix}-0", f"{prefix}-1"]
        tally.times += 1
        kept = f"{prefix}-1" if point == "before_publish_rename" else f"{prefix}-2"
        assert _published(lab) == kept
        again = lab.start("publish", times=1, prefix=f"{prefix}-again")
        again.wait()
        tally.restart_s = max(tally.restart_s, time.monotonic() - again.started_at)
        assert _published(lab) == f"{prefix}-again-0"
        with serving.connect(lab.catalog.settings) as con:
            shown = con.execute("from kpi.kpi_history order by published_at").fetchall()
        kept_in_lake = lab.con.execute("from lake.ops.kpi_history order by published_at").fetchall()
        assert shown == kept_in_lake, "a publication is not in the history, or the history tells of none"
        assert not list(lab.catalog.settings.serving.glob(".reader-*")), "the draft of a killed publish stays"
    promises.keep(tally)


def _published(lab: Lab) -> str:
    """The run of the publication, by its own word and by its figures'."""
    with serving.connect(lab.catalog.settings) as con:
        (run,) = con.execute("select run_id from publication").fetchall()
        (mark,) = con.execute("select run_id from kpi.mark").fetchall()
        (last,) = con.execute("select run_id from kpi.kpi_history order by published_at desc limit 1").fetchall()
    assert run == mark == last == (serving.published(lab.catalog.settings).run_id,)
    return str(run[0])


@pytest.mark.skipif(importlib.util.find_spec("lake.upkeep") is None, reason="the lake has no upkeep yet")
@pytest.mark.parametrize("point", OF_UPKEEP)
def test_killed_upkeep_loses_nothing_and_the_next_one_finishes(
    lab: Lab, point: str, is_full: bool, promises: Promises
) -> None:
    tally = Tally(f"kill -9 at {point}")
    for _ in range(10 if is_full else 1):
        lab.acknowledge(lab.harvest(lab.new(3)).wait())
        told = lab.start("upkeep", crash=f"{point}:1", ahead_s=90_000).wait()
        assert told == [], f"{point} was not reached"
        tally.times += 1
        tally.add(lab.check())
        again = lab.start("upkeep", ahead_s=90_000)
        assert [fact["error"] for fact in again.wait()] == [None]
        tally.restart_s = max(tally.restart_s, time.monotonic() - again.started_at)
        tally.add(lab.check())
    tally.orphans = lab.orphans()
    assert tally.orphans == 0, "upkeep must sweep the files that no snapshot names"
    promises.keep(tally)


SOURCE = """
[{source}]
slug = "camera"
format = "ndjson"
location = "{folder}"
name_vi = "x"
name_en = "x"
"""


@pytest.mark.long
def test_killed_build_leaves_the_publication_and_the_next_run_finishes(
    tmp_path: Path, forks: Forks, server: Server, is_full: bool, promises: Promises
) -> None:
    tally = Tally("kill -9 of `ioc run` and dbt at mid_dbt")
    with opened_lab(tmp_path / "lab", forks, server) as lab:
        lab.generator = Generator(has_bad=False)
        (lab.home / "sources.toml").write_text(SOURCE.format(source=CAMERA, folder=lab.folder / "camera"))
        if is_full:
            lab.new(1, CAMERA)
            _run(lab)
        before = _publication(lab)
        for event in range(1, 31, 3) if is_full else (20,):  # a build of what is due after one delivery tells over 30
            lab.new(1, CAMERA)
            group = _run(lab, crash=f"mid_dbt:{event}")
            assert not _living(group), "dbt outlived its parent"
            tally.times += 1
            lab.acknowledge([])
            tally.add(lab.check())
            assert _publication(lab) == before
        started_at = time.monotonic()
        _run(lab)
        tally.note = f"the last publication stays; the next run publishes after {time.monotonic() - started_at:.0f} s"
        assert _publication(lab) != before
        lab.drain(tally)
    promises.keep(tally)


def _run(lab: Lab, crash: str = "") -> int:
    """`ioc run` to its end, or to the crash point; the number of the process group it had to itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.launcher", "run"],
        cwd=ROOT,
        env=os.environ | {"IOC_HOME": str(lab.home), "IOC_CRASH_AT": crash},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _, said = process.communicate(timeout=500)
    assert process.returncode == (-9 if crash else 0), said[-3000:]
    return process.pid


def _publication(lab: Lab) -> tuple[object, ...] | None:
    """The publication and its figures; None before the first."""
    try:
        with serving.connect(lab.catalog.settings) as con:
            return con.execute(
                "select run_id, (select md5(string_agg(v::varchar, ' ' order by v::varchar)) from kpi.kpi_values v) "
                "from publication"
            ).fetchone()
    except ServingError:
        return None


def _living(group: int) -> list[int]:
    """Processes of a group that are neither gone nor waiting for someone to notice their end."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found
