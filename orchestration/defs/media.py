"""Articles from syndication feeds: fetched on each source's own schedule, labelled and grouped before each build."""

import dagster as dg

from lake.contracts import media
from orchestration.labelling import group_new, label_new
from orchestration.raw_asset import raw_source
from orchestration.resources import LakeResource

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


def defs() -> dg.Definitions:
    """Sources → raw.media__*, checked by the media suite; labels and stories are part of the warehouse's job."""
    return dg.Definitions.merge(raw_source([media.ARTICLES, media.ADDRESSES]), dg.Definitions(assets=[labels, stories]))
