"""The articles of the days shown, and one of them in a dialog: what it says, what the model made of it, its story."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import style
from dashboards.page import Page
from dashboards.panels import Column, heading, newly, nothing, table, table_panel
from dashboards.plain_text import escape

SENTIMENTS = ("negative", "neutral", "positive")
LIMIT, N_ROWS, N_STORY = 120, 12, 30


def show(span: dict[str, Any], page: Page) -> None:
    """The list of one tone or of all; the article chosen in a dialog."""
    words, formats, zone = page.words, page.formats, page.scope.zone
    head = st.container()
    tone = st.segmented_control(
        words.text("media.tone"),
        SENTIMENTS,
        format_func=lambda code: words.text(f"sentiment.{code}"),
        key="article-tone",
        label_visibility="collapsed",
    )
    found = page.figures.ask("articles", sentiment=tone, limit=LIMIT, **span)
    title = words.text("media.list")
    period = formats.days(span["first"], span["last"])
    if found.is_empty():
        with head:
            heading(title, period)
        nothing(words)
        return
    named = found.with_columns(
        tone=pl.Series([_coded("sentiment", code, page) for code in found["sentiment"]], dtype=pl.String),
        subject=pl.Series([_coded("topic", code, page) for code in found["topic"]], dtype=pl.String),
    )
    picked = table_panel(
        title,
        named,
        {
            "published_at": Column(words.text("media.published"), lambda at: formats.instant(at, zone)),
            "headline": Column(words.text("media.headline"), width="large"),
            "feed": Column(words.text("media.feed"), width="medium"),
            "tone": Column(words.text("media.tone")),
            "sentiment_probability": Column(words.text("media.probability"), lambda share: formats.percent(share, 0)),
            "subject": Column(words.text("media.topic")),
            "n_story": Column(words.text("media.in_story"), formats.count),
        },
        page=page,
        note=words.text(
            "media.list_note", period=period, n=formats.count(found.height), total=formats.count(found["n_found"][0])
        ),
        rows=N_ROWS,
        colours={"tone": [style.ORANGE if code == "negative" else None for code in found["sentiment"]]},
        select="article",
        head=head,
    )
    row = None if picked is None else found.row(picked, named=True)
    if newly("article", row and (row["published_at"], row["feed"], row["headline"])) and row:
        _dialog(row, page)


def _coded(family: str, code: str | None, page: Page) -> str | None:
    return None if code is None else page.words.coded(family, code)


def _dialog(article: dict[str, Any], page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone

    @st.dialog(words.text("media.article"), width="large")
    def draw() -> None:
        st.subheader(escape(article["headline"]), anchor=False)
        published = formats.instant(article["published_at"], zone)
        facts = [
            (words.text("media.feed"), article["feed"]),
            (
                words.text("media.published"),
                words.text("media.undated", at=published) if article["is_published_at_missing"] else published,
            ),
            (words.text("media.seen"), formats.instant(article["first_seen_at"], zone)),
            (
                words.text("media.tone"),
                _label("sentiment", article["sentiment"], article["sentiment_probability"], page),
            ),
            (words.text("media.topic"), _label("topic", article["topic"], article["topic_probability"], page)),
            (words.text("media.model"), _model(article, page)),
        ]
        st.markdown("  \n".join(f"**{label}:** {escape(str(text or '—'))}" for label, text in facts))
        if article["url"]:
            # as text: what lies behind a stranger's link is the reader's to judge
            st.code(article["url"], language=None, wrap_lines=True)
        if article["story_key"] is None or (article["n_story"] or 0) < 2:
            nothing(words, "media.no_story")
            return
        told = page.figures.ask("story", sources=page.scope.ids, story=article["story_key"], limit=N_STORY)
        st.markdown(f"**{words.text('media.story', n=formats.count(article['n_story']))}**")
        table(
            told,
            {
                "published_at": Column(words.text("media.published"), lambda at: formats.instant(at, zone)),
                "feed": Column(words.text("media.feed"), width="medium"),
                "headline": Column(words.text("media.headline"), width="large"),
            },
            alt=words.text("media.list"),
            rows=N_ROWS,
        )

    draw()


def _label(family: str, code: str | None, probability: float | None, page: Page) -> str:
    if code is None:
        return page.words.text("media.not_read")
    share = page.formats.percent(probability, 0)
    return page.words.text("media.label", label=page.words.coded(family, code), share=share)


def _model(article: dict[str, Any], page: Page) -> str | None:
    if article["model_version"] is None:
        return None
    key = "media.model_audited" if article["is_audited"] else "media.model_unmeasured"
    unsure = f" {page.words.text('media.unsure')}" if article["is_sentiment_abstained"] else ""
    return page.words.text(key, model=article["model_version"]) + unsure
