"""Leadership overview: what is off target, since when, by how much, what has been restated, and whether to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import streamlit as st

from dashboards import address, brief, card_grid, charts, style
from dashboards.cards import Verdict, describe, judge, shown_value
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing, table_panel
from dashboards.periods import GRAINS, Period, until

# What a leader asks first, each with what stands in while it has no figure; then what fills the eight cards up.
FIRST = (("F2",), ("F4",), ("S2",), ("M3N", "M2N", "M1"), ("C1",), ("D1",), ("P1",), ("V1",))
MORE = ("F1O", "S3", "E4", "C2", "S1")
N_CARDS = 8
N_LINES = 20  # of the matrix before it scrolls
MARKS: dict[Verdict, str] = {"met": "✓ ", "missed": "! ", "unsure": "? ", "none": "", "no_data": ""}
COLOURS: dict[Verdict, str] = {"met": style.GREEN, "missed": style.ORANGE, "unsure": style.AMBER}


def show(page: Page) -> None:
    """Brief, cards, matrix, variance, restatements."""
    codes = page.figures.ask("kpi_present", sources=page.scope.ids)["code"].to_list()
    if not codes:
        st.info(page.words.text("overview.nothing"))
        return
    first = first_cards(set(codes))
    rows = card_grid.rows(page, codes)
    brief.show([describe(row, page) for row in rows], page)
    card_grid.show(page, first, links=True)
    _matrix(codes, page)
    _variance(rows, page)
    _restated(page)


def first_cards(present: set[str]) -> list[str]:
    """The eight figures a leader asks first, of those that have values."""
    wanted = [next((code for code in codes if code in present), "") for codes in FIRST]
    return [code for code in (*wanted, *MORE) if code in present][:N_CARDS]


def _matrix(codes: Sequence[str], page: Page) -> None:
    words, today = page.words, page.today
    assert today is not None
    columns = {"kpi": Column(words.text("overview.kpi"), width=260)}
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for grain in GRAINS:
        period = until(grain, min(page.choice.period.last, today - timedelta(days=1)))
        for row in card_grid.rows(page, codes, period):
            line = lines.setdefault((row["code"], str(row["source"])), {"kpi": words.name(row), "theme": row["theme"]})
            line[grain], line[f"{grain}_verdict"] = _cell(row, page)
        columns[grain] = Column(_named(period, page), width=130, alignment="right")
    frame = pl.DataFrame(list(lines.values()), infer_schema_length=None)
    picked = table_panel(
        words.text("overview.matrix"),
        frame,
        columns,
        page=page,
        note=words.text("overview.matrix_note"),
        rows=N_LINES,
        colours={grain: frame[f"{grain}_verdict"].to_list() for grain in GRAINS},
        select="matrix",
    )
    if picked is not None and (link := page.links.get(str(frame["theme"][picked]))) is not None:
        st.switch_page(link)


def _cell(row: dict[str, Any], page: Page) -> tuple[str | None, str | None]:
    if not row["has_row"]:
        return None, None
    verdict, _, _ = judge(row, page)
    mark = MARKS[verdict] if "mt" in page.choice.compare else ""
    return f"{mark}{shown_value(row, page)}{'*' if row['is_partial'] else ''}", COLOURS.get(verdict)


def _named(period: Period, page: Page) -> str:
    return page.formats.period(period.grain, period.first, period.last)


def _variance(rows: Sequence[dict[str, Any]], page: Page) -> None:
    words, formats = page.words, page.formats
    bars = []
    for row in rows:
        verdict, gap, _ = judge(row, page)
        if verdict in ("none", "no_data") or not row["target"]:
            continue
        share = row["value"] / row["target"] - 1
        digits = row["decimals"] if row["is_percent"] else 0
        bars.append(
            {
                "kpi": words.name(row),
                "variance": max(-1.0, min(1.0, -share if row["direction"] == "down" else share)),
                "state": verdict,
                "value": shown_value(row, page),
                "target": formats.value(row["target"], is_percent=row["is_percent"], digits=digits),
                "gap": gap,
            }
        )
    title = words.text("overview.variance")
    if not bars:
        heading(title)
        nothing(words, "overview.no_target")
        return
    frame = pl.DataFrame(bars).sort("variance")
    names = {"kpi": words.text("overview.kpi"), "value": words.text("overview.value"),
             "target": words.text("compare.mt"), "gap": words.text("overview.gap")}  # fmt: skip
    chart_panel(
        title,
        charts.variance(frame, "kpi", "variance", names, lang=words.lang),
        page=page,
        frame=frame,
        columns={name: Column(label) for name, label in names.items()}
        | {"variance": Column(words.text("overview.relative"), formats.percent)},
        note=words.text("overview.variance_note"),
    )


def _restated(page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone
    taken = page.figures.ask("snapshots")["published_at"].to_list()
    usual = (taken[1] if len(taken) > 1 else page.figures.published.published_at).astimezone(zone).date()
    since = _since(usual, page)
    changed = page.figures.ask(
        "restatements", sources=page.scope.ids, since=datetime.combine(since, time(), zone).astimezone(UTC)
    )
    if changed.is_empty():
        heading(words.text("overview.restated"), words.text("overview.restated_note"))
        st.caption(words.text("overview.not_restated", since=formats.day(since)))
        return
    frame = pl.DataFrame(
        [
            {
                "kpi": words.name(row),
                "period": formats.period(row["grain"], row["period_start"], row["period_end"]),
                "before": formats.value(row["previous_value"], is_percent=row["is_percent"], digits=row["decimals"]),
                "now": formats.value(row["value"], is_percent=row["is_percent"], digits=row["decimals"]),
                "change": _signed(row, page),
                "reason": words.coded("reason", row["reason"]),
                "published_at": formats.instant(row["published_at"], zone),
                "figure_id": row["figure_id"],
            }
            for row in changed.iter_rows(named=True)
        ]
    )
    widths = {"kpi": 240, "period": 170, "before": 100, "now": 100, "change": 120, "reason": 220, "published_at": 150,
              "figure_id": 110}  # fmt: skip
    table_panel(
        words.text("overview.restated"),
        frame,
        {name: Column(words.text(f"overview.{name}"), width=width) for name, width in widths.items()},
        page=page,
        note=words.text("overview.restated_note"),
        rows=10,
    )


def _signed(row: dict[str, Any], page: Page) -> str:
    formats, change = page.formats, row["change"]
    size = formats.points(change) if row["is_percent"] else formats.decimal(change, row["decimals"])
    return f"+{size}" if change is not None and change > 0 else size


def _since(usual: date, page: Page) -> date:
    wanted = address.current(address.SINCE)
    try:
        since = date.fromisoformat(wanted) if wanted else usual
    except ValueError:
        since = usual
        st.warning(
            page.words.markdown("filter.unknown", filter=page.words.text("overview.since"), value=str(wanted)[:80]),
            icon=":material/link_off:",
        )
    picked = st.date_input(
        page.words.text("overview.since"), since, format="DD/MM/YYYY", key="since", width=180,
        on_change=address.remember, args=(address.SINCE, "since", date.isoformat),
    )  # fmt: skip
    return picked if isinstance(picked, date) else since
