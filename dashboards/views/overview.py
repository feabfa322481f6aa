"""Leadership overview: what is off target, by how much, how fresh it is."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards.cards import Card, describe, kpi_card, shown_value
from dashboards.page import Page
from dashboards.panels import Column, heading, table

# KPI → the grain of its headline: a rate over the whole history, a flow over its natural cycle.
HEADLINES = {
    "F2": "all", "F4": "all", "F1O": "all", "M1": "week",
    "S2": "month", "S1": "month", "C1": "month", "C2": "month",
}  # fmt: skip
ORDER = ("F1", "F1R", "F2", "F1O", "F4", "M1", "S2", "S1", "C1", "C2")
GRAINS = ("day", "week", "month", "quarter", "year", "all")


def show(page: Page) -> None:
    """Sentence, cards, and the KPI × period matrix."""
    latest = page.figures.ask("kpi_latest", sources=page.scope.ids)
    headlines = [card for row in latest.iter_rows(named=True) if (card := _headline(row, page)) is not None]
    if not headlines:
        st.info(page.words.text("overview.nothing"))
        return
    headlines.sort(key=lambda card: list(HEADLINES).index(card.code))
    _sentence(headlines, page)
    with st.grid(4, min_column_width=245, gap="small"):
        for card in headlines:
            kpi_card(card, page.words, page.links.get(card.theme))
    _matrix(latest, page)


def _headline(row: dict[str, object], page: Page) -> Card | None:
    if HEADLINES.get(str(row["code"])) != row["grain"]:
        return None
    trends = page.figures.ask("kpi_trends", sources=page.scope.ids)
    # A headline over the whole history has no earlier periods of its own: its months tell the trend.
    grain = "month" if row["grain"] == "all" else row["grain"]
    found = trends.filter(code=row["code"], source=row["source"], grain=grain)
    return describe(row, page, found["trend"].to_list()[0] if found.height else None)


def _sentence(cards: list[Card], page: Page) -> None:
    words, formats = page.words, page.formats
    tally = {verdict: sum(card.verdict == verdict for card in cards) for verdict in ("met", "missed", "unsure")}
    lines = [
        words.markdown(
            "overview.sentence",
            total=formats.count(len(cards)),
            none=formats.count(len(cards) - sum(tally.values())),
            **{verdict: formats.count(n) for verdict, n in tally.items()},
        )
    ]
    missed = [card for card in cards if card.verdict == "missed"]
    if missed:
        worst = max(missed, key=lambda card: card.distance)
        lines.append(words.markdown("overview.worst", name=worst.name, value=worst.value, gap=worst.gap))
    silent = [words.name(row) for row in page.scope.sources if row["last_event_at"] is None]
    if silent:
        lines.append(words.markdown("overview.silent", names=", ".join(silent)))
    late = sum(card.freshness != "ok" for card in cards)
    if late:
        lines.append(words.markdown("overview.late", n=formats.count(late)))
    st.markdown(" ".join(lines))


def _matrix(latest: pl.DataFrame, page: Page) -> None:
    words = page.words
    heading(words.text("overview.matrix"), words.text("overview.matrix_note"))
    rows = []
    for (code, _), group in latest.group_by("code", "source", maintain_order=True):
        if code in ORDER:
            texts = {
                row["grain"]: shown_value(row, page) + ("*" if row["is_partial"] else "")
                for row in group.iter_rows(named=True)
            }
            rows.append({"code": code, "kpi": words.name(group.row(0, named=True)), **texts})
    rows.sort(key=lambda line: ORDER.index(line["code"]))
    frame = pl.DataFrame(rows, schema={"kpi": pl.String, **dict.fromkeys(GRAINS, pl.String)})
    columns = {"kpi": Column(words.text("overview.kpi"), width=230)}
    columns |= {grain: Column(_period(grain, latest, page), width=120, alignment="right") for grain in GRAINS}
    table(frame, columns, alt=words.text("overview.matrix"))


def _period(grain: str, latest: pl.DataFrame, page: Page) -> str:
    """Heading of a column: the period's own name where all its complete figures share it."""
    complete = latest.filter(~pl.col("is_partial") & (pl.col("grain") == grain)).select("period_start", "period_end")
    if grain == "all" or complete.n_unique() != 1:
        return page.words.text(f"grain.{grain}")
    return page.formats.period(grain, *complete.row(0))
