"""Catalogue and lineage: what a word, table or figure means, where it comes from, who uses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import streamlit as st

from dashboards import address
from dashboards.page import Page
from dashboards.panels import Column, heading, is_dark, nothing, table
from dashboards.plain_text import escape

N_FOUND = 200
_COLOURS = {"raw": "#8A5A00", "staging": "#5B6770", "intermediate": "#7A3E78", "marts": "#0072B2", "kpi": "#00795A"}


def show(page: Page) -> None:
    """Search box, what was found, and the object that is chosen."""
    words = page.words
    st.text_input(
        words.text("catalogue.search"),
        value=address.current(address.SEARCH) or "",
        key="catalogue-search",
        icon=":material/search:",
        placeholder=words.text("catalogue.placeholder"),
        max_chars=80,
        on_change=address.remember,
        args=(address.SEARCH, "catalogue-search"),
    )
    wanted = (address.current(address.SEARCH) or "").strip()
    found = page.figures.ask("catalogue", words=" ".join(wanted.split()), limit=N_FOUND)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _found(found, page)
    with right:
        _chosen(page)


def _found(found: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    if found.is_empty():
        nothing(words, "catalogue.nothing")
        return
    total = int(found["n_found"][0])
    st.caption(words.text("catalogue.found", n=formats.count(total), shown=formats.count(found.height)))
    text = f"text_{words.lang}"
    named = found.with_columns(
        kind_name=pl.Series([words.coded("catalogue.kind", kind) for kind in found["kind"]], dtype=pl.String)
    )
    picked = table(
        named,
        {
            "kind_name": Column(words.text("catalogue.type"), width=70),
            "title": Column(words.text("catalogue.name"), width=170),
            text: Column(words.text("catalogue.meaning"), width="large"),
        },
        alt=words.text("catalogue.results"),
        rows=18,
        select="catalogue-found",
    )
    if picked is not None:
        row = named.row(picked, named=True)
        kind = "kpi" if row["kind"] == "kpi" else "table"
        st.session_state[address.OBJECT] = f"{kind}:{row['id']}"
        address.current(address.OBJECT)


def _chosen(page: Page) -> None:
    words = page.words
    kind, _, name = (address.current(address.OBJECT) or "").partition(":")
    if not name:
        nothing(words, "catalogue.choose")
        return
    if kind == "kpi":
        found = page.figures.ask("catalogue_kpi", code=name)
        if found.height:
            _kpi(found, page)
            return
    elif kind == "table":
        found = page.figures.ask("catalogue_table", table=name)
        if found.height:
            _table(found.row(0, named=True), page)
            return
    st.warning(words.markdown("catalogue.unknown", name=name), icon=":material/help:")


def _kpi(definitions: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    newest = definitions.row(0, named=True)
    heading(f"{newest['code']} · {words.name(newest)}")
    for row in definitions.iter_rows(named=True):
        until = formats.day(row["valid_to"]) if row["valid_to"] else words.text("catalogue.now")
        facts = {
            "catalogue.valid": f"{formats.day(row['valid_from'])} – {until}",
            "catalogue.formula": words.name(row, "formula"),
            "catalogue.basis": row["legal_basis"],
            "catalogue.owner": row["owner"],
            "catalogue.fresh": formats.duration(row["freshness_s"]),
            "catalogue.variant": row["variant_of"],
            "catalogue.gap": row["not_computed"],
        }
        with st.container(border=True):
            st.markdown(
                "  \n".join(f"**{words.text(key)}:** {escape(str(value))}" for key, value in facts.items() if value)
            )
    models = newest["models"] or []
    if models:
        st.caption(words.text("catalogue.computed_by"))
        for model in models:
            _link(str(model))


def _table(found: dict[str, Any], page: Page) -> None:
    words, formats, name = page.words, page.formats, str(found["model"])
    heading(name)
    st.markdown(escape(words.name(found, "description")))
    held = (
        words.text("catalogue.rows", n=formats.count(found["n_rows"]))
        if found["n_rows"] is not None
        else words.text("catalogue.in_lake")
    )
    layer = words.coded("catalogue.layer", str(found["layer"]).split("_")[-1])
    st.caption(escape(" · ".join(part for part in (layer, found["materialized"], held) if part)))
    lineage, columns, tests, sql = st.tabs(
        [words.text(f"catalogue.{tab}") for tab in ("lineage", "columns", "tests", "sql")]
    )
    with lineage:
        _lineage(name, page)
    with columns:
        _columns(name, page)
    with tests:
        _tests(name, page)
    with sql:
        if found["compiled_sql"]:
            st.code(found["compiled_sql"].strip(), language="sql", wrap_lines=True)
        else:
            nothing(words, "catalogue.no_sql")


def _lineage(name: str, page: Page) -> None:
    words = page.words
    edges = page.figures.ask("catalogue_lineage", table=name)
    if edges.is_empty():
        nothing(words, "catalogue.no_lineage")
        return
    st.graphviz_chart(_dot(edges.iter_rows(), name), width="stretch")
    near = sorted((set(edges["child"]) | set(edges["parent"])) - {name})
    st.caption(words.text("catalogue.near"))
    with st.container(horizontal=True, gap="small"):
        for other in near:
            _link(other)


def _link(model: str) -> None:
    st.button(
        escape(model), key=f"catalogue-{model}", type="tertiary", on_click=_open, args=(f"table:{model}",),
        icon=":material/table:",
    )  # fmt: skip


def _open(identity: str) -> None:
    st.session_state[address.OBJECT] = identity
    st.session_state.pop("catalogue-found", None)


def _dot(edges: Iterable[tuple[str, str]], focus: str) -> str:
    """The edges (child, parent) as a Graphviz graph from left to right; names of models, quoted."""
    ink, page_color = ("#F2F5F7", "#0B1220") if is_dark() else ("#1F2933", "#FFFFFF")
    lines = [
        'digraph { rankdir=LR; bgcolor="transparent"; nodesep=0.15; ranksep=0.5;',
        f'node [shape=box, style="rounded", fontname="sans-serif", fontsize=11, fontcolor="{ink}"];',
        'node [margin="0.12,0.05"];',
        f'edge [color="{_COLOURS["staging"]}", arrowsize=0.6];',
    ]
    names: set[str] = set()
    for child, parent in edges:
        lines.append(f"{_quoted(parent)} -> {_quoted(child)};")
        names |= {child, parent}
    for name in sorted(names):
        layer = name.partition(".")[0].split("_")[-1]
        color = _COLOURS.get(layer, ink)
        style = f'style="rounded,filled", fillcolor="{color}", fontcolor="{page_color}"' if name == focus else ""
        lines.append(f'{_quoted(name)} [label={_quoted(name.partition(".")[2])}, color="{color}" {style}];')
    return "\n".join([*lines, "}"])


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _columns(name: str, page: Page) -> None:
    words = page.words
    columns = page.figures.ask("catalogue_columns", table=name)
    if columns.is_empty():
        nothing(words, "catalogue.no_columns")
        return
    table(
        columns,
        {
            "column_name": Column(words.text("catalogue.column"), width="medium"),
            "data_type": Column(words.text("catalogue.data_type"), width="small"),
            f"description_{words.lang}": Column(words.text("catalogue.meaning"), width="large"),
        },
        alt=words.text("catalogue.columns"),
    )


def _tests(name: str, page: Page) -> None:
    words, formats = page.words, page.formats
    tests = page.figures.ask("catalogue_tests", table=name)
    if tests.is_empty():
        nothing(words, "catalogue.no_tests")
        return
    named = tests.with_columns(
        result=pl.Series(
            [words.text("catalogue.not_run") if ok is None else words.coded("result", "passed" if ok else "failed")
             for ok in tests["is_success"]],
            dtype=pl.String,
        )
    )  # fmt: skip
    table(
        named,
        {
            "test": Column(words.text("catalogue.test"), width="large"),
            "column_name": Column(words.text("catalogue.column")),
            "result": Column(words.text("catalogue.result")),
            "checked_at": Column(words.text("catalogue.checked_at"), formats.instant),
        },
        alt=words.text("catalogue.tests"),
        rows=15,
    )
