"""Topic of a news item: what the model says, else what its keywords say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from transforms.label_model import PREDICTED_SCHEMA, Task
from transforms.text import folded, nfc

# Not balanced: topics are of a size, and weighing them costs three points of accuracy on UIT-VSFC.
TOPIC = Task("topic", is_balanced=False, min_probability=0.5)

BY_MODEL, BY_KEYWORDS = "model", "keywords"


def with_keywords(predicted: pl.DataFrame, texts: Sequence[str], keywords: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """`predicted` (PREDICTED_SCHEMA) with the column `method`, model or keywords.

    Where the model abstains and the keywords (topic code -> words, diacritics and case as the text pleases) of one
    topic alone stand in the text, that topic is the label; the probability stays that of the model's own guess.
    """
    patterns = {code: _pattern(words) for code, words in keywords.items() if words}
    rows = []
    for row, text in zip(predicted.iter_rows(), texts, strict=True):
        label, probability, is_abstained = row
        method = BY_MODEL
        if is_abstained:
            plain = folded(nfc(text)).casefold()
            named = [code for code, pattern in patterns.items() if pattern.search(plain)]
            if len(named) == 1:
                label, is_abstained, method = named[0], False, BY_KEYWORDS
        rows.append((label, probability, is_abstained, method))
    return pl.DataFrame(rows, schema={**PREDICTED_SCHEMA, "method": pl.String()}, orient="row")


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    bare = sorted((folded(nfc(word)).casefold() for word in words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, bare))})(?!\w)")
