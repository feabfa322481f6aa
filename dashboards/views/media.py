"""Media: how many articles were collected each week, and from whom."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import card_grid, charts
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, table_panel
from dashboards.views import reconcile

CARDS = ("M1",)
N_FEEDS = 15


def show(page: Page) -> None:
    """Sentence, cards, weekly columns, busiest feeds."""
    words, formats = page.words, page.formats
    source = page.scope.ids[0]
    weeks = page.figures.ask("kpi_series", source=source, code="M1", grain="week").filter(~pl.col("is_partial"))
    target = page.target(source, "M1", "week")
    if weeks.height:
        facts = {"mean": formats.count(weeks["value"].sum() / weeks.height), "weeks": formats.count(weeks.height)}
        if target is None:
            st.markdown(words.markdown("media.sentence_no_target", **facts))
        else:
            below = formats.count(weeks.filter(pl.col("value") < target).height)
            st.markdown(words.markdown("media.sentence", below=below, target=formats.count(target), **facts))
    card_grid.show(page, CARDS)
    st.caption(page.words.text("app.details_whole"))
    _weekly(weeks, target, page)
    _feeds(source, page)
    reconcile.show(source, "media", page)


def _weekly(weeks: pl.DataFrame, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    if weeks.is_empty():
        return
    named = weeks.with_columns(
        pl.Series("week", [formats.period("week", day, day) for day in weeks["period_start"]], dtype=pl.String)
    )
    title, week = words.text("media.weekly"), words.text("media.week")
    value = Series("value", words.text("media.articles"), charts.BLUE)
    chart_panel(
        title,
        charts.weekly_columns(named, "period_start", value, title=week, lang=words.lang, target=target, tooltip="week"),
        page=page, frame=named.reverse(),
        columns={"week": Column(week), "value": Column(value.label, formats.count)},
        note=words.text("media.weekly_note"),
    )  # fmt: skip


def _feeds(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    feeds = page.figures.ask("feeds", source=source, limit=N_FEEDS)
    if feeds.is_empty():
        return
    note = words.text("media.feeds_note", n=formats.count(feeds.height), total=formats.count(feeds["n_feeds"][0]))
    table_panel(
        words.text("media.feeds"),
        feeds,
        {
            "feed": Column(words.text("media.feed"), width="large"),
            "n_articles": Column(words.text("media.articles"), formats.count),
            "last_published_at": Column(
                words.text("media.last"), lambda instant: formats.instant(instant, page.scope.zone)
            ),
        },
        page=page,
        note=note,
    )
