"""Factory of raw assets: one asset function per slug, one asset per raw table, and a schedule per declared source."""

from collections.abc import Iterator, Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from lake.contracts.base import Contract
from lake.errors import SettingsError
from lake.settings import load_settings
from lake.sources.declared import Source
from orchestration.checks import suite_checks
from orchestration.harvest import Outcome, harvest
from orchestration.partitions import PROVINCIAL_ZONE, day_of
from orchestration.policies import HARVEST_RETRY, INCREMENTAL, INTERACTIVE
from orchestration.resources import LakeResource, declared, locations


class HarvestConfig(dg.Config):
    """Which declared sources to harvest; none named means all of the slug."""

    sources: list[str] = Field(default_factory=list)


def raw_source(contracts: list[Contract], *, partitions: dg.PartitionsDefinition[str] | None = None) -> dg.Definitions:
    """Definitions of one slug: source assets → raw tables, suite checks, a job, and a schedule per source."""
    slug = contracts[0].slug
    sources = declared(load_settings(), slug)
    upstream = [
        dg.AssetSpec(
            ["source", source.id],
            group_name=slug,
            description=f"{source.name_vi} / {source.name_en} ({source.format})",
            kinds={source.format},
        )
        for source in sources
    ]

    own = [contract for contract in contracts if not contract.is_derived]
    derived = [_spec(c, [["raw", own[0].table]]) for c in contracts if c.is_derived]

    @dg.multi_asset(
        name=f"raw_{slug}",
        specs=[_spec(contract, [spec.key for spec in upstream]) for contract in own],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        retry_policy=HARVEST_RETRY,
    )
    def raw(
        context: dg.AssetExecutionContext, config: HarvestConfig, lake: LakeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        is_interactive = context.run.tags.get(INTERACTIVE) == "true"
        try:
            outcomes = _harvest(context, lake, slug, config.sources)
        except dg.DagsterExecutionInterruptedError:  # Dagster would wait a minute and harvest again
            if not is_interactive:
                raise
            raise dg.Failure(description="interrupted", allow_retries=False) from None
        for contract in own:
            yield dg.MaterializeResult(asset_key=["raw", contract.table], metadata=_metadata(outcomes))
        if failed := [outcome.error for outcome in outcomes if outcome.error]:
            raise dg.Failure(description=" | ".join(failed), allow_retries=not is_interactive)

    job = dg.define_asset_job(f"harvest_{slug}", selection=dg.AssetSelection.assets(raw))
    return dg.Definitions(
        assets=[*upstream, raw, *derived],
        asset_checks=suite_checks(slug, ["raw", own[0].table]),
        jobs=[job],
        schedules=[_schedule(source, job, partitions) for source in sources],
    )


def _spec(contract: Contract, deps: Sequence[dg.AssetKey | list[str]]) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw", contract.table],
        deps=deps,
        group_name=contract.slug,
        description=contract.description,
        kinds={"ducklake", "parquet"},
    )


def _harvest(context: dg.AssetExecutionContext, lake: LakeResource, slug: str, ids: list[str]) -> list[Outcome]:
    settings = lake.settings
    sources = declared(settings, slug)
    if unknown := set(ids) - {source.id for source in sources}:
        raise SettingsError(f"No source named {', '.join(sorted(unknown))} is declared; see sources.toml.")
    sources = [source for source in sources if not ids or source.id in ids]
    # A backfill asks for its days; a harvest from the terminal or a schedule goes on where the last one ended.
    window = None
    if context.has_partition_key and context.run.tags.get(INCREMENTAL) != "true":
        span = context.partition_time_window
        window = (span.start, span.end)
    with lake.session() as session, locations(settings, sources) as locate:
        return [
            harvest(session.catalog, session.con, s, run_id=context.run_id, location=locate(s), window=window)
            for s in sources
        ]


def _metadata(outcomes: list[Outcome]) -> dict[str, dg.MetadataValue]:
    receipts = [receipt for outcome in outcomes for receipt in outcome.receipts]
    return {
        "offered": dg.MetadataValue.int(sum(r.n_offered for r in receipts)),
        "accepted": dg.MetadataValue.int(sum(r.n_accepted for r in receipts)),
        "quarantined": dg.MetadataValue.int(sum(r.n_quarantined for r in receipts)),
        "deduplicated": dg.MetadataValue.int(sum(r.n_deduplicated for r in receipts)),
        "batches": dg.MetadataValue.json([r.batch_id for r in receipts]),
    }


def _schedule(
    source: Source,
    job: UnresolvedAssetJobDefinition,
    partitions: dg.PartitionsDefinition[str] | None,
) -> dg.ScheduleDefinition:
    config = {"ops": {f"raw_{source.slug}": {"config": {"sources": [source.id]}}}}
    # Where the clock stands still nothing new would ever come.
    status = dg.DefaultScheduleStatus.STOPPED if source.has_standing_clock else dg.DefaultScheduleStatus.RUNNING

    @dg.schedule(
        name=f"harvest_{source.id.replace('-', '_')}",
        job=job,
        cron_schedule=source.schedule,
        execution_timezone=PROVINCIAL_ZONE,
        default_status=status,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = day_of(context.scheduled_execution_time) if partitions else None
        return dg.RunRequest(partition_key=day, run_config=config, tags={INCREMENTAL: "true"})

    return tick
