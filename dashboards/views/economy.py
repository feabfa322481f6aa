"""Socio-economic indicators: actual, plan and same period of each, who has not reported, what does not add up."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, style
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing, table_panel
from dashboards.periods import reaching_back

CARDS = ("E1", "E2", "E3", "E4", "E5", "E6")
TOLERANCE = "E6"
N_BALANCES, N_UNITS = 15, 20
MIN_DAYS = 365  # of reports owed: a shorter period is shown with the days before it
FINAL = ("final", "revised")


def show(page: Page) -> None:
    """Cards, the table of indicators, the lines of a chosen one, reports owed, sums that do not agree."""
    card_grid.show(page, CARDS)
    _indicators(page)
    left, right = st.columns(2, gap="medium")
    with left:
        _reports(page)
    with right:
        _submissions(page)
    _balances(page)


def _indicators(page: Page) -> None:
    words, formats = page.words, page.formats
    found = page.figures.ask("indicators", sources=page.scope.ids, last=page.choice.period.last)
    title = words.text("economy.indicators")
    if found.is_empty():
        heading(title)
        nothing(words)
        return
    named = found.with_columns(
        name=pl.coalesce("indicator_name", "indicator_code"),
        month=pl.Series([formats.period("month", day, day) for day in found["month_on"]], dtype=pl.String),
        status=pl.Series(
            [words.coded("value_status", status) if status else None for status in found["value_status"]],
            dtype=pl.String,
        ),
    )
    plan = [None if gap is None else style.ORANGE if gap < 0 else style.BLUE for gap in named["plan_gap"]]
    growth = [None if rate is None else style.ORANGE if rate < 0 else style.BLUE for rate in named["growth"]]

    def number(value: float | None) -> str:
        """As many decimals as the size asks for."""
        return formats.decimal(value, 0 if value is not None and abs(value) >= 1000 else 1)

    picked = table_panel(
        title,
        named,
        {
            "name": Column(words.text("economy.indicator"), width="large"),
            "unit": Column(words.text("economy.unit"), width="small"),
            "month": Column(words.text("economy.month")),
            "value": Column(words.text("economy.actual"), number),
            "status": Column(words.text("economy.status")),
            "value_year_before": Column(words.text("economy.year_before"), number),
            "growth": Column(words.text("economy.growth"), formats.percent),
            "value_to_date": Column(words.text("economy.to_date"), number),
            "plan_value": Column(words.text("economy.plan"), number),
            "share_of_plan": Column(words.text("economy.share_of_plan"), formats.percent),
            "plan_gap": Column(words.text("economy.plan_gap"), number),
            "trend": Column(words.text("economy.trend"), chart="line"),
        },
        page=page,
        note=words.text("economy.indicators_note"),
        rows=20,
        colours={"plan_gap": plan, "growth": growth},
        select="economy-indicator",
    )
    _lines(named, picked or 0, page)


def _lines(named: pl.DataFrame, row: int, page: Page) -> None:
    """The months of one indicator as its reports told them, first and last."""
    words, formats = page.words, page.formats
    chosen = named.row(row, named=True)
    months = page.figures.ask(
        "indicator_months",
        source=chosen["source"], series=chosen["series_id"], last=page.choice.period.last,
    )  # fmt: skip
    months = months.with_columns(
        month=pl.col("month_on").dt.strftime("%m/%Y"),
        is_open=pl.col("value").is_not_null() & ~pl.col("value_status").is_in(FINAL),
        status=pl.Series(
            [words.coded("value_status", status) if status else None for status in months["value_status"]],
            dtype=pl.String,
        ),
    )
    title = f"{chosen['name']} ({chosen['unit'] or '—'})"
    actual = Series("value", words.text("economy.actual"), style.BLUE)
    before = Series("value_year_before", words.text("economy.year_before"), style.MUTED)
    series = [actual] if months["value_year_before"].null_count() == months.height else [before, actual]
    columns = {"month": Column(words.text("economy.month"))}
    columns |= {part.column: Column(part.label, lambda value: formats.decimal(value, 1)) for part in series}
    columns["status"] = Column(words.text("economy.status"))
    columns["n_vintages"] = Column(words.text("economy.vintages"), formats.count)
    columns["revision"] = Column(words.text("economy.revision"), formats.percent)
    chart_panel(
        title,
        charts.line(
            months, "month", words.text("economy.month"), series,
            lang=words.lang, number=",.1f", height=220, hollow=(actual, "is_open"),
        ),
        page=page, frame=months, columns=columns, note=words.text("economy.lines_note"),
    )  # fmt: skip


def _reports(page: Page) -> None:
    words, formats, period = page.words, page.formats, page.choice.period
    found = page.figures.ask("reports_due", sources=page.scope.ids, first=period.first, last=period.last)
    title = words.text("economy.reports")
    if found.is_empty():
        heading(title)
        nothing(words)
        return
    parts = [
        Series("n_on_time", words.text("economy.on_time"), style.BLUE),
        Series("n_late", words.text("economy.late"), style.AMBER),
        Series("n_missing", words.text("economy.missing"), style.ORANGE),
    ]
    columns = {"unit": Column(words.text("economy.reporter"), width="medium")}
    columns |= {part.column: Column(part.label, formats.count) for part in parts}
    columns["max_days_late"] = Column(words.text("economy.days_late"), formats.count)
    chart_panel(
        title,
        charts.ranked_bars(found, "unit", parts, title=words.text("economy.reporter"), lang=words.lang),
        page=page, frame=found, columns=columns,
        note=words.text("economy.reports_note", period=formats.period(period.grain, period.first, period.last)),
    )  # fmt: skip


def _submissions(page: Page) -> None:
    """Unit by period: handed in on time, late, or not at all."""
    words, formats = page.words, page.formats
    title = words.text("economy.submissions")
    if page.today is None:
        heading(title)
        nothing(words)
        return
    days = reaching_back(page.choice.period, MIN_DAYS, page.today)
    found = page.figures.ask("reports_heat", sources=page.scope.ids, first=days.first, last=days.last)
    if found.is_empty():
        heading(title)
        nothing(words)
        return
    units = found["unit"].unique(maintain_order=True)
    shown = found.filter(pl.col("unit").is_in(units.head(N_UNITS).to_list()))
    shown = shown.with_columns(
        said=pl.Series([words.text(f"economy.{state}") for state in shown["state"]], dtype=pl.String)
    )
    states = {
        words.text("economy.on_time"): ("✓", style.BLUE),
        words.text("economy.late"): ("T" if words.lang == "vi" else "L", style.AMBER),
        words.text("economy.missing"): ("!", style.ORANGE),
    }
    columns = {
        "unit": Column(words.text("economy.reporter"), width="medium"),
        "period": Column(words.text("economy.period")),
        "due_on": Column(words.text("economy.due"), formats.day),
        "said": Column(words.text("economy.state")),
        "n_on_time": Column(words.text("economy.on_time"), formats.count),
        "n_reports": Column(words.text("economy.reports"), formats.count),
    }
    tips = {name: columns[name].label for name in ("unit", "period", "said")}
    order = shown.sort("due_on")["period"].unique(maintain_order=True).to_list()
    chart_panel(
        title,
        charts.state_cells(shown, "period", "unit", "said", states, order=order, tips=tips, lang=words.lang),
        page=page, frame=shown, columns=columns,
        note=words.text(
            "economy.submissions_note",
            period=formats.days(days.first, days.last),
            n=formats.count(min(N_UNITS, units.len())),
            total=formats.count(units.len()),
        ),
    )  # fmt: skip


def _balances(page: Page) -> None:
    words, formats = page.words, page.formats
    tolerance = max((page.target(source, TOLERANCE, "month") or 0.0 for source in page.scope.ids), default=0.0)
    title = words.text("economy.balances")
    found = page.figures.ask(
        "indicator_balances",
        sources=page.scope.ids, last=page.choice.period.last, tolerance=tolerance, limit=N_BALANCES,
    )  # fmt: skip
    if found.is_empty():
        heading(title)
        nothing(words, "economy.balanced")
        return
    months = pl.Series("month", [formats.period("month", day, day) for day in found["month_on"]], dtype=pl.String)
    table_panel(
        title,
        found.with_columns(months),
        {
            "indicator_code": Column(words.text("economy.code")),
            "unit": Column(words.text("economy.unit")),
            "month": Column(words.text("economy.month")),
            "province_value": Column(words.text("economy.province_value"), lambda value: formats.decimal(value, 1)),
            "communes_value": Column(words.text("economy.communes_value"), lambda value: formats.decimal(value, 1)),
            "difference": Column(words.text("economy.difference"), lambda value: formats.percent(value, 2)),
        },
        page=page,
        note=words.text("economy.balances_note", tolerance=formats.percent(tolerance)),
    )
