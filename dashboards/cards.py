"""The KPI card: what it says is decided here from one row of figures, and drawn the same way everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from dashboards.filters import lag_s
from dashboards.i18n import Words
from dashboards.number_format import NBSP, NO_DATA
from dashboards.page import Page
from dashboards.plain_text import escape

Verdict = Literal["met", "missed", "unsure", "none", "no_data"]
Freshness = Literal["ok", "late", "stale"]

FEW = 10
_COLOURS: dict[Verdict, str] = {"met": "green", "missed": "red", "unsure": "orange", "none": "gray", "no_data": "gray"}
_ICONS: dict[Verdict, str] = {
    "met": ":material/check:",
    "missed": ":material/trending_down:",
    "unsure": ":material/question_mark:",
    "none": "",
    "no_data": "",
}


@dataclass(frozen=True)
class Card:
    """Everything a card says, as plain text."""

    id: str
    code: str
    name: str
    value: str
    unit: str
    parts: str
    period: str
    target: str
    gap: str
    verdict: Verdict
    distance: float  # relative distance to the target, for ranking the missed ones
    bounds: str
    freshness: Freshness
    freshness_text: str
    origin: str
    help: tuple[str, ...]
    theme: str
    trend: tuple[float, ...]


def describe(row: dict[str, Any], page: Page, trend: list[float] | None = None) -> Card:
    """One row of `kpi_latest.sql` (and its recent values) → what the card says."""
    words = page.words
    verdict, gap, distance = judge(row, page)
    freshness, freshness_text = _freshness(row, page)
    return Card(
        id=f"{row['code']}-{row['grain']}-{row['source']}",
        code=row["code"],
        name=words.name(row),
        value=_value(row, page),
        unit="" if row["is_percent"] else words.name(row, "unit"),
        parts=_parts(row, page),
        period=_period(row, page),
        target=_target(row, page),
        gap=gap,
        verdict=verdict,
        distance=distance,
        bounds=_bounds(row, page),
        freshness=freshness,
        freshness_text=freshness_text,
        origin="synthetic" if row["is_synthetic"] else "recomputed",
        help=_help(row, page, len(trend or ())),
        theme=row["theme"],
        trend=tuple(trend or ()),
    )


def _help(row: dict[str, Any], page: Page, n_trend: int) -> tuple[str, ...]:
    words = page.words
    lines = [words.text("card.help", formula=words.name(row, "formula"))]
    if row["legal_basis"]:
        lines.append(words.text("card.help_legal", legal_basis=row["legal_basis"]))
    if row["target_basis"]:
        lines.append(words.text("card.help_basis", basis=row["target_basis"]))
    lines.append(words.text("card.help_owner", owner=row["owner"] or NO_DATA))
    if n_trend > 2:
        # a headline over the whole history shows its months
        grain = words.text("grain.month" if row["grain"] == "all" else f"grain.{row['grain']}").lower()
        lines.append(words.text("card.help_trend", n=page.formats.count(n_trend), grain=grain))
    return tuple(lines)


def judge(row: dict[str, Any], page: Page) -> tuple[Verdict, str, float]:
    """Verdict, gap in words, and relative distance of one row against its target.

    A target is a floor, or a ceiling where less is better. A value with bounds is judged by both: met if the
    worse bound is, missed if even the better one misses.
    """
    words = page.words
    value, target = row["value"], row["target"]
    if value is None:
        return "no_data", words.text("card.no_data"), 0.0
    if target is None:
        return "none", "", 0.0
    low = value if row["value_low"] is None else row["value_low"]
    high = value if row["value_high"] is None else row["value_high"]
    if row["direction"] == "down":
        met, missed, gap = high <= target, low > target, low - target
    else:
        met, missed, gap = low >= target, high < target, target - high
    if met:
        return "met", words.text("card.met"), 0.0
    if not missed:
        return "unsure", words.text("card.unsure"), 0.0
    return "missed", _gap(row, page, gap), gap / target if target else math.inf


def _gap(row: dict[str, Any], page: Page, gap: float) -> str:
    words, formats = page.words, page.formats
    if not row["is_percent"]:
        text = f"{formats.decimal(gap, row['decimals'])}{NBSP}{words.name(row, 'unit')}"
        return words.text("card.over" if row["direction"] == "down" else "card.short", gap=text)
    text = formats.points(gap, row["decimals"])
    if row["direction"] == "down":
        return words.text("card.over", gap=text)
    if row["value_high"] is not None and row["value_high"] > row["value_low"]:
        return words.text("card.short_at_least", gap=text)
    if row["denominator"] is None:
        return words.text("card.short", gap=text)
    # ceil of a product of floats: 0.95 * 1420 must not become 1349.0000000001 and then 1350
    needed = math.ceil(round(row["target"] * row["denominator"], 6)) - row["numerator"]
    return words.text(
        "card.short_units", gap=text, units=formats.count(needed), numerator_name=words.name(row, "numerator")
    )


def shown_value(row: dict[str, Any], page: Page) -> str:
    """The value in the reader's format; a share of fewer than ten is not written as a percentage."""
    if row["is_percent"] and row["value"] is not None and (row["denominator"] or 0) < FEW:
        return page.words.text("card.few")
    return page.formats.value(row["value"], is_percent=row["is_percent"], digits=row["decimals"])


