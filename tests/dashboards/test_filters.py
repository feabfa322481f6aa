"""Which sources a page speaks of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dashboards.filters import lag_s, resolve, scopes
from dashboards.i18n import Words

AS_OF = datetime(2021, 9, 30, 10, tzinfo=UTC)


def row(source: str, slug: str, unit: str, *, is_synthetic: bool) -> dict[str, Any]:
    return {
        "source": source,
        "slug": slug,
        "name_vi": source.title(),
        "name_en": source.title(),
        "unit_code": unit,
        "unit_name": "Tỉnh Hậu Giang" if unit == "93" else None,
        "time_zone": "Asia/Ho_Chi_Minh",
        "is_synthetic": is_synthetic,
        "as_of": AS_OF,
        "last_event_at": AS_OF - timedelta(hours=2),
    }


SOURCES = pl.DataFrame(
    [
        row("mp-phan-anh", "ticket", "93", is_synthetic=True),
        row("mp-camera", "camera", "93", is_synthetic=True),
        row("phan-anh", "ticket", "93", is_synthetic=False),
        row("boston", "ticket", "us-boston", is_synthetic=False),
    ]
)


def test_a_page_of_two_kinds_shows_only_provinces_that_have_the_first() -> None:
    found = scopes(SOURCES, None, ("camera", "ticket"))
    assert [(scope.id, scope.ids) for scope in found] == [("93-mo-phong", ["mp-phan-anh", "mp-camera"])]


def test_synthetic_rows_are_never_mixed_with_real_ones_of_the_same_province() -> None:
    found = scopes(SOURCES, None)
    assert [scope.ids for scope in found] == [["mp-phan-anh", "mp-camera"], ["phan-anh"], ["boston"]]
    assert [scope.is_synthetic for scope in found] == [True, False, False]
    words = Words("vi")
    assert [scope.name(words) for scope in found] == ["Tỉnh Hậu Giang (mô phỏng)", "Tỉnh Hậu Giang", "Boston"]


def test_a_theme_page_offers_its_own_kind_of_source_only() -> None:
    assert [scope.id for scope in scopes(SOURCES, "camera")] == ["mp-camera"]
    assert scopes(SOURCES, "media") == []


def test_the_choice_follows_the_reader_from_page_to_page() -> None:
    tickets, cameras, provinces = (scopes(SOURCES, slug) for slug in ("ticket", "camera", None))

    def chosen(wanted: str | None, available: list[Any]) -> str:
        scope = resolve(wanted, available, SOURCES)
        assert scope is not None
        return scope.id

    assert chosen(None, provinces) == "93-mo-phong"
    assert chosen("us-boston", tickets) == "boston"
    assert chosen("boston", provinces) == "us-boston"
    assert chosen("boston", cameras) == "mp-camera"  # Boston has none: the first there is
    assert chosen("no-such-source", tickets) == "mp-phan-anh"
    assert resolve(None, scopes(SOURCES, "media"), SOURCES) is None


def test_a_synthetic_clock_stands_still_and_a_real_one_runs() -> None:
    now = AS_OF + timedelta(days=365)
    synthetic, real = SOURCES.row(0, named=True), SOURCES.row(2, named=True)
    assert lag_s(synthetic, now) == 2 * 3600
    assert lag_s(real, now) == 365 * 86_400 + 2 * 3600
    assert lag_s({**real, "last_event_at": None}, now) is None
