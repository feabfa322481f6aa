"""What the reader has chosen, kept in the session and in the URL, so that every view is a link to pass on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

LANG, SOURCE = "lang", "nguon"
PERIOD, COMPARE, UNIT, CHANNEL, AS_OF, BOUNDARY = "ky", "ss", "dv", "kenh", "snap", "dg"
SINCE = "tu"  # overview: restatements since
FIGURE, SCENE = "id", "canh"  # of the proof page and the wall; they do not travel on
SEARCH, OBJECT = "tim", "muc"  # of the catalogue: words looked for, and what is shown; they do not travel on
KEYS = (LANG, SOURCE, PERIOD, COMPARE, UNIT, CHANNEL, AS_OF, BOUNDARY, SINCE)


def read() -> None:
    """Take over what the address asks for; called before anything can leave the page and drop its query."""
    for key in KEYS:
        current(key)


def current(key: str) -> str | None:
    """A choice of this session; the URL speaks only when the session begins."""
    if key not in st.session_state and key in st.query_params:
        st.session_state[key] = st.query_params[key]
    value = st.session_state.get(key)
    # Navigation drops the query: put it back, so that every address can be passed on.
    if value is not None and st.query_params.get(key) != value:
        st.query_params[key] = value
    return None if value is None else str(value)


def carried() -> dict[str, str]:
    """The choices that a link to another page takes along, also where it is opened in a tab of its own."""
    return {key: st.query_params[key] for key in KEYS if key in st.query_params}


def remember(key: str, widget: str, spell: Callable[[Any], str | None] = str) -> None:
    """Callback of a widget: its value, spelt for the address, becomes the choice.

    None keeps the choice before, an empty text takes it back.
    """
    value = spell(st.session_state[widget])
    if value == "":
        forget(key)
    elif value is not None:
        st.session_state[key] = value


def forget(*keys: str) -> None:
    """Callback of a button: the choices go back to their defaults."""
    for key in keys:
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)
