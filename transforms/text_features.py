"""Texts -> sparse TF-IDF features that short Vietnamese news carries its tone and topic in.

Word pairs of the text as written, word pairs without diacritics, and character sequences without diacritics: the last
two make text typed without marks readable, and sequences stand in for a word segmenter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from transforms.text import folded, nfc

MAX_CHARACTERS = 4_000  # of a text: what a news item says, it says at its beginning

_VIEWS: tuple[tuple[str, Callable[[str], str], dict[str, Any]], ...] = (
    ("words", nfc, {"ngram_range": (1, 2), "token_pattern": r"\w+"}),
    ("bare_words", folded, {"ngram_range": (1, 2), "token_pattern": r"\w+"}),
    ("sequences", folded, {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2}),
)


class TextFeatures:
    """Fitted vectorisers; `matrix` gives (texts, features) float32, rows of the three views each of length 1."""

    def __init__(self, vectorisers: Sequence[TfidfVectorizer]) -> None:
        self._vectorisers = vectorisers

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TextFeatures:
        """Vocabulary and inverse document frequencies of `texts`."""
        vectorisers = []
        for _, view, options in _VIEWS:
            vectoriser = _vectoriser(options)
            vectoriser.fit(view(text[:MAX_CHARACTERS]) for text in texts)
            vectorisers.append(vectoriser)
        return cls(vectorisers)

    def matrix(self, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
        """Features of `texts`, in any Unicode form; terms not seen in the fit are left out."""
        parts = [
            vectoriser.transform([view(nfc(text)[:MAX_CHARACTERS]) for text in texts])
            for vectoriser, (_, view, _) in zip(self._vectorisers, _VIEWS, strict=True)
        ]
        return scipy.sparse.hstack(parts, format="csr")

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All that was fitted, as plain arrays: the terms of each view in the order of their columns, their idf."""
        arrays = {}
        for vectoriser, (name, _, _) in zip(self._vectorisers, _VIEWS, strict=True):
            terms = "\n".join(vectoriser.get_feature_names_out()).encode()  # no term holds a line break
            arrays[f"{name}_terms"] = np.frombuffer(terms, dtype=np.uint8)
            arrays[f"{name}_idf"] = vectoriser.idf_
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Any) -> TextFeatures:
        """The reverse of `arrays`."""
        vectorisers = []
        for name, _, options in _VIEWS:
            terms = arrays[f"{name}_terms"].tobytes().decode().split("\n")
            vectoriser = _vectoriser(options | {"vocabulary": {term: column for column, term in enumerate(terms)}})
            vectoriser.idf_ = arrays[f"{name}_idf"]
            vectorisers.append(vectoriser)
        return cls(vectorisers)


def _vectoriser(options: dict[str, Any]) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
