"""Citizen feedback: received, resolved, backlog, where, in which field, and against the published figures."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import card_grid, charts
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing
from dashboards.views import reconcile

CARDS = ("F1", "F2", "F1O", "F4")
N_FIELDS = 10


def show(page: Page) -> None:
    """Sentence, cards, flow and backlog, districts and fields, reconcile strip."""
    source = page.scope.ids[0]
    _sentence(source, page)
    card_grid.show(page, CARDS)
    st.caption(page.words.text("app.details_whole"))
    _flow(source, page)
    left, right = st.columns(2, gap="medium")
    with left:
        _districts(source, page)
    with right:
        _fields(source, page)
    reconcile.show(source, "feedback", page)


def _sentence(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    totals = page.figures.ask("feedback_totals", source=source).row(0, named=True)
    if not totals["n_received"]:
        nothing(words)
        return
    lines = [
        words.markdown(
            "feedback.sentence",
            received=formats.count(totals["n_received"]),
            resolved=formats.count(totals["n_resolved"]),
            rate=formats.percent(totals["n_resolved"] / totals["n_received"]),
            open=formats.count(totals["n_open"]),
            at=formats.instant(page.scope.as_of, page.scope.zone),
        )
    ]
    if totals["n_time_order"]:
        lines.append(words.markdown("feedback.time_order", n=formats.count(totals["n_time_order"])))
    st.markdown(" ".join(lines))


def _flow(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    flow = page.figures.ask("feedback_flow", source=source).with_columns(
        pl.col("month_start").dt.strftime("%m/%Y").alias("month")
    )
    if flow.is_empty():
        return
    lang = words.lang
    month = words.text("feedback.month")
    received = Series("n_received", words.text("feedback.received"), charts.BLUE)
    closed = Series("n_closed", words.text("feedback.closed"), charts.GREEN)
    backlog = Series("n_open", words.text("feedback.backlog"), charts.ORANGE)
    columns = {
        "month": Column(month),
        "n_received": Column(received.label, formats.count),
        "n_closed": Column(closed.label, formats.count),
        "n_open": Column(backlog.label, formats.count),
    }
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_panel(
            words.text("feedback.flow"),
            charts.columns(flow, "month", month, [received, closed], lang=lang),
            page=page, frame=flow, columns=columns, note=words.text("feedback.flow_note"),
        )  # fmt: skip
    with right:
        chart_panel(
            words.text("feedback.backlog"),
            charts.line(flow, "month", month, [backlog], lang=lang, height=260),
            page=page, frame=flow, columns={"month": columns["month"], "n_open": columns["n_open"]},
            note=words.text("feedback.backlog_note"),
        )  # fmt: skip


def _parts(page: Page) -> list[Series]:
    words = page.words
    return [
        Series("n_resolved", words.text("feedback.resolved"), charts.BLUE),
        Series("n_open", words.text("feedback.open"), charts.ORANGE),
    ]


def _columns(page: Page, name: str, label: str) -> dict[str, Column]:
    words, formats = page.words, page.formats
    return {
        name: Column(label, width="medium"),
        "n_received": Column(words.text("feedback.received"), formats.count),
        "n_resolved": Column(words.text("feedback.resolved"), formats.count),
        "n_open": Column(words.text("feedback.open"), formats.count),
        "rate": Column(words.text("feedback.rate"), formats.percent),
    }


def _districts(source: str, page: Page) -> None:
    words = page.words
    districts = page.figures.ask("feedback_by_district", source=source)
    title = words.text("feedback.district")
    if districts.is_empty():
        heading(title)
        nothing(words, "feedback.no_district")
        return
    unit = words.text("feedback.unit")
    chart_panel(
        title,
        charts.ranked_bars(districts, "unit_name", _parts(page), title=unit, lang=words.lang),
        page=page, frame=districts, columns=_columns(page, "unit_name", unit),
        note=words.text("feedback.district_note"),
    )  # fmt: skip


def _fields(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    fields = page.figures.ask("feedback_by_field", source=source, limit=N_FIELDS).with_columns(
        pl.col("service").fill_null(words.text("feedback.unnamed_service"))
    )
    title = words.text("feedback.field")
    if fields.is_empty():
        return
    service = words.text("feedback.service")
    columns = _columns(page, "service", service)
    columns["n_overdue"] = Column(words.text("feedback.overdue"), formats.count)
    chart_panel(
        title,
        charts.ranked_bars(fields, "service", _parts(page), title=service, lang=words.lang),
        page=page, frame=fields, columns=columns,
        note=words.text("feedback.field_note", n=formats.count(fields.height)),
    )  # fmt: skip
