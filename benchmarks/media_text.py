"""Sentiment, topic and near-duplicates on public Vietnamese sets, against the goals of the project.

`python -m benchmarks.media_text [FOLDER]`: FOLDER holds the labelled sets as `jsonl.gz` rows {id, text, label}
(default ../shared/data/nlp); a set that is absent is left out. Five to ten minutes on one core.
Sets without a dev file are split 80/20 by near-duplicate group, so that no copy of a test text is learnt.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from sklearn.metrics import accuracy_score, f1_score

from transforms.label_model import Task, train
from transforms.near_duplicate import grouped
from transforms.sentiment import SENTIMENT
from transforms.text import clean, folded
from transforms.topic import TOPIC

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "nlp"
SEED = 42


class Goal(NamedTuple):
    """Set, task, accuracy and macro-F1 to reach, texts used at most."""

    name: str
    task: Task
    accuracy: float
    macro_f1: float | None
    most: int = 20_000


GOALS = (
    Goal("vsfc_sentiment", SENTIMENT, 0.900, 0.76),
    Goal("vsfc_topic", TOPIC, 0.865, None),
    Goal("cafef_stock_titles", SENTIMENT, 0.80, 0.77),
    Goal("vnexpress_titles8", TOPIC, 0.87, None),
    Goal("vntc10", TOPIC, 0.92, None, 8_000),
)


class Texts(NamedTuple):
    """Parallel lists."""

    texts: list[str]
    labels: list[str]


def read(path: Path) -> Texts:
    """The rows of one set."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return Texts([clean(row["text"]) for row in rows], [row["label"] for row in rows])


def stories(texts: Sequence[str]) -> list[str]:
    """Near-duplicate group of every text."""
    frame = pl.DataFrame({"key": [str(n) for n in range(len(texts))], "text": texts}).with_columns(
        published_at=pl.lit(datetime(2021, 1, 1, tzinfo=UTC)),
        story_key=pl.lit(None, pl.String()),
        event_key=pl.lit(None, pl.String()),
    )
    story = dict(grouped(frame).select("key", "story_key").iter_rows())
    return [story[str(n)] for n in range(len(texts))]


def split(given: Texts, groups: Sequence[str], most: int) -> tuple[Texts, list[str], Texts]:
    """(training side, its groups, test side) of at most `most` texts."""
    rng = np.random.default_rng(SEED)
    taken = np.sort(rng.permutation(len(given.texts))[:most])
    names = sorted({groups[i] for i in taken})
    test = {names[i] for i in rng.permutation(len(names))[: len(names) // 5]}
    sides: list[list[int]] = [[int(i) for i in taken if (groups[i] in test) == is_test] for is_test in (False, True)]
    known, held = (Texts([given.texts[i] for i in side], [given.labels[i] for i in side]) for side in sides)
    return known, [groups[i] for i in sides[0]], held


def calibration_error(probability: pl.Series, is_right: Sequence[bool]) -> float:
    """Expected calibration error over 10 bins of equal width."""
    frame = pl.DataFrame({"p": probability, "right": is_right}).with_columns(bin=(pl.col("p") * 10).floor().clip(0, 9))
    bins = frame.group_by("bin").agg(pl.len(), pl.col("p").mean(), pl.col("right").mean())
    return float((bins["len"] / bins["len"].sum() * (bins["p"] - bins["right"]).abs()).sum())


def measure(folder: Path, goal: Goal) -> str | None:
    """One line of the report; None where the set is absent."""
    trained, dev = folder / f"{goal.name}.train.jsonl.gz", folder / f"{goal.name}.dev.jsonl.gz"
    if not trained.exists():
        return None
    known, held = read(trained), read(dev) if dev.exists() else None
    groups = stories(known.texts)
    if held is None:
        known, groups, held = split(known, groups, goal.most)
    model = train(known.texts, {goal.task.name: known.labels}, groups, [goal.task], seed=SEED)
    started = time.process_time()
    predicted = model.predict(held.texts, [goal.task])[goal.task.name]
    per_s = len(held.texts) / (time.process_time() - started)

    def accuracy(texts: list[str]) -> float:
        return float(accuracy_score(held.labels, model.predict(texts, [goal.task])[goal.task.name]["label"]))

    whole = float(accuracy_score(held.labels, predicted["label"]))
    macro_f1 = float(f1_score(held.labels, predicted["label"], average="macro"))
    bare = whole - accuracy([folded(text) for text in held.texts])
    apart = whole - accuracy([unicodedata.normalize("NFD", text) for text in held.texts])
    is_right = [a == b for a, b in zip(held.labels, predicted["label"], strict=True)]
    kept = predicted.with_columns(right=pl.Series(is_right)).filter(~pl.col("is_abstained"))
    met = whole >= goal.accuracy and (goal.macro_f1 is None or macro_f1 >= goal.macro_f1)
    return (
        f"{goal.name:20} n {len(known.texts):6,}/{len(held.texts):5,}  accuracy {whole:.3f} (goal {goal.accuracy:.3f})"
        f"  macro-F1 {macro_f1:.3f}{f' (goal {goal.macro_f1})' if goal.macro_f1 else ''}  {'met' if met else 'MISSED'}"
        f"  | unaccented -{bare:.3f}  NFD -{apart:.3f}  ECE {calibration_error(predicted['probability'], is_right):.3f}"
        f"  abstains {predicted['is_abstained'].mean():.2f}, accuracy of the rest {kept['right'].mean():.3f}"
        f"  | {per_s:,.0f} texts/s"
    )


def edited(text: str, share: float, rng: np.random.Generator) -> str:
    """The text with a share of its words replaced, in random places."""
    words = text.split()
    for index in rng.choice(len(words), max(1, round(share * len(words))), replace=False):
        words[index] = f"thay{rng.integers(1_000)}"
    return " ".join(words)


def near_duplicates(folder: Path, n_texts: int = 5_000) -> str | None:
    """Recall of edited copies among real articles, and the time of all."""
    path = folder / "vntc10.train.jsonl.gz"
    if not path.exists():
        return None
    rng = np.random.default_rng(SEED)
    texts = [text for text in read(path).texts if len(text.split()) >= 60][:n_texts]
    copies = [edited(text, (0.02, 0.06)[n % 2], rng) for n, text in enumerate(texts)]
    started = time.process_time()
    story = stories([*texts, *copies])
    seconds = time.process_time() - started
    found = [story[n] == story[n + len(texts)] for n in range(len(texts))]
    light, medium = np.mean(found[::2]), np.mean(found[1::2])
    return (
        f"near-duplicates      {2 * len(texts):,} articles in {seconds:.1f} s (goal 15)  "
        f"recall light edits {light:.4f}, medium {medium:.4f} (goal .99)"
    )


def main() -> None:
    """Print the report."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    for line in (near_duplicates(folder), *(measure(folder, goal) for goal in GOALS)):
        if line:
            print(line, flush=True)


if __name__ == "__main__":
    main()
