"""Data quality: what was checked and when, what was put aside and why, how fresh each source is."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards.filters import lag_s
from dashboards.observed import told
from dashboards.page import Page
from dashboards.panels import Column, heading, nothing, table_panel

N_HARVESTS = 200
ROWS = 12


def show(page: Page) -> None:
    """Sentence, cards, sources, checks with filters, quarantine, harvests."""
    checks = _named(page.figures.ask("checks"), page)
    sources = _sources(page)
    _sentence(checks, page)
    _cards(checks, sources, page)
    _source_table(sources, page)
    _checks(checks, page)
    _quarantine(page)
    _harvests(page)


def _named(frame: pl.DataFrame, page: Page) -> pl.DataFrame:
    """`frame` with each source's name in place of its identifier; no source means the whole lake."""
    names = {row["source"]: page.words.name(row) for row in page.scope.sources}
    return frame.with_columns(
        pl.col("source").cast(pl.String).replace(names).fill_null(page.words.text("quality.whole_lake"))
    )


def _sources(page: Page) -> pl.DataFrame:
    """Declared sources with their lag and its verdict."""
    rows: list[dict[str, Any]] = []
    for row in page.scope.sources:
        lag = lag_s(row, page.now)
        promise = row["freshness_s"]
        state = "never" if lag is None else "ok" if lag <= promise else "late" if lag <= 2 * promise else "stale"
        rows.append({**row, "name": page.words.name(row), "lag_s": lag, "state": state})
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()


