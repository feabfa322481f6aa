"""What the centre published, set against what the sources yield: a strip under a theme page, and a page of its own."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards.number_format import NO_DATA
from dashboards.page import Page
from dashboards.panels import Column, nothing, table_panel

VERDICTS = ("khop", "lam_tron", "mau_thuan", "chua_du_du_lieu")


def show(theme: str, page: Page) -> None:
    """The strip: claim, published figure, recomputed figure, verdict; a contradiction is spelt out."""
    claims = page.figures.ask("published_check", sources=page.scope.ids, theme=theme)
    if claims.is_empty():
        return
    _table(claims, page, page.words.text("reconcile.title"))
    _contradictions(claims, page)


def show_all(page: Page) -> None:
    """The page: how many claims agree, all of them in a table, and why two cannot both be true."""
    words = page.words
    claims = page.figures.ask("published_checks", sources=page.scope.ids)
    if claims.is_empty():
        nothing(words, "reconcile.none")
        return
    counts = {verdict: claims.filter(verdict=verdict).height for verdict in VERDICTS}
    said = words.text(
        "reconcile.sentence",
        total=page.formats.count(claims.height),
        **{name: page.formats.count(n) for name, n in counts.items()},
    )
    page.sentences.append(said)
    st.markdown(said)
    _contradictions(claims, page)
    _table(claims, page, words.text("reconcile.all"))


def _table(claims: pl.DataFrame, page: Page, title: str) -> None:
    words = page.words
    documents = " · ".join(claims["document"].unique(maintain_order=True))
    rows = [
        {
            "claim": words.name(row, "claim"),
            "published": _figure(row, row["published_value"], page),
            "recomputed": _figure(row, row["computed_value"], page),
            "difference": _difference(row, page),
            "verdict": words.coded("reconcile", row["verdict"]),
            "span": page.formats.days(row["scope_from"], row["scope_to"]),
            "caveat": words.name(row, "caveat"),
        }
        for row in claims.iter_rows(named=True)
    ]
    widths = {
        "claim": 400,
        "published": 110,
        "recomputed": 110,
        "difference": 110,
        "verdict": 160,
        "span": 180,
        "caveat": 420,
    }
    table_panel(
        title,
        pl.DataFrame(rows),
        {name: Column(words.text(f"reconcile.{name}"), width=width) for name, width in widths.items()},
        page=page, note=words.text("reconcile.note", document=documents),
    )  # fmt: skip


def _contradictions(claims: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    for row in claims.filter(pl.col("is_contradicted_by_published") & pl.col("implied_total").is_not_null()).iter_rows(
        named=True
    ):
        st.warning(
            words.markdown(
                "reconcile.contradiction",
                claim=words.name(row, "claim"),
                days=formats.count((row["scope_to"] - row["scope_from"]).days + 1),
                implied=formats.count(row["implied_total"]),
                total=formats.count(row["bound_total"]),
            ),
            icon=":material/warning:",
        )


def _figure(row: dict[str, Any], value: float | None, page: Page) -> str:
    sign = {"=": "", ">": "> ", ">=": "≥ ", "~": "≈ "}[row["operator"]] if value == row["published_value"] else ""
    if row["unit_vi"] == "%":
        return sign + page.formats.percent(value, max(0, row["published_decimals"] - 2))
    if row["measure"] == "same":  # a year, which is written without a separator
        return NO_DATA if value is None else str(int(value))
    return sign + page.formats.decimal(value, 1 if value is not None and value % 1 else 0)


def _difference(row: dict[str, Any], page: Page) -> str:
    """Recomputed less published, with its sign; both as the numbers they are, not as they are rounded."""
    if row["computed_value"] is None or row["published_value"] is None:
        return NO_DATA
    difference = row["computed_value"] - row["published_value"]
    if row["unit_vi"] == "%":
        text = page.formats.points(difference, 2)
    else:
        text = page.formats.decimal(difference, 1 if difference % 1 else 0)
    return f"+{text}" if difference > 0 else text
