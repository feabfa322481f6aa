"""The words on the screen: one TOML file of templates per language, and names kept in the data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboards.number_format import NO_DATA, Lang
from dashboards.plain_text import escape

LANGS: tuple[Lang, ...] = ("vi", "en")
LABELS = Path(__file__).parent / "labels"


@cache
def templates(lang: Lang) -> Mapping[str, str]:
    """Dotted key → template of one language, as written in `labels/<lang>.toml`."""
    flat: dict[str, str] = {}

    def walk(prefix: str, table: Mapping[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            else:
                flat[prefix + key] = str(value)

    walk("", tomllib.loads((LABELS / f"{lang}.toml").read_text(encoding="utf-8")))
    return flat


@dataclass(frozen=True)
class Words:
    """Templates of one language."""

    lang: Lang

    def text(self, key: str, **values: str) -> str:
        """The template filled in, for places that show plain text (tables, charts, options)."""
        return templates(self.lang)[key].format_map(values)

    def markdown(self, key: str, **values: str) -> str:
        """The template filled in, for Markdown: the values are escaped, the template may hold markup."""
        return templates(self.lang)[key].format_map({name: escape(value) for name, value in values.items()})

    def coded(self, family: str, code: str | None) -> str:
        """The label of a code (`status.ok`); a code without a label is shown as it is, never hidden."""
        if code is None:
            return NO_DATA
        return templates(self.lang).get(f"{family}.{code}", code)

    def name(self, row: Mapping[str, object], column: str = "name") -> str:
        """`<column>_vi` or `<column>_en` of a row, falling back to the other language, then to a dash."""
        other = "en" if self.lang == "vi" else "vi"
        return str(row.get(f"{column}_{self.lang}") or row.get(f"{column}_{other}") or NO_DATA)
