"""What is exported: one titled table with its chart, and where all of it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
import polars.selectors as cs
import pyarrow as pa

Kind = Literal["text", "count", "number", "percent", "day", "instant"]


@dataclass(frozen=True)
class Field:
    """One column of an exhibit: its name in the frame, its heading, what it holds and its decimals."""

    name: str
    label: str
    kind: Kind = "text"
    decimals: int = 0


@dataclass(frozen=True)
class Exhibit:
    """A titled table of raw values, the same as text in the reader's format, and its chart (Vega-Lite) if any."""

    title: str
    note: str
    frame: pl.DataFrame
    texts: tuple[tuple[str, ...], ...]
    fields: tuple[Field, ...]
    spec: dict[str, Any] | None = None

    def table(self, origin: Origin) -> pa.Table:
        """The values under their headings, one that comes twice numbered; a column more says if they are synthetic."""
        names: list[str] = []
        for field in self.fields:
            n = sum(name == field.label or name.startswith(f"{field.label} (") for name in names)
            names.append(f"{field.label} ({n + 1})" if n else field.label)
        shown = self.frame.select(field.name for field in self.fields)
        shown.columns = names
        if origin.is_synthetic:
            shown = shown.with_columns(pl.lit(origin.synthetic).alias(origin.nature))
        return shown.with_columns(cs.categorical().cast(pl.String)).to_arrow()


@dataclass(frozen=True)
class Origin:
    """Where the figures come from, as lines of label and text; `synthetic` is the word that marks made-up rows."""

    page: str
    lines: tuple[tuple[str, str], ...]
    is_synthetic: bool
    synthetic: str
    nature: str  # heading of the column that says so
    sheet: str  # title of the sheet or section of sources
    lang: Literal["vi", "en"]

    @property
    def mark(self) -> str:
        """The word to put on everything, empty for real figures."""
        return self.synthetic if self.is_synthetic else ""
