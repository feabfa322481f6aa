"""Texts -> sparse TF-IDF features that short Vietnamese news carries its tone and topic in.

Word pairs of the text as written, word pairs without diacritics, and character sequences without diacritics: the last
two make text typed without marks readable, and sequences stand in for a word segmenter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from transforms.text import folded, nfc

MAX_CHARACTERS = 4_000  # of a text: what a news item says, it says at its beginning
LENGTHS = range(2, 6)  # of character sequences
UNITS_AT_HAND = 50_000  # Vietnamese has some 7,000 syllables

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _View:
    """A text falls into `units`, and each of these into `terms`; the model learns those that occur in `min_texts`."""

    name: str
    units: Callable[[str], Iterable[str]]
    terms: Callable[[str], Sequence[str]]
    min_texts: int

    def analysed(self, text: str) -> list[str]:
        """All terms of a text."""
        return [term for unit in self.units(text) for term in self.terms(unit)]


def _word_pairs(text: str) -> Iterator[str]:
    """Words, and pairs of neighbours."""
    words = _WORD.findall(text)
    return chain(words, map(" ".join, pairwise(words)))


def _bare_word_pairs(text: str) -> Iterator[str]:
    """The same without diacritics."""
    words = [*map(_bare, _WORD.findall(text))]
    return chain(words, map(" ".join, pairwise(words)))


_bare = lru_cache(UNITS_AT_HAND)(folded)  # word by word: a text's words are nearly all known


@lru_cache(UNITS_AT_HAND)
def _sequences(word: str) -> list[str]:
    """Sequences of 2 to 5 characters, diacritics removed, of a word with a space at either end (as `char_wb` of
    scikit-learn)."""
    framed = f" {folded(word)} "
    return [framed[start : start + n] for n in LENGTHS for start in range(len(framed) - n + 1)]


_VIEWS = (
    _View("words", _word_pairs, lambda pair: [pair], 1),
    _View("bare_words", _bare_word_pairs, lambda pair: [pair], 1),
    _View("sequences", str.split, _sequences, 2),
)


class _Vocabulary:
    """`columns`: of each term of a view; `idf`: inverse document frequency by column."""

    def __init__(self, view: _View, columns: Mapping[str, int], idf: NDArray[np.float64]) -> None:
        self.view = view
        self.columns = columns
        self.idf = idf
        self._of_unit = lru_cache(UNITS_AT_HAND)(self._columns_of)

    def _columns_of(self, unit: str) -> bytes:
        found = [self.columns[term] for term in self.view.terms(unit) if term in self.columns]
        return np.array(found, np.int32).tobytes()

    def weighted(self, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
        """(1 + ln count) x idf of the terms of each text, rows of length 1."""
        found = [b"".join(map(self._of_unit, self.view.units(text))) for text in texts]
        ends = np.cumsum([0, *map(len, found)]) // np.dtype(np.int32).itemsize
        columns = np.frombuffer(b"".join(found), np.int32).copy()  # a buffer cannot be sorted in place
        shape = (len(texts), len(self.columns))
        matrix = scipy.sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape)
        matrix.sum_duplicates()
        matrix.data = (np.log(matrix.data) + 1) * self.idf.astype(np.float32)[matrix.indices]
        return normalize(matrix, copy=False)


class TextFeatures:
    """Fitted views; `matrix` gives (texts, features) float32, rows of the three views each of length 1."""

    def __init__(self, vocabularies: Sequence[_Vocabulary]) -> None:
        self._vocabularies = vocabularies

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TextFeatures:
        """Vocabulary and inverse document frequencies of `texts`."""
        begun = [_begun(text) for text in texts]
        vocabularies = []
        for view in _VIEWS:
            fitted = TfidfVectorizer(analyzer=view.analysed, min_df=view.min_texts).fit(begun)
            vocabularies.append(_Vocabulary(view, fitted.vocabulary_, fitted.idf_))
        return cls(vocabularies)

    def matrix(self, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
        """Features of `texts`, in any Unicode form; terms not seen in the fit are left out.

        What `TfidfVectorizer.transform` with `sublinear_tf` gives, in a fraction of its time.
        """
        begun = [_begun(text) for text in texts]
        return scipy.sparse.hstack([v.weighted(begun) for v in self._vocabularies], format="csr")

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All that was fitted, as plain arrays: the terms of each view in the order of their columns, their idf."""
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        for own in self._vocabularies:
            terms = "\n".join(sorted(own.columns, key=own.columns.__getitem__))  # no term holds a line break
            arrays[f"{own.view.name}_terms"] = np.frombuffer(terms.encode(), dtype=np.uint8)
            arrays[f"{own.view.name}_idf"] = own.idf
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Any) -> TextFeatures:
        """The reverse of `arrays`."""
        vocabularies = []
        for view in _VIEWS:
            terms = arrays[f"{view.name}_terms"].tobytes().decode().split("\n")
            columns = {term: column for column, term in enumerate(terms)}
            vocabularies.append(_Vocabulary(view, columns, arrays[f"{view.name}_idf"]))
        return cls(vocabularies)


def _begun(text: str) -> str:
    return nfc(text)[:MAX_CHARACTERS].lower()
