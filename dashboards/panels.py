"""Titled blocks of a page: a chart with its table, and tables whose cells show text exactly as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
import polars.selectors as cs
import streamlit as st

from dashboards import charts, downloads, style
from dashboards.exports.exhibit import Exhibit, Field
from dashboards.i18n import Words
from dashboards.number_format import NO_DATA
from dashboards.page import Page
from dashboards.plain_text import escape


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading and how a value is written; numbers without a format are not shown raw."""

    label: str
    format: Callable[[Any], str] | None = None
    width: int | str | None = None
    alignment: Literal["left", "center", "right"] | None = None
    chart: Literal["line"] | None = None  # the cells are lists of numbers, drawn


def heading(title: str, note: str = "") -> None:
    """A section heading with a note under it, both plain text."""
    with st.container(gap=None):
        st.subheader(escape(title), anchor=False)
        if note:
            st.caption(escape(note))


def chart_panel(
    title: str,
    chart: Any,
    *,
    page: Page,
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    note: str = "",
    select: str | None = None,
) -> dict[str, Any]:
    """A chart under its title, described in words, with its figures as a table and as downloads one click away.

    With `select`, the key of a chart made with `charts.picking`, the fields of the mark that is picked are returned.
    """
    spec = chart.to_dict()
    exhibit = exhibited(title, note, page=page, frame=frame, columns=columns, spec=spec)
    _head(exhibit, page)
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": charts.PICK, "key": select} if select else {}
    state = draw(spec, described(exhibit, page.words), **options)
    with st.expander(page.words.text("app.table")):
        table(frame, columns, alt=title)
    picked = state.selection[charts.PICK] if select else []
    return dict(picked[0]) if picked else {}


def newly(key: str, picked: Any) -> bool:
    """True once for each pick of a row or mark: what its reader has closed since must not open again by itself."""
    before = st.session_state.get(f"{key}-picked")
    st.session_state[f"{key}-picked"] = picked
    return bool(picked is not None and picked != before)


def draw(spec: dict[str, Any], alt: str, **options: Any) -> Any:
    """A Vega-Lite specification alone, in the reader's theme; `options` and answer as of Streamlit's chart."""
    shown = style.in_dark(spec) if is_dark() else spec
    return st.vega_lite_chart(spec=shown, width="stretch", theme=None, alt=alt, **options)


def table_panel(
    title: str,
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    *,
    page: Page,
    note: str = "",
    rows: int | None = None,
    colours: Mapping[str, list[str | None]] | None = None,
    select: str | None = None,
    head: Any = None,
) -> int | None:
    """A table under its title, with downloads; the options and the answer are those of `table`.

    `head` is a container made before, where the title stands above controls of the table.
    """
    with head or st.container():
        _head(exhibited(title, note, page=page, frame=frame, columns=columns), page)
    return table(frame, columns, alt=title, rows=rows, colours=colours, select=select)


def _head(exhibit: Exhibit, page: Page) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top"):
        with st.container(width="stretch"):
            heading(exhibit.title, exhibit.note)
        downloads.of_figure(exhibit, page, str(len(page.exhibits)))


def exhibited(
    title: str,
    note: str,
    *,
    page: Page,
    frame: pl.DataFrame,
    columns: Mapping[str, Column],
    spec: dict[str, Any] | None = None,
) -> Exhibit:
    """The figure as it is exported: raw values, the same as text, and the chart; noted for the page's own export."""
    shown = frame.select(list(columns))
    texts = [
        [NO_DATA if value is None else (column.format or str)(value) for value in shown[name].to_list()]
        for name, column in columns.items()
    ]
    fields = tuple(_field(name, column, shown[name]) for name, column in columns.items())
    exhibit = Exhibit(title, note, shown, tuple(zip(*texts, strict=True)), fields, spec)
    page.exhibits.append(exhibit)
    return exhibit


def _field(name: str, column: Column, values: pl.Series) -> Field:
    dtype = values.dtype
    if dtype == pl.Date:
        return Field(name, column.label, "day")
    if dtype.is_temporal():
        return Field(name, column.label, "instant" if dtype == pl.Datetime else "text")
    if not dtype.is_numeric():
        return Field(name, column.label)
    if column.format is None:
        return Field(name, column.label, "number", 2 if dtype.is_float() else 0)
    # its own format tells what the number is: one half, or one and a half, as the reader sees it
    sample = column.format(0.5 if dtype.is_float() else 1)
    if sample.endswith("%"):
        return Field(name, column.label, "percent", _decimals(sample))
    return Field(name, column.label, "number", _decimals(sample))


def _decimals(sample: str) -> int:
    match = re.search(r"\d[.,](\d+)", sample)
    return len(match[1]) if match else 0


def described(exhibit: Exhibit, words: Words) -> str:
    """A chart in one sentence, for those who cannot see it: its title, its span, and how each series runs."""
    if not exhibit.texts:
        return exhibit.title
    first, last = exhibit.texts[0], exhibit.texts[-1]
    parts = [words.text("alt.span", title=exhibit.title, first=first[0], last=last[0])]
    for position, field in enumerate(exhibit.fields):
        values = exhibit.frame[field.name]
        if field.kind not in ("count", "number", "percent") or not values.count():
            continue
        low, high = values.arg_min(), values.arg_max()
        assert low is not None and high is not None
        facts = {"low": exhibit.texts[low][position], "high": exhibit.texts[high][position]}
        parts.append(words.text("alt.series", label=field.label, first=first[position], last=last[position], **facts))
    return "; ".join(parts) + "."


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
        css = [f"color: {mark}" if mark else "" for mark in (style.in_dark(marks) if is_dark() else marks)]
        styled = styled.apply(lambda _, css=css: css, subset=[name])
    options: dict[str, Any] = {}
    if select:
        # Streamlit keeps the chosen position although other rows have come: other rows are another table.
        rows_shown = frame.select(~cs.nested()).hash_rows().sum()
        options = {"on_select": "rerun", "selection_mode": "single-row", "key": f"{select}-{rows_shown}"}
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
