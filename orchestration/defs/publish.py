"""The serving file: published after the warehouse, unless a blocking check failed on data nobody released."""

import dagster as dg

from lake.checksums import record_new
from lake.errors import IocError
from lake.serving import publish, publish_accounts
from orchestration.checks import closed_gates, validate_new_batches
from orchestration.evidence import evidence
from orchestration.harvest import FETCH
from orchestration.progress import report
from orchestration.resources import LakeResource


@dg.asset(
    key=["published", "serving_file"],
    deps=[["kpi", "kpi_values"], ["kpi", "published_check"], ["marts", "dim_sources"]],
    group_name="published",
    kinds={"duckdb"},
    description="Read-only DuckDB file for dashboards and analysts, swapped in whole.",
)
def serving_file(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Gate, copy, swap. The previous publication stays when this fails."""
    report("publish", "copying")
    with lake.session() as session, session.catalog.lock("publish"):
        con = session.con
        for slug in FETCH:
            validate_new_batches(con, slug, context.run.run_id)
        try:
            if gates := closed_gates(con):
                publish_accounts(con, lake.settings, context.run_id)
                raise dg.Failure(
                    f"Publish stopped by {len(gates)} failed blocking checks: {'; '.join(gates[:5])}. "
                    "Correct the source, or accept the data with `ioc release SOURCE --reason …`.",
                    allow_retries=False,
                )
            current = publish(con, lake.settings, context.run_id, evidence(con, lake.settings))
            record_new(session.catalog)  # the sooner a file has its checksum, the less damage can go unseen
        except IocError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
    report("publish", "published")
    return dg.MaterializeResult(
        metadata={
            "snapshot": dg.MetadataValue.int(current.snapshot_id),
            "bytes": dg.MetadataValue.int(current.file.stat().st_size),
        }
    )


def defs() -> dg.Definitions:
    """The serving file."""
    return dg.Definitions(assets=[serving_file])
