"""Traffic: which cameras are blind and where they hang, and how many vehicles pass hour by hour."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, maps, periods, style
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, newly, nothing, table_panel
from dashboards.views import camera, reconcile

CARDS = (("C1",), ("C2",), ("C4",), ("C5",), ("C6",), ("C3",))
_COLOURS = {"ok": None, "below": style.AMBER, "blind": style.ORANGE, "unknown": style.MUTED}


def show(page: Page) -> None:
    """Sentence, cards, the cameras on their roads, flow by hour, kinds of vehicle, camera by camera."""
    choice, source = page.choice, page.scope.ids[0]
    last = min(choice.period.last, page.today) if page.today else choice.period.last
    where: dict[str, Any] = {"source": source, "first": choice.period.first, "last": last}
    cameras = _judged(page.figures.ask("cameras", **where), page)
    _sentence(cameras, page)
    card_grid.show(page, card_grid.carried(page, CARDS))
    if page.choice.snapshot is not None:
        st.caption(page.words.text("app.details_newest"))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picked = _map(cameras, page)
    with right:
        _hours(where, page)
        _labels(where, page)
    picked = _cameras(cameras, page) or picked
    reconcile.show("traffic", page)
    if picked is not None:
        camera.dialog(cameras.row(by_predicate=pl.col("camera_id") == picked, named=True), source, page)


def _judged(cameras: pl.DataFrame, page: Page) -> pl.DataFrame:
    """With `state`: dark on the last day with news, else the period against the target on both bounds.

    A camera whose messages are missing is not known to be dark.
    """
    target = _target(page)
    code = (
        pl.when(pl.col("online_last_day") + pl.col("missing_last_day") == 0)
        .then(pl.lit("blind"))
        .when(pl.col("low") >= target)
        .then(pl.lit("ok"))
        .when(pl.col("high") < target)
        .then(pl.lit("below"))
        .otherwise(pl.lit("unknown"))
    )
    return cameras.with_columns(code=code).with_columns(
        state=pl.col("code").replace_strict(_states(page), return_dtype=pl.String)
    )


def _target(page: Page) -> float:
    """The share of time with pictures that is asked for; without a target, all of it."""
    return page.target(page.scope.ids[0], "C1", page.choice.period.grain) or 1.0


def _states(page: Page) -> dict[str, str]:
    target = page.formats.percent(_target(page), 0)
    return {code: page.words.text(f"traffic.state_{code}", target=target) for code in maps.STATES}


def _sentence(cameras: pl.DataFrame, page: Page) -> None:
    words, formats, period = page.words, page.formats, page.choice.period
    named = formats.period(period.grain, period.first, period.last)
    told = cameras.filter(pl.col("last_on").is_not_null())
    if told.is_empty():
        st.markdown(words.markdown("traffic.sentence_none", n=formats.count(cameras.height), period=named))
        return
    counts = dict(told.group_by("code").len().iter_rows())
    facts = {code: formats.count(counts.get(code, 0)) for code in maps.STATES}
    facts |= {"n": formats.count(told.height), "period": named, "day": formats.day(told["last_on"][0])}
    lines = [words.markdown("traffic.sentence", target=formats.percent(_target(page), 0), **facts)]
    if silent := cameras.height - told.height:
        lines.append(words.markdown("traffic.sentence_silent", n=formats.count(silent)))
    st.markdown(" ".join(lines))


def _map(cameras: pl.DataFrame, page: Page) -> str | None:
    words, formats = page.words, page.formats
    placed = cameras.filter(pl.col("road_code").is_not_null() & pl.col("km_mark").is_not_null())
    placed = placed.sort(pl.col("code") != "ok")  # cameras hang close to each other: those in trouble on top
    if placed.is_empty():
        return None
    frame = placed.with_columns(
        km_shown=pl.Series([camera.kilometre(value) for value in placed["km_mark"]], dtype=pl.String),
        share_shown=pl.Series(
            [
                _between(formats.percent(low), formats.percent(high))
                for low, high in placed.select("low", "high").iter_rows()
            ],
            dtype=pl.String,
        ),
        vehicles_shown=pl.Series([formats.count(value) for value in placed["n_vehicles"]], dtype=pl.String),
    )
    tips = {
        "camera_id": words.text("traffic.camera"),
        "road_code": words.text("traffic.road"),
        "km_shown": words.text("traffic.km"),
        "direction": words.text("traffic.direction"),
        "state": words.text("traffic.state"),
        "share_shown": words.text("traffic.share"),
        "vehicles_shown": words.text("traffic.vehicles"),
    }
    on_ground = frame["lat"].count() == frame["long"].count() == frame.height
    draw = maps.road_map if on_ground else maps.strip_map
    note = words.text("traffic.map_places" if on_ground else "traffic.map_strip")
    if unplaced := cameras.height - placed.height:
        note += " " + words.text("traffic.map_unplaced", n=formats.count(unplaced))
    picked = chart_panel(
        words.text("traffic.map"),
        draw(frame, _states(page), tips, lang=words.lang),
        page=page, frame=frame,
        columns={name: Column(title) for name, title in tips.items()}, note=note, select="traffic-map",
    ).get("camera_id")  # fmt: skip
    return picked if newly("traffic-map", picked) else None


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _hours(where: dict[str, Any], page: Page) -> None:
    words, formats, period = page.words, page.formats, page.choice.period
    before = periods.previous(period)
    hours = page.figures.ask(
        "traffic_hours",
        **where,
        previous_first=before.first if before else None,
        previous_last=before.last if before else None,
    )
    if hours.is_empty() or not hours["vehicles_per_hour"].sum():
        return
    title, hour = words.text("traffic.hours"), words.text("traffic.hour")
    flow = [Series("vehicles_per_hour", words.text("traffic.flow"), style.BLUE)]
    if before and hours["vehicles_per_hour_before"].count():
        named = formats.period(before.grain, before.first, before.last)
        flow.append(Series("vehicles_per_hour_before", words.text("traffic.flow_before", period=named), style.MUTED))
    chart_panel(
        title,
        charts.line(hours, "hour_of_day", hour, flow, lang=words.lang, height=200),
        page=page, frame=hours,
        columns={"hour_of_day": Column(hour)} | {part.column: Column(part.label, formats.count) for part in flow},
        note=words.text("traffic.hours_note", period=formats.period(period.grain, period.first, period.last)),
    )  # fmt: skip


def _labels(where: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    labels = page.figures.ask("traffic_labels", **where)
    if labels.is_empty():
        return
    name = "name_vi" if words.lang == "vi" else "name_en"
    title, label = words.text("traffic.labels"), words.text("traffic.label")
    vehicles = Series("n_vehicles", words.text("traffic.vehicles"), style.BLUE)
    chart_panel(
        title,
        charts.ranked_bars(labels, name, [vehicles], title=label, lang=words.lang),
        page=page, frame=labels,
        columns={name: Column(label), "n_vehicles": Column(vehicles.label, formats.count)},
        note=words.text("traffic.labels_note"),
    )  # fmt: skip


def _cameras(cameras: pl.DataFrame, page: Page) -> str | None:
    words, formats, period = page.words, page.formats, page.choice.period
    if cameras.is_empty():
        nothing(words)
        return None
    row = table_panel(
        words.text("traffic.cameras"),
        cameras,
        {
            "camera_id": Column(words.text("traffic.camera"), width="small"),
            "name_vi": Column(words.text("traffic.place"), width="medium"),
            "state": Column(words.text("traffic.state"), width="medium"),
            "low": Column(words.text("traffic.low"), formats.percent),
            "high": Column(words.text("traffic.high"), formats.percent),
            "online_minutes": Column(words.text("traffic.minutes"), formats.count),
            "n_vehicles": Column(words.text("traffic.vehicles"), formats.count),
        },
        page=page,
        note=words.text("traffic.cameras_note", period=formats.period(period.grain, period.first, period.last)),
        rows=15,
        colours={"state": [_COLOURS[code] for code in cameras["code"]]},
        select="traffic-cameras",
    )
    picked = cameras["camera_id"][row] if row is not None else None
    return picked if newly("traffic-cameras", picked) else None
