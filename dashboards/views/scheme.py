"""The tasks of the scheme: which are late, at risk or unpaid, and what stands behind each."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, style
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, newly, nothing, table, table_panel
from dashboards.plain_text import escape

CARDS = ("P1", "P1S", "P2", "P2S")
MILLION = 1_000_000
CONFIDENCES = ("on_track", "probable", "feasible", "at_risk", "unachievable")
_ICONS = {
    "on_track": ":green[:material/check_circle:]",
    "probable": ":blue[:material/thumb_up:]",
    "feasible": ":gray[:material/drag_handle:]",
    "at_risk": ":orange[:material/warning:]",
    "unachievable": ":red[:material/cancel:]",
}


def show(page: Page) -> None:
    """Sentence, five levels of confidence, cards, Gantt chart, the tasks as a table with a dialog each."""
    tasks = page.figures.ask("tasks", sources=page.scope.ids)
    if tasks.is_empty():
        nothing(page.words)
        return
    _sentence(tasks, page)
    _confidences(tasks, page)
    card_grid.show(page, CARDS)
    _gantt(tasks, page)
    _table(tasks, page)


def _sentence(tasks: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    planned, paid = (int(tasks[name].sum()) for name in ("budget_planned_vnd", "budget_disbursed_vnd"))
    st.markdown(
        words.markdown(
            "scheme.sentence",
            n=formats.count(tasks.height),
            done=formats.count(tasks["is_done"].sum()),
            late=formats.count(tasks.filter(pl.col("is_late") & ~pl.col("is_done")).height),
            risk=formats.count(tasks.filter(pl.col("confidence").is_in(["at_risk", "unachievable"])).height),
            paid=formats.percent(paid / planned if planned else None),
            day=formats.day(_day(tasks["reported_on"].max())),
        )
    )


def _confidences(tasks: pl.DataFrame, page: Page) -> None:
    """How many of the open tasks stand at each level; a task without a level is told apart."""
    words, formats = page.words, page.formats
    open_tasks = tasks.filter(~pl.col("is_done"))
    counts = dict(open_tasks.group_by("confidence").len().iter_rows())
    shown = [f"{_ICONS[code]} {words.coded('confidence', code)} **{formats.count(counts.get(code, 0))}**"
             for code in CONFIDENCES]  # fmt: skip
    if counts.get(None):
        shown.append(f":gray[{words.text('scheme.no_confidence')} **{formats.count(counts[None])}**]")
    with st.container(border=True):
        st.markdown(" &nbsp;·&nbsp; ".join([f"**{words.text('scheme.open')}**", *shown]))


def _gantt(tasks: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    title = words.text("scheme.gantt")
    dated = tasks.filter(pl.col("start_on").is_not_null() & pl.col("due_on").is_not_null())
    if dated.is_empty():
        return
    levels = [words.coded("confidence", code) for code in CONFIDENCES]
    done, unknown = words.text("scheme.done"), words.text("scheme.no_confidence")
    named = dict(zip(CONFIDENCES, levels, strict=True))
    frame = dated.with_columns(
        label=pl.format("{}. {}", "task_no", "task_name"),
        state=pl.when("is_done")
        .then(pl.lit(done))
        .otherwise(pl.col("confidence").replace_strict(named, default=unknown, return_dtype=pl.String)),
        # how far along its own plan the work has come
        reached_on=pl.col("start_on")
        + ((pl.col("due_on") - pl.col("start_on")) * pl.col("earned").fill_null(0).clip(0, 1)),
        progress=pl.Series([formats.percent(value, 0) for value in dated["earned"]], dtype=pl.String),
        span=pl.Series(
            [formats.days(first, last) for first, last in dated.select("start_on", "due_on").iter_rows()],
            dtype=pl.String,
        ),
    )
    colors = dict(
        zip(
            levels,
            (style.GREEN, style.BLUE, style.MUTED, style.AMBER, style.ORANGE),
            strict=True,
        )
    )
    chart_panel(
        title,
        charts.gantt(
            frame,
            "label",
            start="start_on",
            planned="due_on",
            reached="reached_on",
            state="state",
            colors={done: style.NAVY} | colors | {unknown: style.MUTED},
            today=page.today,
            tips={
                "label": words.text("scheme.task"),
                "span": words.text("scheme.span"),
                "progress": words.text("scheme.earned"),
                "state": words.text("scheme.confidence"),
            },
            lang=words.lang,
        ),
        page=page,
        frame=frame,
        columns={
            "label": Column(words.text("scheme.task"), width="large"),
            "start_on": Column(words.text("scheme.start"), formats.day),
            "due_on": Column(words.text("scheme.due"), formats.day),
            "progress": Column(words.text("scheme.earned"), alignment="right"),
            "state": Column(words.text("scheme.confidence")),
        },
        note=words.text("scheme.gantt_note"),
    )


def _table(tasks: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    named = tasks.with_columns(
        level=pl.Series(
            [words.coded("confidence", code) if code else None for code in tasks["confidence"]], dtype=pl.String
        ),
        budget=pl.col("budget_planned_vnd") / MILLION,
    )
    picked = table_panel(
        words.text("scheme.tasks"),
        named,
        {
            "task_no": Column(words.text("scheme.number"), formats.count, width="small"),
            "task_name": Column(words.text("scheme.task"), width="large"),
            "owner_unit": Column(words.text("scheme.owner"), width="medium"),
            "due_on": Column(words.text("scheme.due"), formats.day),
            "planned": Column(words.text("scheme.planned"), formats.percent),
            "earned": Column(words.text("scheme.earned"), formats.percent),
            "level": Column(words.text("scheme.confidence")),
            "budget": Column(words.text("scheme.budget"), formats.count),
            "disbursed": Column(words.text("scheme.disbursed"), formats.percent),
        },
        page=page,
        note=words.text("scheme.tasks_note"),
        rows=29,
        select="scheme-task",
    )
    row = None if picked is None else tasks.row(picked, named=True)
    if newly("scheme-task", row and row["task_no"]) and row:
        _dialog(row, page)


def _dialog(task: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats

    @st.dialog(f"{task['task_no']}. {escape(task['task_name'] or '')}", width="large")
    def draw() -> None:
        facts = [
            (words.text("scheme.owner"), task["owner_unit"]),
            (words.text("scheme.span"), formats.days(task["start_on"], task["due_on"])),
            (words.text("scheme.finished"), formats.day(task["done_on"])),
            (words.text("scheme.budget"), formats.count(_millions(task["budget_planned_vnd"]))),
            (words.text("scheme.paid"), formats.count(_millions(task["budget_disbursed_vnd"]))),
            (words.text("scheme.evidence"), task["evidence_url"]),
            (words.text("scheme.reported"), formats.day(task["reported_on"])),
        ]
        st.markdown("  \n".join(f"**{label}:** {escape(str(value or '—'))}" for label, value in facts))
        milestones = page.figures.ask("task_milestones", source=task["source"], task=task["task_no"])
        if milestones.is_empty():
            nothing(words, "scheme.no_milestones")
            return
        marked = milestones.with_columns(
            state=pl.when("is_done")
            .then(pl.when("is_late").then(pl.lit(words.text("scheme.done_late"))).otherwise(
                pl.lit(words.text("scheme.done"))))
            .when("is_late")
            .then(pl.lit(words.text("scheme.overdue")))
            .otherwise(pl.lit(words.text("scheme.waiting")))
        )  # fmt: skip
        table(
            marked,
            {
                "milestone_no": Column(words.text("scheme.number"), formats.count, width="small"),
                "milestone_name": Column(words.text("scheme.milestone"), width="large"),
                "weight": Column(words.text("scheme.weight"), formats.percent),
                "due_on": Column(words.text("scheme.due"), formats.day),
                "done_on": Column(words.text("scheme.finished"), formats.day),
                "state": Column(words.text("scheme.state")),
            },
            alt=words.text("scheme.milestones"),
        )

    draw()


def _millions(dong: int | None) -> float | None:
    return None if dong is None else dong / MILLION


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None
