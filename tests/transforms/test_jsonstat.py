"""JSON-stat: cells land where the dimensions say, sparse or not; what contradicts itself is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from indicator_delivery import codes, delivered, one, values

from lake.errors import PayloadRefused


def dataset(**fields: Any) -> dict[str, Any]:
    """Two areas in three months."""
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "Chỉ số giá",
        "updated": "2025-01-06T02:00:00Z",
        "id": ["geo", "time"],
        "size": [2, 3],
        "role": {"time": ["time"], "geo": ["geo"]},
        "dimension": {
            "geo": {"category": {"index": {"93": 0, "92": 1}, "label": {"93": "Hậu Giang", "92": "Cần Thơ"}}},
            "time": {"category": {"index": ["2024M10", "2024M11", "2024M12"]}},
        },
        "value": [1, 2, 3, 4, None, 6.5],
        **fields,
    }


def body(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def test_last_dimension_runs_fastest_and_an_empty_cell_is_no_row() -> None:
    parsed = delivered(body(dataset()), "jsonstat")
    read = [
        (row["geo_name"], row["period_start_on"].month, row["value"]) for row in values(parsed).iter_rows(named=True)
    ]
    assert read == [
        *[("Hậu Giang", 10, 1.0), ("Hậu Giang", 11, 2.0), ("Hậu Giang", 12, 3.0)],
        *[("Cần Thơ", 10, 4.0), ("Cần Thơ", 12, 6.5)],
    ]
    first = one(parsed, geo_code="93", value=1.0)
    assert first["vintage_at"] == datetime(2025, 1, 6, 2, tzinfo=UTC)
    assert (first["vintage_basis"], first["dimensions"]) == ("stated", '{"geo":"93"}')
    assert values(parsed)["series_id"].n_unique() == 2


def test_sparse_values_and_statuses_mean_the_same_as_dense_ones() -> None:
    sparse = dataset(value={"0": 1, "5": 6.5}, status={"4": ":", "5": "p"})
    parsed = delivered(body(sparse), "jsonstat")
    assert values(parsed).select("value", "value_status", "status_source").rows() == [
        *[(1.0, None, None), (None, "missing", ":"), (6.5, "provisional", "p")],
    ]


@pytest.mark.parametrize(
    ("flag", "status"),
    [("e", "estimate"), ("p", "provisional"), ("r", "revised"), ("f", "forecast"), ("pe", "estimate"), ("b", None)],
)
def test_flag_of_a_value_is_its_status(flag: str, status: str | None) -> None:
    parsed = delivered(body(dataset(status=flag)), "jsonstat")
    assert one(parsed, value=1.0)["value_status"] == status
    without_value = values(parsed).filter(pl.col("value").is_null())
    assert without_value["value_status"].to_list() == ["missing"]


def test_collection_gives_each_dataset_its_own_series() -> None:
    items = [{**dataset(), "href": f"https://stat.example/{name}.json"} for name in ("a", "b")]
    parsed = delivered(body({"version": "2.0", "class": "collection", "link": {"item": items}}), "jsonstat")
    assert values(parsed)["dataset_code"].unique().sort().to_list() == ["a", "b"]
    assert values(parsed)["series_id"].n_unique() == 4


def test_text_in_a_cell_and_an_unknown_period_are_set_aside_alone() -> None:
    wrong = dataset(value=[1, "hai", 3, True, None, 6])
    wrong["dimension"]["time"]["category"]["index"] = ["2024M10", "2024M11", "Tết"]
    parsed = delivered(body(wrong), "jsonstat")
    assert codes(parsed) == ["not_a_number", "unreadable_period", "not_a_number", "unreadable_period"]
    assert values(parsed)["value"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (dataset(value=[1, 2, 3]), "3 values for 6 cells, so it was cut off"),
        (dataset(value={"6": 1}), "numbers a cell past its 6"),
        (dataset(size=[2, 2]), "another number of categories of 'time'"),
        (dataset(id=["geo", ["time"]]), "something else than names in `id`"),
        (dataset(role={}, id=["geo", "geo"], size=[2, 2], value=[1, 2, 3, 4]), "no time dimension"),
        (dataset(value=[]), "without a JSON-stat dataset that holds values"),
        ({"tables": []}, "without a JSON-stat dataset"),
        ({"class": "error", "label": "too many cells"}, "without a JSON-stat dataset"),
    ],
)
def test_dataset_that_contradicts_itself_is_refused_whole(document: Any, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(body(document), "jsonstat")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "an empty answer"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"<?xml version='1.0'?><a/>", "an XML document"),
        (body(dataset())[:-40], "not complete JSON-stat"),
        ("\ufeffnull".encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000, "not complete JSON-stat"),
    ],
)
def test_another_kind_of_body_is_named(sent: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(sent, "jsonstat")


def test_byte_order_mark_is_no_obstacle() -> None:
    assert values(delivered(b"\xef\xbb\xbf" + body(dataset()), "jsonstat")).height == 5


def test_real_eurostat_answer_keeps_its_missing_cells_apart_from_zero(shared_data: Callable[[str], Path]) -> None:
    """Eurostat's own shape of 2014; 1,902 of its 3,036 cells are marked ":" and hold null."""
    parsed = delivered(shared_data("socioeconomic/jsonstat/eurostat-name_gpd_c.json").read_bytes(), "jsonstat")
    read = values(parsed)
    assert (read.height, read["value"].null_count(), read["series_id"].n_unique()) == (3036, 1902, 44)
    statuses = dict(read["value_status"].value_counts().iter_rows())
    assert statuses == {"missing": 1902, "estimate": 4, None: 1130}
    us = one(parsed, geo_code="US", period_start_on=date(2012, 1, 1))
    assert (us["value"], us["unit"]) == (40000.0, "Euro per inhabitant")
    assert us["vintage_at"] == datetime(2016, 2, 9, 23, tzinfo=UTC)


def test_real_galicia_and_collection_hold_the_published_figures(shared_data: Callable[[str], Path]) -> None:
    galicia = delivered(shared_data("socioeconomic/jsonstat/galicia.json").read_bytes(), "jsonstat")
    assert values(galicia).height == 3960 - 4
    total = '{"age":"T","birth":"T","concept":"pop","gender":"T","residence":"T"}'
    assert [one(galicia, dimensions=total, period_start_on=date(y, 1, 1))["value"] for y in (2001, 2011)] == [
        *(2_695_880.0, 2_772_928.0),
    ]
    both = delivered(shared_data("socioeconomic/jsonstat/oecd-canada-col.json").read_bytes(), "jsonstat")
    assert values(both)["dataset_code"].value_counts().sort("dataset_code").rows() == [("canada", 120), ("oecd", 432)]


def test_real_list_of_tables_and_metadata_are_refused(shared_data: Callable[[str], Path]) -> None:
    for name in ("api2_ListAllTables.json", "api2_MetadataById_tab003_js2.json"):
        with pytest.raises(PayloadRefused, match="ask the data, not the list of tables or the metadata"):
            delivered(shared_data(f"socioeconomic/px/{name}").read_bytes(), "jsonstat", name)
