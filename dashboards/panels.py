"""Titled blocks of a page: a chart with its table, and tables whose cells show text exactly as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
import polars.selectors as cs
import streamlit as st

from dashboards import charts
from dashboards.i18n import Words
from dashboards.number_format import NO_DATA


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading and how a value is written; numbers without a format are not shown raw."""

    label: str
    format: Callable[[Any], str] | None = None
    width: int | str | None = None
    alignment: Literal["left", "center", "right"] | None = None
    chart: Literal["line"] | None = None  # the cells are lists of numbers, drawn


def heading(title: str, note: str = "") -> None:
    """A section heading with a note under it. Both are templates of ours."""
    with st.container(gap=None):
        st.subheader(title, anchor=False)
        if note:
            st.caption(note)


def chart_panel(
    title: str,
    chart: Any,
    *,
    alt: str,
    words: Words,
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    note: str = "",
) -> None:
    """A chart under its title, with the same figures as a table one click away."""
    heading(title, note)
    spec = chart.to_dict()
    shown = charts.in_dark(spec) if is_dark() else spec
    st.vega_lite_chart(spec=shown, width="stretch", theme=None, alt=alt)
    with st.expander(words.text("app.table")):
        table(frame, columns, alt=title)


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    *,
    alt: str,
    rows: int | None = None,
    colours: Mapping[str, list[str | None]] | None = None,
    select: str | None = None,
) -> int | None:
    """A table of the named columns in their order: shown in the reader's format, sorted by the value beneath.

    `rows` bounds the height to that many rows, `colours` gives text colours per column. With `select`, the key of
    the table, one row can be chosen; its position is returned. Cells are never read as Markdown or HTML.
    """
    shown = frame.select(list(columns)).with_columns(cs.string().fill_null(NO_DATA)).to_pandas()
    formats = {name: column.format for name, column in columns.items() if column.format is not None}
    styled = shown.style.format(formats, na_rep=NO_DATA)
    for name, marks in (colours or {}).items():
        css = [f"color: {mark}" if mark else "" for mark in (charts.in_dark(marks) if is_dark() else marks)]
        styled = styled.apply(lambda _, css=css: css, subset=[name])
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row", "key": select} if select else {}
    state = st.dataframe(
        styled,
        hide_index=True,
        width="stretch",
        height="content" if rows is None or frame.height <= rows else 35 * (rows + 1) + 3,
        column_config={
            name: st.column_config.LineChartColumn(column.label, width=column.width)  # type: ignore[arg-type]
            if column.chart
            else st.column_config.Column(column.label, width=column.width, alignment=column.alignment)  # type: ignore[arg-type]
            for name, column in columns.items()
        },
        placeholder=NO_DATA,
        alt=alt,
        **options,
    )
    picked = state.selection.rows if select else []
    return int(picked[0]) if picked else None


def is_dark() -> bool:
    """The reader's theme is the dark one."""
    return bool(st.context.theme.type == "dark")


def nothing(words: Words, key: str = "app.no_rows") -> None:
    """The sentence for an empty block."""
    st.caption(words.text(key))
