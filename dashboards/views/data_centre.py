"""Data centre: server availability with the bounds that missing samples leave open."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import card_grid, charts
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, nothing
from dashboards.views import reconcile

CARDS = ("S2", "S1")
DAYS = 30
AXIS = ".1~%"


def show(page: Page) -> None:
    """Sentence, cards, daily band, server by server."""
    source = page.scope.ids[0]
    target = page.target(source, "S2", "month")
    servers = page.figures.ask("servers", source=source, days=DAYS)
    if servers.is_empty():
        nothing(page.words)
        return
    _sentence(servers, target, page)
    card_grid.show(page, CARDS)
    st.caption(page.words.text("app.details_whole"))
    _daily(source, target, page)
    _servers(servers, target, page)
    reconcile.show(source, "data_centre", page)


def _sentence(servers: pl.DataFrame, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    facts = {
        "reporting": formats.count(servers.filter(pl.col("n_received_last_day") > 0).height),
        "total": formats.count(servers.height),
        "day": formats.day(servers["last_on"].max()),  # type: ignore[arg-type]
    }
    if target is None:
        st.markdown(words.markdown("data_centre.sentence_no_target", **facts))
        return
    facts["below"] = formats.count(servers.filter(pl.col("low") < target).height)
    facts["target"] = formats.percent(target)
    st.markdown(words.markdown("data_centre.sentence", period=_span(servers, page), **facts))


def _daily(source: str, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    days = page.figures.ask("kpi_series", source=source, code="S2", grain="day").drop_nulls("value_low")
    low, high = _bounds(page)
    low, high = Series("value_low", low.label, low.color), Series("value_high", high.label, high.color)
    if days.height < 2:
        return
    title, day = words.text("data_centre.daily"), words.text("data_centre.day")
    chart_panel(
        title,
        charts.band(days, "period_start", low, high, title=day, lang=words.lang, number=AXIS, target=target),
        page=page, frame=days.reverse(),
        columns={
            "period_start": Column(day, formats.day),
            "value_low": Column(low.label, lambda value: formats.percent(value, 2)),
            "value_high": Column(high.label, lambda value: formats.percent(value, 2)),
            "n_missing": Column(words.text("data_centre.missing"), formats.count),
        },
        note=words.text("data_centre.daily_note"),
    )  # fmt: skip


def _servers(servers: pl.DataFrame, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    low, high = _bounds(page)
    title, server = words.text("data_centre.servers"), words.text("data_centre.server")
    chart_panel(
        title,
        charts.intervals(servers, "instance", low, high, title=server, lang=words.lang, number=AXIS, target=target),
        page=page, frame=servers,
        columns={
            "instance": Column(server, width="medium"),
            "low": Column(low.label, lambda value: formats.percent(value, 2)),
            "high": Column(high.label, lambda value: formats.percent(value, 2)),
            "coverage": Column(words.text("data_centre.coverage"), lambda value: formats.percent(value, 2)),
            "n_missing": Column(words.text("data_centre.missing"), formats.count),
            "n_expected": Column(words.text("data_centre.expected"), formats.count),
        },
        note=words.text("data_centre.servers_note", period=_span(servers, page)),
    )  # fmt: skip


def _bounds(page: Page) -> tuple[Series, Series]:
    words = page.words
    return (
        Series("low", words.text("data_centre.low"), charts.BLUE),
        Series("high", words.text("data_centre.high"), charts.MUTED),
    )


def _span(servers: pl.DataFrame, page: Page) -> str:
    return page.formats.days(servers["first_on"].min(), servers["last_on"].max())  # type: ignore[arg-type]
