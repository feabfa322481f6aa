"""The brief above the overview: three sentences made from figures by fixed rules, each figure a link to where it is."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from dashboards.cards import WITHOUT_VALUE, Card
from dashboards.page import Page
from dashboards.plain_text import escape, plain

TROUBLED = ("late", "stale", "warned", "locked")


def show(cards: Sequence[Card], page: Page) -> None:
    """Draw the sentences."""
    said = sentences(cards, page)
    page.sentences.extend(plain(sentence) for sentence in said)
    st.markdown(" ".join(said))


def sentences(cards: Sequence[Card], page: Page) -> list[str]:
    """How many are on target; which is furthest from it; how far the figures may be trusted. In Markdown."""
    return [_tally(cards, page), _worst(cards, page), _trust(cards, page)]


def _tally(cards: Sequence[Card], page: Page) -> str:
    words, formats, period = page.words, page.formats, page.choice.period
    shown = [card for card in cards if card.state not in WITHOUT_VALUE]
    counts = {verdict: sum(card.verdict == verdict for card in shown) for verdict in ("met", "unsure", "missed")}
    return words.markdown(
        "brief.tally",
        period=formats.period(period.grain, period.first, period.last),
        total=formats.count(len(shown)),
        none=formats.count(len(shown) - sum(counts.values())),
        **{verdict: formats.count(n) for verdict, n in counts.items()},
    )


def _worst(cards: Sequence[Card], page: Page) -> str:
    words = page.words
    missed = [card for card in cards if card.verdict == "missed"]
    if not missed:
        return words.markdown("brief.none_missed")
    worst = max(missed, key=lambda card: card.distance)
    trend = f" ({worst.changes[0].text})" if worst.changes and worst.changes[0].tone != "even" else ""
    # the link is ours, the words are data: filled in apart
    return (
        words.markdown("brief.worst", name=worst.name, gap=worst.gap, trend=trend.replace("▲ ", "").replace("▼ ", ""))
        .replace("@value@", _link(worst, page))
    )  # fmt: skip


def _trust(cards: Sequence[Card], page: Page) -> str:
    words, formats = page.words, page.formats
    troubled = [card for card in cards if card.state in TROUBLED]
    silent = [words.name(row) for row in page.scope.sources if row["last_event_at"] is None]
    without = sum(card.state in WITHOUT_VALUE for card in cards)
    parts = [
        words.markdown("brief.trusted", n=formats.count(len(cards) - without - len(troubled)))
        if not troubled
        else words.markdown("brief.troubled", n=formats.count(len(troubled)))
    ]
    if without:
        parts.append(words.markdown("brief.without", n=formats.count(without)))
    if silent:
        parts.append(words.markdown("brief.silent", names=", ".join(silent)))
    return "; ".join(parts) + "."


def _link(card: Card, page: Page) -> str:
    """The value, leading to its proof, or to the page of its theme."""
    query = dict(st.query_params.to_dict())
    if card.figure_id and "proof" in page.links:
        return f"[**{escape(card.value)}**](chung-minh?{urlencode({**query, 'id': card.figure_id})})"
    target = page.links.get(card.theme)
    value = f"**{escape(card.value)}**"
    return f"[{value}]({target.url_path}?{urlencode(query)})" if target else value
