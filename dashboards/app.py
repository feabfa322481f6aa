"""The frame around every page: navigation, language, source, freshness. The script Streamlit is started with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import filters
from dashboards.figures import Figures, PublicationMoved
from dashboards.i18n import Words
from dashboards.number_format import Formats
from dashboards.page import Page
from dashboards.plain_text import escape
from dashboards.sql_lab import view as sql_lab
from dashboards.views import data_centre, feedback, media, overview, quality, traffic
from lake.errors import IocError, ServingError
from lake.serving import published
from lake.settings import load_settings

View = Callable[[Page], None]

# key of its words and theme, url path, view, slug whose sources it shows
PAGES: tuple[tuple[str, str, View, str | None], ...] = (
    ("overview", "tong-quan", overview.show, None),
    ("feedback", "phan-anh", feedback.show, "ticket"),
    ("data_centre", "trung-tam-du-lieu", data_centre.show, "server"),
    ("media", "truyen-thong", media.show, "media"),
    ("traffic", "giao-thong", traffic.show, "camera"),
    ("quality", "chat-luong", quality.show, None),
    ("sql", "sql", sql_lab.show, None),
)
HERE = Path(__file__).parent
ALL_SOURCES = {"quality", "sql"}  # pages about the whole lake: nothing to choose


def main() -> None:
    """Draw the frame and the page the URL names."""
    filters.read_address()
    words = Words(filters.language())
    pages: dict[str, Any] = {}
    for name, path, view, slug in PAGES:
        # No page icons: Streamlit would fetch the tab's icon from a font service.
        draw = partial(_draw, name, view, slug, words, pages)
        pages[name] = st.Page(draw, title=words.text(f"nav.{name}"), url_path=path)
    # The default page has no path of its own; a hidden one keeps /tong-quan an address that can be passed on.
    home = st.Page(
        lambda: st.switch_page(pages["overview"]),
        title=words.text("app.short"),
        url_path="home",
        default=True,
        visibility="hidden",
    )
    current = st.navigation([home, *pages.values()], position="top")
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


def _draw(name: str, view: View, slug: str | None, words: Words, pages: dict[str, Any]) -> None:
    formats = Formats(words.lang)
    try:
        settings = load_settings()
        figures = Figures(settings, published(settings))
    except ServingError:
        _title(words.text(f"nav.{name}"))
        _nothing_published(words)
        return
    except IocError as error:
        _title(words.text(f"nav.{name}"))
        _unreadable(words, error)
        return
    try:
        sources = figures.ask("sources")
    except PublicationMoved:
        st.rerun()
    except IocError as error:
        _title(words.text(f"nav.{name}"))
        _unreadable(words, error)
        return
    title, controls = st.columns([3, 2], vertical_alignment="bottom")
    with title:
        st.title(words.text(f"nav.{name}"), anchor=False)
    with controls, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if name in ALL_SOURCES:
            scope: filters.Scope | None = filters.Scope("", tuple(sources.to_dicts()))
        else:
            scope = filters.choose_scope(sources, slug, words)
        filters.choose_language()
    if scope is None:
        st.info(f"{words.text('app.no_scope')}. {words.text('app.no_scope_hint')}", icon=":material/info:")
        return
    page = Page(words, formats, figures, scope, datetime.now(UTC), pages)
    _header(page)
    if slug is not None and scope.as_of is None:
        st.info(words.text("app.never_loaded"), icon=":material/info:")
        return
    try:
        view(page)
    except PublicationMoved:
        st.rerun()
    except IocError as error:
        _unreadable(words, error)


def _header(page: Page) -> None:
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
    st.caption(escape(whole))
    _held_back(page)


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
