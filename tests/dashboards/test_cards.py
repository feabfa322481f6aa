"""What a card says of one figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboards.cards import describe, judge
from dashboards.choice import Choice, Snapshot
from dashboards.figures import Figures
from dashboards.filters import Scope
from dashboards.i18n import Words
from dashboards.number_format import NBSP, Formats, Lang
from dashboards.page import Page
from dashboards.periods import custom
from dashboards.views.wall import tile
from lake.serving import Published
from lake.settings import Settings

AS_OF = datetime(2021, 9, 30, 10, tzinfo=UTC)
RATE: dict[str, Any] = {
    "code": "F2",
    "grain": "all",
    "source": "phan-anh",
    "name_vi": "Tỷ lệ phản ánh đã xử lý",
    "name_en": "Resolution rate",
    "unit_vi": "%",
    "unit_en": "%",
    "direction": "up",
    "formula_vi": "đã đóng / tiếp nhận",
    "formula_en": "closed / received",
    "numerator_vi": "phản ánh đã xử lý",
    "numerator_en": "reports resolved",
    "denominator_vi": "phản ánh tiếp nhận",
    "denominator_en": "reports received",
    "legal_basis": None,
    "owner": "Trung tâm",
    "theme": "feedback",
    "freshness_s": 86_400,
    "decimals": 1,
    "is_percent": True,
    "numerator": 1329.0,
    "denominator": 1422.0,
    "value": 1329 / 1422,
    "value_low": None,
    "value_high": None,
    "n_missing": None,
    "ci_low": None,
    "ci_high": None,
    "interval_kind": None,
    "not_computed": None,
    "target": 0.95,
    "target_basis": "Đề xuất",
    "period_start": date(2020, 6, 1),
    "period_end": date(2021, 9, 30),
    "is_partial": False,
    "as_of": AS_OF,
    "is_synthetic": True,
    "last_event_at": AS_OF,
    "time_zone": "Asia/Ho_Chi_Minh",
    "has_row": True,
    "has_grain": True,
    "figure_id": "HG-7F3K-Q2",
    "previous_value": None,
    "previous_denominator": None,
    "year_value": None,
    "year_denominator": None,
    "trend": None,
    "checks": {"n_checks": 4, "n_warnings": 0, "holding": None},
}
BOUNDED = {
    **RATE,
    "code": "S2",
    "interval_kind": "missing",
    "decimals": 2,
    "value": 0.9988,
    "value_low": 0.9988,
    "value_high": 0.9993,
}


MONTH = {**RATE, "grain": "month", "period_start": date(2021, 8, 1), "period_end": date(2021, 8, 31)}
CHOICE = Choice(custom(date(2020, 6, 1), date(2021, 9, 30)), frozenset({"ky", "nam", "mt"}), None, (), None, "2021")


def page(lang: Lang = "vi", choice: Choice = CHOICE) -> Page:
    source = {"source": "phan-anh", "time_zone": "Asia/Ho_Chi_Minh", "as_of": AS_OF, "is_synthetic": True}
    figures = Figures(Settings(), Published("r", Path("none"), AS_OF, 1))
    return Page(Words(lang), Formats(lang), figures, Scope("phan-anh", (source,)), choice, AS_OF, {})


def spaced(text: str) -> str:
    return text.replace(NBSP, " ")


def test_the_published_rate_with_its_parts_and_its_gap_in_reports() -> None:
    card = describe(RATE, page())
    assert card.value == "93,5%"
    assert card.parts == "1.329 phản ánh đã xử lý / 1.422 phản ánh tiếp nhận"
    assert card.target == "Mục tiêu 95,0% (đề xuất)"
    assert spaced(card.gap) == "thiếu 1,5 điểm % (22 phản ánh đã xử lý)"
    assert card.verdict == "missed"
    assert card.period == "01/06/2020 – 30/09/2021"
    assert card.origin == "synthetic"


def test_english_card() -> None:
    card = describe(RATE, page("en"))
    assert (card.value, card.parts) == ("93.5%", "1,329 reports resolved / 1,422 reports received")
    assert spaced(card.gap) == "1.5 pp short (22 reports resolved)"


def test_a_target_just_reached_is_met_and_none_more_is_asked() -> None:
    verdict, _, _ = judge({**RATE, "numerator": 1349.0, "denominator": 1420.0, "value": 1349 / 1420}, page())
    assert verdict == "met"
    _, gap, _ = judge({**RATE, "numerator": 1348.0, "denominator": 1420.0, "value": 1348 / 1420}, page())
    assert "(1 phản ánh" in gap


@pytest.mark.parametrize(("target", "verdict"), [(0.998, "met"), (0.999, "unsure"), (0.9995, "missed")])
def test_bounds_decide_only_what_they_can(target: float, verdict: str) -> None:
    found, gap, _ = judge({**BOUNDED, "target": target}, page())
    assert found == verdict
    assert ("ít nhất" in gap) == (verdict == "missed")


def test_missing_samples_are_shown_as_a_range_not_as_a_point() -> None:
    card = describe({**BOUNDED, "n_missing": 112.0, "denominator": 232_128.0}, page())
    assert spaced(card.value) == "≥ 99,88%"
    assert card.bounds == "Trong khoảng 99,88% – 99,93%: thiếu 112 trên 232.128 phản ánh tiếp nhận"


def test_chance_is_shown_as_an_interval_around_the_value() -> None:
    card = describe({**RATE, "interval_kind": "wilson", "ci_low": 0.9206, "ci_high": 0.9464}, page())
    assert (card.value, card.bounds) == ("93,5%", "Khoảng tin cậy 95%: 92,1% – 94,6%")


def test_less_is_better_where_the_direction_says_so() -> None:
    late = {**RATE, "direction": "down", "target": 0.10, "value": 0.12}
    assert judge(late, page())[0] == "missed"
    assert spaced(judge(late, page())[1]) == "vượt 2,0 điểm % (1.187 phản ánh đã xử lý)"
    assert judge({**late, "value": 0.08}, page())[0] == "met"


def test_nothing_to_divide_by_is_no_data_not_zero() -> None:
    card = describe({**RATE, "numerator": 0.0, "denominator": 0.0, "value": None}, page())
    assert (card.value, card.verdict) == ("—", "no_data")


def test_a_share_of_fewer_than_ten_is_not_a_percentage() -> None:
    card = describe({**RATE, "numerator": 3.0, "denominator": 4.0, "value": 0.75}, page())
    assert card.value == "n nhỏ"
    assert card.parts.startswith("3 ")


@pytest.mark.parametrize(("hours", "state"), [(24, "ok"), (25, "late"), (48, "late"), (49, "stale")])
def test_old_data_say_so(hours: int, state: str) -> None:
    card = describe({**MONTH, "previous_value": 0.9, "previous_denominator": 90.0,
                     "last_event_at": AS_OF - timedelta(hours=hours)}, page())  # fmt: skip
    assert card.state == state
    assert bool(card.changes) == (state != "stale")  # an old figure is compared with nothing


@pytest.mark.parametrize(
    ("change", "state", "text", "value"),
    [
        ({"checks": {"n_checks": 4, "n_warnings": 2, "holding": None}}, "warned", "2 kiểm tra cảnh báo", "93,5%"),
        ({"checks": {"n_checks": 4, "n_warnings": 0, "holding": "x"}}, "locked", "số liệu tốt gần nhất 30/09", "93,5%"),
        ({"has_row": False}, "empty", "Không có bản ghi trong bộ lọc này", "—"),
        ({"has_row": False, "period_end": date(2021, 12, 31)}, "not_due", "hạn 02/01/2022 00:00", "—"),
        ({"has_row": False, "has_grain": False}, "empty", "Không tính theo loại kỳ", "—"),
        ({"source": None, "is_synthetic": None}, "empty", "Chưa có nguồn dữ liệu", "—"),
        ({"source": None, "is_synthetic": None, "not_computed": "chờ dân số"}, "empty", "Chưa tính: chờ dân số", "—"),
    ],
)
def test_every_state_has_its_words_and_shows_a_number_only_if_there_is_one(
    change: dict[str, Any], state: str, text: str, value: str
) -> None:
    card = describe({**MONTH, **change}, page())
    assert (card.state, card.value) == (state, value)
    assert text in card.state_text
    assert not card.badge


def test_the_badge_is_earned_by_real_rows_and_passed_checks_only() -> None:
    real = {**MONTH, "is_synthetic": False}
    assert describe(real, page()).badge == "Đã chứng nhận"
    assert not describe({**real, "is_synthetic": True}, page()).badge
    assert not describe({**real, "checks": None}, page()).badge
    assert not describe({**real, "is_partial": True}, page()).badge


def test_changes_are_in_points_and_a_missing_one_is_not_zero() -> None:
    card = describe({**MONTH, "previous_value": 0.9306, "previous_denominator": 90.0}, page())
    assert [spaced(change.text) for change in card.changes] == [
        "▲ tăng 0,4 điểm % so kỳ trước",
        "— so cùng kỳ năm trước: chưa có dữ liệu",
    ]
    assert [change.tone for change in card.changes] == ["good", "even"]
    few = describe({**MONTH, "previous_value": 0.5, "previous_denominator": 4.0}, page())
    assert few.changes[0].text == "— so kỳ trước: n nhỏ"
    down = {**MONTH, "direction": "down", "is_percent": False, "value": 12.0, "previous_value": 10.0}
    assert describe(down, page()).changes[0].text == "▲ tăng 2,0 (20,0%) so kỳ trước"
    assert describe(down, page()).changes[0].tone == "bad"
    assert describe({**down, "is_partial": True}, page()).changes[0].text == "— kỳ chưa trọn: chưa so sánh"


def test_comparisons_not_asked_for_are_left_out() -> None:
    bare = describe({**MONTH, "previous_value": 0.9}, page(choice=replace(CHOICE, compare=frozenset())))
    assert (bare.changes, bare.target, bare.verdict) == ((), "", "none")


def test_a_look_back_is_dated_by_its_publication() -> None:
    old = replace(CHOICE, snapshot=Snapshot(398, AS_OF))
    assert describe(MONTH, page(choice=old)).state_text == "Đã công bố lúc 30/09/2021 17:00 (ảnh chụp 398)"


def test_an_unfinished_period_says_so() -> None:
    card = describe({**RATE, "grain": "month", "period_start": date(2021, 9, 1), "is_partial": True}, page())
    assert card.period == "Tháng 9/2021 (chưa trọn)"


@pytest.mark.parametrize(
    "change", [{"last_event_at": None}, {"checks": {"n_checks": 4, "n_warnings": 0, "holding": "x"}}]
)
def test_a_tile_of_the_wall_is_never_green_on_dead_data(change: dict[str, Any]) -> None:
    met = {**MONTH, "value": 0.99}
    assert "tile-met" in tile(describe(met, page()))
    dead = tile(describe({**met, **change}, page()))
    assert "tile-met" not in dead
    assert "tile-state-" in dead


def test_a_tile_shows_names_letter_for_letter() -> None:
    assert "&lt;b&gt;Rác" in tile(describe({**MONTH, "name_vi": "<b>Rác</b>"}, page()))
