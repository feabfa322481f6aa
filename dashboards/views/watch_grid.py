"""What is watched, cell by cell: up, down, under maintenance or unknown. Silence is never green."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

import polars as pl
import streamlit as st

from dashboards import charts, style
from dashboards.charts import Series
from dashboards.number_format import NO_DATA
from dashboards.page import Page
from dashboards.panels import Column, draw, nothing, table
from dashboards.periods import containing, reaching_back
from dashboards.plain_text import escape

MAX_INCIDENTS = 500  # listed at most
Watched = Literal["down", "unknown", "maintenance", "up"]
STATES: tuple[Watched, ...] = ("down", "unknown", "maintenance", "up")
_ICONS: dict[Watched, str] = {
    "down": ":material/error:",
    "unknown": ":material/help:",
    "maintenance": ":material/build:",
    "up": ":material/check_circle:",
}
DAYS = 7


def state_of(row: dict[str, Any], now: datetime) -> Watched:
    """A row of `watched.sql` as it may be believed: a source or a target that has fallen silent is unknown.

    The clock of a synthetic source stands still, so `now` says nothing of it.
    """
    last = row["last_measured_at"]
    if last is None or row["as_of"] - last > timedelta(seconds=row["silent_s"]):
        return "unknown"
    if not row["is_synthetic"] and now - row["as_of"] > timedelta(seconds=row["freshness_s"]):
        return "unknown"
    if row["is_in_maintenance"]:
        return "maintenance"
    return "up" if row["is_up"] else "down"


def with_states(watched: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """`watched` with the column `state`."""
    states = [state_of(row, now) for row in watched.iter_rows(named=True)]
    return watched.with_columns(state=pl.Series(states, dtype=pl.String))


def legend(watched: pl.DataFrame, page: Page) -> None:
    """How many stand at each state, in words."""
    words = page.words
    counts = dict(watched.group_by("state").len().iter_rows())
    shown = []
    for state in reversed(STATES):
        name = f"{words.text(f'watched.letter_{state}')} – {words.text(f'watched.{state}')}"
        shown.append(f"{_ICONS[state]} {name} **{page.formats.count(counts.get(state, 0))}**")
    st.markdown(f":small[{' &nbsp;·&nbsp; '.join(shown)}]")


def grid(watched: pl.DataFrame, page: Page, *, width: int) -> dict[str, Any] | None:
    """One button per row, in its order; the row whose button was pressed."""
    picked = None
    with st.grid("auto", min_column_width=width, gap="xsmall"):
        for row in watched.iter_rows(named=True):
            said = page.words.text(f"watched.{row['state']}")
            letter = page.words.text(f"watched.letter_{row['state']}")
            pressed = st.button(
                f"**{letter}** {escape(row['name'])}",
                key=f"watched-{row['state']}-{row['kind']}-{row['source']}-{row['target']}",
                icon=_ICONS[row["state"]],
                help=escape(f"{said}, {page.formats.instant(row['last_measured_at'], page.scope.zone)}"),
                width="stretch",
            )
            picked = row if pressed else picked
    return picked


def dialog(row: dict[str, Any], page: Page) -> None:
    """What is known of one server or system: its state, its last week, its incidents."""
    words, formats, zone = page.words, page.formats, page.scope.zone
    today = row["as_of"].astimezone(zone).date()
    days = reaching_back(containing("day", today), DAYS + 1, today)
    span = {"first": days.first, "last": today}

    @st.dialog(escape(row["name"]), width="large")
    def show() -> None:
        facts = [
            (words.text("watched.address"), row["target"]),
            (words.text("watched.state"), words.text(f"watched.{row['state']}")),
            (words.text("watched.last"), formats.instant(row["last_measured_at"], zone)),
            (words.text("watched.first"), formats.instant(row["first_measured_at"], zone)),
            (words.text("watched.down_since"), formats.instant(row["down_since"], zone)),
            (words.text("watched.certificate"), formats.instant(row["certificate_expires_at"], zone)),
        ]
        told = [(label, text) for label, text in facts if text != NO_DATA]
        st.markdown("  \n".join(f"**{label}:** {escape(text)}" for label, text in told))
        if row["kind"] == "host":
            _week(row, span, page)
        _incidents(row, span, page)

    show()


def _week(row: dict[str, Any], span: dict[str, date], page: Page) -> None:
    words, formats = page.words, page.formats
    up = page.figures.ask("server_days", sources=[row["source"]], server=row["target"], **span)
    use = page.figures.ask("server_usage", sources=page.scope.ids, server=row["target"], **span)
    days = up.join(use, left_on="sampled_on", right_on="measured_on", how="left").with_columns(
        day=pl.col("sampled_on").dt.strftime("%d/%m")
    )
    if days.is_empty():
        nothing(words)
        return
    parts = [
        Series("cpu", words.text("watched.cpu"), style.BLUE),
        Series("memory", words.text("watched.memory"), style.PURPLE),
        Series("disk", words.text("watched.disk"), style.AMBER),
    ]
    used = [part for part in parts if days[part.column].count()]
    if used:
        title = words.text("watched.usage")
        st.markdown(f"**{title}**")
        chart = charts.line(days, "day", words.text("data_centre.day"), used, lang=words.lang, number=".0%")
        draw(chart.to_dict(), title)
    st.markdown(f"**{words.text('data_centre.daily')}**")
    table(
        days.reverse(),
        {
            "sampled_on": Column(words.text("data_centre.day"), formats.day),
            "low": Column(words.text("data_centre.low"), lambda value: formats.percent(value, 2)),
            "high": Column(words.text("data_centre.high"), lambda value: formats.percent(value, 2)),
            **{part.column: Column(part.label, formats.percent) for part in used},
        },
        alt=words.text("data_centre.daily"),
    )


def _incidents(row: dict[str, Any], span: dict[str, date], page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone
    found = page.figures.ask("incidents", sources=[row["source"]], target=row["target"], limit=MAX_INCIDENTS, **span)
    title = words.text("watched.incidents", n=formats.count(DAYS))
    st.markdown(f"**{title}**")
    if found.is_empty():
        nothing(words, "watched.no_incidents")
        return
    table(
        found,
        {
            "started_at": Column(words.text("data_centre.started"), lambda at: formats.instant(at, zone)),
            "ended_at": Column(words.text("data_centre.ended"), lambda at: formats.instant(at, zone)),
            "down_minutes": Column(words.text("data_centre.minutes"), formats.count),
        },
        alt=title,
    )
