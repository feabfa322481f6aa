"""The strip under a theme page: what the centre published, set against what the source yields."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards.page import Page
from dashboards.panels import Column, table_panel


def show(source: str, theme: str, page: Page) -> None:
    """The strip: claim, published figure, recomputed figure, verdict; a contradiction is spelt out."""
    words, formats = page.words, page.formats
    claims = page.figures.ask("published_check", source=source, theme=theme)
    if claims.is_empty():
        return
    documents = " · ".join(claims["document"].unique(maintain_order=True))
    rows = [
        {
            "claim": row["claim_vi"],
            "published": _figure(row, row["published_value"], page),
            "recomputed": _figure(row, row["computed_value"], page),
            "verdict": words.coded("reconcile", row["verdict"]),
        }
        for row in claims.iter_rows(named=True)
    ]
    table_panel(
        words.text("reconcile.title"),
        pl.DataFrame(rows),
        {name: Column(words.text(f"reconcile.{name}"), width=width) for name, width in
         (("claim", 420), ("published", 120), ("recomputed", 120), ("verdict", 150))},
        page=page, note=words.text("reconcile.note", document=documents),
    )  # fmt: skip
    for row in claims.filter(pl.col("is_contradicted_by_published") & pl.col("implied_total").is_not_null()).iter_rows(
        named=True
    ):
        st.warning(
            words.markdown(
                "reconcile.contradiction",
                claim=row["claim_vi"],
                days=formats.count((row["scope_to"] - row["scope_from"]).days + 1),
                implied=formats.count(row["implied_total"]),
                total=formats.count(row["bound_total"]),
            ),
            icon=":material/warning:",
        )


def _figure(row: dict[str, Any], value: float | None, page: Page) -> str:
    sign = {"=": "", ">": "> ", "~": "≈ "}[row["operator"]] if value == row["published_value"] else ""
    if row["measure"] == "ratio":
        return sign + page.formats.percent(value, max(0, row["published_decimals"] - 2))
    return sign + page.formats.decimal(value, 1 if value is not None and value % 1 else 0)
