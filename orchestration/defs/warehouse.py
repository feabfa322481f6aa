"""The warehouse: dbt build over the raw tables, its tests as asset checks, every quarter of an hour if due."""

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import cached_property
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from packaging.version import Version

from lake import crashpoint
from lake.serving import publish_accounts
from lake.settings import load_settings
from orchestration import dbt_build, due
from orchestration.dbt_translator import WarehouseTranslator
from orchestration.partitions import PROVINCIAL_ZONE
from orchestration.progress import report
from orchestration.resources import LakeResource

PUBLISHED = ["published", "serving_file"]


class _Dbt(DbtCliResource):
    """Without two preparations that cost more than a small build."""

    @cached_property
    def _cli_version(self) -> Version:
        """That of the package beside us; Dagster would start the command twice to ask."""
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        """None: it serves to fetch columns and row counts, over a connection that sees nothing of the lake."""
        return None


def defs() -> dg.Definitions:
    """seeds → staging → intermediate → marts → kpi, one job and one schedule for them and the publish."""
    settings = load_settings()

    @dbt_assets(manifest=dbt_build.manifest(settings), dagster_dbt_translator=WarehouseTranslator(), name="dbt_build")
    def warehouse(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[Any]:
        settings = lake.settings
        dbt = _Dbt(
            project_dir=str(dbt_build.PROJECT),
            profiles_dir=str(dbt_build.PROJECT),
            dbt_executable=str(dbt_build.DBT),
        )
        report("warehouse", "dbt build")
        results = settings.dbt_target / "run_results.json"
        results.unlink(missing_ok=True)  # a build that cannot begin must not be judged by the one before
        with lake.session() as session, dbt_build.environment(settings, session.catalog.dsn):
            seen = due.state(session.con)
            build = dbt.cli(
                ["build", *due.arguments(session.con, settings, seen)],
                context=context,
                target_path=settings.dbt_target,
                raise_on_error=False,
            )
            # dbt's own lines go to its log; a terminal shows progress, Dagster shows the events.
            with redirect_stdout(io.StringIO()):
                events = []
                for event in build.stream():
                    events.append(event)
                    crashpoint.reach("mid_dbt")
            yield from events
            con = session.con
            dbt_build.keep_test_results(con, context.run_id, results)
            if not build.is_successful():
                with session.catalog.lock("publish"):
                    publish_accounts(con, settings, context.run_id)
                raise dg.Failure(f"dbt build failed: {build.get_error()}", allow_retries=False)
            due.mark_built(con, settings, seen)

    everything = dg.AssetSelection.assets(warehouse) | dg.AssetSelection.assets(PUBLISHED)
    job = dg.define_asset_job("warehouse", selection=everything, tags={"ioc/warehouse": "true"})

    @dg.schedule(
        job=job,
        cron_schedule="*/15 * * * *",
        execution_timezone=PROVINCIAL_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def warehouse_schedule(context: dg.ScheduleEvaluationContext, lake: LakeResource) -> dg.RunRequest:
        """All of it when something changed; otherwise publish alone, so that freshness stays true."""
        with lake.session() as session:
            if due.is_current(session.con, lake.settings):
                return dg.RunRequest(asset_selection=[dg.AssetKey(PUBLISHED)])
        return dg.RunRequest()

    return dg.Definitions(assets=[warehouse], jobs=[job], schedules=[warehouse_schedule])
