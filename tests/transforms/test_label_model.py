"""Label models: nothing learnt by heart passes for calibration, no way of typing costs accuracy, files are data."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score, log_loss

from transforms.label_model import PREDICTED_SCHEMA, LabelModel, Task, train
from transforms.sentiment import SENTIMENT
from transforms.text import folded
from transforms.text_features import TextFeatures
from transforms.topic import with_keywords

WORDS = {
    "pos": "tốt đẹp khen ngợi hoàn thành sớm",
    "neg": "chậm trễ ô nhiễm tai nạn hư hỏng",
    "neu": "họp lịch kế hoạch",
}
NOISE = ["tỉnh", "xã", "ấp", "cầu", "đường", "hôm qua", "hôm nay", "tại", "với", "của", "những", "một", "hai", "bốn"]
TONE = Task("tone", is_balanced=True, min_probability=0.6)


def texts(count: int, seed: int, *, wrong: float = 0.0) -> tuple[list[str], list[str]]:
    """Short texts whose words tell their label, a share of `wrong` labels among them."""
    rng = np.random.default_rng(seed)
    written, labels = [], []
    for _ in range(count):
        label = list(WORDS)[rng.integers(3)]
        told = WORDS[label].split()
        words = [*rng.choice(NOISE, 6), *rng.choice(told, 2)]
        written.append(" ".join(words))
        labels.append(list(WORDS)[rng.integers(3)] if rng.random() < wrong else label)
    return written, labels


@pytest.fixture(scope="module")
def model() -> LabelModel:
    written, labels = texts(1_000, 1, wrong=0.2)
    return train(written, {"tone": labels}, range(1_000), [TONE], seed=7)


def test_features_are_those_of_scikit_learn() -> None:
    written = ["Ngập ở phường 5, Vị Thanh", "", "x", "ĐÀ NẴNG\u00a0 ab\nabc abcd 12,5% — “x” ab ab", *texts(50, 3)[0]]
    options: list[tuple[Callable[[str], str], dict[str, Any]]] = [
        (str, {"ngram_range": (1, 2), "token_pattern": r"\w+"}),
        (folded, {"ngram_range": (1, 2), "token_pattern": r"\w+"}),
        (folded, {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2}),
    ]
    parts = [
        TfidfVectorizer(sublinear_tf=True, **kinds).fit_transform([view(text) for text in written])
        for view, kinds in options
    ]
    ours = TextFeatures.fit(written).matrix(written)
    np.testing.assert_allclose(ours.toarray(), scipy.sparse.hstack(parts).toarray(), atol=1e-6)


def test_text_typed_without_marks_or_decomposed_is_read_as_well(model: LabelModel) -> None:
    written, labels = texts(300, 2)
    predicted = model.predict(written, [TONE])["tone"]
    assert accuracy_score(labels, predicted["label"]) > 0.95
    apart = model.predict([unicodedata.normalize("NFD", text) for text in written], [TONE])["tone"]
    assert apart.equals(predicted)
    bare = model.predict([folded(text) for text in written], [TONE])["tone"]
    assert accuracy_score(labels, bare["label"]) > 0.9


def test_temperature_makes_probabilities_truer_on_texts_never_seen(model: LabelModel) -> None:
    """A fifth of the labels was given at random, which a model that learns by heart does not expect."""
    written, labels = texts(1_000, 3, wrong=0.2)
    head = model.heads["tone"]
    matrix = model.features.matrix(written)
    assert head.temperature > 1.2
    raw, corrected = replace(head, temperature=1.0).probabilities(matrix), head.probabilities(matrix)
    assert log_loss(labels, corrected, labels=head.labels) < log_loss(labels, raw, labels=head.labels)


def test_without_mistakes_the_model_does_not_grow_surer() -> None:
    written, labels = texts(200, 4)
    assert train(written, {"tone": labels}, range(200), [TONE], seed=7).heads["tone"].temperature == 1.0


def test_unknown_words_are_left_to_a_person(model: LabelModel) -> None:
    predicted = model.predict(["zzz qqq", ""], [TONE])["tone"]
    assert predicted["is_abstained"].all() and set(predicted["label"]) <= set(WORDS)


def test_model_comes_back_from_its_file_the_same(model: LabelModel) -> None:
    written, _ = texts(50, 5)
    body = model.to_bytes()
    assert LabelModel.from_bytes(body).predict(written, [TONE])["tone"].equals(model.predict(written, [TONE])["tone"])
    again = train(*_arguments(), [TONE], seed=7)
    assert again.to_bytes() == body, "the same texts must give the same model"


def _arguments() -> tuple[list[str], dict[str, list[str]], range]:
    written, labels = texts(1_000, 1, wrong=0.2)
    return written, {"tone": labels}, range(1_000)


def test_file_with_a_pickle_in_it_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "sprung",)  # type: ignore[return-value]

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        head = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
        head += b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
        parts.writestr("heads.npy", head + pickle.dumps(np.array([Trap()], dtype=object)))
    with pytest.raises(ValueError, match="allow_pickle"):
        LabelModel.from_bytes(file.getvalue())
    assert not (tmp_path / "sprung").exists()


def test_versions_of_one_story_are_on_one_side_of_the_split() -> None:
    """Ten stories in forty copies each, labelled by chance: only learnt by heart do they look predictable."""
    rng = np.random.default_rng(6)
    written, labels, groups = [], [], []
    for story in range(60):
        text, label = " ".join(rng.choice(NOISE, 8)) + f" bài{story}", list(WORDS)[rng.integers(3)]
        for copy in range(8):
            written.append(f"{text} bản{copy}")
            labels.append(label)
            groups.append(story)
    model = train(written, {"tone": labels}, groups, [TONE], seed=7)
    assert model.heads["tone"].temperature > 1.5, "confidence on stories never seen must be cut down"


@pytest.mark.slow
def test_real_feedback_beats_the_most_frequent_label(shared_data: Callable[[str], Path]) -> None:
    """A sample of UIT-VSFC; benchmarks/media_text.py measures all of it."""

    def rows(name: str, count: int) -> tuple[list[str], list[str]]:
        with gzip.open(shared_data(f"nlp/vsfc_sentiment.{name}.jsonl.gz"), "rt", encoding="utf-8") as lines:
            read = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
        return [row["text"] for row in read], [row["label"] for row in read]

    known, held = rows("train", 2_000), rows("dev", 700)
    model = train(known[0], {"sentiment": known[1]}, range(len(known[0])), [SENTIMENT], seed=7)
    predicted = model.predict(held[0], [SENTIMENT])["sentiment"]["label"]
    most_frequent = max(map(held[1].count, set(held[1]))) / len(held[1])
    assert accuracy_score(held[1], predicted) > most_frequent + 0.25
    assert f1_score(held[1], predicted, average="macro") > 0.62


def test_keywords_speak_only_where_the_model_abstains_and_they_agree() -> None:
    written = ["Ùn tắc tại cầu", "un tac do rác thải", "zzz", "ùn tắc", "ùn tắcx"]
    abstained = [True, True, True, False, True]
    guessed = {"label": ["society"] * 5, "probability": [0.4] * 5, "is_abstained": abstained}
    keywords = {"traffic": ("ùn tắc", "ùn tắc kéo dài"), "environment": ("rác thải",), "none": ()}
    found = with_keywords(pl.DataFrame(guessed, schema=PREDICTED_SCHEMA), written, keywords)
    assert found["method"].to_list() == ["keywords", "model", "model", "model", "model"]
    assert found["label"].to_list() == ["traffic", *["society"] * 4]
    assert found["is_abstained"].to_list() == [False, True, True, False, True]
