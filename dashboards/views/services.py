"""Public services and documents: on time, online, digital, and who is late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, style
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing, table_panel

SERVICES = ("D1", "D1S", "D2", "D3", "D4", "D5", "D6", "D6S", "D7")
DOCUMENTS = ("V1", "V2", "V3", "V4")
N_SHOWN = 15


def show(page: Page) -> None:
    """Sentence, cards of dossiers, months, agencies, procedures; then the same of documents."""
    sources = page.scope.ids
    first, last = page.choice.period.first, page.choice.period.last
    _sentence(page, first=first, last=last, sources=sources)
    card_grid.show(page, SERVICES)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _dossier_months(page)
    with right:
        _ranked(page, "services_by_agency", "agency")
    _procedures(page)
    heading(page.words.text("services.documents"), page.words.text("services.documents_note"))
    card_grid.show(page, DOCUMENTS)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _document_months(page)
    with right:
        _ranked(page, "documents_by_unit", "unit")


def _sentence(page: Page, **where: Any) -> None:
    words, formats = page.words, page.formats
    totals = page.figures.ask("services_totals", **where).row(0, named=True)
    if not totals["n_filed"] and not totals["n_resolved"]:
        nothing(words)
        return
    facts = {name: formats.count(totals[name]) for name in ("n_filed", "n_resolved", "n_on_time", "n_open_late")}
    period = page.choice.period
    st.markdown(
        words.markdown("services.sentence", period=formats.period(period.grain, period.first, period.last), **facts)
    )


def _dossier_months(page: Page) -> None:
    words = page.words
    parts = [
        Series("n_early", words.text("services.early"), style.GREEN),
        Series("n_due_day", words.text("services.due_day"), style.BLUE),
        Series("n_late", words.text("services.late"), style.ORANGE),
    ]
    more = {"n_without_deadline": Column(words.text("services.without_deadline"), page.formats.count)}
    _months(page, "services_by_month", charts.stacked_columns, parts, more, words.text("services.months_note"))


def _document_months(page: Page) -> None:
    parts = [
        Series("n_in", page.words.text("services.documents_in"), style.BLUE),
        Series("n_out", page.words.text("services.documents_out"), style.GREEN),
    ]
    _months(page, "documents_by_month", charts.columns, parts)


def _months(
    page: Page,
    question: str,
    draw: Callable[..., Any],
    parts: Sequence[Series],
    more: Mapping[str, Column] | None = None,
    note: str = "",
) -> None:
    """The months up to that of the period chosen; `more` columns are in the table alone."""
    words, formats = page.words, page.formats
    title, month = words.text(f"services.{question}"), words.text("services.month")
    months = page.figures.ask(question, sources=page.scope.ids, last=page.choice.period.last)
    if months.is_empty():
        heading(title)
        nothing(words)
        return
    named = months.with_columns(pl.col("month_start").dt.strftime("%m/%Y").alias("month"))
    columns = {"month": Column(month)} | {part.column: Column(part.label, formats.count) for part in parts}
    chart_panel(
        title,
        draw(named, "month", month, parts, lang=words.lang),
        page=page, frame=named, columns=columns | dict(more or {}), note=note,
    )  # fmt: skip


def _ranked(page: Page, question: str, name: str) -> None:
    """Who is on time and who is late in the period, the latest first."""
    words, formats, period = page.words, page.formats, page.choice.period
    title = words.text(f"services.{question}")
    found = page.figures.ask(question, sources=page.scope.ids, first=period.first, last=period.last, limit=N_SHOWN)
    if found.is_empty():
        heading(title)
        nothing(words)
        return
    late = [column for column in ("n_late", "n_open_late") if column in found.columns]
    parts = [
        Series("n_on_time", words.text("services.on_time"), style.BLUE),
        *(
            Series(column, words.text(f"services.{column}"), color)
            for column, color in zip(late, (style.ORANGE, style.PURPLE), strict=False)
        ),
    ]
    columns = {name: Column(words.text(f"services.{name}"), width="medium")}
    columns |= {part.column: Column(part.label, formats.count) for part in parts}
    columns |= {"rate": Column(words.text("services.rate"), formats.percent)}
    chart_panel(
        title,
        charts.ranked_bars(found, name, parts, title=words.text(f"services.{name}"), lang=words.lang),
        page=page, frame=found, columns=columns,
        note=words.text(
            "services.ranked_note",
            n=formats.count(found.height),
            period=formats.period(period.grain, period.first, period.last),
        ),
    )  # fmt: skip


def _procedures(page: Page) -> None:
    words, formats, period = page.words, page.formats, page.choice.period
    found = page.figures.ask(
        "services_by_procedure",
        sources=page.scope.ids, first=period.first, last=period.last, limit=N_SHOWN,
    )  # fmt: skip
    title = words.text("services.procedures")
    if found.is_empty():
        heading(title)
        nothing(words, "services.none_late")
        return
    table_panel(
        title,
        found,
        {
            "procedure_name": Column(words.text("services.procedure"), width="large"),
            "field_name": Column(words.text("services.field"), width="medium"),
            "n_late": Column(words.text("services.late"), formats.count),
            "n_judged": Column(words.text("services.judged"), formats.count),
            "cumulative_share": Column(words.text("services.cumulative"), formats.percent),
            "mean_working_days": Column(words.text("services.mean_days"), lambda days: formats.decimal(days, 1)),
        },
        page=page,
        note=words.text("services.procedures_note", n=formats.count(found.height)),
    )
