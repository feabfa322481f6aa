"""The filter bar under the title: each control writes its choice into the address; phones fold it behind a switch."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from dashboards import address, periods
from dashboards.choice import BOUNDARIES, COMPARISONS, NOTHING, Choice, Offers, Snapshot, Unit, choose
from dashboards.figures import Figures
from dashboards.filters import Scope
from dashboards.i18n import Words
from dashboards.number_format import Formats
from dashboards.periods import CUSTOM, GRAINS, WHOLE

EVERYTHING = ""


def offers(figures: Figures, scope: Scope, filters: frozenset[str], channels: str | None) -> Offers:
    """What the page's filters offer for the scope; a filter the page does not use offers nothing."""
    assert scope.today is not None
    first = figures.ask("kpi_first_day", sources=scope.ids).item()
    units: dict[str, list[Unit]] = {}
    if address.UNIT in filters:
        jurisdiction = scope.sources[0]["unit_code"]
        for row in figures.ask("units", jurisdiction=jurisdiction).iter_rows(named=True):
            units.setdefault(row["boundary"], []).append(
                Unit(row["code"], row["valid_from"], row["name_vi"], row["path"])
            )
    named = figures.ask(channels, sources=scope.ids).rows() if channels else []
    taken = figures.ask("snapshots").iter_rows(named=True)
    snapshots = [Snapshot(row["snapshot_id"], row["published_at"]) for row in taken]
    return Offers(first or scope.today, scope.today, units, dict(named), snapshots)


def read(available: Offers) -> Choice:
    """The choice of this session."""
    return choose({key: address.current(key) for key in address.KEYS}, available)


def draw(choice: Choice, available: Offers, filters: frozenset[str], words: Words, formats: Formats) -> None:
    """The bar with the controls in `filters` (keys of the address)."""
    with st.container(key="filterbar"):
        st.toggle(
            words.text("filter.summary", period=_named(choice, formats), unit=_unit_name(choice, words)),
            key="filters-open",
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
            if address.PERIOD in filters:
                _period(choice, available, words, formats)
            if any(available.units.values()):
                _unit(choice, available, words)
            if available.channels:
                _channels(choice, available, words)
            with st.popover(words.text("filter.more"), icon=":material/tune:"):
                _more(choice, available, filters, words, formats)
    for problem in choice.problems:
        with st.container(key=f"unknown-{problem.key}"):
            st.warning(
                words.markdown("filter.unknown", filter=words.text(f"filter.{problem.key}"), value=problem.value[:80]),
                icon=":material/link_off:",
            )


def _named(choice: Choice, formats: Formats) -> str:
    return formats.period(choice.period.grain, choice.period.first, choice.period.last)


def _unit_name(choice: Choice, words: Words) -> str:
    return choice.unit.name if choice.unit else words.text("filter.whole_area")


def _period(choice: Choice, available: Offers, words: Words, formats: Formats) -> None:
    grain = choice.period.grain

    def switch(wanted: str) -> str:
        return f"{choice.period.first}..{choice.period.last}" if wanted == CUSTOM else wanted

    st.segmented_control(
        words.text("filter.ky"),
        [*GRAINS, WHOLE, CUSTOM],
        required=True,
        format_func=lambda code: words.text(f"grain.{code}"),
        key=_holding("grain", grain),
        label_visibility="collapsed",
        on_change=address.remember,
        args=(address.PERIOD, "grain", switch),
    )
    if grain == WHOLE:
        return
    if grain in ("day", CUSTOM):
        _days(choice, available, words)
        return
    listed = periods.listed(grain, available.first_day, available.today)
    options = {period.address: formats.period(grain, period.first, period.last) for period in listed}
    options[listed[0].address] = words.text("filter.running", period=options[listed[0].address])
    # a period outside the history is named as well: its cards say that it holds nothing
    options.setdefault(choice.period.address, _named(choice, formats))
    _select(words.text("filter.ky"), options, choice.period.address, address.PERIOD, 190)


def _days(choice: Choice, available: Offers, words: Words) -> None:
    period = choice.period
    is_range = period.grain == CUSTOM
    key = f"days-{period.address}"  # not held: a range is chosen in two clicks, and the first is no choice yet

    def spell(value: Any) -> str | None:
        if isinstance(value, date):
            return value.isoformat()
        return f"{value[0]}..{value[1]}" if len(value) == 2 else None

    st.date_input(
        words.text("filter.ky"),
        (period.first, period.last) if is_range else period.first,
        min_value=min(available.first_day, period.first),
        max_value=max(available.today, period.last),
        format="DD/MM/YYYY",
        key=key,
        label_visibility="collapsed",
        width=230 if is_range else 140,
        on_change=address.remember,
        args=(address.PERIOD, key, spell),
    )


def _unit(choice: Choice, available: Offers, words: Words) -> None:
    options = {EVERYTHING: words.text("filter.whole_in", boundary=words.text(f"boundary.{choice.boundary}"))}
    options |= {unit.code: unit.path for unit in available.units.get(choice.boundary, ())}
    chosen = choice.unit.code if choice.unit else EVERYTHING
    _select(words.text("filter.dv"), options, chosen, address.UNIT, 270)


def _channels(choice: Choice, available: Offers, words: Words) -> None:
    st.multiselect(
        words.text("filter.kenh"),
        list(available.channels),
        format_func=lambda code: words.coded("channel", available.channels[code]),
        key=_holding("channels", list(choice.channels)),
        label_visibility="collapsed",
        placeholder=words.text("filter.all_channels"),
        width=230,
        on_change=address.remember,
        args=(address.CHANNEL, "channels", ",".join),
    )


def _more(choice: Choice, available: Offers, filters: frozenset[str], words: Words, formats: Formats) -> None:
    if address.COMPARE in filters:
        st.pills(
            words.text("filter.ss"),
            COMPARISONS,
            selection_mode="multi",
            format_func=lambda code: words.text(f"compare.{code}"),
            key=_holding("compare", [code for code in COMPARISONS if code in choice.compare]),
            on_change=address.remember,
            args=(address.COMPARE, "compare", lambda codes: ",".join(codes) or NOTHING),
        )
    if len([boundary for boundary, units in available.units.items() if units]) > 1:
        st.segmented_control(
            words.text("filter.dg"),
            list(BOUNDARIES),
            required=True,
            format_func=lambda code: words.text(f"boundary.{code}"),
            key=_holding("boundary", choice.boundary),
            on_change=address.remember,
            args=(address.BOUNDARY, "boundary"),
        )
    newest = {EVERYTHING: words.text("filter.newest")}
    taken = {
        str(snapshot.id): words.text("filter.snapshot", at=formats.instant(snapshot.published_at), id=str(snapshot.id))
        for snapshot in available.snapshots
    }
    chosen = str(choice.snapshot.id) if choice.snapshot else EVERYTHING
    _select(words.text("filter.snap"), newest | taken, chosen, address.AS_OF, 300, visible=True)
    st.button(
        words.text("filter.reset"),
        icon=":material/restart_alt:",
        on_click=partial(address.forget, *sorted(filters), address.AS_OF, address.BOUNDARY),
    )


def _select(label: str, options: dict[str, str], chosen: str, key: str, width: int, *, visible: bool = False) -> None:
    widget = _holding(f"select-{key}", chosen)
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=widget,
        label_visibility="visible" if visible else "collapsed",
        width=width,
        on_change=address.remember,
        args=(key, widget),
    )


def _holding(widget: str, value: Any) -> str:
    """The key of a widget whose state is the address: whatever changes that, the widget shows it."""
    st.session_state[widget] = value
    return widget
