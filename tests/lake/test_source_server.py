"""The server connector against a loopback Prometheus: windows, refusals, warnings, pages."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Server, query, reply

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused, SourceUnreachable
from lake.simulator.server import Simulator
from lake.sources.base import Answer, HttpClient, Payload, main
from lake.sources.declared import Source, declare
from lake.sources.server import (
    BATCH_BYTES,
    OVERLAP,
    OVERLAP_STEPS,
    POINTS_PER_WINDOW,
    fetch,
    scrape_interval_s,
)
from transforms.server import parse

UNTIL = datetime(2021, 9, 30, 10, 0, 30, tzinfo=UTC)
DAY_AGO = UNTIL - timedelta(days=1)


def source(**fields: object) -> Source:
    defaults = {"slug": "server", "format": "prometheus", "location": "x", "name_vi": "x", "name_en": "x"}
    return declare("server-test", **{**defaults, **fields})


def batches(location: str, since: datetime | None = None, **fields: object) -> list[list[Payload]]:
    with HttpClient(sleep=lambda _: None) as http:
        return list(fetch(source(**fields), location=location, since=since, until=UNTIL, http=http))


def answering(document: object, status: int = 200) -> Callable[[BaseHTTPRequestHandler], None]:
    body = json.dumps(document).encode()
    return lambda request: reply(request, body, status, Content_Type="application/json")


EMPTY = {"status": "success", "data": {"resultType": "matrix", "result": []}}
UP = {"metric": {"__name__": "up"}, "values": [[UNTIL.timestamp(), "1"]]}
FOUND = {"status": "success", "data": {"resultType": "matrix", "result": [UP]}}


class Scripted:
    """A Prometheus whose answer to a window has so many bytes a step, growing; it refuses what is over `limit`."""

    def __init__(self, bytes_per_step: int, growth: float, limit: int) -> None:
        self._bytes_per_step, self._growth, self._limit = bytes_per_step, growth, limit

    def get(self, url: str, *, params: dict[str, int], **_: object) -> Answer:
        n_steps = (params["end"] - params["start"]) // params["step"] + 1
        n_bytes = int(n_steps * self._bytes_per_step)
        grown = int(self._bytes_per_step * self._growth)
        self._bytes_per_step = grown if self._growth <= 1 else min(grown, self._limit // 2)  # one step still fits
        if n_bytes > self._limit:
            raise PayloadRefused(f"{n_bytes}")
        return Answer(b"." * n_bytes, 200, {}, f"{url}?start={params['start']}&end={params['end']}", False)


@settings(max_examples=20)
@given(
    st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2021-01-01")),
    st.integers(0, 30 * 86_400),
    st.integers(15, 3600),
    st.sampled_from([(0, 1.0), (5_000, 1.0), (5_000, 1.5), (40_000, 0.5), (1 << 20, 0.6)]),
    st.sampled_from([BATCH_BYTES // 4, BATCH_BYTES * 2]),
)
def test_windows_ask_for_every_step_once_and_never_for_too_much(
    since: datetime, length_s: int, step_s: int, sizes: tuple[int, float], limit: int
) -> None:
    since = since.replace(tzinfo=UTC)
    until = since + timedelta(seconds=length_s)
    http = cast("HttpClient", Scripted(*sizes, limit))
    overlap = max(OVERLAP, OVERLAP_STEPS * timedelta(seconds=step_s))
    asked = []
    asking = source(step_s=step_s, queries=["a", "b"])
    for batch in fetch(asking, location="http://p.example", since=since + overlap, until=until, http=http):
        (start, end), again = (tuple(map(int, re.findall(r"=(\d+)", payload.origin)[:2])) for payload in batch)
        assert again == (start, end)
        assert start == end or sum(len(payload.body) for payload in batch) <= BATCH_BYTES  # type: ignore[arg-type]
        asked.append((start, end))
    assert asked[0][0] <= since.timestamp() < asked[0][0] + step_s
    assert asked[-1][1] <= until.timestamp() < asked[-1][1] + step_s
    for start, end in asked:
        assert start % step_s == end % step_s == 0
        assert start <= end < start + POINTS_PER_WINDOW * step_s
    assert [start for start, _ in asked[1:]] == [end + step_s for _, end in asked[:-1]]


def test_single_step_that_is_too_large_says_so_and_keeps_what_came_before() -> None:
    http = cast("HttpClient", Scripted(BATCH_BYTES, 1.0, BATCH_BYTES - 1))
    with pytest.raises(PayloadRefused, match=str(BATCH_BYTES)):
        list(fetch(source(), location="http://p.example", since=DAY_AGO, until=UNTIL, http=http))


def test_each_window_is_one_batch_with_all_queries_oldest_first(server: Server) -> None:
    server.answer = answering(EMPTY)
    since = UNTIL - timedelta(minutes=1.5 * POINTS_PER_WINDOW)
    got = batches(f"{server.url}/prefix/", since, queries=["up", 'node_load1{job="node"}'])
    assert [len(batch) for batch in got] == [2, 2]
    assert all(path.startswith("/prefix/api/v1/query_range?query=") for path in server.seen)
    assert "node_load1%7Bjob%3D%22node%22%7D" in server.seen[1]
    ends = [int(path.split("end=")[1].split("&")[0]) for path in server.seen]
    assert ends == sorted(ends)
    assert ends[-1] == UNTIL.timestamp() - 30
    assert got[0][0].format == "prometheus"
    assert got[0][0].received_at == UNTIL
    assert "query=up" in got[0][0].origin


def test_full_history_starts_at_midnight_of_the_first_day_in_the_province(server: Server) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(query(request))
        answering(FOUND)(request)

    server.answer = answer
    batches(server.url, first_day="2021-09-30", step_s=300)
    assert [span["start"] for span in asked] == [str(int(datetime(2021, 9, 29, 17, tzinfo=UTC).timestamp()))]
    batches(server.url, step_s=300)
    assert asked[-1]["start"] == str(int(datetime(2021, 9, 29, 10, tzinfo=UTC).timestamp()))
    assert asked[-1]["step"] == "300"


@pytest.mark.parametrize("status", [200, 400, 422])
def test_refused_query_carries_the_words_of_prometheus(server: Server, status: int) -> None:
    error = 'invalid parameter "query": 1:3: parse error: unexpected end'
    server.answer = answering({"status": "error", "errorType": "bad_data", "error": error}, status)
    with pytest.raises(PayloadRefused, match="parse error: unexpected end") as caught:
        batches(server.url, DAY_AGO)
    assert 'bad_data: invalid parameter "query"' in str(caught.value)
    assert "correct `queries`" in str(caught.value)


def test_other_error_statuses_are_no_refused_query(server: Server) -> None:
    server.answer = lambda request: reply(request, b"not here", 404)
    with pytest.raises(SourceUnreachable, match="HTTP 404"):
        batches(server.url, DAY_AGO)


def test_windows_before_a_failing_one_stand(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        answering(EMPTY, 200 if len(server.seen) == 1 else 404)(request)

    server.answer = answer
    got = []
    with HttpClient(sleep=lambda _: None) as http, pytest.raises(SourceUnreachable):
        for batch in fetch(source(), location=server.url, since=UNTIL - timedelta(days=14), until=UNTIL, http=http):
            got.append(batch)
    assert len(got) == 1


@pytest.mark.parametrize(("step_s", "overlap_s"), [(15, 600), (60, 600), (300, 3000)])
def test_next_harvest_asks_again_only_for_what_may_be_late(server: Server, step_s: int, overlap_s: int) -> None:
    server.answer = answering(EMPTY)
    since = datetime(2021, 9, 30, 9, 0, tzinfo=UTC)
    batches(server.url, since, step_s=step_s)
    (asked,) = server.seen
    assert f"start={int(since.timestamp()) - overlap_s}&" in asked


@pytest.mark.parametrize("path", ["", "/api/v1/query?query=upp"])
def test_first_harvest_without_a_single_series_is_refused_with_the_query(server: Server, path: str) -> None:
    server.answer = answering(EMPTY)
    with pytest.raises(PayloadRefused, match=r"knows no series for upp in the time asked for; correct `queries`"):
        batches(f"{server.url}{path}", queries=["upp"])
    assert [len(batch) for batch in batches(f"{server.url}{path}", DAY_AGO, queries=["upp"])] == [1]


def test_first_harvest_with_one_series_among_empty_windows_and_queries_stands(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        answering(FOUND if len(server.seen) == 4 else EMPTY)(request)

    server.answer = answer
    got = batches(server.url, first_day="2021-09-16", queries=["up", "upp"])
    assert [len(batch) for batch in got] == [2, 2, 2]


def targets(*intervals: object) -> dict[str, object]:
    active = [{"labels": {"job": "x"}, "scrapeInterval": interval, "health": "up"} for interval in intervals]
    return {"status": "success", "data": {"activeTargets": active, "droppedTargets": []}}


@pytest.mark.parametrize(
    ("document", "interval_s"),
    [
        (targets("15s", "1m0s", "15s"), 15),
        (targets("1m0s"), 60),
        (targets("1h30m"), 5400),
        (targets("500ms"), 1),
        (targets("1m30s500ms"), 90),
        (targets(), None),
        (targets("soon"), None),
        (targets(None), None),
        ({"status": "success", "data": {"activeTargets": [{"labels": {}}]}}, None),
        ({"status": "error"}, None),
        ([], None),
    ],
)
def test_scrape_interval_is_that_of_most_targets(server: Server, document: object, interval_s: int | None) -> None:
    server.answer = answering(document)
    with HttpClient() as http:
        assert scrape_interval_s(f"{server.url}/prefix/?key=geheim", http) == interval_s
    assert server.seen == ["/prefix/api/v1/targets?key=geheim&state=active"]


def test_server_that_keeps_quiet_about_its_targets_is_no_error(server: Server) -> None:
    server.answer = lambda request: reply(request, b"404 page not found", 404)
    with HttpClient() as http:
        assert scrape_interval_s(server.url, http) is None
        assert scrape_interval_s(f"{server.url}/api/v1/query?query=up", http) is None
        assert scrape_interval_s("answer.json", http) is None
    assert len(server.seen) == 1


def test_warnings_reach_the_log_and_the_payload_stands(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = answering({**EMPTY, "warnings": ["results may be partial: store-2 [down]"], "infos": ["x"]})
    with caplog.at_level(logging.WARNING):
        assert len(batches(server.url, DAY_AGO)) == 1
    assert [
        record.getMessage().endswith('warns: ["results may be partial: store-2 [down]"]') for record in caplog.records
    ]
    assert len(caplog.records) == 1


def test_infos_are_kept_below_warnings(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = answering({**EMPTY, "infos": ["metric might not be a counter: up"]})
    with caplog.at_level(logging.INFO, "lake.sources.server"):
        batches(server.url, DAY_AGO)
    (record,) = caplog.records
    assert (record.levelno, "remarks" in record.getMessage()) == (logging.INFO, True)


def test_instant_queries_are_asked_once_at_the_last_step(server: Server) -> None:
    server.answer = answering(EMPTY)
    since = UNTIL - timedelta(minutes=1.5 * POINTS_PER_WINDOW)
    got = batches(server.url, since, instant_queries=["probe_ssl_earliest_cert_expiry", "node_uname_info"])
    assert [len(batch) for batch in got] == [1, 1, 2]
    last = int(UNTIL.timestamp()) - 30
    assert server.seen[-2:] == [
        f"/api/v1/query?query=probe_ssl_earliest_cert_expiry&time={last}",
        f"/api/v1/query?query=node_uname_info&time={last}",
    ]


def test_table_and_inventory_are_one_payload_each(server: Server) -> None:
    server.answer = lambda request: reply(request, b"x")
    for format, profile in (("csv", {"slug": "server", "format": "csv"}), ("zabbix", None)):
        ((only,),) = batches(f"{server.url}/export", format=format, profile=profile)
        assert (only.body, only.format) == (b"x", format)


def test_answer_that_is_not_json_is_landed_for_the_transform_to_judge(server: Server) -> None:
    server.answer = lambda request: reply(request, b'<html>"error" login</html>')
    assert batches(server.url, DAY_AGO)[0][0].body == b'<html>"error" login</html>'


def test_address_inside_the_api_and_a_file_are_taken_as_they_are(server: Server, tmp_path: Path) -> None:
    server.answer = answering(FOUND)
    location = server.url.replace("//", "//user:secret@") + "/api/v1/query?query=up"
    (only,) = batches(location)[0]
    assert server.seen == ["/api/v1/query?query=up"]
    assert only.origin == f"{server.url}/api/v1/query?query=up"
    file = tmp_path / "answer.json"
    file.write_bytes(b"{}")
    (held,) = batches(str(file))[0]
    assert (held.body, held.origin) == (file, "answer.json")
    with pytest.raises(SourceUnreachable, match="was not found"):
        batches(str(tmp_path / "absent.json"))


def test_metrics_page_is_one_payload_asked_for_as_openmetrics(server: Server) -> None:
    server.answer = lambda request: reply(request, b"up 1\n# EOF\n")
    ((page,),) = batches(f"{server.url}/metrics", format="openmetrics")
    assert page.body == b"up 1\n# EOF\n"
    assert page.format == "openmetrics"
    assert server.headers[0]["Accept"].startswith("application/openmetrics-text")


def test_runs_alone_and_prints_what_it_fetched(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.answer = answering(EMPTY)
    assert main("server", fetch, [server.url, "--since", "1d"]) == 0
    assert capsys.readouterr().out.count("/api/v1/query_range?query=up") == 1


def test_simulated_month_arrives_sample_by_sample(tmp_path: Path) -> None:
    with Simulator(tmp_path) as simulator:
        got = batches(simulator.resolve("simulator:/prometheus"), DAY_AGO + timedelta(minutes=50), step_s=300)
    ((answer,),) = got
    assert isinstance(answer.body, bytes)
    parsed = parse(answer.body, Delivery("prometheus", None, UNTIL, answer.origin, {}))
    series, samples = parsed.rows["server__series"], parsed.rows["server__samples"]
    assert series.height == 26
    assert set(series["metric"]) == {"up"}
    assert 0 < samples.height <= 26 * 289
    assert samples["sampled_at"].max() <= UNTIL
    assert parsed.rejected.is_empty()
