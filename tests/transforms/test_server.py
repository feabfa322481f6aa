"""Answers of the Prometheus HTTP API and metrics pages: every sample arrives, what is not a sample is named."""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.base import Delivery, Parsed
from lake.contracts.server import SAMPLES, SERIES
from lake.errors import PayloadRefused
from transforms.server import parse, series_identity

RECEIVED_AT = datetime(2021, 9, 30, 10, tzinfo=UTC)
ANSWER = Delivery("prometheus", None, RECEIVED_AT, "http://prometheus.example/api/v1/query_range", {})
PAGE = replace(ANSWER, format="openmetrics", origin="http://sv-01.example:9100/metrics")
UP = {"__name__": "up", "instance": "sv-01:9100", "job": "node"}


def matrix(*series: object) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}).encode()


def samples(parsed: Parsed) -> pl.DataFrame:
    return parsed.rows[SAMPLES.table]


def test_matrix_becomes_one_series_row_and_its_samples_in_contract_shape() -> None:
    parsed = parse(matrix({"metric": UP, "values": [[1632990000.123, "1"], [1632990060.123, "0"]]}), ANSWER)
    series = parsed.rows[SERIES.table]
    assert dict(series.schema) == SERIES.polars_schema
    assert dict(samples(parsed).schema) == SAMPLES.polars_schema
    first_at = datetime(2021, 9, 30, 8, 20, 0, 123_000, tzinfo=UTC)
    identity, labels = series_identity(UP)
    assert series.rows() == [(identity, "up", "sv-01:9100", "node", labels, first_at)]
    assert json.loads(labels) == UP
    assert samples(parsed).rows() == [(identity, first_at, 1.0), (identity, first_at.replace(minute=21), 0.0)]
    assert parsed.rejected.is_empty()


def test_vector_and_bare_result_array_are_read_too() -> None:
    result = [{"metric": UP, "value": [1632990000, "1"]}]
    vector = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
    assert samples(parse(vector, ANSWER)).equals(samples(parse(json.dumps(result).encode(), ANSWER)))
    assert samples(parse(vector, ANSWER)).height == 1


def test_values_that_are_not_finite_are_kept() -> None:
    values = [[1632990000 + i, text] for i, text in enumerate(("NaN", "+Inf", "-Inf", "1e+06"))]
    read = samples(parse(matrix({"metric": UP, "values": values}), ANSWER))["value"].to_list()
    assert math.isnan(read[0])
    assert read[1:] == [math.inf, -math.inf, 1_000_000.0]


def test_series_without_a_name_is_rejected_and_the_others_stay() -> None:
    nameless = {"metric": {"job": "node"}, "values": [[1632990000, "1"]]}
    parsed = parse(matrix(nameless, {"metric": UP, "values": [[1632990000, "1"]]}), ANSWER)
    assert parsed.rejected.select("position", "reason_code").rows() == [(0, "missing_metric")]
    assert samples(parsed).height == 1


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ([1632990000, "up"], "bad_sample"),
        ([1632990000, None], "bad_sample"),
        ([1632990000], "bad_sample"),
        (["noon", "1"], "bad_sample"),
        ("1", "bad_sample"),
        (None, "bad_sample"),
        ([0, "1"], "impossible_time"),
        ([RECEIVED_AT.timestamp() + 90_000, "1"], "impossible_time"),
        ([1e300, "1"], "impossible_time"),
    ],
)
def test_one_bad_sample_costs_only_itself(point: object, code: str) -> None:
    parsed = parse(matrix({"metric": UP, "values": [[1632990000, "1"], point, [1632990060, "1"]]}), ANSWER)
    assert samples(parsed).height == 2
    assert parsed.rejected["reason_code"].to_list() == [code]
    assert json.loads(parsed.rejected["raw"][0])["metric"] == UP


@pytest.mark.parametrize(
    "series", [7, {}, {"metric": [], "values": []}, {"metric": {"__name__": 7}}, {"metric": UP, "values": 5}]
)
def test_broken_series_is_rejected_not_raised(series: object) -> None:
    parsed = parse(matrix(series, {"metric": UP, "values": [[1632990000, "1"]]}), ANSWER)
    assert samples(parsed).height == 1
    assert parsed.rejected.height == 1


def test_native_histogram_is_named_in_quarantine() -> None:
    parsed = parse(matrix({"metric": UP, "histograms": [[1632990000, {"count": "1"}]]}), ANSWER)
    assert parsed.rejected["reason_code"].to_list() == ["native_histogram"]
    assert samples(parsed).is_empty()


def test_equal_samples_are_all_handed_on_for_the_writer_to_count() -> None:
    one = {"metric": UP, "values": [[1632990000, "1"]]}
    parsed = parse(matrix(one, one), ANSWER)
    assert samples(parsed).height == 2
    assert parsed.rows[SERIES.table].height == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty body"),
        (b"  \n", "empty body"),
        (b"\n<!DOCTYPE html><html></html>", "HTML page"),
        (b'{"status": "success", "data": {"resu', "complete JSON"),
        (b"# TYPE up gauge\nup 1\n", "complete JSON"),
        (b"\xff\xfe", "complete JSON"),
        (b"7", "not an answer"),
        (b"{}", "no matrix or vector"),
        (b'{"status":"success","data":{"resultType":"scalar","result":[1632990000,"1"]}}', "no matrix or vector"),
        (b'{"status":"success","data":{"resultType":"matrix","result":{}}}', "no matrix or vector"),
        (b'{"status":"error","errorType":"bad_data","error":"invalid step"}', "bad_data: invalid step"),
    ],
)
def test_answer_in_another_format_is_refused_in_one_sentence(body: bytes, message: str) -> None:
    with pytest.raises(PayloadRefused, match=message):
        parse(body, ANSWER)


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8)),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8)),
)
def test_series_identity_depends_on_the_labels_alone(a: dict[str, str], b: dict[str, str]) -> None:
    def held(labels: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in labels.items() if value}

    shuffled = dict(reversed(a.items()))
    assert series_identity(a) == series_identity(shuffled) == series_identity({**a, "absent": ""})
    assert (series_identity(a)[1] == series_identity(b)[1]) == (held(a) == held(b))
    assert len(series_identity(a)[0]) == 16


