"""Data centre: what is down now, how available it has been, what fills up, what is not backed up."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import card_grid, charts, style
from dashboards.charts import Series
from dashboards.page import Page
from dashboards.panels import Column, chart_panel, heading, nothing, table_panel
from dashboards.periods import reaching_back
from dashboards.views import reconcile, watch_grid

# What a leader asks first; those without a value are left out.
CARDS = ("S2", "S3", "W1", "S5", "S4", "S4B", "S6D", "S7", "S6C", "S6M", "S8", "S8R", "S1")
MIN_DAYS = 28  # a shorter period is shown with the days before it
N_DISKS, N_INCIDENTS = 12, 12
AXIS = ".1~%"


def show(page: Page) -> None:
    """Sentence, state of every server and system, cards, then the days of the period in detail."""
    watched = page.figures.ask("watched", sources=page.scope.ids)
    present = set(page.figures.ask("kpi_themes", sources=page.scope.ids)["code"])
    cards = [code for code in CARDS if code in present]
    if watched.is_empty() and not cards:
        nothing(page.words)
        return
    watched = watch_grid.with_states(watched, page.now)
    _sentence(watched, page)
    picked = _states(watched, page)
    card_grid.show(page, cards)
    assert page.today is not None
    shown = reaching_back(page.choice.period, MIN_DAYS, page.today)
    span = {"sources": page.scope.ids, "first": shown.first, "last": shown.last}
    said = page.formats.days(shown.first, shown.last)
    target = _target("S2", page)
    left, right = st.columns(2, gap="medium")
    with left:
        _daily(span, said, target, page)
        _systems(span, said, page)
    with right:
        _servers(span, said, target, page)
    left, right = st.columns(2, gap="medium")
    with left:
        _disks(span, page)
    with right:
        _backups(span, said, page)
    _incidents(span, said, page)
    reconcile.show("data_centre", page)
    if picked is not None:
        watch_grid.dialog(picked, page)


def _target(code: str, page: Page) -> float | None:
    found = (page.target(source, code, "month") for source in page.scope.ids)
    return next((target for target in found if target is not None), None)


def _sentence(watched: pl.DataFrame, page: Page) -> None:
    words, formats = page.words, page.formats
    hosts = watched.filter(pl.col("kind") == "host")
    systems = watched.filter(pl.col("kind") == "system")

    def count(frame: pl.DataFrame, state: str) -> str:
        return formats.count(frame.filter(pl.col("state") == state).height)

    said = words.markdown(
        "data_centre.sentence",
        up=count(hosts, "up"),
        total=formats.count(hosts.height),
        down=count(hosts, "down"),
        unknown=count(hosts, "unknown"),
        systems_up=count(systems, "up"),
        systems=formats.count(systems.height),
        at=formats.instant(page.scope.as_of, page.scope.zone),
    )
    page.sentences.append(said.replace("**", ""))
    st.markdown(said)


def _states(watched: pl.DataFrame, page: Page) -> dict[str, Any] | None:
    """Servers and systems, cell by cell; the one that was clicked."""
    words = page.words
    picked = None
    for kind, width in (("host", 135), ("system", 215)):
        cells = watched.filter(pl.col("kind") == kind)
        if cells.is_empty():
            continue
        heading(words.text(f"watched.{kind}s"), words.text("watched.note") if kind == "host" else "")
        watch_grid.legend(cells, page)
        picked = watch_grid.grid(cells, page, width=width) or picked
    return picked


def _daily(span: dict[str, Any], said: str, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    days = page.figures.ask("server_days", server=None, **span)
    if days.height < 2:
        return
    low, high = _bounds(page)
    title, day = words.text("data_centre.daily"), words.text("data_centre.day")
    chart_panel(
        title,
        charts.band(days, "sampled_on", low, high, title=day, lang=words.lang, number=AXIS, target=target),
        page=page, frame=days.reverse(),
        columns={
            "sampled_on": Column(day, formats.day),
            "low": Column(low.label, lambda value: formats.percent(value, 2)),
            "high": Column(high.label, lambda value: formats.percent(value, 2)),
            "n_missing": Column(words.text("data_centre.missing"), formats.count),
        },
        note=words.text("data_centre.daily_note", period=said),
    )  # fmt: skip


def _servers(span: dict[str, Any], said: str, target: float | None, page: Page) -> None:
    words, formats = page.words, page.formats
    servers = page.figures.ask("servers", **span)
    if servers.is_empty():
        return
    low, high = _bounds(page)
    title, server = words.text("data_centre.servers"), words.text("data_centre.server")
    chart_panel(
        title,
        charts.intervals(servers, "instance", low, high, title=server, lang=words.lang, number=AXIS, target=target),
        page=page, frame=servers,
        columns={
            "instance": Column(server, width="medium"),
            "low": Column(low.label, lambda value: formats.percent(value, 2)),
            "high": Column(high.label, lambda value: formats.percent(value, 2)),
            "coverage": Column(words.text("data_centre.coverage"), lambda value: formats.percent(value, 2)),
            "n_missing": Column(words.text("data_centre.missing"), formats.count),
            "n_expected": Column(words.text("data_centre.expected"), formats.count),
        },
        note=words.text("data_centre.servers_note", period=said),
    )  # fmt: skip


def _systems(span: dict[str, Any], said: str, page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone
    systems = page.figures.ask("systems", **span)
    if systems.is_empty():
        return
    low, high = _bounds(page)
    title, system = words.text("data_centre.systems"), words.text("data_centre.system")
    chart_panel(
        title,
        charts.intervals(
            systems, "name", low, high, title=system, lang=words.lang, number=AXIS, target=_target("S3", page)
        ),
        page=page, frame=systems,
        columns={
            "name": Column(system, width="medium"),
            "low": Column(low.label, lambda value: formats.percent(value, 2)),
            "high": Column(high.label, lambda value: formats.percent(value, 2)),
            "n_missing": Column(words.text("data_centre.missing"), formats.count),
            "certificate_expires_at": Column(
                words.text("watched.certificate"), lambda instant: formats.instant(instant, zone)
            ),
        },
        note=words.text("data_centre.systems_note", period=said),
    )  # fmt: skip


def _disks(span: dict[str, Any], page: Page) -> None:
    words, formats = page.words, page.formats
    disks = page.figures.ask("disks", sources=span["sources"], last=span["last"])
    title = words.text("data_centre.disks")
    if disks.is_empty():
        heading(title)
        nothing(words)
        return
    basis = page.parameters("S7")
    if not disks["is_judged"].any():
        heading(title, formats.day(disks["judged_on"].max()))  # type: ignore[arg-type]
        st.caption(words.text("data_centre.disks_unjudged", min_days=basis["min_days"]))
        return
    target = _target("S7", page) or 0.0
    filling = disks.filter(pl.col("days_left").is_not_null()).head(N_DISKS).with_columns(
        disk=pl.col("instance") + " " + pl.col("part"),
        soon=pl.when(pl.col("days_left") < target).then("days_left"),
        later=pl.when(pl.col("days_left") >= target).then("days_left"),
    )  # fmt: skip
    note = words.text(
        "data_centre.disks_note",
        day=formats.day(disks["judged_on"].max()),  # type: ignore[arg-type]
        steady=formats.count(disks.filter(pl.col("is_judged") & pl.col("days_left").is_null()).height),
        total=formats.count(disks.height),
        window_days=basis["window_days"],
    )
    if filling.is_empty():
        heading(title, note)
        return
    mark = formats.count(target)
    parts = [
        Series("soon", words.text("data_centre.soon", days=mark), style.ORANGE),
        Series("later", words.text("data_centre.later", days=mark), style.BLUE),
    ]
    shown = [part for part in parts if filling[part.column].count()]
    chart_panel(
        title,
        charts.ranked_bars(filling, "disk", shown, title=words.text("data_centre.disk"), lang=words.lang),
        page=page, frame=filling,
        columns={
            "disk": Column(words.text("data_centre.disk"), width="medium"),
            "days_left": Column(words.text("data_centre.days_left"), formats.count),
            "mean_used": Column(words.text("data_centre.used"), formats.percent),
            "free_gb": Column(words.text("data_centre.free"), lambda value: formats.decimal(value, 1)),
            "lost_gb_per_day": Column(words.text("data_centre.lost"), lambda value: formats.decimal(value, 2)),
        },
        note=note,
    )  # fmt: skip


def _backups(span: dict[str, Any], said: str, page: Page) -> None:
    words, formats = page.words, page.formats
    found = page.figures.ask("backups", **span)
    title = words.text("data_centre.backups")
    if found.is_empty():
        heading(title)
        nothing(words)
        return

    def pairs(done: str, planned: str) -> pl.Series:
        texts = [
            f"{'! ' if n < of else '✓ ' if of else ''}{formats.count(n)}/{formats.count(of)}"
            for n, of in found.select(done, planned).iter_rows()
        ]
        return pl.Series(texts, dtype=pl.String)

    table_panel(
        title,
        found.with_columns(backups=pairs("n_backups_done", "n_backups"), drills=pairs("n_drills_done", "n_drills")),
        {
            "name": Column(words.text("data_centre.system"), width=190),
            "backups": Column(words.text("data_centre.n_backups"), alignment="right"),
            "last_backup_on": Column(words.text("data_centre.last_backup"), formats.day),
            "drills": Column(words.text("data_centre.n_drills"), alignment="right"),
            "last_drill_on": Column(words.text("data_centre.last_drill"), formats.day),
        },
        page=page,
        note=words.text("data_centre.backups_note", period=said),
        rows=N_DISKS,
    )


def _incidents(span: dict[str, Any], said: str, page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone
    # today is not over, yet what began today is what matters most
    span = span | {"last": max(span["last"], page.choice.period.last)}
    found = page.figures.ask("incidents", target=None, limit=watch_grid.MAX_INCIDENTS, **span)
    title = words.text("data_centre.incidents")
    if found.is_empty():
        heading(title, said)
        nothing(words, "data_centre.no_incidents")
        return
    named = found.with_columns(
        kind=pl.Series([words.text(f"watched.{kind}") for kind in found["kind"]], dtype=pl.String),
        ended=pl.Series(
            [formats.instant(at, zone) if at else words.text("data_centre.lasting") for at in found["ended_at"]],
            dtype=pl.String,
        ),
    )
    table_panel(
        title,
        named,
        {
            "kind": Column(words.text("data_centre.kind")),
            "name": Column(words.text("data_centre.what"), width="medium"),
            "started_at": Column(words.text("data_centre.started"), lambda at: formats.instant(at, zone)),
            "ended": Column(words.text("data_centre.ended")),
            "down_minutes": Column(words.text("data_centre.minutes"), formats.count),
        },
        page=page,
        note=words.text(
            "data_centre.incidents_note",
            period=said,
            n=formats.count(found.height),
            total=formats.count(found["n_found"][0]),
        ),
        rows=N_INCIDENTS,
    )


def _bounds(page: Page) -> tuple[Series, Series]:
    words = page.words
    return (
        Series("low", words.text("data_centre.low"), style.BLUE),
        Series("high", words.text("data_centre.high"), style.MUTED),
    )
