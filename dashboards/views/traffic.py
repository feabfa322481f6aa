"""Traffic: which cameras are blind, and how many vehicles pass hour by hour."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import card_grid, charts
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, table_panel
from dashboards.views import reconcile

CARDS = ("C1", "C2")
DAYS = 28


def show(page: Page) -> None:
    """Sentence, cards, flow by hour, kinds of vehicle, camera by camera."""
    words, formats = page.words, page.formats
    source = page.scope.ids[0]
    cameras = page.figures.ask("cameras", source=source, days=DAYS)
    if cameras.height:
        facts = {
            "n": formats.count(cameras.height),
            "silent": formats.count(cameras.filter(pl.col("online_last_day") == 0).height),
            "day": formats.day(cameras["last_on"].max()),  # type: ignore[arg-type]
        }
        st.markdown(words.markdown("traffic.sentence", **facts))
    card_grid.show(page, CARDS)
    st.caption(page.words.text("app.details_whole"))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _hours(source, page)
    with right:
        _labels(source, page)
    _cameras(cameras, page)
    reconcile.show(source, "traffic", page)


def _hours(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    hours = page.figures.ask("traffic_hours", source=source, days=DAYS)
    if hours.is_empty() or not hours["vehicles_per_hour"].sum():
        return
    title, hour = words.text("traffic.hours"), words.text("traffic.hour")
    flow = Series("vehicles_per_hour", words.text("traffic.flow"), charts.BLUE)
    span = formats.days(hours["first_on"][0], hours["last_on"][0])
    chart_panel(
        title,
        charts.columns(hours, "hour_of_day", hour, [flow], lang=words.lang),
        page=page, frame=hours,
        columns={"hour_of_day": Column(hour), flow.column: Column(flow.label, formats.count)},
        note=words.text("traffic.hours_note", period=span),
    )  # fmt: skip


def _labels(source: str, page: Page) -> None:
    words, formats = page.words, page.formats
    labels = page.figures.ask("traffic_labels", source=source, days=DAYS)
    if labels.is_empty():
        return
    name = "name_vi" if words.lang == "vi" else "name_en"
    title, label = words.text("traffic.labels"), words.text("traffic.label")
    vehicles = Series("n_vehicles", words.text("traffic.vehicles"), charts.BLUE)
    chart_panel(
        title,
        charts.ranked_bars(labels, name, [vehicles], title=label, lang=words.lang),
        page=page, frame=labels,
        columns={name: Column(label), "n_vehicles": Column(vehicles.label, formats.count)},
        note=words.text("traffic.labels_note"),
    )  # fmt: skip


def _cameras(cameras: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    if cameras.is_empty():
        return
    span = formats.days(cameras["first_on"].min(), cameras["last_on"].max())  # type: ignore[arg-type]
    table_panel(
        words.text("traffic.cameras"),
        cameras,
        {
            "camera_id": Column(words.text("traffic.camera"), width="medium"),
            "low": Column(words.text("traffic.low"), formats.percent),
            "high": Column(words.text("traffic.high"), formats.percent),
            "online_minutes": Column(words.text("traffic.minutes"), formats.count),
            "n_vehicles": Column(words.text("traffic.vehicles"), formats.count),
        },
        page=page,
        note=words.text("traffic.cameras_note", period=span),
        rows=15,
    )
