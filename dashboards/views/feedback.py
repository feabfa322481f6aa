"""Citizen feedback: received, resolved, backlog, how fast, where, in which field, and against the published figures."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import address, card_grid, charts, maps, periods, style
from dashboards.charts import Series
from dashboards.choice import BOUNDARIES
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing
from dashboards.views import reconcile, tickets

# of each line the first with a value: not every source tells deadlines, or lies where the holidays are known
CARDS = (("F2",), ("F4", "F4D"), ("F10",), ("F1O",), ("F1",), ("F9", "F9C"), ("F8",), ("F7",))
N_FIELDS, N_UNITS = 10, 15
FEW = 10  # reports, of which no percentage is told
WITHIN_DAYS = (1, 3, 7, 15)


def show(page: Page) -> None:
    """Sentence, cards, flow and age, map and units, speed and fields, the reports themselves, reconcile strip."""
    where = tickets.chosen(page)
    _sentence(where, page)
    card_grid.show(page, card_grid.carried(page, CARDS))
    if page.choice.snapshot is not None:
        st.caption(page.words.text("app.details_newest"))
    if page.choice.channels:
        st.caption(page.words.text("feedback.cards_all_channels"))
    _flow(where, page)
    left, right = st.columns(2, gap="medium")
    with left:
        _stock(where, page)
    with right:
        _cohorts(where, page)
    units = _map(where, page)
    left, right = st.columns(2, gap="medium")
    with left:
        _ranking(units, page)
    with right:
        service = _fields(where, page)
    tickets.show(where, service, page)
    reconcile.show("feedback", page)


def _sentence(where: dict[str, Any], page: Page) -> None:
    words, formats, choice = page.words, page.formats, page.choice
    totals = page.figures.ask("feedback_totals", **where).row(0, named=True)
    facts = {
        "period": formats.period(choice.period.grain, choice.period.first, choice.period.last),
        "unit": choice.unit.name if choice.unit else words.text("filter.whole_area").lower(),
    }
    if not totals["n_received"]:
        st.markdown(words.markdown("feedback.sentence_none", **facts))
        return
    lines = [
        words.markdown(
            "feedback.sentence",
            **facts,
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


def _flow(where: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    grain = periods.step(page.choice.period)
    flow = page.figures.ask("feedback_flow", **where, grain=grain)
    if flow.is_empty():
        return
    write = {"day": "%d/%m", "week": "%d/%m", "month": "%m/%Y"}[grain]
    flow = flow.with_columns(pl.col("starts_on").dt.strftime(write).alias("step"))
    step = words.text(f"feedback.step_{grain}")
    received = Series("n_received", words.text("feedback.received"), style.BLUE)
    closed = Series("n_closed", words.text("feedback.closed"), style.GREEN)
    chart_panel(
        words.text("feedback.flow"),
        charts.columns(flow, "step", step, [received, closed], lang=words.lang),
        page=page, frame=flow,
        columns={
            "starts_on": Column(step, formats.day),
            "n_received": Column(received.label, formats.count),
            "n_closed": Column(closed.label, formats.count),
        },
        note=words.text("feedback.flow_note", step=step.lower()),
    )  # fmt: skip


def _stock(where: dict[str, Any], page: Page) -> None:
    """What is open at the end of each month, by age: a backlog that only ages is another trouble than a growing one."""
    words, formats = page.words, page.formats
    first, last = _months(page)
    stock = page.figures.ask("feedback_stock", **where | {"first": first, "last": last}).with_columns(
        pl.col("month_start").dt.strftime("%m/%Y").alias("month")
    )
    if stock.is_empty():
        return
    limits = stock.row(0, named=True)
    spans = {name: formats.count(limits[name]) for name in ("young", "middle", "old")}
    spans |= {f"after_{name}": formats.count((limits[name] or 0) + 1) for name in ("young", "middle")}
    ages = [
        Series(name, words.text(f"feedback.{name}", **spans), color)
        for name, color in zip(
            ("n_oldest", "n_old", "n_middle", "n_young", "n_ageless"),
            (style.ORANGE, style.AMBER, style.BLUE, style.PALE, style.MUTED),
            strict=True,
        )
        if name != "n_ageless" or stock[name].sum()
    ]
    if stock["n_ageless"].sum() == stock["n_open"].sum():
        ages = [Series("n_open", words.text("feedback.open"), style.ORANGE)]
    columns = {"month": Column(words.text("feedback.month"))}
    columns |= {age.column: Column(age.label, formats.count) for age in ages}
    chart_panel(
        words.text("feedback.stock"),
        charts.stacked_columns(stock, "month", words.text("feedback.month"), ages, lang=words.lang),
        page=page, frame=stock, columns=columns | {"n_open": Column(words.text("feedback.open"), formats.count)},
        note=words.text("feedback.stock_note", last=formats.day(stock["end_on"][-1])),
    )  # fmt: skip


def _cohorts(where: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    first, last = _months(page)
    cohorts = page.figures.ask("feedback_cohorts", **where | {"first": first, "last": last}, few=FEW).with_columns(
        pl.col("month_start").dt.strftime("%m/%Y").alias("month")
    )
    title = words.text("feedback.cohorts")
    if not cohorts["within_1"].count():
        heading(title)
        nothing(words, "feedback.too_few")
        return
    series = [
        Series(f"within_{days}", words.text("feedback.within", n=formats.count(days)), color)
        for days, color in zip(WITHIN_DAYS, (style.NAVY, style.BLUE, style.GREEN, style.PURPLE), strict=True)
    ]
    columns = {"month": Column(words.text("feedback.month")), "n_received": _count("cohort_size", page)}
    chart_panel(
        title,
        charts.line(
            cohorts, "month", words.text("feedback.month"), series, lang=words.lang, number=".0%", height=260
        ),
        page=page, frame=cohorts,
        columns=columns | {part.column: Column(part.label, formats.percent) for part in series},
        note=words.text("feedback.cohorts_note", few=formats.count(FEW)),
    )  # fmt: skip


def _months(page: Page) -> tuple[Any, Any]:
    return periods.months_until(page.choice.period, page.today or page.choice.period.last)


def _count(name: str, page: Page) -> Column:
    return Column(page.words.text(f"feedback.{name}"), page.formats.count)


def _parts(page: Page) -> list[Series]:
    words = page.words
    return [
        Series("n_resolved", words.text("feedback.resolved"), style.BLUE),
        Series("n_open", words.text("feedback.open"), style.ORANGE),
    ]


def _columns(page: Page, name: str, label: str) -> dict[str, Column]:
    counts = {f"n_{part}": _count(part, page) for part in ("received", "resolved", "open", "overdue")}
    rate = {"rate": Column(page.words.text("feedback.rate"), page.formats.percent)}
    return {name: Column(label, width="medium")} | counts | rate


def _map(where: dict[str, Any], page: Page) -> pl.DataFrame:
    """The communes and what is reported in each; a click chooses one. Returns the figures of all units."""
    asked = {name: where[name] for name in ("source", "first", "last", "channels")}
    units = page.figures.ask("feedback_by_unit", **asked, boundary_day=BOUNDARIES[page.choice.boundary])
    if not units["n_received"].count():
        heading(page.words.text("feedback.map"))
        nothing(page.words, "feedback.no_unit" if units.is_empty() else "feedback.not_restated")
        return units
    everything = page.figures.ask("feedback_totals", **where | {"unit": None, "unit_valid_from": None})
    communes = units.filter(level="commune")
    _drawn(communes, int(everything["n_received"][0]) - int(communes["n_received"].sum()), page)
    return units


def _drawn(communes: pl.DataFrame, n_elsewhere: int, page: Page) -> None:
    words, formats, chosen = page.words, page.formats, page.choice.unit
    unknown = words.text("feedback.unknown_unit")
    label, labels = maps.classes(communes["n_received"], formats.count, unknown)
    frame = communes.with_columns(
        label=pl.Series(label, dtype=pl.String),
        is_known=pl.col("n_received").is_not_null(),
        shown=pl.Series([formats.count(value) for value in communes["n_received"]], dtype=pl.String),
        open_text=pl.Series([formats.count(value) for value in communes["n_open"]], dtype=pl.String),
        rate_text=pl.Series([formats.percent(value) for value in communes["rate"]], dtype=pl.String),
        is_chosen=(pl.col("code") == chosen.code) | (pl.col("parent_code") == chosen.code) if chosen else False,
    )
    tips = {"name_vi": words.text("feedback.unit"), "shown": words.text("feedback.received")}
    if page.choice.boundary == "2021":
        tips = {"name_vi": tips["name_vi"], "parent_name_vi": words.text("feedback.district"), **tips}
    tips |= {"open_text": words.text("feedback.open"), "rate_text": words.text("feedback.rate")}
    if frame["geometry"].count() == frame.height:
        draw, note = maps.boundary_map, words.text("feedback.map_boundaries")
    else:
        draw, note = (
            maps.tile_map,
            words.text("feedback.map_tiles" if page.choice.boundary == "2021" else "feedback.map_tiles_new"),
        )
        frame = frame.filter(pl.col("tile_row").is_not_null())
    note = f"{words.text(f'boundary.{page.choice.boundary}')}. {note}"
    if n_elsewhere:
        note += " " + words.text("feedback.map_elsewhere", n=formats.count(n_elsewhere))
    if frame.is_empty():
        return
    columns = _columns(page, "name_vi", words.text("feedback.unit"))
    picked = chart_panel(
        words.text("feedback.map"),
        draw(frame, labels, tips, lang=words.lang),
        page=page, frame=frame, columns=columns, note=note, select=_key("map", page),
    )  # fmt: skip
    _choose(picked.get("code"), page)


def _ranking(units: pl.DataFrame, page: Page) -> None:
    """Districts, or the communes of the one chosen; the units of 2025 lie in none."""
    words, chosen = page.words, page.choice.unit
    if not units["n_received"].count():
        return  # the map has said why
    if page.choice.boundary == "2021" and chosen is None:
        ranked = units.filter(level="district")
    elif page.choice.boundary == "2021" and chosen is not None:
        own = units.filter(code=chosen.code)["parent_code"].to_list()
        ranked = units.filter(pl.col("level") == "commune", pl.col("parent_code").is_in([chosen.code, *own]))
    else:
        ranked = units.filter(level="commune")
    total = ranked.height
    ranked = ranked.filter(pl.col("n_received") > 0).head(N_UNITS)
    title = words.text("feedback.units")
    if ranked.is_empty():
        heading(title)
        nothing(words)
        return
    counts = {"n": page.formats.count(ranked.height), "total": page.formats.count(total)}
    picked = chart_panel(
        title,
        charts.ranked_bars(
            ranked, "name_vi", _parts(page), title=words.text("feedback.unit"), lang=words.lang, pick=True
        ),
        page=page, frame=ranked, columns=_columns(page, "name_vi", words.text("feedback.unit")),
        note=words.text("feedback.units_note", **counts), select=_key("units", page),
    )  # fmt: skip
    codes = ranked.filter(name_vi=picked.get("name_vi"))["code"].to_list() if picked else []
    _choose(codes[0] if codes else None, page)


def _key(chart: str, page: Page) -> str:
    """The key of a chart that chooses the unit: a new one for each unit, so that no old pick stays behind."""
    return f"feedback-{chart}-{page.choice.unit.code if page.choice.unit else ''}"


def _choose(code: str | None, page: Page) -> None:
    """The unit that was clicked becomes the filter's, as if chosen there; the one already chosen is let go."""
    if code is None:
        return
    if page.choice.unit and page.choice.unit.code == code:
        address.forget(address.UNIT)
    else:
        st.session_state[address.UNIT] = code
    st.rerun()


def _fields(where: dict[str, Any], page: Page) -> str | None:
    """The ranking of fields; the one that is picked narrows down the list below."""
    words, formats = page.words, page.formats
    fields = page.figures.ask("feedback_by_field", **where, limit=N_FIELDS)
    unnamed = words.text("feedback.unnamed_service")
    fields = fields.with_columns(pl.col("service").fill_null(unnamed))
    title, service = words.text("feedback.field"), words.text("feedback.service")
    if fields.is_empty():
        heading(title)
        nothing(words)
        return None
    picked = chart_panel(
        title,
        charts.ranked_bars(fields, "service", _parts(page), title=service, lang=words.lang, pick=True),
        page=page, frame=fields, columns=_columns(page, "service", service),
        note=words.text("feedback.field_note", n=formats.count(fields.height)), select="feedback-fields",
    )  # fmt: skip
    return picked.get("service") if picked.get("service") != unnamed else None
