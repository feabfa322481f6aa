"""The download buttons of a figure and of a page. Nothing is built before the click, and every click is journalled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboards.exports import flat, journal
from dashboards.exports.exhibit import Exhibit, Origin
from dashboards.page import Page

_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
Build = Callable[[], bytes]


def of_figure(exhibit: Exhibit, page: Page, key: str) -> None:
    """The menu of one figure: workbook, CSV, Parquet, and its chart as picture."""
    origin = origin_of(page)
    builds: dict[str, Build] = {
        "xlsx": lambda: _workbook([exhibit], origin, page),
        "csv": lambda: _csv(exhibit, origin),
        "parquet": lambda: flat.to_parquet(exhibit.table(origin), dict(origin.lines)),
    }
    if exhibit.spec is not None:
        builds |= {"png": lambda: _png(exhibit, origin), "svg": lambda: _svg(exhibit, origin)}
    _menu(builds, [exhibit], origin, page, key)


def of_page(page: Page) -> None:
    """The menu of the whole page: everything on it as PDF or workbook"""
    origin = origin_of(page)
    exhibits = tuple(page.exhibits)
    builds: dict[str, Build] = {
        "pdf": lambda: _pdf(exhibits, origin, page),
        "xlsx": lambda: _workbook(exhibits, origin, page),
    }
    _menu(builds, exhibits, origin, page, "page")


def origin_of(page: Page) -> Origin:
    """Where the figures of a page come from and by what filters they were chosen."""
    words, formats, scope, choice, current = page.words, page.formats, page.scope, page.choice, page.figures.published
    period = formats.period(choice.period.grain, choice.period.first, choice.period.last)
    snapshot = choice.snapshot.id if choice.snapshot else current.snapshot_id
    at = choice.snapshot.published_at if choice.snapshot else current.published_at
    lines = [
        ("page", page.title),
        ("scope", scope.name(words)),
        ("sources", ", ".join(scope.ids)),
        ("period", period),
        ("unit", choice.unit.path if choice.unit else words.text("filter.whole_area")),
        ("boundary", words.text(f"boundary.{choice.boundary}")),
        ("channels", ", ".join(choice.channels) or words.text("filter.all_channels")),
        ("as_of", formats.instant(scope.as_of, scope.zone)),
        ("published", formats.instant(at, scope.zone)),
        ("snapshot", str(snapshot)),
        ("run", current.run_id),
        ("address", page.address),
    ]
    return Origin(
        page=page.title,
        lines=tuple((words.text(f"export.{name}"), text) for name, text in lines),
        is_synthetic=any(row["is_synthetic"] for row in scope.sources),
        synthetic=words.text("export.synthetic"),
        nature=words.text("export.nature"),
        sheet=words.text("export.sheet"),
        lang=words.lang,
    )


def _menu(builds: dict[str, Build], exhibits: Sequence[Exhibit], origin: Origin, page: Page, key: str) -> None:
    words = page.words
    menu = st.popover(
        words.text("export.page_menu" if key == "page" else "export.menu"),
        icon=":material/download:", type="tertiary", key=f"download-{key}", on_change="rerun",
    )  # fmt: skip
    if not menu.open:  # a closed menu costs nothing
        return
    user = st.user.get("email") if st.user.get("is_logged_in") else None
    stem = page.path if key == "page" else f"{page.path}-{key}"
    with menu:
        for kind, build in builds.items():
            st.download_button(
                words.text(f"export.{kind}"),
                data=_journalled(build, kind, exhibits, origin, page, user),
                file_name=f"{'mo-phong-' if origin.is_synthetic else ''}{stem}-{page.choice.period.address}.{kind}",
                mime=_MIME[kind],
                on_click="ignore",
                key=f"download-{key}-{kind}",
                width="stretch",
            )


def _journalled(build: Build, kind: str, exhibits: Sequence[Exhibit], origin: Origin, page: Page, user: Any) -> Build:
    def handed_out() -> bytes:
        content = build()
        entry = {
            "user": user,
            "page": page.path,
            "titles": [exhibit.title for exhibit in exhibits],
            "kind": kind,
            "rows": sum(exhibit.frame.height for exhibit in exhibits),
            "bytes": len(content),
            "filters": dict(origin.lines),
            "snapshot_id": page.figures.published.snapshot_id,
            "is_synthetic": origin.is_synthetic,
        }
        journal.note(page.figures.settings, entry)
        return content

    return handed_out


# The renderers are imported late: they are large, and most pages are only looked at.
def _workbook(exhibits: Sequence[Exhibit], origin: Origin, page: Page) -> bytes:
    from dashboards.exports.workbook import to_workbook

    return to_workbook(exhibits, origin, page.scope.zone)


def _csv(exhibit: Exhibit, origin: Origin) -> bytes:
    # Excel reads by the reader's region: a Vietnamese one wants semicolons and the decimal comma
    options = {"delimiter": ";", "decimal": ","} if origin.lang == "vi" else {}
    return flat.to_csv(exhibit.table(origin), **options)


def _png(exhibit: Exhibit, origin: Origin) -> bytes:
    from dashboards.exports.pictures import to_png

    return to_png(exhibit, origin)


def _svg(exhibit: Exhibit, origin: Origin) -> bytes:
    from dashboards.exports.pictures import to_svg

    return to_svg(exhibit, origin).encode()


def _pdf(exhibits: Sequence[Exhibit], origin: Origin, page: Page) -> bytes:
    from dashboards.exports.document import to_pdf

    return to_pdf(exhibits, origin, page.sentences, page.words.text("export.cut", n="{n}"))
