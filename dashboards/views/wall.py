"""The wall of the operations room: scenes in turn, readable from six metres, never a green tile on dead data.

One fragment draws everything every few seconds. A small script in the browser, which goes on when the server is gone,
shows a band when no drawing has come, and reloads the page whole: at night, and when the server is back.
"""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import address, card_grid
from dashboards.cards import Card
from dashboards.page import Page
from lake.errors import IocError
from lake.serving import published

TICK_S, SCENE_S, SILENT_S = 5, 20, 30
MAX_TILES = 8
SCENES = ("overview", "feedback", "data_centre", "traffic", "media")
FIRST = ("F2", "F4", "S2", "C1", "D1", "P1", "M1", "V1", "F1O", "S1", "E4", "C2")
HERE = Path(__file__).parents[1]


def show(page: Page) -> None:
    """Scenes of the scope in turn; the address names the one to begin with."""
    st.html(HERE / "wall.css")
    codes = page.figures.ask("kpi_themes", sources=page.scope.ids)
    scenes = {
        name: [code for code in FIRST if code in set(codes["code"])]
        if name == "overview"
        else codes.filter(theme=name)["code"].to_list()
        for name in SCENES
    }
    _run(page, {name: found[:MAX_TILES] for name, found in scenes.items() if found})


@st.fragment(run_every=f"{TICK_S}s")
def _run(page: Page, scenes: dict[str, list[str]]) -> None:
    words = page.words
    trouble = ""
    try:
        if published(page.figures.settings).run_id != page.figures.published.run_id:
            st.rerun()  # new figures
    except IocError:
        trouble = words.text("wall.unreadable")
    if not scenes:
        st.html(f'<div class="wall"><h1>{html.escape(words.text("overview.nothing"))}</h1></div>')
    else:
        position = _position(len(scenes))
        name = list(scenes)[position]
        cards = card_grid.read(replace(page, now=datetime.now(UTC)), scenes[name])
        st.html(_scene(words.text(f"nav.{name}"), cards, page, trouble, f"{position + 1}/{len(scenes)}"))
    at = page.formats.instant(page.scope.as_of, page.scope.zone)
    _watch()(
        data={"tick": time.time(), "silent_s": SILENT_S, "text": words.text("wall.lost", at=at)}, height=0, key="watch"
    )


def _position(n: int) -> int:
    """The scene whose turn it is; the address keeps it, so that a reload goes on where it was."""
    start = st.session_state.setdefault("wall-start", (time.monotonic(), _number(st.query_params.get(address.SCENE))))
    position = (start[1] + int((time.monotonic() - start[0]) // SCENE_S)) % n
    if st.query_params.get(address.SCENE) != str(position):
        st.query_params[address.SCENE] = str(position)
    return int(position)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 4 else 0


def _scene(title: str, cards: Sequence[Card], page: Page, trouble: str, place: str) -> str:
    """One scene as HTML; every text is escaped."""
    words, formats, current = page.words, page.formats, page.figures.published
    marks = [page.scope.name(words), _period(page), words.text("wall.snapshot", id=str(current.snapshot_id))]
    if page.scope.is_synthetic:
        marks.insert(0, words.text("export.synthetic"))
    worst = max((card for card in cards if card.verdict == "missed"), key=lambda card: card.distance, default=None)
    alert = f'<p class="alert">! {html.escape(f"{worst.name} {worst.value}: {worst.gap}")}</p>' if worst else ""
    band = f'<p class="band">{html.escape(trouble)}</p>' if trouble else ""
    now = formats.instant(datetime.now(UTC), page.scope.zone)
    return (
        f'<div class="wall">{band}<header><h1>{html.escape(title)}</h1><span>{html.escape(now)}</span></header>'
        f'<p class="marks">{html.escape(" · ".join(marks))}</p>'
        f'<div class="tiles tiles-{4 if len(cards) > 6 else 3}">{"".join(map(tile, cards))}</div>'
        f'<footer>{alert}<span class="place">{place}</span></footer></div>'
    )


def tile(card: Card) -> str:
    """A tile is coloured by its verdict only while its data are good; otherwise it is grey and hatched, or outlined."""
    look = card.verdict if card.state in ("ok", "warned") else f"state-{card.state}"
    mark = {"met": "✓ ", "missed": "! ", "unsure": "? "}.get(card.verdict, "") if look == card.verdict else ""
    line = card.gap if look == card.verdict and card.gap else card.target
    unit = f"<small>{html.escape(card.unit)}</small>" if card.unit else ""
    return (
        f'<section class="tile tile-{look}"><h2>{html.escape(card.name)}</h2>'
        f'<p class="value">{html.escape(card.value)} {unit}</p>'
        f'<p>{html.escape(mark + line)}</p><p class="state">{html.escape(card.state_text)}</p></section>'
    )


def _period(page: Page) -> str:
    period = page.choice.period
    return page.formats.period(period.grain, period.first, period.last)


@cache
def _watch() -> Any:
    return st.components.v2.component("ioc-wall-watch", js=(HERE / "wall.js").read_text(encoding="utf-8"))
