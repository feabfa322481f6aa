"""The wall of the operations room: scenes in turn, readable from six metres, never a green tile on dead data.

A figure that misses its target, or that a failed check has locked, takes half the screen for a minute, once until it
changes; the scenes stand still meanwhile. One fragment draws everything every few seconds. A small script in the
browser, which goes on when the server is gone, shows a band when no drawing has come, and reloads the page whole: at
night, and when the server is back.
"""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import address, card_grid
from dashboards.cards import Card
from dashboards.page import Page
from dashboards.views.overview import first_cards
from lake.errors import IocError
from lake.serving import published

TICK_S, SCENE_S, SILENT_S, ALERT_S = 5, 20, 30, 60
MAX_TILES, MAX_BESIDE = 8, 6  # in a scene; beside an alert
TRUSTED = ("ok", "warned")
SCENES = ("overview", "feedback", "data_centre", "traffic", "media")
HERE = Path(__file__).parents[1]


def show(page: Page) -> None:
    """Scenes of the scope in turn; the address names the one to begin with."""
    st.html(HERE / "wall.css")
    codes = page.figures.ask("kpi_themes", sources=page.scope.ids)
    scenes = {
        name: first_cards(set(codes["code"])) if name == "overview" else codes.filter(theme=name)["code"].to_list()
        for name in SCENES
    }
    shown = {name: found[:MAX_TILES] for name, found in scenes.items() if found}
    every = list(dict.fromkeys(code for found in shown.values() for code in found))
    _run(page, shown, every)


def alerts(cards: Sequence[Card]) -> list[Card]:
    """What has to be said aloud, the locked figures first, then the missed ones, furthest from their targets first."""
    loud = [card for card in cards if card.state == "locked" or (card.verdict == "missed" and card.state in TRUSTED)]
    return sorted(loud, key=lambda card: (card.state != "locked", -card.distance))


@dataclass
class Turn:
    """Whose turn it is: the scene since `at`, or an alert since `alert_at`; `told` holds the alerts already shown."""

    scene: int
    at: float
    alert: str | None = None
    alert_at: float = 0.0
    told: set[str] = field(default_factory=set)

    def step(self, now: float, n_scenes: int, waiting: Sequence[str]) -> None:
        """Move on: an alert has its minute, then every scene is shown before the next alert."""
        if self.alert is not None and (now - self.alert_at >= ALERT_S or self.alert not in waiting):
            self.at += now - self.alert_at
            self.alert, self.alert_at = None, now
        if self.alert is not None:
            return
        self.told &= set(waiting)  # what is no longer true may come again
        fresh = [name for name in waiting if name not in self.told]
        if fresh and (not self.told or now - self.alert_at >= n_scenes * SCENE_S):
            self.alert, self.alert_at = fresh[0], now
            self.told.add(fresh[0])
            return
        passed = int((now - self.at) // SCENE_S)
        self.scene, self.at = (self.scene + passed) % n_scenes, self.at + passed * SCENE_S


@st.fragment(run_every=f"{TICK_S}s")
def _run(page: Page, scenes: dict[str, list[str]], every: list[str]) -> None:
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
        # Read anew each time: what was missed an hour ago may be old by now, and old figures raise no alarm.
        now = replace(page, now=datetime.now(UTC))
        loud = alerts(card_grid.read(now, every))
        turn = _turn(len(scenes), [_name(card) for card in loud])
        name = list(scenes)[turn.scene]
        cards = card_grid.read(now, scenes[name])
        alert = next((card for card in loud if _name(card) == turn.alert), None)
        st.html(_scene(words.text(f"nav.{name}"), cards, alert, page, trouble, f"{turn.scene + 1}/{len(scenes)}"))
    at = page.formats.instant(page.scope.as_of, page.scope.zone)
    _watch()(
        data={"tick": time.time(), "silent_s": SILENT_S, "text": words.text("wall.lost", at=at)}, height=0, key="watch"
    )


def _turn(n: int, waiting: Sequence[str]) -> Turn:
    """The turn of this screen; the address keeps the scene, so that a reload goes on where it was."""
    now = time.monotonic()
    turn: Turn = st.session_state.setdefault(
        "wall-turn", Turn(_number(st.query_params.get(address.SCENE)) % n, now, alert_at=now)
    )
    turn.scene %= n  # a new publication may have fewer
    turn.step(now, n, waiting)
    if st.query_params.get(address.SCENE) != str(turn.scene):
        st.query_params[address.SCENE] = str(turn.scene)
    return turn


def _name(card: Card) -> str:
    """An alert is the same as long as its figure says the same."""
    return f"{card.id} {card.state} {card.period} {card.value}"


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 4 else 0


def _scene(title: str, cards: Sequence[Card], loud: Card | None, page: Page, trouble: str, place: str) -> str:
    """One scene as HTML, with an alert in its left half if there is one; every text is escaped."""
    words, formats, current = page.words, page.formats, page.figures.published
    marks = [page.scope.name(words), _period(page), words.text("wall.snapshot", id=str(current.snapshot_id))]
    if page.scope.is_synthetic:
        marks.insert(0, words.text("export.synthetic"))
    cards = cards[:MAX_BESIDE] if loud else cards
    columns = 2 if loud else 4 if len(cards) > 6 else 3
    worst = max((card for card in cards if card.verdict == "missed"), key=lambda card: card.distance, default=None)
    alert = f'<p class="alert">! {html.escape(f"{worst.name} {worst.value}: {worst.gap}")}</p>' if worst else ""
    band = f'<p class="band">{html.escape(trouble)}</p>' if trouble else ""
    now = formats.instant(datetime.now(UTC), page.scope.zone)
    return (
        f'<div class="wall">{band}<header><h1>{html.escape(title)}</h1><span>{html.escape(now)}</span></header>'
        f'<p class="marks">{html.escape(" · ".join(marks))}</p>'
        f'<div class="body">{takeover(loud, page) if loud else ""}'
        f'<div class="tiles tiles-{columns}">{"".join(map(tile, cards))}</div></div>'
        f'<footer>{alert}<span class="place">{place}</span></footer></div>'
    )


def takeover(card: Card, page: Page) -> str:
    """An alert: what, how far from its target, since when, and who answers for it."""
    words = page.words
    unit = f"<small>{html.escape(card.unit)}</small>" if card.unit else ""
    against = " · ".join(text for text in (card.gap, card.target) if text)
    lines = [against, *(change.text for change in card.changes if change.tone == "bad"), card.period]
    return (
        f'<section class="takeover" role="alert"><h2>! {html.escape(card.name)}</h2>'
        f'<p class="value">{html.escape(card.value)} {unit}</p>'
        f"{''.join(f'<p>{html.escape(line)}</p>' for line in lines if line)}"
        f'<p class="owner">{html.escape(words.text("card.help_owner", owner=card.owner))}</p>'
        f'<p class="state">{html.escape(card.state_text)}</p></section>'
    )


def tile(card: Card) -> str:
    """A tile is coloured by its verdict only while its data are good; otherwise it is grey and hatched, or outlined."""
    look = card.verdict if card.state in TRUSTED else f"state-{card.state}"
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
