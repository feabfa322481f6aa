"""The language of a screen and the sources it speaks of. Choices are looked up, never trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import address
from dashboards.i18n import LANGS, Words
from dashboards.number_format import PROVINCE_TIME, Lang


@dataclass(frozen=True)
class Scope:
    """The source instances a page speaks of: one instance, or all of one province (real or synthetic)."""

    id: str
    sources: tuple[dict[str, Any], ...] = field(default=())

    @property
    def ids(self) -> list[str]:
        """Source identifiers."""
        return [str(row["source"]) for row in self.sources]

    @property
    def is_synthetic(self) -> bool:
        """Every figure of the scope comes from generated rows."""
        return bool(self.sources) and all(row["is_synthetic"] for row in self.sources)

    @property
    def as_of(self) -> datetime | None:
        """The latest instant the data speak of."""
        return max((row["as_of"] for row in self.sources if row["as_of"] is not None), default=None)

    @property
    def zone(self) -> ZoneInfo:
        """Whose wall clock the scope is read by."""
        return ZoneInfo(self.sources[0]["time_zone"]) if self.sources else PROVINCE_TIME

    @property
    def today(self) -> date | None:
        """The local day of the scope's clock."""
        return self.as_of.astimezone(self.zone).date() if self.as_of else None

    def name(self, words: Words) -> str:
        """The name of a single instance, or of the province."""
        if not self.sources:
            return words.text("app.no_scope")
        first = self.sources[0]
        single = words.name(first)
        if self.id == first["source"]:
            return single
        unit = first["unit_name"] or single
        return words.text("app.synthetic_scope", name=unit) if self.is_synthetic else str(unit)


def scopes(sources: pl.DataFrame, slug: str | None, kinds: Sequence[str] = ()) -> list[Scope]:
    """The scopes a page can show: the instances of `slug`, or the provinces when the page is about none in particular.

    `kinds` leaves only sources of these slugs to a province, and only provinces that have some of the first one. The
    synthetic province comes first.
    """
    rows = [row for row in sources.to_dicts() if not kinds or row["slug"] in kinds]
    if slug is not None:
        return [Scope(str(row["source"]), (row,)) for row in rows if row["slug"] == slug]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_group(row), []).append(row)
    return [
        Scope(identity, tuple(members))
        for identity, members in groups.items()
        if not kinds or any(row["slug"] == kinds[0] for row in members)
    ]


def resolve(wanted: str | None, available: Sequence[Scope], sources: pl.DataFrame) -> Scope | None:
    """The scope named in the URL, else one of the same province, else the first; None if there is none."""
    for scope in available:
        if scope.id == wanted:
            return scope
    groups = {str(row["source"]): _group(row) for row in sources.iter_rows(named=True)}
    group = groups.get(wanted or "", wanted)
    for scope in available:
        if group in {_group(row) for row in scope.sources}:
            return scope
    return available[0] if available else None


def lag_s(row: dict[str, Any], now: datetime) -> float | None:
    """Age in seconds of the newest event of a source, by its own clock: a synthetic source's stands still.

    Judged by events and not by harvests, so a feed that answers but has fallen silent does not look fresh.
    """
    if row["last_event_at"] is None:
        return None
    clock = row["as_of"] if row["is_synthetic"] else now
    span: timedelta = clock - row["last_event_at"]
    return max(0.0, span.total_seconds())


def unknown(sources: pl.DataFrame) -> list[tuple[str, str]]:
    """Language and scope in the address that name nothing: key and value."""
    lang, scope = address.current(address.LANG), address.current(address.SOURCE)
    known = {str(row["source"]) for row in sources.iter_rows(named=True)}
    known |= {_group(row) for row in sources.iter_rows(named=True)}
    found = [(address.LANG, lang)] if lang not in (None, *LANGS) else []
    if scope is not None and scope not in known:
        found.append((address.SOURCE, scope))
    return [(key, str(value)) for key, value in found]


def choose_language() -> None:
    """The language switch, bound to `?lang=`."""
    st.segmented_control(
        "Tiếng Việt / English",
        LANGS,
        default=language(),
        required=True,
        format_func=str.upper,
        key="language",
        label_visibility="collapsed",
        on_change=address.remember,
        args=(address.LANG, "language"),
    )


def language() -> Lang:
    """The language of this session: Vietnamese unless `?lang=en`."""
    return "en" if address.current(address.LANG) == "en" else "vi"


def choose_scope(sources: pl.DataFrame, slug: str | None, words: Words, kinds: Sequence[str] = ()) -> Scope | None:
    """The source selector, bound to `?nguon=`; nothing is drawn when there is no choice to make."""
    available = scopes(sources, slug, kinds)
    chosen = resolve(address.current(address.SOURCE), available, sources)
    if chosen is None or len(available) == 1:
        return chosen
    names = {scope.id: scope.name(words) for scope in available}
    key = f"scope-{'-'.join(kinds) or slug}"
    picked = st.selectbox(
        words.text("app.source" if slug else "app.scope"),
        list(names),
        index=list(names).index(chosen.id),
        format_func=names.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=address.remember,
        args=(address.SOURCE, key),
    )
    return next(scope for scope in available if scope.id == picked)


def _group(row: dict[str, Any]) -> str:
    return f"{row['unit_code']}-mo-phong" if row["is_synthetic"] else str(row["unit_code"])
