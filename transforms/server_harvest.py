"""What readers of server metrics fill: series with flat columns of samples, and what could not be one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from transforms import json_records

LABELS_LENGTH = 1 << 16  # characters of all labels of a series
UNPAIRED = re.compile("[\ud800-\udfff]")

Reject = tuple[int, str, str, bytes]


class Harvest:
    """Series and flat columns of samples; a sample's `owner` is its index in `series`.

    `values` are numbers, or texts where the source writes them so.
    """

    def __init__(self) -> None:
        self.series: list[tuple[int, dict[str, str]]] = []  # (position in the payload, labels)
        self.counts: list[int] = []
        self.times: list[Any] = []  # seconds since 1970
        self.values: list[Any] = []
        self.rejects: list[Reject] = []
        self.records: list[json_records.Record] = []  # of the series, where an answer gave them

    def add(self, position: int, labels: dict[str, str], times: Sequence[Any], values: Sequence[Any]) -> None:
        """A series with its samples. `position` is its place in the payload."""
        self.series.append((position, labels))
        self.counts.append(len(times))
        self.times += times
        self.values += values

    def reject(self, position: int, code: str, reason: str, raw: bytes) -> None:
        """Set something aside."""
        self.rejects.append((position, code, reason, raw))


def unfit_labels(labels: dict[str, str]) -> str | None:
    """Why labels cannot be stored: PostgreSQL, the catalogue, takes no NUL, and nobody half a surrogate pair."""
    text = "".join([*labels, *labels.values()])
    if len(text) > LABELS_LENGTH:
        return f"The labels have more than {LABELS_LENGTH:,} characters."
    if "\0" in text or UNPAIRED.search(text):
        return "A label holds a NUL or half a surrogate pair."
    return None


def as_json(value: Any) -> bytes:
    """JSON of a value, for a record that has no bytes of its own."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
