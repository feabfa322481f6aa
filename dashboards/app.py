"""The frame around every page: navigation, language, source, freshness. The script Streamlit is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboards import address, downloads, filter_bar, filters
from dashboards.choice import Offers
from dashboards.figures import Figures, PublicationMoved
from dashboards.i18n import Words
from dashboards.number_format import Formats
from dashboards.page import Page
from dashboards.plain_text import escape
from dashboards.sql_lab import view as sql_lab
from dashboards.views import (
    catalogue,
    data_centre,
    economy,
    feedback,
    media,
    overview,
    proof,
    quality,
    reconcile,
    scheme,
    services,
    traffic,
    wall,
)
from lake.errors import IocError, ServingError
from lake.serving import published
from lake.settings import load_settings


@dataclass(frozen=True)
class Entry:
    """A page of the navigation: key of its words, address, view, and what its reader may choose.

    `slug`: the kind of source it shows one instance of; None: all sources of a province, or those of `kinds` alone,
    the first of which it cannot do without. `filters`: keys of the address. `channels`: the query that lists its
    channels as code and label. A page about the whole lake has neither scope nor filters.
    """

    name: str
    path: str
    view: Callable[[Page], None]
    slug: str | None = None
    kinds: tuple[str, ...] = ()
    filters: frozenset[str] = frozenset()
    channels: str | None = None
    whole_lake: bool = False
    hidden: bool = False  # reached by links only
    bare: bool = False  # drawn without title, filters and header
    themes: tuple[str, ...] = ()  # of KPIs, besides the one named like the page
    section: Literal["lead", "data"] = "lead"  # of the navigation


COMMON = frozenset({address.PERIOD, address.COMPARE})
WITH_UNITS = COMMON | {address.UNIT}

PAGES: tuple[Entry, ...] = (
    Entry("overview", "tong-quan", overview.show, filters=WITH_UNITS),
    Entry(
        "feedback",
        "phan-anh",
        feedback.show,
        "ticket",
        filters=WITH_UNITS | {address.CHANNEL},
        channels="feedback_channels",
    ),
    Entry("data_centre", "trung-tam-du-lieu", data_centre.show, None, ("server", "system"), COMMON),
    Entry("media", "truyen-thong", media.show, None, ("media",), COMMON),
    Entry("traffic", "giao-thong", traffic.show, "camera", filters=COMMON),
    Entry("services", "dich-vu-cong", services.show, filters=COMMON, themes=("public_service", "document")),
    Entry("economy", "kinh-te-xa-hoi", economy.show, filters=COMMON, themes=("socio_economic",)),
    Entry("scheme", "nhiem-vu", scheme.show, filters=COMMON),
    Entry("quality", "chat-luong", quality.show, whole_lake=True, section="data"),
    Entry("catalogue", "danh-muc", catalogue.show, whole_lake=True, section="data"),
    Entry("sql", "sql", sql_lab.show, whole_lake=True, section="data"),
    Entry("reconcile", "doi-chieu", reconcile.show_all, section="data"),
    Entry("proof", "chung-minh", proof.show, whole_lake=True, hidden=True, section="data"),
    Entry("wall", "man-hinh", wall.show, hidden=True, bare=True),
)
NO_OFFERS = Offers(date.min, date.max, {}, {}, ())  # a source that was never loaded
HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame and the page the URL names."""
    address.read()
    words = Words(filters.language())
    pages: dict[str, Any] = {}
    for entry in PAGES:
        # No page icons: Streamlit would fetch the tab's icon from a font service.
        draw = partial(_draw, entry, words, pages)
        pages[entry.name] = st.Page(
            draw,
            title=words.text(f"nav.{entry.name}"),
            url_path=entry.path,
            visibility="hidden" if entry.hidden else "visible",
        )
        pages |= dict.fromkeys(entry.themes, pages[entry.name])
    # The default page has no path of its own; a hidden one keeps /tong-quan an address that can be passed on.
    home = st.Page(
        lambda: st.switch_page(pages["overview"]),
        title=words.text("app.short"),
        url_path="home",
        default=True,
        visibility="hidden",
    )
    sections: dict[str, list[Any]] = {words.text("nav.lead"): [home], words.text("nav.data"): []}
    for entry in PAGES:
        sections[words.text(f"nav.{entry.section}")].append(pages[entry.name])
    current = st.navigation(sections, expanded=True)
    st.set_page_config(
        page_title=f"{current.title} · {words.text('app.short')}", page_icon=HERE / "brand.svg", layout="wide"
    )
    st.logo(HERE / "brand.svg", size="large")
    st.html(HERE / "style.css")
    current.run()
    _page_language()(data=words.lang, height=0)


@cache
def _page_language() -> Any:
    """Streamlit serves every page as English; a screen reader needs the language that is on it."""
    script = "export default ({ data }) => { document.documentElement.lang = data }"
    return st.components.v2.component("ioc-page-language", js=script)