def _sentence(checks: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    if checks.is_empty():
        st.info(words.text("quality.none"))
        return
    failed = checks.filter(~pl.col("is_success"))
    at = formats.instant(checks["checked_at"].max())  # type: ignore[arg-type]
    total = formats.count(checks.height)
    if failed.is_empty():
        st.markdown(words.markdown("quality.no_failure", total=total, at=at))
        return
    st.markdown(
        words.markdown(
            "quality.sentence",
            passed=formats.count(checks.height - failed.height),
            total=total,
            at=at,
            blocking=formats.count(failed.filter(severity="blocking").height),
            warnings=formats.count(failed.filter(severity="warning").height),
        )
    )


def _cards(checks: pl.DataFrame, sources: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    failed = checks.filter(~pl.col("is_success"))
    total = formats.count(checks.height)
    tiles = [("checks", formats.count(checks.height - failed.height), {"total": total})]
    warnings = formats.count(failed.filter(severity="warning").height)
    tiles.append(("blocking", formats.count(failed.filter(severity="blocking").height), {"warnings": warnings}))
    if sources.height:
        on_time = formats.count(sources.filter(state="ok").height)
        tiles.append(("on_time", on_time, {"total": formats.count(sources.height)}))
        offered = formats.count(sources["n_offered"].sum())
        tiles.append(("quarantined", formats.count(sources["n_quarantined"].sum()), {"offered": offered}))
    with st.grid(4, min_column_width=200, gap="small"):
        for name, value, facts in tiles:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(words.text(f"quality.card_{name}"), value)
                st.caption(words.text(f"quality.card_{name}_text", **facts))


def _source_table(sources: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    if sources.is_empty():
        heading(words.text("quality.sources"), words.text("quality.sources_note"))
        nothing(words)
        return
    shown = sources.with_columns(
        pl.col("slug").map_elements(lambda code: words.coded("slug", code), return_dtype=pl.String),
        pl.col("state").map_elements(lambda code: words.coded("freshness", code), return_dtype=pl.String),
        pl.when(pl.col("is_synthetic"))
        .then(pl.lit(words.text("nature.synthetic")))
        .otherwise(pl.lit(words.text("nature.real")))
        .alias("origin"),
    )
    instant = formats.instant
    table_panel(
        words.text("quality.sources"),
        shown,
        {
            "name": Column(words.text("quality.source"), width=290),
            "slug": Column(words.text("quality.slug"), width=125),
            "origin": Column(words.text("quality.synthetic"), width=90),
            "state": Column(words.text("quality.freshness"), width=100),
            "lag_s": Column(words.text("quality.lag"), formats.duration, width=80),
            "freshness_s": Column(words.text("quality.promise"), formats.duration, width=80),
            "n_offered": Column(words.text("quality.offered"), formats.count, width=95),
            "n_accepted": Column(words.text("quality.accepted"), formats.count, width=95),
            "n_quarantined": Column(words.text("quality.quarantined"), formats.count, width=80),
            "n_deduplicated": Column(words.text("quality.deduplicated"), formats.count, width=85),
            "last_event_at": Column(words.text("quality.last_event"), instant, width=140),
            "last_success_at": Column(words.text("quality.last_success"), instant, width=150),
        },
        page=page,
        note=words.text("quality.sources_note"),
        rows=ROWS,
    )


def _checks(checks: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    if checks.is_empty():
        heading(words.text("quality.checks"), words.text("quality.checks_note"))
        nothing(words, "quality.none")
        return
    everything = words.text("quality.all")
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox(
            words.text("quality.source"),
            [everything, *sorted(checks["source"].unique())],
            width=260,
            key="check-source",
        )
        severity = st.segmented_control(
            words.text("quality.severity"),
            ["all", "blocking", "warning"],
            default="all",
            required=True,
            format_func=lambda code: everything if code == "all" else words.coded("severity", code),
            key="check-severity",
        )
        failed_only = st.toggle(words.text("quality.failed_only"), key="check-failed")
    shown = checks
    if source != everything:
        shown = shown.filter(pl.col("source") == source)
    if severity != "all":
        shown = shown.filter(pl.col("severity") == severity)
    if failed_only:
        shown = shown.filter(~pl.col("is_success"))
    if shown.is_empty():
        with head:
            heading(words.text("quality.checks"), words.text("quality.checks_note"))
        nothing(words)
        return
    table_panel(
        words.text("quality.checks"),
        shown.with_columns(
            pl.when("is_success")
            .then(pl.lit(words.text("result.passed")))
            .otherwise(pl.lit(words.text("result.failed")))
            .alias("result"),
            pl.col("severity").map_elements(lambda code: words.coded("severity", code), return_dtype=pl.String),
            pl.col("expectation").map_elements(lambda code: words.coded("expectation", code), return_dtype=pl.String),
            pl.col("observed").map_elements(lambda text: told(text, words, formats), return_dtype=pl.String),
        ),
        {
            "result": Column(words.text("quality.result"), width=105),
            "severity": Column(words.text("quality.severity"), width=125),
            "source": Column(words.text("quality.source"), width=265),
            "suite": Column(words.text("quality.suite"), width=135),
            "expectation": Column(words.text("quality.expectation"), width=215),
            "column_name": Column(words.text("quality.column"), width=120),
            "observed": Column(words.text("quality.observed"), width=260),
            "n_batches": Column(words.text("quality.batches"), formats.count, width=50),
            "n_checked": Column(words.text("quality.checked_rows"), formats.count, width=125),
            "checked_at": Column(words.text("quality.checked_at"), formats.instant, width=140),
        },
        page=page,
        note=words.text("quality.checks_note"),
        head=head,
        rows=ROWS,
    )


def _quarantine(page: Page) -> None:
    words, formats = page.words, page.formats
    reasons = _named(page.figures.ask("quarantine"), page)
    if reasons.is_empty():
        heading(words.text("quality.quarantine"), words.text("quality.quarantine_note"))
        nothing(words, "quality.no_quarantine")
        return
    table_panel(
        words.text("quality.quarantine"),
        reasons,
        {
            "source": Column(words.text("quality.source"), width=265),
            "reason_code": Column(words.text("quality.reason"), width=200),
            "example_reason": Column(words.text("quality.example"), width=430),
            "n": Column(words.text("quality.rows"), formats.count, width=110),
            "last_at": Column(words.text("quality.last_at"), formats.instant, width=150),
        },
        page=page,
        note=words.text("quality.quarantine_note"),
        rows=ROWS,
    )


def _harvests(page: Page) -> None:
    words, formats = page.words, page.formats
    harvests = _named(page.figures.ask("harvests", limit=N_HARVESTS), page)
    if harvests.is_empty():
        heading(words.text("quality.harvests"), words.text("quality.harvests_note", n=formats.count(harvests.height)))
        nothing(words)
        return
    table_panel(
        words.text("quality.harvests"),
        harvests.with_columns(
            pl.col("status").map_elements(lambda code: words.coded("harvest", code), return_dtype=pl.String)
        ),
        {
            "status": Column(words.text("quality.status"), width=120),
            "source": Column(words.text("quality.source"), width=265),
            "started_at": Column(words.text("quality.started_at"), formats.instant, width=140),
            "seconds": Column(words.text("quality.seconds"), lambda value: formats.decimal(value, 1), width=80),
            "n_payloads": Column(words.text("quality.payloads"), formats.count, width=80),
            "error": Column(words.text("quality.error"), width=520),
        },
        page=page,
        note=words.text("quality.harvests_note", n=formats.count(harvests.height)),
        rows=ROWS,
    )
