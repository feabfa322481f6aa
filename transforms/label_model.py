"""Labels of short texts with a calibrated probability: linear models over shared text features.

Logistic regression, trained with a share of the texts repeated without diacritics, its probabilities corrected by
one temperature (Guo et al., On Calibration of Modern Neural Networks, 2017) on texts that took no part in the fit.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from transforms.text import folded
from transforms.text_features import TextFeatures

FOLDED_SHARE = 0.3  # of the training texts repeated without diacritics
DEV_SHARE = 0.15  # of the groups, for the temperature
INVERSE_REGULARISATION = 3.0
MIN_MISTAKES = 10  # on the dev side; fewer say nothing of how sure the model may be
BATCH = 2_000  # texts turned into features at a time: bounds the memory

PREDICTED_SCHEMA: dict[str, pl.DataType] = {
    "label": pl.String(),
    "probability": pl.Float64(),
    "is_abstained": pl.Boolean(),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What is told of a text.

    `is_balanced`: rare labels weigh as much as frequent ones (recall of the rare before accuracy).
    `min_probability`: below it the model abstains and a person should look.
    """

    name: str
    is_balanced: bool
    min_probability: float


@dataclass(frozen=True)
class Head:
    """One task's linear model. `weights` (labels, features), `bias` (labels,)."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: float

    def probabilities(self, matrix: Any) -> Floats:
        """(texts, labels), rows summing to 1."""
        return softmax(self.logits(matrix) / self.temperature, axis=1)  # type: ignore[no-any-return]

    def logits(self, matrix: Any) -> Floats:
        """(texts, labels) before the temperature."""
        return np.asarray(matrix @ self.weights.T + self.bias)


@dataclass(frozen=True)
class LabelModel:
    """Heads by the name of their task, over the same features."""

    features: TextFeatures
    heads: Mapping[str, Head]

    def predict(self, texts: Sequence[str], tasks: Sequence[Task]) -> dict[str, pl.DataFrame]:
        """Task name -> frame of PREDICTED_SCHEMA, one row per text in order: the likeliest label, its probability,
        and whether that is below the task's threshold."""
        found: dict[str, list[Floats]] = {task.name: [] for task in tasks}
        for start in range(0, len(texts), BATCH):
            matrix = self.features.matrix(texts[start : start + BATCH])
            for task in tasks:
                found[task.name].append(self.heads[task.name].probabilities(matrix))
        predicted = {}
        for task in tasks:
            labels = self.heads[task.name].labels
            table = np.concatenate([np.empty((0, len(labels))), *found[task.name]])
            best = table.argmax(axis=1)
            probability = table[np.arange(len(table)), best]
            predicted[task.name] = pl.DataFrame(
                {
                    "label": [labels[index] for index in best],
                    "probability": probability,
                    "is_abstained": probability < task.min_probability,
                },
                schema=PREDICTED_SCHEMA,
            )
        return predicted

    def to_bytes(self) -> bytes:
        """The model as an `npz` file of plain arrays: reading one back runs no code, unlike a pickle."""
        arrays = self.features.arrays()
        for task, head in self.heads.items():
            arrays |= {f"{task}.weights": head.weights, f"{task}.bias": head.bias}
        told = {task: {"labels": head.labels, "temperature": head.temperature} for task, head in self.heads.items()}
        arrays["heads"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes the arrays for `allow_pickle`
        return file.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> LabelModel:
        """The reverse of `to_bytes`. Raises ValueError, KeyError, EOFError or BadZipFile for anything else."""
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            told = json.loads(arrays["heads"].tobytes())
            heads = {
                task: Head(tuple(t["labels"]), arrays[f"{task}.weights"], arrays[f"{task}.bias"], t["temperature"])
                for task, t in told.items()
            }
            return cls(TextFeatures.from_arrays(arrays), heads)


def train(
    texts: Sequence[str],
    labels: Mapping[str, Sequence[str]],
    groups: Sequence[Any],
    tasks: Sequence[Task],
    *,
    seed: int,
) -> LabelModel:
    """A model of `tasks` from texts with `labels` (task name -> one label per text).

    `groups` tells which texts are versions of one another: a group is on one side of the split only, else the
    temperature would be set on texts that were learnt by heart. The same arguments give the same model.
    Raises ValueError where a task has fewer than two labels on the training side.
    """
    rng = np.random.default_rng(seed)
    names = sorted(set(groups), key=str)
    chosen = rng.permutation(len(names))[: max(1, round(DEV_SHARE * len(names)))]
    dev_groups = {names[index] for index in chosen}
    dev = np.array([group in dev_groups for group in groups])
    fitted: list[int] = np.flatnonzero(~dev).tolist()
    again: list[int] = np.sort(rng.choice(fitted, round(FOLDED_SHARE * len(fitted)), replace=False)).tolist()
    known = [texts[index] for index in fitted] + [folded(texts[index]) for index in again]
    features = TextFeatures.fit(known)
    matrix = features.matrix(known)
    held_out = features.matrix([texts[index] for index in np.flatnonzero(dev).tolist()])
    heads = {}
    for task in tasks:
        given = np.asarray(labels[task.name])
        heads[task.name] = _head(task, matrix, given[fitted + again], held_out, given[dev])
    return LabelModel(features, heads)


def _head(task: Task, matrix: Any, labels: NDArray[Any], held_out: Any, held_labels: NDArray[Any]) -> Head:
    with threadpool_limits(1):  # more threads only wait for each other, and add up sums in another order
        model = LogisticRegression(
            C=INVERSE_REGULARISATION, class_weight="balanced" if task.is_balanced else None, max_iter=300
        ).fit(matrix, labels)
    weights, bias = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
    if len(model.classes_) == 2:  # of two labels scikit-learn keeps the second alone
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    head = Head(tuple(map(str, model.classes_)), weights.astype(np.float32), bias, 1.0)
    seen = np.isin(held_labels, model.classes_)
    logits = head.logits(held_out[np.flatnonzero(seen)])
    right = np.searchsorted(model.classes_, held_labels[seen])
    if int((logits.argmax(axis=1) != right).sum()) < MIN_MISTAKES:
        return head

    def loss(log_temperature: float) -> float:
        chances = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(chances[np.arange(len(right)), right].mean())

    best = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return Head(head.labels, head.weights, head.bias, float(np.exp(best.x)))
