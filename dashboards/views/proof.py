"""Proof of one figure: what it is, by what SQL, from what data, how it was tested, and whether it comes out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import address
from dashboards.number_format import NO_DATA, PROVINCE_TIME
from dashboards.observed import told
from dashboards.page import Page
from dashboards.panels import Column, nothing, table, table_panel
from dashboards.plain_text import escape
from lake.errors import IocError, SettingsError
from lake.figure_id import NUMBERS, parse

TABS = ("definition", "sql", "lineage", "sample", "quality", "freshness", "history")


def show(page: Page) -> None:
    """The figure the address names, or a field to type one."""
    figure = _figure(page)
    if figure is None:
        return
    _head(figure, page)
    _again(figure, page)
    edges = page.figures.ask("figure_lineage", code=figure["code"])
    models = sorted({*edges["child"], *edges["parent"]})
    tabs = st.tabs([page.words.text(f"proof.{name}") for name in TABS])
    with tabs[0]:
        _definition(figure, page)
    with tabs[1]:
        _sql(models, page)
    with tabs[2]:
        _lineage(edges, page)
    with tabs[3]:
        _sample(figure, page)
    with tabs[4]:
        _quality(figure, models, page)
    with tabs[5]:
        _freshness(figure, models, page)
    with tabs[6]:
        _history(figure, page)


def _figure(page: Page) -> dict[str, Any] | None:
    words = page.words
    typed = st.text_input(
        words.text("proof.id"), st.query_params.get(address.FIGURE, ""), placeholder="HG-7F3K-Q2", width=260,
        key="figure-id",
    )  # fmt: skip
    if not typed:
        st.caption(words.text("proof.hint"))
        return None
    try:
        name = parse(typed)
    except SettingsError:
        st.warning(words.markdown("proof.no_id", id=typed[:40]), icon=":material/search_off:")
        return None
    st.query_params[address.FIGURE] = name
    found = page.figures.ask("figure", id=name)
    if found.is_empty():
        st.warning(words.markdown("proof.unknown", id=name), icon=":material/search_off:")
        return None
    return found.row(0, named=True)


def _zone(figure: dict[str, Any]) -> ZoneInfo:
    return ZoneInfo(figure["time_zone"]) if figure["time_zone"] else PROVINCE_TIME


def _value(row: dict[str, Any], figure: dict[str, Any], page: Page) -> str:
    if row["is_gone"]:
        return page.words.text("proof.gone")
    return page.formats.value(row["value"], is_percent=bool(figure["is_percent"]), digits=figure["decimals"] or 0)


def _head(figure: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    if figure["is_synthetic"]:
        with st.container(key="ribbon"):
            st.markdown(f":material/science: {words.text('app.ribbon_no_clock')}")
    left, right = st.columns([1, 2], vertical_alignment="center")
    unit = "" if figure["is_percent"] else f" {words.name(figure, 'unit')}"
    left.metric(escape(words.name(figure)), escape(f"{_value(figure, figure, page)}{unit}"))
    facts = [
        ("period", formats.period(figure["grain"], figure["period_start"], figure["period_end"])),
        ("unit", figure["unit_name"]),
        ("source", words.name(figure, "source_name")),
        ("parts", _parts(figure, page)),
        ("published_at", formats.instant(figure["published_at"], _zone(figure))),
        ("snapshot", str(figure["snapshot_id"])),
        ("run", figure["run_id"]),
        ("commit", figure["code_commit"]),
    ]
    lines = (f"**{words.text(f'proof.{name}')}:** {escape(str(text))}" for name, text in facts)
    right.markdown("  \n".join(lines))
    if figure["next_figure_id"]:
        st.warning(words.markdown("proof.replaced", id=figure["next_figure_id"]), icon=":material/history:")


def _parts(figure: dict[str, Any], page: Page) -> str:
    if figure["denominator"] is None:
        return page.formats.decimal(figure["numerator"], 2 if (figure["numerator"] or 0) % 1 else 0)
    return f"{page.formats.count(figure['numerator'])} / {page.formats.count(figure['denominator'])}"


def _again(figure: dict[str, Any], page: Page) -> None:
    """The button that computes the figure again from the parts in the publication, and says what came out."""
    words = page.words
    if figure["next_figure_id"] or figure["is_gone"]:
        st.caption(words.text("proof.only_current"))
        return
    if not st.button(words.text("proof.again"), icon=":material/replay:", type="primary", shortcut="Alt+P"):
        return
    try:
        computed = page.figures.compute_again(figure)
    except IocError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    published = tuple(figure[name] for name in NUMBERS)
    pairs = [
        {"name": words.text(f"proof.{name}"), "published": _exact(old, page), "computed": _exact(new, page)}
        for name, old, new in zip(NUMBERS, published, computed, strict=False)
        if old is not None or new is not None
    ]
    if computed == published:
        st.success(words.text("proof.agrees"), icon=":material/check_circle:")
    else:
        st.error(words.text("proof.differs"), icon=":material/difference:")
    table(
        pl.DataFrame(pairs, schema=dict.fromkeys(("name", "published", "computed"), pl.String)),
        {name: Column(words.text(f"proof.col_{name}")) for name in ("name", "published", "computed")},
        alt=words.text("proof.again"),
    )


def _exact(value: float | None, page: Page) -> str:
    """Every digit of the number, so that equal looks equal."""
    return NO_DATA if value is None else repr(value) if page.words.lang == "en" else repr(value).replace(".", ",")


def _definition(figure: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    facts = [
        ("code", figure["code"]),
        ("formula", words.name(figure, "formula")),
        ("numerator", words.name(figure, "numerator")),
        ("denominator", words.name(figure, "denominator")),
        ("owner", figure["owner"] or NO_DATA),
        ("legal_basis", figure["legal_basis"] or NO_DATA),
        ("valid", formats.days(figure["definition_from"], figure["definition_to"])),
        ("promise", formats.duration(figure["freshness_s"])),
    ]
    st.markdown("  \n".join(f"**{words.text(f'proof.{name}')}:** {escape(text)}" for name, text in facts))


def _sql(models: Sequence[str], page: Page) -> None:
    st.caption(page.words.text("proof.sql_note"))
    for row in page.figures.ask("figure_models", models=list(models)).iter_rows(named=True):
        if row["kind"] != "model" or not row["compiled_sql"]:
            continue
        with st.expander(escape(row["model"])):
            st.caption(escape(page.words.name(row, "description")))
            st.code(row["compiled_sql"].strip(), language="sql", wrap_lines=True)


def _lineage(edges: pl.DataFrame, page: Page) -> None:
    st.caption(page.words.text("proof.lineage_note"))
    if edges.is_empty():
        nothing(page.words)
        return

    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "").replace('"', "") + '"'

    arrows = "; ".join(f"{quoted(parent)} -> {quoted(child)}" for child, parent in edges.iter_rows())
    look = 'rankdir=LR; bgcolor="transparent"; node [shape=box, style="rounded,filled", fillcolor="#E5EFF7", '
    look += 'color="#0B3D66", fontcolor="#1F2933", fontname="sans-serif", fontsize=11]; edge [color="#5B6770"]'
    st.graphviz_chart(f"digraph {{ {look}; {arrows} }}", width="content")


def _sample(figure: dict[str, Any], page: Page) -> None:
    samples = page.figures.rows_behind(figure)
    if not samples:
        nothing(page.words)
    for sample in samples:
        rows = [[_plainly(value, figure, page) for value in row] for row in sample.rows]
        table_panel(
            sample.table,
            pl.DataFrame(rows, schema=dict.fromkeys(sample.columns, pl.String), orient="row"),
            {name: Column(name) for name in sample.columns},
            page=page,
            note=page.words.text(
                "proof.sample_note", shown=str(len(rows)), total=page.formats.count(sample.n_rows)
            ),
        )  # fmt: skip


def _plainly(value: object, figure: dict[str, Any], page: Page) -> str:
    match value:
        case None:
            return NO_DATA
        case bool():
            return page.words.text("proof.yes" if value else "proof.no")
        case datetime():
            return page.formats.instant(value, _zone(figure))
        case date():
            return page.formats.day(value)
        case int() | float():
            return page.formats.decimal(value, 0 if value == int(value) else 2)
    return str(value)


def _quality(figure: dict[str, Any], models: Sequence[str], page: Page) -> None:
    words = page.words
    tests = page.figures.ask("figure_tests", models=list(models), source=figure["source"])
    passed = tests["is_success"].sum()
    st.caption(words.text("proof.quality_note", passed=str(passed), total=str(tests.height)))
    table_panel(
        words.text("proof.quality"),
        tests.with_columns(
            result=pl.col("is_success").map_elements(
                lambda ok: words.coded("result", "passed" if ok else "failed"), return_dtype=pl.String
            ).fill_null(words.text("proof.not_run")),
            expectation=pl.col("expectation").map_elements(
                lambda code: words.coded("expectation", code), return_dtype=pl.String
            ),
            observed=pl.col("observed").map_elements(
                lambda text: told(text, words, page.formats), return_dtype=pl.String
            ),
        ),
        {
            "result": Column(words.text("quality.result"), width=110),
            "place": Column(words.text("proof.place"), width=240),
            "expectation": Column(words.text("quality.expectation"), width=330),
            "column_name": Column(words.text("quality.column"), width=130),
            "observed": Column(words.text("quality.observed"), width=200),
            "checked_at": Column(words.text("quality.checked_at"), page.formats.instant, width=150),
        },
        page=page, rows=14,
    )  # fmt: skip


def _freshness(figure: dict[str, Any], models: Sequence[str], page: Page) -> None:
    words, formats, zone = page.words, page.formats, _zone(figure)
    own = [row for row in page.scope.sources if row["source"] == figure["source"]]
    for row in own:
        facts = [
            ("as_of", formats.instant(row["as_of"], zone)),
            ("last_event", formats.instant(row["last_event_at"], zone)),
            ("last_success", formats.instant(row["last_success_at"], zone)),
        ]
        st.markdown("  \n".join(f"**{words.text(f'proof.{name}')}:** {escape(text)}" for name, text in facts))
    rows = page.figures.ask("figure_rows", source=figure["source"], models=list(models))
    if rows.is_empty():
        return
    table_panel(
        words.text("proof.rows"),
        rows,
        {
            "table_name": Column(words.text("proof.table"), width=220),
            "n_accepted": Column(words.text("quality.accepted"), formats.count),
            "n_batches": Column(words.text("quality.batches"), formats.count),
            "first_at": Column(words.text("proof.first_at"), lambda at: formats.instant(at, zone)),
            "last_at": Column(words.text("proof.last_event"), lambda at: formats.instant(at, zone)),
        },
        page=page, note=words.text("proof.rows_note"),
    )  # fmt: skip


def _history(figure: dict[str, Any], page: Page) -> None:
    words, formats, zone = page.words, page.formats, _zone(figure)
    history = page.figures.ask("figure_history", id=figure["figure_id"])
    shown = history.with_columns(
        text=pl.Series([_value(row, figure, page) for row in history.iter_rows(named=True)], dtype=pl.String),
        reason=pl.col("reason").map_elements(lambda code: words.coded("reason", code), return_dtype=pl.String),
    )
    table_panel(
        words.text("proof.history"),
        shown,
        {
            "figure_id": Column(words.text("overview.figure_id"), width=120),
            "text": Column(words.text("proof.value"), alignment="right"),
            "numerator": Column(words.text("proof.numerator"), formats.count),
            "denominator": Column(words.text("proof.denominator"), formats.count),
            "reason": Column(words.text("overview.reason"), width=200),
            "published_at": Column(words.text("overview.published_at"), lambda at: formats.instant(at, zone)),
            "snapshot_id": Column(words.text("export.snapshot"), str),
            "code_commit": Column(words.text("proof.commit")),
        },
        page=page,
    )