def _value(row: dict[str, Any], page: Page) -> str:
    text = shown_value(row, page)
    has_spread = row["value_high"] is not None and row["value_high"] > row["value_low"]
    return f"≥{NBSP}{text}" if has_spread and text[0].isdigit() else text


def _parts(row: dict[str, Any], page: Page) -> str:
    words, formats = page.words, page.formats
    if row["denominator"] is None:
        return ""
    return words.text(
        "card.ratio",
        numerator=formats.count(row["numerator"]),
        numerator_name=words.name(row, "numerator"),
        denominator=formats.count(row["denominator"]),
        denominator_name=words.name(row, "denominator"),
    )


def _period(row: dict[str, Any], page: Page) -> str:
    name = page.formats.period(row["grain"], row["period_start"], row["period_end"])
    if not row["is_partial"]:
        return name
    return page.words.text("card.period_open", period=name)


def _target(row: dict[str, Any], page: Page) -> str:
    if row["target"] is None:
        return page.words.text("card.no_target")
    key = "card.target_proposed" if str(row["target_basis"]).startswith("Đề xuất") else "card.target"
    digits = row["decimals"] if row["is_percent"] else 0
    return page.words.text(key, target=page.formats.value(row["target"], is_percent=row["is_percent"], digits=digits))


def _bounds(row: dict[str, Any], page: Page) -> str:
    if row["value_high"] is None or row["value_high"] == row["value_low"]:
        return ""
    return page.words.text(
        "card.bounds",
        low=page.formats.percent(row["value_low"], row["decimals"]),
        high=page.formats.percent(row["value_high"], row["decimals"]),
        missing=page.formats.count(row["n_missing"]),
        denominator=page.formats.count(row["denominator"]),
        denominator_name=page.words.name(row, "denominator"),
    )


def _freshness(row: dict[str, Any], page: Page) -> tuple[Freshness, str]:
    words, formats = page.words, page.formats
    lag, promise = lag_s(row, page.now), row["freshness_s"]
    spans = {"lag": formats.duration(lag), "promise": formats.duration(promise)}
    if lag is None or lag > 2 * promise:
        return "stale", words.text("card.stale", **spans)
    if lag > promise:
        return "late", words.text("card.late", **spans)
    return "ok", words.text("card.updated", at=formats.instant(row["as_of"], page.scope.zone))


def kpi_card(card: Card, words: Words, link: Any = None) -> None:
    """Draw one card. Every value is data and therefore escaped."""
    with st.container(border=True, height="stretch", gap="xsmall", key=f"kpi-{card.origin}-{card.freshness}-{card.id}"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            synthetic = card.origin == "synthetic"
            st.badge(
                words.coded("origin", card.origin),
                color="violet" if synthetic else "blue",
                icon=":material/science:" if synthetic else ":material/calculate:",
            )
            st.caption(escape(card.period), width="content")
        st.metric(
            escape(card.name),
            f"{escape(card.value)} :gray[:small[{escape(card.unit)}]]" if card.unit else escape(card.value),
            help="\n\n".join(escape(line) for line in card.help),
            chart_data=list(card.trend) if len(card.trend) > 2 else None,
            delta_color="blue",
        )
        if card.parts:
            st.markdown(escape(card.parts))
        if card.bounds:
            st.caption(escape(card.bounds))
        with st.container(gap=None):
            st.markdown(escape(card.target))
            if card.gap:
                st.markdown(f":{_COLOURS[card.verdict]}[{_ICONS[card.verdict]} **{escape(card.gap)}**]")
        with st.container(gap=None, key=f"foot-{card.id}"):
            if card.freshness == "ok":
                st.caption(escape(card.freshness_text))
            else:
                st.markdown(f":orange[:material/schedule: {escape(card.freshness_text)}]")
            if link is not None:
                st.page_link(
                    link, label=words.text("card.open"), icon=":material/arrow_forward:", icon_position="right"
                )