def test_garbage_collection_is_on_again_after_a_refusal() -> None:
    with pytest.raises(PayloadRefused):
        parse(b"{", ANSWER)
    assert gc.isenabled()


def test_page_sample_without_a_time_gets_the_time_of_the_harvest() -> None:
    page = b"# TYPE temperature gauge\ntemperature 36.5\ntemperature_at 20 1632990000123\n"
    parsed = parse(page, PAGE)
    assert samples(parsed)["sampled_at"].to_list() == [
        RECEIVED_AT,
        datetime(2021, 9, 30, 8, 20, 0, 123_000, tzinfo=UTC),
    ]


def test_openmetrics_time_is_in_seconds_not_milliseconds() -> None:
    parsed = parse(b"# TYPE t gauge\nt 20 1632990000.123\n# EOF\n", PAGE)
    assert samples(parsed)["sampled_at"].to_list() == [datetime(2021, 9, 30, 8, 20, 0, 123_000, tzinfo=UTC)]


def test_pages_of_two_servers_are_two_series_and_an_exposed_instance_is_kept() -> None:
    page = b'up 1\nup{instance="sv-09:9100"} 1\n'
    other = replace(PAGE, origin="http://operator:secret@sv-02.example:9100/metrics")
    first, second = (parse(page, delivery).rows[SERIES.table]["instance"].to_list() for delivery in (PAGE, other))
    assert sorted(first) == ["sv-01.example:9100", "sv-09:9100"]
    assert sorted(second) == ["sv-02.example:9100", "sv-09:9100"]


@pytest.mark.parametrize(
    "page",
    [
        b"hello world\n",
        b'{"status":"success"}\n',
        b"up 1\nup",  # cut in a line
        b"up 1\nnode_load1 0.2",  # cut, maybe in a number
        b"# TYPE a info\na_info 1\n",  # OpenMetrics without its # EOF
        b"up \xff\n",
        b'up{instance="a} 1\n',
    ],
)
def test_page_that_is_cut_or_no_page_is_refused_whole(page: bytes) -> None:
    with pytest.raises(PayloadRefused, match="not a whole metrics page"):
        parse(page, PAGE)


def test_node_exporter_page_is_parsed_whole(shared_data: Callable[[str], Path]) -> None:
    parsed = parse(shared_data("metrics/node_exporter/e2e-output.txt").read_bytes(), PAGE)
    assert samples(parsed).height == 3_027
    assert parsed.rows[SERIES.table].height == 3_027
    assert parsed.rejected.is_empty()


def test_real_range_answer_has_all_its_samples(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("metrics/prom_http_api/prom-query-range.json").read_bytes()
    parsed = parse(body, replace(ANSWER, received_at=datetime(2025, 3, 1, tzinfo=UTC)))
    assert parsed.rows[SERIES.table].height == 3
    assert samples(parsed).group_by("series_id").len()["len"].to_list() == [258, 258, 258]
    assert parsed.rejected.is_empty()
    # The answer counts its samples itself nowhere, so count them in the text: each has one time and one value.
    assert body.count(b'"],[') + 3 == 774


def test_openmetrics_corpus_is_accepted_and_refused_as_its_authors_say(shared_data: Callable[[str], Path]) -> None:
    folders = [page.parent for page in shared_data("metrics/openmetrics_conformance").glob("*/metrics")]
    refused = set()
    for folder in folders:
        try:
            parse((folder / "metrics").read_bytes(), PAGE)
        except PayloadRefused:
            refused.add(folder.name)
    assert refused == {folder.name for folder in folders if folder.name.startswith("bad_")}
    assert refused == {f.name for f in folders if not json.loads((f / "test.json").read_bytes())["shouldParse"]}
    assert (len(refused), len(folders)) == (106, 132)


@pytest.mark.parametrize(
    ("file", "n_series", "n_samples", "rejected"),
    [
        ("prom-matrix.json", 2, 6, []),
        ("prom-vector.json", 2, 2, ["missing_metric"] * 3),  # sums over labels, which have no name
        ("range_auto.result.json", 0, 0, ["missing_metric"]),
        ("range_nan.result.json", 0, 0, ["missing_metric"]),
        ("vm_instant_response_result.json", 219, 219, []),  # VictoriaMetrics, without the envelope
    ],
)
def test_real_answers_are_counted_exactly(
    shared_data: Callable[[str], Path], file: str, n_series: int, n_samples: int, rejected: list[str]
) -> None:
    body = shared_data(f"metrics/prom_http_api/{file}").read_bytes()
    parsed = parse(body, replace(ANSWER, received_at=datetime(2025, 3, 1, tzinfo=UTC)))
    assert (parsed.rows[SERIES.table].height, samples(parsed).height) == (n_series, n_samples)
    assert parsed.rejected["reason_code"].to_list() == rejected
    named = json.loads(body)
    named = named if isinstance(named, list) else named["data"]["result"]
    assert n_series == sum("__name__" in series["metric"] for series in named)
