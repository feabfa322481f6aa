"""Articles from syndication feeds: fetched on each source's own schedule."""

import dagster as dg

from lake.contracts import media
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.media__*, checked by the media suite."""
    return raw_source([media.ARTICLES, media.ADDRESSES])
