"""KPI cards on a page: reads the figures of the view that is chosen, and draws every card the same way."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards import address
from dashboards.cards import Card, State, Tone, Verdict, describe, trend_grain, troubled
from dashboards.exports.exhibit import Exhibit, Field
from dashboards.figures import PublicationMoved
from dashboards.page import Page
from dashboards.periods import Period, previous, year_before
from dashboards.plain_text import escape
from lake.errors import IocError

log = logging.getLogger(__name__)

_VERDICTS: dict[Verdict, tuple[str, str]] = {
    "met": ("green", ":material/check:"),
    "missed": ("red", ":material/priority_high:"),
    "unsure": ("orange", ":material/question_mark:"),
    "none": ("gray", ""),
    "no_data": ("gray", ""),
}
_STATES: dict[State, tuple[str, str]] = {
    "ok": ("gray", ""),
    "late": ("orange", ":material/schedule:"),
    "stale": ("orange", ":material/history:"),
    "warned": ("orange", ":material/warning:"),
    "locked": ("red", ":material/lock_clock:"),
    "empty": ("gray", ":material/filter_alt_off:"),
    "not_due": ("gray", ":material/event:"),
    "error": ("red", ":material/error:"),
    "forbidden": ("gray", ":material/lock:"),
}
_TONES: dict[Tone, str] = {"good": "green", "bad": "red", "even": "gray"}


def show(page: Page, codes: Sequence[str], *, links: bool = False) -> list[Card]:
    """Read and draw the cards of `codes` in their order; `links` leads each to the page of its theme."""
    cards = read(page, codes)
    page.exhibits.append(_exhibit(cards, page))
    with st.grid(4, min_column_width=225, gap="small"):
        for card in cards:
            draw(card, page, page.links.get(card.theme) if links else None)
    return cards


def carried(page: Page, choices: Sequence[Sequence[str]]) -> list[str]:
    """Of each choice the first code that has values from the sources; a choice without any has no card.

    Where nothing has a value at all, the cards say so themselves.
    """
    known = set(page.figures.ask("kpi_themes", sources=page.scope.ids)["code"])
    found = [next((code for code in codes if code in known), None) for codes in choices]
    return [code for code in found if code] or [codes[0] for codes in choices]


def _exhibit(cards: Sequence[Card], page: Page) -> Exhibit:
    """The cards as a table of what they say."""
    words = page.words
    names = ("name", "period", "value", "parts", "target", "gap", "changes", "state", "origin", "figure_id")
    lines = [
        (
            card.name, card.period, f"{card.value} {card.unit}".strip(), card.parts, card.target, card.gap,
            "; ".join(change.text for change in card.changes), card.state_text,
            words.coded("origin", card.origin) if card.origin != "none" else "", card.figure_id or "",
        )
        for card in cards
    ]  # fmt: skip
    frame = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")
    fields = tuple(Field(name, words.text(f"export.card_{name}")) for name in names)
    return Exhibit(words.text("export.cards"), "", frame, tuple(lines), fields)


def read(page: Page, codes: Sequence[str]) -> list[Card]:
    """The cards of `codes` for the period, unit and snapshot chosen. What cannot be read says so on its own card."""
    try:
        return [describe(row, page) for row in rows(page, codes)]
    except PublicationMoved:
        raise
    except IocError as error:
        number = hashlib.sha256(str(error).encode()).hexdigest()[:8]
        log.warning("cards %s, error %s: %s", ", ".join(codes), number, error)
        names = ", ".join(page.scope.ids)
        if "Permission denied" in str(error):
            text = page.words.text("card.forbidden", owner=page.words.text("card.operator"))
            return [troubled(code, "forbidden", text, page) for code in codes]
        text = page.words.text("card.error", source=names, number=number)
        return [troubled(code, "error", text, page) for code in codes]


def rows(page: Page, codes: Sequence[str], period: Period | None = None) -> list[dict[str, Any]]:
    """`kpi_cards.sql` for the view chosen (or another period), each row with its `trend` and its source's `checks`.

    Where two sources of the scope tell the same KPI, its name says whose it is.
    """
    choice = page.choice
    period = period or choice.period
    before, year = previous(period), year_before(period)
    where: dict[str, Any] = {
        "sources": page.scope.ids,
        "codes": list(codes),
        "last": period.last,
        "unit": choice.unit.code if choice.unit else None,
        "unit_valid_from": choice.unit.valid_from if choice.unit else None,
    }
    found = page.figures.ask(
        "kpi_cards",
        **where,
        grain=period.grain,
        first=period.first,
        previous_first=before.first if before else None,
        previous_last=before.last if before else None,
        year_first=year.first if year else None,
        year_last=year.last if year else None,
        at=choice.snapshot.published_at if choice.snapshot else None,
    ).to_dicts()
    lines = page.figures.ask("kpi_trends", **where, grain=trend_grain(period.grain)).iter_rows(named=True)
    trends = {(line["code"], line["source"]): line["trend"] for line in lines}
    checks = {line["source"]: line for line in page.figures.ask("kpi_checks", sources=page.scope.ids).to_dicts()}
    told = Counter(row["code"] for row in found)
    for row in found:
        if told[row["code"]] > 1:
            row |= {f"name_{lang}": f"{row[f'name_{lang}']} – {row[f'source_name_{lang}']}" for lang in ("vi", "en")}
    return [
        {**row, "trend": trends.get((row["code"], row["source"])), "checks": checks.get(row["source"])} for row in found
    ]


def draw(card: Card, page: Page, link: Any = None) -> None:
    """Draw one card. Every value is data and therefore escaped; markup is ours."""
    words = page.words
    key = f"kpi-{card.origin}-{card.state}-{card.verdict}-{card.id}"
    with st.container(border=True, height="stretch", gap="xsmall", key=key):
        st.markdown(_badges(card, page))
        st.metric(
            escape(card.name),
            f"{escape(card.value)} :gray[:small[{escape(card.unit)}]]" if card.unit else escape(card.value),
            help="\n\n".join(escape(line) for line in card.help) or None,
            chart_data=list(card.trend) or None,
            delta_color="blue",
        )
        if card.numbers:
            st.html(_bar(_judged(card), *card.numbers))
        if lines := _lines(card):
            st.markdown("  \n".join(lines))
        with st.container(gap=None, key=f"foot-{card.id}"):
            color, icon = _STATES[card.state]
            st.markdown(f":small[:{color}[{icon} {escape(card.state_text)}]]")
            if card.state == "empty":
                st.button(
                    words.text("card.reset"),
                    key=f"reset-{card.id}",
                    type="tertiary",
                    on_click=address.forget,
                    args=(address.PERIOD, address.UNIT, address.CHANNEL),
                )
            with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
                if card.figure_id and "proof" in page.links:
                    proof = page.links["proof"]
                    st.page_link(
                        proof, label=f"{card.figure_id} ›", help=words.text("card.prove"), width="content",
                        query_params=address.carried() | {address.FIGURE: card.figure_id},
                    )  # fmt: skip
                if link is not None:
                    st.page_link(
                        link, label=words.text("card.open"), icon=":material/arrow_forward:", icon_position="right",
                        width="content", query_params=address.carried(),
                    )  # fmt: skip


def _badges(card: Card, page: Page) -> str:
    words = page.words
    origin = ""
    if card.origin == "synthetic":
        origin = f":violet-badge[:material/science: {words.coded('origin', card.origin)}] "
    elif card.origin != "none":
        origin = f":blue-badge[{words.coded('origin', card.origin)}] "
    earned = f":green-badge[:material/verified: {card.badge}] " if card.badge else ""
    return f"{origin}{earned}:small[:gray[{escape(card.period)}]]"


def _judged(card: Card) -> Verdict:
    """The verdict as far as colours and signs may tell it: nothing is green on dead data."""
    return "none" if card.state == "stale" else card.verdict


def _lines(card: Card) -> list[str]:
    lines = [escape(card.parts)] if card.parts else []
    if card.target:
        color, icon = _VERDICTS[_judged(card)]
        gap = f" :{color}[{icon} **{escape(card.gap)}**]" if card.gap else ""
        lines.append(escape(card.target) + gap)
    lines += [f":small[:{_TONES[change.tone]}[{escape(change.text)}]]" for change in card.changes]
    if card.bounds:
        lines.append(f":small[:gray[{escape(card.bounds)}]]")
    return lines


def _bar(verdict: Verdict, value: float, target: float) -> str:
    """A bullet: how far the value has come, and a mark at the target. Numbers only; the words say the same."""
    top = max(value, target, 1e-9) * (1 if max(value, target) <= 1 else 1.08)
    share, mark = (min(100.0, max(0.0, 100 * number / top)) for number in (value, target))
    return (
        f'<div class="bullet bullet-{verdict}" aria-hidden="true"><i style="width:{share:.1f}%"></i>'
        f'<b style="left:{min(mark, 99.4):.1f}%"></b></div>'
    )