def _draw(entry: Entry, words: Words, pages: dict[str, Any]) -> None:
    title = words.text(f"nav.{entry.name}")
    try:
        settings = load_settings()
        figures = Figures(settings, published(settings))
    except ServingError:
        _title(title)
        _nothing_published(words)
        return
    except IocError as error:
        _title(title)
        _unreadable(words, error)
        return
    try:
        sources = figures.ask("sources")
    except PublicationMoved:
        st.rerun()
    except IocError as error:
        _title(title)
        _unreadable(words, error)
        return
    if entry.bare:
        available = filters.scopes(sources, None)
        scope = filters.resolve(address.current(address.SOURCE), available, sources)
    else:
        scope = _head(entry, sources, title, words)
    if scope is None:
        st.info(f"{words.text('app.no_scope')}. {words.text('app.no_scope_hint')}", icon=":material/info:")
        return
    try:
        _body(entry, figures, scope, words, pages)
    except PublicationMoved:
        st.rerun()
    except IocError as error:
        _unreadable(words, error)


def _head(entry: Entry, sources: pl.DataFrame, title: str, words: Words) -> filters.Scope | None:
    """Title, scope and language; the scope chosen, None if there is no source for the page."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        st.title(title, anchor=False)
    with right, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if entry.whole_lake:
            scope: filters.Scope | None = filters.Scope("", tuple(sources.to_dicts()))
        else:
            scope = filters.choose_scope(sources, entry.slug, words, entry.kinds)
        filters.choose_language()
    for key, value in filters.unknown(sources):
        st.warning(
            words.markdown("filter.unknown", filter=words.text(f"filter.{key}"), value=value),
            icon=":material/link_off:",
        )
    return scope


def _body(entry: Entry, figures: Figures, scope: filters.Scope, words: Words, pages: dict[str, Any]) -> None:
    formats = Formats(words.lang)
    has_clock = scope.today is not None
    available = filter_bar.offers(figures, scope, entry.filters, entry.channels) if has_clock else NO_OFFERS
    page = Page(
        words, formats, figures, scope, filter_bar.read(available), datetime.now(UTC), pages,
        title=words.text(f"nav.{entry.name}"), path=entry.path, address=_permalink(entry),
    )  # fmt: skip
    if entry.filters and has_clock:
        filter_bar.draw(page.choice, available, entry.filters, words, formats)
    menu = None if entry.bare else _header(page)
    if (entry.slug or entry.kinds) and not has_clock:
        st.info(words.text("app.never_loaded"), icon=":material/info:")
        return
    entry.view(page)
    if menu is not None:
        with menu:
            downloads.of_page(page)  # last: what it hands out is the whole page


def _permalink(entry: Entry) -> str:
    query = urlencode(st.query_params.to_dict())
    return f"/{entry.path}?{query}" if query else f"/{entry.path}"


def _header(page: Page) -> Any:
    """Ribbon, freshness, snapshot, what is held back; the place for the page's downloads."""
    words, formats, scope, current = page.words, page.formats, page.scope, page.figures.published
    at = formats.instant(scope.as_of, scope.zone)
    if scope.id and scope.is_synthetic:
        key = "app.ribbon" if scope.as_of else "app.ribbon_no_clock"
        with st.container(key="ribbon"):
            st.markdown(f":material/science: {words.markdown(key, at=at)}")
    publication = words.text(
        "app.publication",
        published_at=formats.instant(current.published_at),
        run_id=current.run_id[:8],
        snapshot_id=str(current.snapshot_id),
    )
    # A page about the whole lake has no one clock.
    whole = words.text("app.freshness", as_of=at, publication=publication) if scope.id else publication
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(escape(whole), width="content")
        menu = st.container(width="content")
    if page.choice.snapshot is not None:
        at = formats.instant(page.choice.snapshot.published_at, scope.zone)
        st.warning(words.markdown("filter.past", at=at, id=str(page.choice.snapshot.id)), icon=":material/history:")
    _held_back(page)
    return menu


def _held_back(page: Page) -> None:
    """Whose new data a closed gate keeps away from the figures on this page."""
    held = set(page.figures.ask("held")["source"])
    names = {row["source"]: page.words.name(row) for row in page.scope.sources}
    unknown = set() if page.scope.id else held - names.keys()  # data of a source that was never published
    shown = [*(name for source, name in names.items() if source in held), *sorted(unknown)]
    if shown:
        at = page.formats.instant(page.figures.published.published_at)
        st.warning(page.words.markdown("app.held", names=", ".join(shown), at=at), icon=":material/front_hand:")


def _title(text: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(text, anchor=False, width="content")
        filters.choose_language()


def _nothing_published(words: Words) -> None:
    with st.container(border=True):
        st.subheader(words.text("empty.title"), anchor=False)
        st.markdown(words.text("empty.text"))
        st.markdown(words.text("empty.demo"))
        st.code("ioc demo", language=None)
        st.markdown(words.text("empty.run"))
        st.code("ioc run", language=None)


def _unreadable(words: Words, error: IocError) -> None:
    st.error(f"**{words.text('app.error_title')}.** {escape(str(error))}", icon=":material/error:")


if __name__ == "__main__":
    main()
