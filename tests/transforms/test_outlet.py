"""The register of publishers: CSV and OPML, each row judged alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.media import OUTLETS
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms.media import parse

NOW = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
HEADER = "outlet_id,name,kind,url,feed_url,owner,licence,expected_gap_h\n"
ROW = "bao-001,Báo Mô phỏng,news,https://bao-001.example/,https://bao-001.example/rss,Sở Mô phỏng,12/GP,6\n"


def read(body: str, profile: Profile | None = None) -> Parsed:
    return parse(body.encode(), Delivery("outlets", profile, NOW, "nguon.csv", {}))


def test_every_column_of_a_register() -> None:
    result = read("\ufeff" + HEADER + ROW)
    assert result.rejected.is_empty() and result.rows["media__outlets"].schema == OUTLETS.polars_schema
    assert result.rows["media__outlets"].row(0, named=True) == {
        "outlet_id": "bao-001",
        "name": "Báo Mô phỏng",
        "kind": "news",
        "url": "https://bao-001.example/",
        "feed_url": "https://bao-001.example/rss",
        "owner": "Sở Mô phỏng",
        "licence": "12/GP",
        "expected_gap_h": 6.0,
        "listed_at": NOW,
    }


def test_bad_publishers_are_set_aside_and_the_others_kept() -> None:
    bad = ["bao-001,Báo hai,,,,,,\n", ",Báo ba,,,,,,\n", "bao-4,,,,,,,\n", "bao-5,Báo,,javascript:x(),,,,\n"]
    bad += [f"bao-6,Báo,,,,,,{gap}\n" for gap in ("-1", "nhanh", "nan", "inf")] + ["bao-7,Báo\n"]
    result = read(HEADER + ROW + "".join(bad))
    assert result.rejected["reason_code"].to_list() == [
        "duplicate_outlet",
        "missing_outlet_id",
        "missing_name",
        "bad_url",
        *["bad_expected_gap_h"] * 4,
        "wrong_column_count",
    ]
    assert result.rejected["raw"][0] == bad[0].rstrip("\n").encode() or result.rejected["raw"][0] == bad[0].encode()
    assert result.rows["media__outlets"]["outlet_id"].to_list() == ["bao-001"]


def test_profile_names_other_columns() -> None:
    profile = Profile(slug="media", format="outlets", delimiter=";", columns={"outlet_id": "Mã", "name": "Tên báo"})
    result = read("Mã;Tên báo;Ghi chú\n1;Báo A;x\n", profile)
    assert result.rows["media__outlets"].select("outlet_id", "name", "kind").rows() == [("1", "Báo A", None)]


def test_opml_list_is_a_register() -> None:
    outlines = (
        '<outline text="Nhóm"><outline title="Báo &amp; Đài" xmlUrl=" feeds/1.xml " htmlUrl="https://b.vn/"/></outline>'
    )
    result = read(f'<?xml version="1.0"?><opml version="2.0"><body>{outlines}</body></opml>')
    assert result.rows["media__outlets"].select("outlet_id", "name", "url", "feed_url").rows() == [
        ("feeds/1.xml", "Báo & Đài", "https://b.vn/", "feeds/1.xml")
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html><title>Đăng nhập</title></html>", "an HTML page, not a register"),
        ("", "an empty answer, not a register"),
        ("tên,địa chỉ\n", "lacks outlet_id and name"),
        (HEADER, "names no publisher"),
        ("<opml><body/></opml>", "names no publisher"),
    ],
)
def test_what_is_no_register_is_refused(body: str, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        read(body)
