"""What a view is given: words, formats, figures, and the sources it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dashboards.figures import Figures
from dashboards.filters import Scope
from dashboards.i18n import Words
from dashboards.number_format import Formats


@dataclass(frozen=True)
class Page:
    """One drawing of one page, for one reader. `links` maps a theme to the navigation page that details it."""

    words: Words
    formats: Formats
    figures: Figures
    scope: Scope
    now: datetime
    links: Mapping[str, Any]

    @property
    def today(self) -> date | None:
        """The local day of the scope's clock."""
        return self.scope.today
