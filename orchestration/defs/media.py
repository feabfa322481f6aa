"""Articles from syndication feeds: fetched on each source's own schedule; labelled and grouped once an hour."""

import dagster as dg

from lake import clock
from lake.contracts import media
from lake.settings import load_settings
from orchestration.crawl import crawl_source
from orchestration.labelling import group_new, label_new
from orchestration.partitions import PROVINCIAL_ZONE
from orchestration.raw_asset import raw_source
from orchestration.resources import LakeResource, declared, locations

ARTICLES = dg.AssetKey(["raw", media.ARTICLES.table])


@dg.asset(key=["raw", media.LABELS.table], deps=[ARTICLES], group_name="media", description=media.LABELS.description)
def labels(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Sentiment and topic of what is new."""
    with lake.session() as session:
        n_labelled = label_new(session.catalog, session.con, lake.settings, context.run_id)
    return dg.MaterializeResult(metadata={"articles": dg.MetadataValue.int(n_labelled)})


@dg.asset(key=["raw", media.STORIES.table], deps=[ARTICLES], group_name="media", description=media.STORIES.description)
def stories(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Near-duplicates of what is new."""
    with lake.session() as session:
        n_grouped = group_new(session.catalog, session.con, context.run_id)
    return dg.MaterializeResult(metadata={"articles": dg.MetadataValue.int(n_grouped)})


@dg.asset(key=["raw", media.TEXTS.table], deps=[ARTICLES], group_name="media", description=media.TEXTS.description)
def texts(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Pages of the sources declared with `is_crawled`."""
    sources = [source for source in declared(lake.settings, "media") if source.is_crawled]
    with lake.session() as session, locations(lake.settings, sources) as locate:
        outcomes = [
            crawl_source(
                session.catalog,
                session.con,
                source,
                run_id=context.run_id,
                location=locate(source),
                as_of=clock.now(is_standing=source.has_standing_clock),
            )
            for source in sources
        ]
    if failed := [outcome.error for outcome in outcomes if outcome.error]:
        raise dg.Failure(description=" | ".join(failed), allow_retries=False)
    return dg.MaterializeResult(metadata={"pages": dg.MetadataValue.int(sum(o.n_payloads for o in outcomes))})


def defs() -> dg.Definitions:
    """Sources → raw.media__*, checked by the media suite.

    Pages are read every half hour, labels and stories made once an hour, by jobs that no publish waits for.
    """
    job = dg.define_asset_job("crawl_media", selection=dg.AssetSelection.assets(texts))
    reading = dg.define_asset_job("label_media", selection=dg.AssetSelection.assets(labels, stories))
    reading_schedule = dg.ScheduleDefinition(
        name="label_media_schedule",
        job=reading,
        cron_schedule="5 * * * *",
        execution_timezone=PROVINCIAL_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    is_wanted = any(source.is_crawled for source in declared(load_settings(), "media"))
    schedule = dg.ScheduleDefinition(
        name="crawl_media_schedule",
        job=job,
        cron_schedule="10,40 * * * *",
        execution_timezone=PROVINCIAL_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING if is_wanted else dg.DefaultScheduleStatus.STOPPED,
    )
    return dg.Definitions.merge(
        raw_source([media.ARTICLES, media.ADDRESSES, media.OUTLETS, media.POSTS, media.HUMAN_LABELS, media.RESPONSES]),
        dg.Definitions(assets=[labels, stories, texts], jobs=[job, reading], schedules=[schedule, reading_schedule]),
    )
