"""The SQL page: editor, result, CSV, and the tables to choose from."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import streamlit as st

from dashboards.exports import journal
from dashboards.exports.flat import to_csv
from dashboards.page import Page
from dashboards.plain_text import escape
from dashboards.sql_lab.origin import reads_synthetic
from lake.errors import QueryRefused
from lake.sandbox import QueryResult, run_query

SAMPLES = Path(__file__).parent / "samples"
SAMPLE_NAMES = ("resolution", "availability", "quarantine")
MAX_ROWS = 10_000
TIMEOUT_S = 10.0
EDITOR, RESULT, RAN, MADE_UP = "sql-text", "sql-result", "sql-ran", "sql-made-up"


def show(page: Page) -> None:
    """Schema on the side, editor and result in the middle."""
    words, formats = page.words, page.formats
    st.markdown(words.markdown("sql.intro", seconds=formats.count(TIMEOUT_S), rows=formats.count(MAX_ROWS)))
    st.session_state.setdefault(EDITOR, _sample(SAMPLE_NAMES[0]))
    main, side = st.columns([3, 1], gap="medium")
    with main:
        _editor(page)
        _result(page)
    with side:
        _schema(page)


def _editor(page: Page) -> None:
    words = page.words
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(words.text("sql.samples"), width="content")
        for name in SAMPLE_NAMES:
            st.button(
                words.text(f"sql.sample.{name}"), key=f"sample-{name}", type="tertiary", on_click=_use, args=(name,)
            )
    st.text_area(words.text("sql.editor"), key=EDITOR, height=230, max_chars=20_000, label_visibility="collapsed")
    if st.button(
        words.text("sql.run"), key="sql-run", type="primary", shortcut="Ctrl+Enter", icon=":material/play_arrow:"
    ):
        sql = st.session_state[EDITOR].strip()
        # Only the last answer is kept, and only in this reader's session.
        st.session_state[RESULT] = _run(sql, page) if sql else words.text("sql.empty")
        st.session_state[RAN] = sql
        is_answered = isinstance(st.session_state[RESULT], QueryResult)
        st.session_state[MADE_UP] = is_answered and reads_synthetic(page.figures.settings, sql)


def _run(sql: str, page: Page) -> QueryResult | str:
    try:
        return run_query(page.figures.published.file, sql, max_rows=MAX_ROWS, timeout_s=TIMEOUT_S)
    except QueryRefused as refusal:
        return str(refusal)


def _result(page: Page) -> None:
    words, formats = page.words, page.formats
    answer = st.session_state.get(RESULT)
    if answer is None:
        return
    if isinstance(answer, str):
        with st.container(border=True):
            st.markdown(f":red[:material/block: **{words.text('sql.refused')}**]")
            st.code(answer, language=None, wrap_lines=True)
        return
    rows, sql, is_synthetic = formats.count(answer.table.num_rows), st.session_state[RAN], st.session_state[MADE_UP]
    facts = {"columns": formats.count(answer.table.num_columns), "elapsed": formats.count(answer.elapsed_ms)}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(words.markdown("sql.result", rows=rows, **facts), width="content")
        st.download_button(
            words.text("sql.download"),
            data=lambda: _taken_out(answer.table, sql, page, is_synthetic=is_synthetic),
            file_name=f"{'mo-phong-' if is_synthetic else ''}truy-van-{page.figures.published.run_id}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
    if is_synthetic:
        st.markdown(f":violet-badge[:material/science: {words.text('export.synthetic')}]")
    if answer.is_truncated:
        st.warning(words.markdown("sql.truncated", rows=rows), icon=":material/content_cut:")
    if not answer.table.num_rows:
        st.caption(words.text("sql.no_rows"))
        return
    st.dataframe(answer.table, hide_index=True, width="stretch", height=420, alt=words.text("nav.sql"))


def _taken_out(table: pa.Table, sql: str, page: Page, *, is_synthetic: bool) -> bytes:
    """The result as CSV, noted in the journal of exports; a column more says if made-up rows were read."""
    if is_synthetic:
        words = page.words
        table = table.append_column(words.text("export.nature"), [[words.text("export.synthetic")] * table.num_rows])
    content = to_csv(table)
    entry = {
        "page": page.path,
        "kind": "csv",
        "rows": table.num_rows,
        "bytes": len(content),
        "sql": sql,
        "snapshot_id": page.figures.published.snapshot_id,
        "is_synthetic": is_synthetic,
    }
    journal.note(page.figures.settings, entry)
    return content


def _schema(page: Page) -> None:
    words, formats = page.words, page.formats
    st.subheader(words.text("sql.schema"), anchor=False)
    st.caption(words.text("sql.schema_note"))
    tables = page.figures.ask("schema")
    for (schema, name), columns in tables.group_by("schema_name", "table_name", maintain_order=True):
        label = f"{escape(f'{schema}.{name}')} :gray[· {formats.count(columns['n_rows'][0])}]"
        with st.expander(label):
            st.code(_listing(columns), language=None, wrap_lines=True)


def _listing(columns: pl.DataFrame) -> str:
    return "\n".join(f"{name}  {kind.lower()}" for name, kind in columns.select("column_name", "data_type").iter_rows())


def _sample(name: str) -> str:
    return (SAMPLES / f"{name}.sql").read_text(encoding="utf-8").strip()


def _use(name: str) -> None:
    st.session_state[EDITOR] = _sample(name)
    st.session_state.pop(RESULT, None)
