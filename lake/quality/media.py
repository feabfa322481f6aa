"""Behaviour of a batch of news articles, and of labels and answers that people add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from lake.contracts.media import TONES
from lake.quality.expect import Suite, in_time, not_before, not_blank, one_of, unique


def suites(frames: Mapping[str, pl.DataFrame], received_at: datetime) -> list[Suite]:
    """Suites of articles and of what people add to them.

    Publishers are outsiders: one that repeats an item without a modification time, or dates a few items
    ahead, is reported but does not stop the province's figures; a twentieth of the batch dated wrong does.
    """
    return [
        Suite(
            "media__articles",
            frames["media__articles"],
            [
                unique("article_id", "feed_id", "modified_at", severity="warning"),
                not_blank("article_id"),
                not_blank("headline"),
                in_time("published_at", received_at, at_least=0.95),
                in_time("published_at", received_at, severity="warning"),
                one_of("is_published_at_missing", {False}, severity="warning", at_least=0.8),
            ],
        ),
        Suite(
            "media__human_labels",
            frames["media__human_labels"],
            [
                unique("feed_id", "article_id", "labeller_code", "reported_at", severity="warning"),
                one_of("label", TONES),
            ],
        ),
        Suite(
            "media__responses",
            frames["media__responses"],
            [
                unique("url", "unit", "reported_at", severity="warning"),
                not_before("responded_at", "flagged_at"),
            ],
        ),
    ]
