"""Labels of a GSO table -> the path of each row: "Khoai lang > Diện tích", told by columns, blanks and numbering.

Bold type, which the authors also use, is lost in the cells' values, so a label can come twice; `told_apart` finds the
head of such a group by the rows around it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from transforms.gso_sheet import Label, Place

MAX_LABEL = 300  # characters of a label that goes on in the next row

# "A.", "I." and "1." stand above what is not numbered, whatever column they are in.
_NUMBERED = (
    (-2, re.compile(r"[IVX]+\s*[.)]")),
    (-3, re.compile(r"[A-H]\s*[.)]")),
    (-1, re.compile(r"\d+\s*[.)]\s*\D")),
)


class Node(NamedTuple):
    """A label with rows below it. A section has no values of its own, so rows of its own depth are below it too."""

    depth: Place
    text: str
    is_section: bool


class Outline:
    """The path to the row being read."""

    def __init__(self) -> None:
        self._path: list[Node] = []
        self._open: Node | None = None  # section directly above: its words may go on in the next row

    def descend(self, labels: Sequence[Label], *, has_values: bool) -> tuple[Node, ...]:
        """Move to a row with these labels and return its path; of several labels the last is the row's own.

        A label that goes on in small letters from a row without values is one with it.
        """
        for nth, label in enumerate(labels):
            is_section = not has_values or nth < len(labels) - 1
            text, depth = label.text, _depth(label)
            if self._open is not None and text[:1].islower() and len(self._open.text) < MAX_LABEL:
                text, depth = f"{self._open.text} {text}", self._open.depth
                self._path.pop()
            node = Node(depth, text, is_section)
            while self._path and _is_left(self._path[-1], node):
                self._path.pop()
            self._path.append(node)
            self._open = node if is_section else None
        return tuple(self._path)


def told_apart(paths: Sequence[tuple[Node, ...]]) -> list[tuple[str, ...]]:
    """Texts of the paths. Where rows next to each other repeat others ("Cá", "Tôm" under "Nuôi trồng" and under "Khai
    thác", all in one column), the row before them heads them; a row that repeats another alone stays as it is."""
    texts = [tuple(node.text for node in path) for path in paths]
    times = Counter(texts)
    told: list[tuple[str, ...]] = []
    for is_repeated, run in itertools.groupby(range(len(texts)), key=lambda i: times[texts[i]] > 1):
        numbers = list(run)
        head = numbers[0] - 1
        is_headed = is_repeated and len(numbers) > 1 and head >= 0 and texts[head][:-1] == texts[numbers[0]][:-1]
        for i in numbers:
            of_head = is_headed and texts[i][:-1] == texts[head][:-1]
            told.append((*texts[head], texts[i][-1]) if of_head else texts[i])
    return told


def _depth(label: Label) -> Place:
    return next(((rank, 0) for rank, pattern in _NUMBERED if pattern.match(label.text)), label.depth)


def _is_left(last: Node, node: Node) -> bool:
    if last.depth == node.depth:
        return node.is_section or not last.is_section
    return last.depth > node.depth
