"""The nightly upkeep of the lake: damage, retention, compaction, disk; at 02:30, when few look at the dashboards."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from lake.retention import load_policy
from lake.upkeep import upkeep
from orchestration.partitions import PROVINCIAL_ZONE
from orchestration.progress import report
from orchestration.resources import LakeResource
from orchestration.run_storage import remove_old_runs

KEY = dg.AssetKey(["upkeep", "lake_files"])


@dg.asset(
    key=KEY,
    group_name="upkeep",
    kinds={"duckdb"},
    check_specs=[
        dg.AssetCheckSpec("undamaged", asset=KEY, description="every Parquet file is as its writer committed it"),
    ],
    description="The lake's files, looked after: scanned, past retention deleted, merged, freed.",
)
def lake_files(context: dg.AssetExecutionContext, lake: LakeResource):  # type: ignore[no-untyped-def]  # Dagster rejects a quoted iterator here
    """All steps; a failed one is told after the others have run."""
    report("upkeep", "running")
    now, settings = datetime.now(UTC), lake.settings
    with lake.session() as session:
        done = upkeep(session.catalog, session.con, settings, now, run_id=context.run_id)
    n_runs = remove_old_runs(context.instance, now - timedelta(days=load_policy(settings).logs.days))
    yield dg.AssetCheckResult(
        check_name="undamaged", passed=not done.damages, metadata={"damaged": [str(d) for d in done.damages]}
    )
    if done.failures:
        raise dg.Failure("; ".join(done.failures[:5]), allow_retries=False)
    yield dg.MaterializeResult(
        asset_key=KEY, metadata={step.name: step.detail for step in done.steps} | {"dagster_runs_removed": n_runs}
    )


def defs() -> dg.Definitions:
    """The asset, its job and its schedule."""
    job = dg.define_asset_job("upkeep", selection=[KEY])
    schedule = dg.ScheduleDefinition(
        name="upkeep_schedule",
        job=job,
        cron_schedule="30 2 * * *",
        execution_timezone=PROVINCIAL_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(assets=[lake_files], jobs=[job], schedules=[schedule])
