"""Erased persons are recognised however they are written, and nobody else is."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest

from lake.contracts.subject import Kind, Subject, guess_kind
from lake.residue import Needles
from lake.settings import Settings
from lake.suppression import LIST, PLACEHOLDER, Suppression, entries, note, noted

WRITTEN: list[tuple[Kind, str, list[str]]] = [
    ("phone", "0912 345 678", ["0912345678", "+84912345678", "+84 (0)912.345.678", "091-234-5678", "0084 912 345 678",
                               "０９１２３４５６７８", "0912\u200b345\u200b678", "84 912345678"]),
    ("plate", "95A-123.45", ["95a12345", "95A 123.45", "95-A1 2345", "95A\u00a0123.45"]),
    ("email", "a.b@vidu.vn", ["A.B@VIDU.VN", "a.b @ vidu.vn"]),
    ("id_card", "092086001234", ["092 086 001 234", "092.086.001.234"]),
    ("name", "Nguyễn Thị Ở", ["NGUYỄN THỊ Ở", "nguyễn thị ở", "Nguyễn  Thị Ở"]),
]  # fmt: skip
CASES = [(kind, value, way) for kind, value, ways in WRITTEN for way in [value, *ways]]
OTHERS = ["0912345679", "10912345678", "09123456781", "95A-123.46", "195A-123.45", "a.b@vidu.com", "0920860012345",
          "Nguyễn Thị Ởn", "Nguyễn Văn Ở", "Thị Ở", "Nguyen Thi O"]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("suppression") / "home")


@pytest.fixture(scope="module")
def everybody(home: Settings) -> Suppression:
    return Suppression(home, [entry for kind, value, _ in WRITTEN for entry in entries(home, Subject(kind, value))])


@pytest.mark.parametrize(("kind", "value", "way"), CASES)
def test_every_way_to_write_a_subject_is_recognised(everybody: Suppression, kind: Kind, value: str, way: str) -> None:
    needles = Needles(Subject(kind, value).forms)
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, f"gặp {way}, rồi về")
        assert everybody.blank(text).replace("+", "") == f"gặp {PLACEHOLDER}, rồi về"
        for raw in (text.encode(), json.dumps(text).encode(), text.encode("utf-16-le"), text.upper().encode()):
            assert everybody.holds([raw]), raw
            assert everybody.holds([raw[: len(raw) // 2], raw[len(raw) // 2 :]]), raw
        assert needles.in_bytes([text.encode()]), text
        assert needles.in_bytes([json.dumps(text).encode()]), text


@pytest.mark.parametrize("other", OTHERS)
def test_others_are_left_alone(everybody: Suppression, other: str) -> None:
    text = f"gặp {other}, rồi về"
    assert everybody.blank(text) == text
    assert not everybody.holds([text.encode()])


@pytest.mark.parametrize("raw", ['{"id": "42", "x": 1}', "a,42,b", "<id>42</id>", '{"id":"42"}', '"42"'])
def test_number_of_a_report_is_recognised_as_a_whole_field_only(home: Settings, raw: str) -> None:
    known = Suppression(home, entries(home, Subject("request", "42")))
    assert known.is_request("42") and not known.is_request("142")
    assert known.holds([raw.encode()])
    for other in ("tổ 42 mất điện", '{"id": "42/2021"}', '{"id": "HG-42"}', '"9.42"'):
        assert not known.holds([other.encode()])


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "12"), ("phone", "Bưởi"), ("plate", "12345"), ("email", "vidu.vn"), ("id_card", "12"), ("name", "An"),
     ("request", " - ")],
)  # fmt: skip
def test_value_that_would_erase_half_the_lake_is_refused(kind: Kind, value: str) -> None:
    with pytest.raises(ValueError, match=r"is not .*\."):
        Subject(kind, value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("0912 345 678", "phone"), ("+84912345678", "phone"), ("0293 3 878 999", "phone"), ("95A-123.45", "plate"),
     ("092086001234", "id_card"), ("363636363", "id_card"), ("a@b.vn", "email"), ("HG-2020-000123", "request")],
)  # fmt: skip
def test_kind_is_guessed(value: str, kind: Kind) -> None:
    assert guess_kind(value) == kind


def test_list_outside_the_lake_names_nobody_and_holds_each_once(tmp_path: Path) -> None:
    home = Settings(home=tmp_path / "home")
    for kind, value, _ in WRITTEN * 2:
        note(home, entries(home, Subject(kind, value)))
    written = (home.secrets / LIST).read_text()
    for _, value, ways in WRITTEN:
        assert not [way for way in (value, *ways) if way in written]
    assert len(noted(home)) == len(set(noted(home))) == len(written.splitlines())


def test_hostile_text_takes_linear_time(everybody: Suppression) -> None:
    for piece in ("1 ", "a", "9", "a1", ". "):
        began = time.process_time()
        everybody.blank(piece * (200_000 // len(piece)))
        assert time.process_time() - began < 60  # about a second; quadratic time would be an hour
