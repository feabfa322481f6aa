"""One camera: where it hangs and since when, and how its last seven days went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from dashboards.page import Page
from dashboards.panels import Column, nothing, table
from dashboards.plain_text import escape

DAYS = 7


def kilometre(mark: float) -> str:
    """2078.35 → Km2078+350, as the stones by the road have it."""
    metres = round(mark * 1000)
    return f"Km{metres // 1000}+{metres % 1000:03}"


def dialog(camera: dict[str, Any], source: str, page: Page) -> None:
    """The dialog of a row of `cameras.sql`: seven days up to the last one with news in the period chosen."""
    words, formats = page.words, page.formats

    @st.dialog(words.markdown("traffic.dialog", camera=camera["camera_id"]), width="large")
    def draw() -> None:
        mark = camera["km_mark"]
        facts = [
            ("place", camera["name_vi"]),
            ("road", camera["road_code"]),
            ("km", kilometre(mark) if mark is not None else None),
            ("direction", camera["direction"]),
            ("owner", camera["owner"]),
            ("installed", formats.day(camera["installed_on"])),
            ("state", camera["state"]),
        ]
        st.markdown(
            "  \n".join(f"**{words.text(f'traffic.{name}')}:** {escape(str(value or '—'))}" for name, value in facts)
        )
        last = camera["last_on"]
        if last is None:
            nothing(words, "traffic.no_days")
            return
        first = last - timedelta(days=DAYS - 1)
        days = page.figures.ask("camera_days", source=source, camera=camera["camera_id"], first=first, last=last)
        columns = {
            "online_on": Column(words.text("traffic.day"), formats.day),
            "online_minutes": Column(words.text("traffic.minutes"), formats.count),
            "missing_minutes": Column(words.text("traffic.missing"), formats.count),
            "n_vehicles": Column(words.text("traffic.vehicles"), formats.count),
            "n_readings": Column(words.text("traffic.readings"), formats.count),
            "n_impossible": Column(words.text("traffic.impossible"), formats.count),
            "n_filled_in": Column(words.text("traffic.filled_in"), formats.count),
        }
        if not days["n_readings"].count():
            columns = {name: column for name, column in columns.items() if not days[name].is_null().all()}
        table(days, columns, alt=words.text("traffic.days"))
        st.caption(words.text("traffic.days_note", period=formats.days(first, last)))

    draw()
