"""World Bank files: the preamble, the byte order mark, the comma at the end of each row, and nulls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from indicator_delivery import codes, delivered, one, values

from lake.errors import PayloadRefused

WIDE = (
    '\ufeff"Data Source","World Development Indicators",\r\n\r\n"Last Updated Date","2025-10-07",\r\n\r\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2022","2023",\r\n'
    '"Viet Nam","VNM","GDP growth (annual %)","NY.GDP","8.54","",\r\n'
    '"Lào, CHDCND","LAO","GDP growth (annual %)","NY.GDP","2.7","0",\r\n'
)
RECORD = {
    "indicator": {"id": "SP.URB", "value": "Urban population (% of total)"},
    "country": {"id": "VN", "value": "Viet Nam"},
    "countryiso3code": "VNM",
    "date": "2024",
    "value": 40.195,
    "unit": "",
    "obs_status": "",
}


def answer(*records: Any, **head: Any) -> bytes:
    return json.dumps([{"page": 1, "pages": 1, "lastupdated": "2025-10-07", **head}, list(records)]).encode()


def test_wide_table_gives_a_row_per_filled_cell_and_zero_is_filled() -> None:
    parsed = delivered(WIDE.encode(), "worldbank")
    read = values(parsed).select("geo_code", "geo_name", "period_start_on", "value", "unit", "value_status")
    assert read.rows() == [
        ("VNM", "Viet Nam", date(2022, 1, 1), 8.54, "annual %", None),
        ("LAO", "Lào, CHDCND", date(2022, 1, 1), 2.7, "annual %", None),
        ("LAO", "Lào, CHDCND", date(2023, 1, 1), 0.0, "annual %", None),
    ]
    assert values(parsed)["vintage_at"].unique().to_list() == [datetime(2025, 10, 7, 4, tzinfo=UTC)]  # Washington's day


def test_bad_row_or_cell_is_set_aside_with_its_bytes() -> None:
    broken = WIDE.replace('"8.54"', '"8,54"') + '"cut","CUT"\r\n"X","","GDP","NY.GDP","1","",\r\n'
    parsed = delivered(broken.encode(), "worldbank")
    assert codes(parsed) == ["not_a_number", "wrong_column_count", "missing_country"]
    assert parsed.rejected["raw"][1] == b'"cut","CUT"'
    assert values(parsed).height == 2


def test_long_table_is_named_after_its_file() -> None:
    text = "Country Name,Country Code,Year,Value\nViet Nam,VNM,2023,4.3e11\nViet Nam,VNM,2024,\n"
    row = one(delivered(text.encode(), "worldbank", "https://data.example/core/gdp.csv"))
    assert (row["indicator_code"], row["value"], row["vintage_basis"]) == ("gdp", 4.3e11, "received")


def test_answer_of_the_api_keeps_flags_and_leaves_out_nulls() -> None:
    records = [RECORD, {**RECORD, "date": "2023", "value": None}, {**RECORD, "date": "2022Q3", "obs_status": "E"}]
    parsed = delivered(answer(*records, {**RECORD, "date": "2021", "value": None, "obs_status": "M"}), "worldbank")
    assert values(parsed).select("period_grain", "value", "value_status").rows() == [
        *[("year", 40.195, None), ("quarter", 40.195, "estimate"), ("year", None, "missing")],
    ]


def test_record_without_its_objects_is_set_aside() -> None:
    parsed = delivered(answer(RECORD, {**RECORD, "country": None}, {**RECORD, "value": "n/a"}), "worldbank")
    assert codes(parsed) == ["not_an_object", "not_a_number"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "an empty answer"),
        (b"<html></html>", "an HTML page"),
        (b"PK\x03\x04rest", "not UTF-8|no header"),
        ("Tên,Mã\n1,2\n".encode(), "no header Country Name"),
        (WIDE.replace('"2023"', '"next"').encode(), "a column 'next' that is no year"),
        (WIDE.encode("utf-16"), "is not UTF-8"),
        (answer(RECORD)[:-9], "incomplete JSON"),
        (b'[{"message": [{"id": "120", "value": "The indicator was not found."}]}]', "The indicator was not found"),
        (b'{"class": "dataset"}', "no answer of the World Bank"),
    ],
)
def test_what_is_neither_form_is_refused(sent: bytes, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(sent, "worldbank")


def test_real_downloads_give_every_value(shared_data: Callable[[str], Path]) -> None:
    folder = "socioeconomic/worldbank"
    name = "API_NY.GDP.MKTP.KD.ZG_DS2_en_csv_v2_216044.csv"
    growth = delivered(shared_data(f"{folder}/{name}").read_bytes(), "worldbank", name)
    assert (values(growth).height, codes(growth)) == (14_114, [])
    assert one(growth, geo_code="ABW", period_start_on=date(1987, 1, 1))["value"] == 16.0784313755902
    gdp = delivered(shared_data(f"{folder}/gdp.csv").read_bytes(), "worldbank", "gdp.csv")
    assert (values(gdp).height, codes(gdp)) == (13_979, [])
    life = delivered(shared_data(f"{folder}/wb_life_exp_female.json").read_bytes(), "worldbank")
    assert (values(life).height, values(life)["geo_code"].unique().to_list()) == (64, ["VNM"])  # 2024 is null
    urban = delivered(shared_data(f"{folder}/wb_urbanization.json").read_bytes(), "worldbank")
    assert one(urban, period_start_on=date(2024, 1, 1))["value"] == 40.195
