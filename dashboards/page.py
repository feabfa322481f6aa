"""What a view is given: words, formats, figures, the sources it speaks of, and what the reader has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dashboards.choice import Choice
from dashboards.exports.exhibit import Exhibit
from dashboards.figures import Figures
from dashboards.filters import Scope
from dashboards.i18n import Words
from dashboards.number_format import Formats


@dataclass(frozen=True)
class Page:
    """One drawing of one page, for one reader. `links` maps a page's name or a theme to the page that details it.

    What is drawn leaves its figures in `exhibits` and its plain sentences in `sentences`, for the page's exports.
    """

    words: Words
    formats: Formats
    figures: Figures
    scope: Scope
    choice: Choice
    now: datetime
    links: Mapping[str, Any]
    title: str = ""
    path: str = ""
    address: str = ""
    exhibits: list[Exhibit] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def today(self) -> date | None:
        """The local day of the scope's clock."""
        return self.scope.today

    def target(self, source: str, code: str, grain: str) -> float | None:
        """The target of a KPI at a grain at the end of the period chosen, None if it has none."""
        day = self.choice.period.last
        found = self.figures.ask("kpi_target", source=source, code=code, grain=grain, day=day)
        return float(found.item()) if found.height else None

    def parameters(self, code: str) -> dict[str, str]:
        """The thresholds inside a KPI's formula at the end of the period chosen, as the reader writes numbers."""
        found = self.figures.ask("kpi_parameters", code=code, day=self.choice.period.last)
        return {name: self.formats.decimal(value, 0 if value == int(value) else 1) for name, value in found.iter_rows()}
