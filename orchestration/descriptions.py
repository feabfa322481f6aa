"""Descriptions of models and columns in both languages.

The yml files of the dbt project hold each description once: in English, whose Vietnamese stands in
`descriptions_vi.csv` (a sentence used by fifty columns is translated once), or as "tiếng Việt / English", or, for
models, as Vietnamese sentences followed by English ones.
"""

from __future__ import annotations

import csv
import re
from functools import cache

from orchestration.dbt_build import PROJECT

WORDS = PROJECT / "descriptions_vi.csv"
_MARKED = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-ỸĐ])")


def bilingual(text: str) -> tuple[str | None, str | None]:
    """Vietnamese and English of a description; None for what is missing."""
    plain = " ".join(text.split())
    if not plain:
        return None, None
    if plain in _words():
        return _words()[plain], plain
    vietnamese, slash, english = plain.partition(" / ")
    if slash and _MARKED.search(vietnamese):
        return vietnamese, english
    sentences = _SENTENCE.split(plain)
    groups = {True: [s for s in sentences if _MARKED.search(s)], False: [s for s in sentences if not _MARKED.search(s)]}
    return " ".join(groups[True]) or None, " ".join(groups[False]) or None


@cache
def _words() -> dict[str, str]:
    with WORDS.open(encoding="utf-8", newline="") as lines:
        return {row["en"]: row["vi"] for row in csv.DictReader(lines)}
