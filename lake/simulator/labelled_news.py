"""News of the synthetic province with the labels it was made with: what the first models learn from.

Drawn with another seed than the province, so that no text of the demo is in the training set. Places, figures and
order differ, sentences come from the same stock: accuracy on the demo tells nothing of accuracy on real news.
"""

from __future__ import annotations

from typing import NamedTuple

from lake.simulator.media import TOPICS, ledger

TRAINING_SEED = 1975


class LabelledItem(NamedTuple):
    """One item; copies share the number of their `story`."""

    headline: str
    summary: str
    sentiment: str
    topic: str
    story: int


def labelled_items(count: int) -> list[LabelledItem]:
    """The first `count` items of the training province, always the same."""
    return [
        LabelledItem(item.title, item.summary, item.tone, TOPICS[item.section], item.story)
        for item in ledger(TRAINING_SEED)[:count]
    ]
