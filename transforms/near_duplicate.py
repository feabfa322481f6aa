"""Articles that repeat one another, grouped into stories and events.

3-word shingles of the first 120 words; candidates by MinHash with locality-sensitive hashing, decided by the exact
Jaccard index (Broder, On the Resemblance and Containment of Documents, 1997).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from rensa import RMinHash, RMinHashLSH

from transforms.text import folded, nfc

WORDS, SHINGLE = 120, 3
SAME_ARTICLE, SAME_EVENT = 0.5, 0.3  # Jaccard index from which on
WINDOW = timedelta(days=7)  # copies follow within days; the index of a year would be asked in vain
# Two sets of Jaccard index j become candidates with probability 1 - (1 - j^3)^64: .9998 at .5, .83 at .3.
PERMUTATIONS, BANDS = 192, 64
SEED = 42

GROUPED_SCHEMA: dict[str, pl.DataType] = {
    "key": pl.String(),
    "story_key": pl.String(),
    "event_key": pl.String(),
    "nearest_key": pl.String(),
    "similarity": pl.Float64(),
}
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[str]:
    """The 3-word shingles of the first 120 words, case and diacritics folded; of a shorter text the text itself."""
    words = _WORD.findall(folded(nfc(text)).casefold())[:WORDS]
    if len(words) < SHINGLE:
        return frozenset([" ".join(words)] if words else [])
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of what both have in what either has; 0 where either is empty."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def grouped(documents: pl.DataFrame) -> pl.DataFrame:
    """Frame of GROUPED_SCHEMA for the documents that have no `story_key` yet, in order of publication.

    `documents`: `key` unique, `text`, `published_at`, and `story_key`, `event_key` where an earlier call gave them:
    those are matched against and stay as they are. A document within seven days and a Jaccard index of .5 of another
    joins its story, from .3 on its event alone; else it begins one under its own key. `nearest_key` and `similarity`
    name the closest of those, null where there is none. Stories are never joined afterwards.
    """
    known = documents.filter(pl.col("story_key").is_not_null()).sort("published_at", "key")
    new = documents.filter(pl.col("story_key").is_null()).sort("published_at", "key")
    index = _Index(known)
    rows = []
    sets = [*map(shingles, new["text"])]
    for (key, published_at), own, sketch in zip(
        new.select("key", "published_at").iter_rows(), sets, _sketches(sets), strict=True
    ):
        nearest, similarity = index.nearest(sketch, own, published_at)
        story_key = event_key = key
        if nearest is not None:
            event_key = index.event_key[nearest]
            if similarity >= SAME_ARTICLE:
                story_key = index.story_key[nearest]
        rows.append((key, story_key, event_key, None if nearest is None else index.key[nearest], similarity or None))
        index.add(key, published_at, own, sketch, story_key, event_key)
    return pl.DataFrame(rows, schema=GROUPED_SCHEMA, orient="row")


class _Index:
    """What new documents are compared with; documents are numbered in the order they were added."""

    def __init__(self, known: pl.DataFrame) -> None:
        self.key: list[str] = []
        self.story_key: list[str] = []
        self.event_key: list[str] = []
        self._published_at: list[datetime] = []
        self._shingles: list[frozenset[str]] = []
        self._candidates = RMinHashLSH(SAME_EVENT, PERMUTATIONS, BANDS)
        self._oldest = 0
        told = known.select("key", "published_at", "story_key", "event_key")
        sets = [*map(shingles, known["text"])]
        for (key, published_at, story_key, event_key), own, sketch in zip(
            told.iter_rows(), sets, _sketches(sets), strict=True
        ):
            self.add(key, published_at, own, sketch, story_key, event_key)

    def add(
        self,
        key: str,
        published_at: datetime,
        own: frozenset[str],
        sketch: RMinHash,
        story_key: str,
        event_key: str,
    ) -> None:
        if own:
            self._candidates.insert(len(self.key), sketch)
        self.key.append(key)
        self.story_key.append(story_key)
        self.event_key.append(event_key)
        self._published_at.append(published_at)
        self._shingles.append(own)

    def nearest(self, sketch: RMinHash, own: frozenset[str], published_at: datetime) -> tuple[int | None, float]:
        """(number, Jaccard index) of the closest document from SAME_EVENT on, the first added of equals; (None, 0)."""
        self._forget_before(published_at - WINDOW)
        best, similarity = None, 0.0
        for number in sorted(self._candidates.query(sketch)) if own else ():
            if abs(self._published_at[number] - published_at) > WINDOW:
                continue
            found = jaccard(own, self._shingles[number])
            if found >= SAME_EVENT and found > similarity:
                best, similarity = number, found
        return best, similarity

    def _forget_before(self, moment: datetime) -> None:
        """Documents come in order, so what is too old for this one is too old for the next."""
        while self._oldest < len(self.key) and self._published_at[self._oldest] < moment:
            if self._shingles[self._oldest]:
                self._candidates.remove(self._oldest)
                self._shingles[self._oldest] = frozenset()
            self._oldest += 1


def _sketches(sets: Sequence[frozenset[str]]) -> list[RMinHash]:
    found: list[RMinHash] = RMinHash.from_token_sets([*map(list, sets)], num_perm=PERMUTATIONS, seed=SEED)
    return found
