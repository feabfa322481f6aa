"""The Prometheus end of the synthetic province: its samples equal the answer key, its answers are Prometheus's."""

from collections import Counter

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from lake.simulator.answer_key import AnswerKey, ServerMonth
from lake.simulator.province import CLOCK, months


def query(client: httpx.Client, **parameters: str) -> httpx.Response:
    return client.get("/prometheus/api/v1/query_range", params=parameters)


@pytest.mark.slow
def test_server_samples_by_month_equal_the_key(client: httpx.Client, key: AnswerKey) -> None:
    total: Counter[str] = Counter()
    for month, start, end in months():
        answer = query(client, query="up", start=start.isoformat(), end=str(int(end.timestamp()) - 300), step="300")
        data = answer.json()["data"]
        assert data["resultType"] == "matrix" and len(data["result"]) == key.server.n_servers == 26
        for series in data["result"]:
            assert series["metric"]["__name__"] == "up" and series["metric"]["job"] == "node"
            values = series["values"]
            assert start.timestamp() <= values[0][0] and values[-1][0] < end.timestamp()
            expected = int((end - start).total_seconds()) // 300
            found = ServerMonth(expected, len(values), sum(value == "1" for _, value in values))
            assert found == key.server.per_server_month[series["metric"]["instance"], month]
            total[month] += len(values)
    assert total == {month: count.n_received for month, count in key.server.per_month.items()}
    down = sum(count.n_received - count.n_up for count in key.server.per_month.values())
    missing = sum(count.n_expected - count.n_received for count in key.server.per_month.values())
    assert down > 1000 < missing, "without outages and gaps the key would prove nothing"


def test_server_history_ends_before_the_clock(client: httpx.Client) -> None:
    clock = int(CLOCK.timestamp())
    selector = "up{instance='sv-01.ioc.example:9100',}"
    answer = query(client, query=selector, start=str(clock - 600), end=str(clock + 9000), step="5m").json()
    assert [at for at, _ in answer["data"]["result"][0]["values"]] == [clock - 600, clock - 300]


def test_between_samples_the_newest_of_five_minutes_counts(client: httpx.Client) -> None:
    start = int(CLOCK.timestamp()) - 1200
    values = query(client, query='up{tier="video",job="node"}', start=f"{start}.5", end=str(start + 300), step="60")
    series = values.json()["data"]["result"]
    assert len(series) == 3
    assert [at for at, _ in series[0]["values"]] == [start + 0.5 + 60 * n for n in range(5)]


def test_form_and_query_string_give_the_same_answer(client: httpx.Client) -> None:
    parameters = {"query": "node_load1", "start": "2021-09-30T00:00:00Z", "end": "2021-09-30T09:00:00Z", "step": "300"}
    by_form = client.post("/prometheus/api/v1/query_range", data=parameters)
    assert by_form.content == query(client, **parameters).content
    assert len(by_form.json()["data"]["result"]) == 26


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"query": "rate(up[5m])"}, 'invalid parameter "query": 1:5: parse error'),
        ({"query": 'up{job!="node"}'}, 'invalid parameter "query": 1:4: parse error'),
        ({"query": 'up{job="node"'}, 'invalid parameter "query"'),
        ({"query": ""}, "no expression found in input"),
        ({"start": "yesterday"}, 'cannot parse "yesterday" to a valid timestamp'),
        ({"step": "soon"}, 'cannot parse "soon" to a valid duration'),
        ({"step": "0"}, "zero or negative query resolution step widths are not accepted"),
        ({"end": "1600000000"}, "end timestamp must not be before start time"),
        ({"step": "10"}, "exceeded maximum resolution of 11,000 points per timeseries"),
    ],
)
def test_bad_queries_get_prometheus_errors(client: httpx.Client, change: dict[str, str], error: str) -> None:
    good = {"query": "up", "start": "1632900000", "end": "1633020000", "step": "300"}
    answer = query(client, **{**good, **change})
    assert answer.status_code == 400
    assert answer.json()["status"] == "error" and answer.json()["errorType"] == "bad_data"
    assert error in answer.json()["error"]


def test_unknown_metric_is_an_empty_answer_not_an_error(client: httpx.Client) -> None:
    answer = query(client, query="node_nonsense", start="1632900000", end="1632990000", step="300")
    assert answer.json() == {"status": "success", "data": {"resultType": "matrix", "result": []}}


def test_exporter_page_is_valid_openmetrics(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    assert families["node_cpu_seconds"].type == "counter" and len(families["node_cpu_seconds"].samples) == 16
    clock = str(int(CLOCK.timestamp()) - 300)
    history = query(client, query="node_load1", start=clock, end=clock, step="300").json()["data"]["result"]
    assert float(history[0]["values"][0][1]) == families["node_load1"].samples[0].value
