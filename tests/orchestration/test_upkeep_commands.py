"""The nightly upkeep and the backup of a whole lake: the figures before and after are the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import typer
from command import Ioc

from lake.settings import Settings
from orchestration.defs import upkeep as upkeep_defs
from orchestration.resources import LakeResource, open_session
from orchestration.run_storage import remove_old_runs
from orchestration.runs import dagster_instance
from orchestration.upkeep_commands import backup, restore, upkeep


@pytest.fixture(scope="module")
def backed_up(demo: Ioc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("backup") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IOC_HOME", str(demo.home))
        backup(folder)
    yield folder


@pytest.fixture(scope="module")
def restored(demo: Ioc, backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Ioc:
    ioc = Ioc(tmp_path_factory.mktemp("restored") / "home")
    ioc.home.mkdir()
    shutil.copytree(demo.home / "secrets", ioc.home / "secrets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IOC_HOME", str(ioc.home))
        restore(backed_up)
    return ioc


def test_upkeep_runs_every_night_without_being_switched_on() -> None:
    definitions = upkeep_defs.defs()
    (schedule,) = definitions.schedules or ()
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Asia/Ho_Chi_Minh")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.slow
@pytest.mark.long
def test_restored_lake_shows_the_same_figures_and_goes_on(demo: Ioc, restored: Ioc) -> None:
    before = demo.json("kpi", "--json")
    assert before
    assert restored.json("kpi", "--json") == before
    restored("run")
    after = restored.json("kpi", "--json")
    parts = ("code", "source", "grain", "period_start", "unit_code", "numerator", "denominator")
    assert {tuple(row[name] for name in parts) for row in after} == {
        tuple(row[name] for name in parts) for row in before
    }


def test_nightly_job_shows_damage_as_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path / "home")
    monkeypatch.setenv("IOC_HOME", str(settings.home))
    with open_session(settings) as session:
        session.con.execute("create table lake.raw.kept as select 1 as a")
    (file,) = (settings.files / "raw" / "kept").glob("*.parquet")
    content = bytearray(file.read_bytes())
    definitions = dg.Definitions.merge(upkeep_defs.defs(), dg.Definitions(resources={"lake": LakeResource()}))
    job = definitions.resolve_job_def("upkeep")
    with dagster_instance(settings) as instance:
        sound = job.execute_in_process(instance=instance, raise_on_error=False)
        content[100] ^= 0xFF
        file.write_bytes(content)
        damaged = job.execute_in_process(instance=instance, raise_on_error=False)
    assert (sound.success, damaged.success) == (True, False)
    checks = [result.get_asset_check_evaluations()[0].passed for result in (sound, damaged)]
    assert checks == [True, False]
    with pytest.raises(typer.Exit):
        upkeep()
    content[100] ^= 0xFF
    file.write_bytes(content)
    upkeep()


def test_finished_runs_past_their_time_leave_dagster_and_others_stay(tmp_path: Path) -> None:
    @dg.op
    def nothing() -> None:
        pass

    @dg.job
    def idle() -> None:
        nothing()

    with dagster_instance(Settings(home=tmp_path / "home")) as instance:
        for _ in range(2):
            idle.execute_in_process(instance=instance)
        waiting = instance.create_run_for_job(idle)
        now = datetime.now(UTC)
        assert remove_old_runs(instance, now - timedelta(days=90)) == 0
        assert remove_old_runs(instance, now + timedelta(minutes=1)) == 2
        assert [run.run_id for run in instance.get_runs()] == [waiting.run_id]
