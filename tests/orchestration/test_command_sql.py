"""`ioc sql`: what comes out is valid, and says what the query found."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.sandbox import run_query
from orchestration.query_output import write_csv, write_json


@pytest.fixture(scope="module")
def serving_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serving") / "reader.duckdb"
    duckdb.connect(str(path)).close()
    return path


def as_json(file: Path, query: str) -> list[dict[str, Any]]:
    written = io.StringIO()
    write_json(run_query(file, query).table, written)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(written.getvalue(), parse_constant=refuse)


def as_csv(file: Path, query: str) -> list[list[str]]:
    written = io.StringIO()
    write_csv(run_query(file, query).table, written)
    return list(csv.reader(io.StringIO(written.getvalue())))


def test_repeated_column_names_lose_no_column(serving_file: Path) -> None:
    query = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a"
    assert as_json(serving_file, query) == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]
    assert as_csv(serving_file, query) == [["a", "a_3", "a_2", "a_4"], ["1", "2", "3", "4"]]
    assert as_json(serving_file, "SELECT 1 AS a, 2 AS a") == [{"a": 1, "a_2": 2}]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'nan'::DOUBLE", "NaN"),
        ("'inf'::FLOAT", "Infinity"),
        ("'-inf'::DOUBLE", "-Infinity"),
        ("'infinity'::TIMESTAMP", "infinity"),
        ("'-infinity'::TIMESTAMPTZ", "-infinity"),
        ("'-infinity'::TIMESTAMP_NS", "-infinity"),
        ("'infinity'::DATE", "infinity"),
        ("'-infinity'::DATE", "-infinity"),
        ("DATE '0044-03-15 (BC)'", "-043-03-15"),
        ("TIMESTAMP '20000-01-01 01:02:03.5'", "20000-01-01T01:02:03.5"),
        ("TIMESTAMPTZ '2021-09-30 17:00:00+07'", "2021-09-30T10:00:00+00:00"),
        ("TIMESTAMP_NS '2021-09-30 10:00:00.123456789'", "2021-09-30T10:00:00.123456789"),
        ("DATE '2021-09-30'", "2021-09-30"),
        ("TIME '24:00:00'", "24:00:00"),
        ("TIME '01:02:03.5'", "01:02:03.5"),
        ("INTERVAL '1 year 2 days 3 hours 0.5 second'", "P12M2DT10800.5S"),
        ("INTERVAL '-1 month'", "P-1M0DT0S"),
        ("93.50::DECIMAL(5, 2)", "93.50"),
        ("170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727),
        ("sum(1)", 1),
        ("'\\xAB\\x00'::BLOB", "ab00"),
        ("[1.5, 'nan'::DOUBLE, NULL]", [1.5, "NaN", None]),
        ("[1, 2]::INTEGER[2]", [1, 2]),
        ("{'days': ['infinity'::DATE], 'n': 1}", {"days": ["infinity"], "n": 1}),
        ("(1, 2)", {"": 1, "_2": 2}),
        ("MAP {'vi': 1.5::DECIMAL(3, 1)}", {"vi": "1.5"}),
        ("MAP {7: DATE '2021-09-30'}", {"7": "2021-09-30"}),
        ("'x'::ENUM ('x', 'y')", "x"),
        ("union_value(n := 2)", 2),
        ("true", True),
        ("NULL", None),
        ("'Vị Thanh'", "Vị Thanh"),
    ],
)
def test_values_json_has_no_word_for_are_told_as_text(serving_file: Path, expression: str, value: Any) -> None:
    assert as_json(serving_file, f"SELECT {expression} AS v") == [{"v": value}]


def test_csv_tells_values_as_json_does(serving_file: Path) -> None:
    query = (
        "SELECT 'nan'::DOUBLE, 'infinity'::DATE, '\\xAB'::BLOB, NULL, true, 1.50::DECIMAL(3, 2), "
        "['a', NULL], {'vi': 'Vị Thanh'}, 'a,\"b\"'"
    )
    assert as_csv(serving_file, query)[1] == [
        *("NaN", "infinity", "ab", "", "true", "1.50"),
        *('["a", null]', '{"vi": "Vị Thanh"}', 'a,"b"'),
    ]


def test_result_without_rows_keeps_its_columns_in_csv(serving_file: Path) -> None:
    assert as_csv(serving_file, "SELECT 1 AS a, 2 AS a WHERE false") == [["a", "a_2"]]
    assert as_json(serving_file, "SELECT 1 AS a WHERE false") == []
