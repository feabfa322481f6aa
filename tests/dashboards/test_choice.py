"""What an address asks for, against what there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dashboards.choice import Offers, Snapshot, Unit, choose

OLD = Unit("31318", date(2020, 2, 1), "Phường I", "Thành phố Vị Thanh / Phường I")
NEW = Unit("31321", date(2025, 7, 1), "Phường Vị Thanh", "Phường Vị Thanh")
OFFERS = Offers(
    date(2020, 6, 1),
    date(2021, 9, 30),
    {"2021": [OLD], "2025": [NEW]},
    {"app": "Ứng dụng", "web": "Cổng"},
    [Snapshot(412, datetime(2021, 9, 30, 10, tzinfo=UTC))],
)


def test_without_an_address_the_last_complete_month_of_all_is_shown() -> None:
    choice = choose({}, OFFERS)
    assert (choice.period.address, choice.unit, choice.channels, choice.snapshot) == ("2021-08", None, (), None)
    assert choice.compare == {"ky", "nam", "mt"}
    assert (choice.boundary, choice.problems) == ("2021", ())


def test_a_source_younger_than_the_last_complete_month_shows_the_month_it_has() -> None:
    assert choose({}, replace(OFFERS, first_day=date(2021, 9, 23))).period.address == "2021-09"
    assert choose({"ky": "month"}, replace(OFFERS, first_day=date(2021, 9, 23))).period.address == "2021-08"


def test_a_whole_address_is_taken_as_it_is() -> None:
    wanted = {"ky": "2021-W38", "ss": "mt", "dv": "31318", "kenh": "app,web", "snap": "412", "dg": "2021"}
    choice = choose(wanted, OFFERS)
    assert (choice.period.address, choice.unit, choice.channels) == ("2021-W38", OLD, ("app", "web"))
    assert (choice.compare, choice.snapshot, choice.problems) == ({"mt"}, OFFERS.snapshots[0], ())
    assert choose({"ss": "-"}, OFFERS).compare == frozenset()


@pytest.mark.parametrize(
    ("key", "value"),
    [("ky", "2021-13"), ("ss", "mt,x"), ("dv", "99999"), ("kenh", "app,fax"), ("snap", "7"), ("dg", "1975")],
)
def test_an_unknown_value_is_reported_and_its_default_taken(key: str, value: str) -> None:
    choice = choose({key: value}, OFFERS)
    assert [(problem.key, problem.value) for problem in choice.problems] == [(key, value)]
    assert replace(choice, problems=()) == choose({}, OFFERS)


def test_a_code_given_anew_means_the_unit_of_the_boundary() -> None:
    assert choose({"dv": "31321", "dg": "2025"}, OFFERS).unit == NEW
    lost = choose({"dv": "31321"}, OFFERS)
    assert (lost.unit, lost.problems[0].key) == (None, "dv")
    assert choose({"ky": "2025-08"}, OFFERS).boundary == "2025"
