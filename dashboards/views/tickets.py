"""The reports behind the figures of the feedback page, and what happened to one of them. Nothing personal is shown."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import style
from dashboards.page import Page
from dashboards.panels import Column, heading, newly, nothing, table, table_panel
from dashboards.plain_text import escape

LIMIT = 200
STATES = ("all", "open", "overdue")


def chosen(page: Page) -> dict[str, Any]:
    """Source, period, unit and channels that the reader has chosen, as the queries of the page take them."""
    choice = page.choice
    return {
        "source": page.scope.ids[0],
        "first": choice.period.first,
        "last": min(choice.period.last, page.today) if page.today else choice.period.last,
        "unit": choice.unit.code if choice.unit else None,
        "unit_valid_from": choice.unit.valid_from if choice.unit else None,
        "channels": list(choice.channels),
    }


def show(where: dict[str, Any], service: str | None, page: Page) -> None:
    """The list of the reports chosen, of one field if that is given, and the dialog of the one that is picked."""
    words, formats, zone = page.words, page.formats, page.scope.zone
    head = st.container()
    state = st.segmented_control(
        words.text("feedback.rows_state"),
        STATES,
        required=True,
        default="all",
        format_func=lambda code: words.text(f"feedback.rows_{code}"),
        key="feedback-rows-state",
        label_visibility="collapsed",
    )
    rows = page.figures.ask("feedback_rows", **where, service=service, state=state, limit=LIMIT)
    title = words.text("feedback.rows") if service is None else words.text("feedback.rows_of", service=service)
    if rows.is_empty():
        with head:
            heading(title)
        nothing(words)
        return
    states = [_state(row) for row in rows.iter_rows(named=True)]
    colours = {"late_open": style.ORANGE, "late": style.AMBER, "closed": None, "open": style.BLUE}
    named = rows.with_columns(
        state=pl.Series([words.text(f"feedback.state_{state}") for state in states], dtype=pl.String)
    )

    def instant(value: Any) -> str:
        return formats.instant(value, zone)

    n, total = formats.count(rows.height), formats.count(rows["n_all"][0])
    picked = table_panel(
        title,
        named,
        {
            "request_id": Column(words.text("feedback.id")),
            "state": Column(words.text("feedback.state")),
            "overdue_s": Column(words.text("feedback.overdue_by"), formats.duration, width="small", alignment="right"),
            "service": Column(words.text("feedback.service"), width="medium"),
            "unit_name": Column(words.text("feedback.unit"), width="medium"),
            "requested_at": Column(words.text("feedback.received_at"), instant),
            "expected_at": Column(words.text("feedback.due"), instant),
            "channel": Column(words.text("feedback.channel"), lambda code: words.coded("channel", code), width="small"),
        },
        page=page,
        note=words.text("feedback.rows_note", n=n, total=total),
        rows=10,
        colours={"state": [colours[state] for state in states]},
        select="feedback-rows",
        head=head,
    )
    row = rows.row(picked, named=True) if picked is not None else None
    if newly("feedback-rows", row["request_id"] if row else None) and row:
        _dialog(row, page)


def _state(row: dict[str, Any]) -> str:
    if row["is_resolved"]:
        return "late" if row["is_overdue"] else "closed"
    return "late_open" if row["is_overdue"] else "open"


def _dialog(row: dict[str, Any], page: Page) -> None:
    words, formats, zone = page.words, page.formats, page.scope.zone

    @st.dialog(words.markdown("feedback.ticket", id=row["request_id"]), width="large")
    def draw() -> None:
        facts = [
            ("state", words.text(f"feedback.state_{_state(row)}")),
            ("service", row["service"]),
            ("unit", row["unit_name"]),
            ("channel", words.coded("channel", row["channel"])),
            ("agency", row["agency"]),
            ("received_at", formats.instant(row["requested_at"], zone)),
            ("due", formats.instant(row["expected_at"], zone)),
            ("closed_at", formats.instant(row["resolved_at"], zone)),
            ("overdue_by", formats.duration(row["overdue_s"])),
            ("reopenings", formats.count(row["n_reopenings"])),
        ]
        st.markdown(
            "  \n".join(f"**{words.text(f'feedback.{name}')}:** {escape(str(value or '—'))}" for name, value in facts)
        )
        if row["is_closed_before_requested"]:
            st.caption(words.text("feedback.ticket_time_order"))
        events = page.figures.ask("ticket_events", source=row["source"], request=row["request_id"])
        if events.is_empty():
            nothing(words, "feedback.no_events")
            return
        named = events.with_columns(
            event=pl.Series(
                [
                    words.name(event) if event["name_vi"] else event["event_type"]
                    for event in events.iter_rows(named=True)
                ],
                dtype=pl.String,
            ),
            flag=pl.when("is_out_of_order").then(pl.lit(words.text("feedback.out_of_order"))),
        )
        columns = {
            "occurred_at": Column(words.text("feedback.at"), lambda value: formats.instant(value, zone)),
            "event": Column(words.text("feedback.event"), width="medium"),
            "agency": Column(words.text("feedback.agency"), width="medium"),
        }
        if named["flag"].count():
            columns["flag"] = Column(words.text("feedback.flag"))
        table(named, columns, alt=words.text("feedback.events"))
        st.caption(words.text("feedback.no_personal"))

    draw()
