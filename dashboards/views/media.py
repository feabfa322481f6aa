"""Media: how much is told, how it sounds and how sure that is, of what, by whom, and who has fallen silent."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, style
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing, table_panel
from dashboards.periods import reaching_back
from dashboards.plain_text import plain
from dashboards.views import articles, reconcile

# The corrected shares take the place of the raw ones as soon as the model has been audited.
TONES = (("M3N", "M2N"), ("M3P", "M2P"), ("M3U", "M2U"))
CARDS = ("M4", "M5", "M5R", "M7", "M6", "M8", "M9")
MIN_DAYS, MIN_WEEKS_DAYS = 28, 91  # a shorter period is shown with the days before it
N_TOPICS, N_FEEDS, MAX_FEEDS = 12, 12, 60


def show(page: Page) -> None:
    """Sentences, cards, weeks, negative news by day, topics, sources, articles."""
    assert page.today is not None
    weeks = _span(page, MIN_WEEKS_DAYS)
    days = _span(page, MIN_DAYS)
    tones = page.figures.ask("tone_weeks", **weeks)
    audit = page.figures.ask("audits", sources=page.scope.ids)
    _sentence(tones, audit, page)
    present = set(page.figures.ask("kpi_themes", sources=page.scope.ids)["code"])
    wanted = ["M1", "M1S", *(next((code for code in pair if code in present), pair[-1]) for pair in TONES), *CARDS]
    card_grid.show(page, [code for code in wanted if code in present])
    left, right = st.columns(2, gap="medium")
    with left:
        _weekly(tones, weeks, page)
        _topics(days, page)
    with right:
        _shares(tones, weeks, page)
        _negative(days, page)
    _feeds(days, page)
    articles.show(days, page)
    reconcile.show("media", page)


def _span(page: Page, days: int) -> dict[str, Any]:
    assert page.today is not None
    shown = reaching_back(page.choice.period, days, page.today)
    return {"sources": page.scope.ids, "first": shown.first, "last": shown.last}


def _days(span: dict[str, Any], page: Page) -> str:
    return page.formats.days(span["first"], span["last"])


def _sentence(tones: pl.DataFrame, audit: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    said = []
    if tones.height:
        facts = {"mean": formats.count(tones["n_articles"].sum() / tones.height), "weeks": formats.count(tones.height)}
        target = next((found for source in page.scope.ids if (found := page.target(source, "M1", "week"))), None)
        if target is None:
            said.append(words.markdown("media.sentence_no_target", **facts))
        else:
            below = formats.count(tones.filter(pl.col("n_articles") < target).height)
            said.append(words.markdown("media.sentence", below=below, target=formats.count(target), **facts))
    if audit.height:
        model = audit.row(0, named=True)
        said.append(
            words.markdown(
                f"media.audit_{model['verdict']}",
                model=model["model_version"],
                n=formats.count(model["n_audited"]),
                wanted=formats.count(model["min_labels"]),
                accuracy=formats.percent(model["accuracy"]),
                low=formats.percent(model["accuracy_low"]),
                high=formats.percent(model["accuracy_high"]),
            )
        )
    else:
        said.append(words.markdown("media.not_labelled"))
    page.sentences.extend(plain(sentence) for sentence in said)
    st.markdown(" ".join(said))


def _named(weeks: pl.DataFrame, page: Page) -> pl.DataFrame:
    names = [page.formats.period("week", day, day) for day in weeks["week"]]
    return weeks.with_columns(pl.Series("name", names, dtype=pl.String))


def _weekly(weeks: pl.DataFrame, span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    title, week = words.text("media.weekly"), words.text("media.week")
    if weeks.is_empty():
        heading(title, _days(span, page))
        nothing(words, "media.no_week")
        return
    target = next((found for source in page.scope.ids if (found := page.target(source, "M1", "week"))), None)
    named = _named(weeks, page)
    value = Series("n_articles", words.text("media.articles"), style.BLUE)
    chart_panel(
        title,
        charts.weekly_columns(named, "week", value, title=week, lang=words.lang, target=target, tooltip="name"),
        page=page, frame=named.reverse(),
        columns={"name": Column(week), "n_articles": Column(value.label, formats.count)},
        note=words.text("media.weekly_note", period=_days(span, page)),
    )  # fmt: skip


def _tones(page: Page) -> list[Series]:
    return [
        Series("n_negative", page.words.text("sentiment.negative"), style.ORANGE),
        Series("n_neutral", page.words.text("sentiment.neutral"), style.SILVER),
        Series("n_positive", page.words.text("sentiment.positive"), style.BLUE),
    ]


def _shares(weeks: pl.DataFrame, span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    title, week = words.text("media.shares"), words.text("media.week")
    read = weeks.filter(pl.col("n_labelled") > 0)
    if read.is_empty():
        heading(title, _days(span, page))
        nothing(words, "media.not_labelled_yet")
        return
    parts = _tones(page)
    named = _named(read, page).with_columns(
        (pl.col(part.column) / pl.col("n_labelled")).alias(f"share_{part.column}") for part in parts
    )
    shares = [Series(f"share_{part.column}", part.label, part.color) for part in parts]
    label = named.with_columns(short=pl.col("week").dt.strftime("%d/%m"))
    chart_panel(
        title,
        charts.stacked_columns(label, "short", week, shares, lang=words.lang, number=".0%"),
        page=page, frame=named.reverse(),
        columns={
            "name": Column(week),
            **{share.column: Column(share.label, formats.percent) for share in shares},
            "n_labelled": Column(words.text("media.read"), formats.count),
        },
        note=words.text("media.shares_note", period=_days(span, page)),
    )  # fmt: skip


def _negative(span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    title, day = words.text("media.negative"), words.text("data_centre.day")
    days, basis = page.figures.ask("negative_days", **span), page.parameters("M8")
    if days.height < 2:
        heading(title, _days(span, page))
        st.caption(words.text("media.no_basis", weeks=basis["weeks"]))
        return
    value = Series("n_negative", words.text("sentiment.negative"), style.ORANGE)
    expected = Series("expected", words.text("media.expected"), style.MUTED)
    upper = Series("upper", words.text("media.upper"), style.AMBER)
    chart_panel(
        title,
        charts.control(days, "hour_on", value, expected, upper, title=day, lang=words.lang),
        page=page, frame=days.reverse(),
        columns={
            "hour_on": Column(day, formats.day),
            "n_negative": Column(value.label, formats.count),
            "expected": Column(expected.label, lambda number: formats.decimal(number, 1)),
            "upper": Column(upper.label, lambda number: formats.decimal(number, 1)),
            "n_alert_hours": Column(words.text("media.alert_hours"), formats.count),
        },
        note=words.text(
            "media.negative_note",
            period=_days(span, page),
            n=formats.count(days.filter(pl.col("n_negative") > pl.col("upper")).height),
            weeks=basis["weeks"],
            alert_z=basis["alert_z"],
        ),
    )  # fmt: skip


def _topics(span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    title = words.text("media.topics")
    found = page.figures.ask("topics", **span)
    if found.is_empty():
        heading(title, _days(span, page))
        nothing(words, "media.not_labelled_yet")
        return
    topics = found.head(N_TOPICS).with_columns(
        name=pl.Series([words.coded("topic", code) for code in found["topic"].head(N_TOPICS)], dtype=pl.String)
    )
    parts = _tones(page)
    chart_panel(
        title,
        charts.ranked_bars(topics, "name", parts, title=words.text("media.topic"), lang=words.lang),
        page=page, frame=topics,
        columns={
            "name": Column(words.text("media.topic"), width="medium"),
            **{part.column: Column(part.label, formats.count) for part in parts},
            "n_articles": Column(words.text("media.articles"), formats.count),
        },
        note=_days(span, page),
    )  # fmt: skip


def _feeds(span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    feeds = page.figures.ask("feeds", limit=MAX_FEEDS, **span)
    if feeds.is_empty():
        return
    states = {True: words.text("media.silent"), False: words.text("media.speaking"), None: words.text("media.unknown")}
    named = feeds.with_columns(
        state=pl.Series([states[silent] for silent in feeds["is_silent"]], dtype=pl.String),
        silent=pl.when(pl.col("n_judged_days") > 0).then(pl.col("n_silent_days") / pl.col("n_judged_days")),
    )
    table_panel(
        words.text("media.feeds"),
        named,
        {
            "state": Column(words.text("media.state")),
            "feed": Column(words.text("media.feed"), width="large"),
            "last_at": Column(words.text("media.last"), lambda instant: formats.instant(instant, page.scope.zone)),
            "allowed_silence_h": Column(words.text("media.allowed"), formats.count),
            "n_silent_days": Column(words.text("media.silent_days"), formats.count),
            "silent": Column(words.text("media.silent_share"), formats.percent),
            "n_items": Column(words.text("media.articles"), formats.count),
        },
        page=page,
        note=words.text(
            "media.feeds_note",
            period=_days(span, page),
            n=formats.count(feeds.height),
            total=formats.count(feeds["n_feeds"][0]),
            silent=formats.count(feeds["n_silent"][0]),
            gap_multiple=page.parameters("M6")["gap_multiple"],
        ),
        rows=N_FEEDS,
        colours={"state": [style.ORANGE if silent else None for silent in feeds["is_silent"]]},
    )
