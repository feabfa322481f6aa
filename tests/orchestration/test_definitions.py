"""The Dagster graph: sources → raw → staging → marts → kpi → published, a schedule per source, no telemetry."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from lake.schema import CONTRACTS
from lake.settings import Settings
from orchestration.cli import DEMO_SOURCES
from orchestration.runs import dagster_instance


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    from orchestration.definitions import defs

    home = tmp_path_factory.mktemp("definitions")
    shutil.copyfile(DEMO_SOURCES, home / "sources.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IOC_HOME", str(home))
        return defs()


def test_every_raw_table_and_layer_is_an_asset(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {f"raw/{table}" for table in CONTRACTS} <= keys
    assert {"source/phan-anh", "source/may-chu", "source/bao-chi", "source/camera"} <= keys
    assert {"staging/stg_ticket__requests", "marts/fct_tickets", "kpi/kpi_values", "published/serving_file"} <= keys


@pytest.mark.parametrize("source", ["phan-anh", "may-chu", "bao-chi", "camera"])
def test_each_source_reaches_the_published_file(definitions: dg.Definitions, source: str) -> None:
    graph = definitions.resolve_asset_graph()
    reached, waiting = set(), [dg.AssetKey(["source", source])]
    while waiting:
        for child in graph.get(waiting.pop()).child_keys - reached:
            reached.add(child)
            waiting.append(child)
    assert dg.AssetKey(["published", "serving_file"]) in reached
    assert dg.AssetKey(["kpi", "kpi_values"]) in reached


def test_each_source_has_its_own_schedule(definitions: dg.Definitions) -> None:
    schedules = definitions.get_repository_def().schedule_defs
    crons = {schedule.name: schedule.cron_schedule for schedule in schedules}
    assert crons["harvest_phan_anh"] == "*/15 * * * *"
    assert crons["harvest_may_chu"] == "*/5 * * * *"
    assert {"harvest_bao_chi", "harvest_camera", "warehouse_schedule"} <= crons.keys()


def test_server_samples_have_daily_partitions_and_harvests_retry(definitions: dg.Definitions) -> None:
    node = definitions.resolve_asset_graph().get(dg.AssetKey(["raw", "server__samples"]))
    assert isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
    assert node.assets_def.op.retry_policy.max_retries == 2  # type: ignore[union-attr]


def test_every_slug_has_a_blocking_check(definitions: dg.Definitions) -> None:
    keys = definitions.resolve_asset_graph().asset_check_keys
    blocking = {key.asset_key.path[1].split("__")[0] for key in keys if key.name == "blocking"}
    assert blocking == {contract.slug for contract in CONTRACTS.values()}


def test_telemetry_is_off(tmp_path: Path) -> None:
    with dagster_instance(Settings(home=tmp_path)) as instance:
        assert instance.telemetry_enabled is False
