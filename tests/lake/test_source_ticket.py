"""The ticket connector against loopback endpoints that page well, badly or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest
from loopback import Handler, Server, query, reply

from lake.contracts.base import Delivery
from lake.errors import SourceUnreachable
from lake.simulator.answer_key import answer_key
from lake.simulator.province import CLOCK
from lake.simulator.server import Simulator
from lake.sources.base import HttpClient, Payload, main
from lake.sources.declared import Source, declare
from lake.sources.ticket import fetch
from transforms.ticket import parse

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
SERVICE_LIST = 1  # question after the pages


def source(**fields: object) -> Source:
    defaults = {"slug": "ticket", "format": "open311", "location": "x", "name_vi": "x", "name_en": "x"}
    return declare("ticket-test", **{**defaults, **fields})


def only_batch(location: str, since: datetime | None = None, **fields: object) -> list[Payload]:
    with HttpClient(sleep=lambda _: None) as http:
        batches = list(fetch(source(**fields), location=location, since=since, until=UNTIL, http=http))
    assert len(batches) == 1
    return batches[0]


def ids(payloads: list[Payload]) -> list[str]:
    found: list[str] = []
    for payload in payloads:
        assert isinstance(payload.body, bytes)
        found += [request["service_request_id"] for request in json.loads(payload.body)]
    return found


def paging(n_requests: int, largest: int = 100, *, repeats_last: bool = False) -> Handler:
    """An endpoint that caps page_size below what is asked, as real ones do."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = query(request)
        size = min(int(asked.get("page_size", 50)), largest)
        page = int(asked.get("page", 1))
        if repeats_last:
            page = min(page, -(-n_requests // size))
        numbers = range(n_requests)[(page - 1) * size : page * size]
        reply(request, json.dumps([{"service_request_id": str(number)} for number in numbers]).encode())

    return answer


def test_server_that_caps_the_page_size_does_not_shorten_the_harvest(server: Server) -> None:
    server.answer = paging(230)
    payloads = only_batch(f"{server.url}/open311/v2/")
    assert ids(payloads) == [str(number) for number in range(230)]
    paths = [path.split("?")[0] for path in server.seen]
    assert paths == ["/open311/v2/requests.json"] * 4 + ["/open311/v2/services.json"]
    assert payloads[0].origin == f"{server.url}/open311/v2/requests.json?page=1&page_size=500"
    assert {payload.received_at for payload in payloads} == {UNTIL}


def test_server_without_paging_is_asked_twice_and_kept_once(server: Server) -> None:
    everything = json.dumps([{"service_request_id": str(number)} for number in range(70)]).encode()
    server.answer = lambda request: reply(request, everything)
    assert ids(only_batch(server.url)) == [str(number) for number in range(70)]
    assert len(server.seen) == 2 + SERVICE_LIST


def test_server_that_repeats_its_last_page_ends(server: Server) -> None:
    server.answer = paging(230, repeats_last=True)
    assert len(ids(only_batch(server.url))) == 230
    assert len(server.seen) == 4 + SERVICE_LIST


def test_no_requests_is_one_empty_page_kept_as_evidence(server: Server) -> None:
    server.answer = paging(0)
    assert [payload.body for payload in only_batch(server.url)] == [b"[]"]


def test_update_asks_only_for_what_changed_with_a_day_of_overlap(server: Server) -> None:
    server.answer = paging(3)
    only_batch(server.url, since=datetime(2021, 9, 20, 12, tzinfo=UTC), first_day="2020-06-01")
    assert "updated_after=2021-09-19T12%3A00%3A00Z" in server.seen[0]
    assert "start_date" not in server.seen[0]


def test_watermark_from_a_fast_clock_does_not_hide_updates(server: Server) -> None:
    server.answer = paging(1)
    only_batch(server.url, since=UNTIL + timedelta(days=400))
    assert "updated_after=2021-09-29T10%3A00%3A00Z" in server.seen[0]


def test_history_is_asked_in_spans_the_standard_allows(server: Server) -> None:
    asked: list[tuple[datetime, datetime]] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        parameters = query(request)
        if "page" not in parameters:
            reply(request, b"", 404)
            return
        span = (
            datetime.fromisoformat(parameters["start_date"]),
            datetime.fromisoformat(parameters["end_date"]),
        )
        if parameters["page"] == "1":
            asked.append(span)
            reply(request, json.dumps([{"service_request_id": f"{len(asked)}"}]).encode())
        else:
            reply(request, b"[]")

    server.answer = answer
    payloads = only_batch(server.url, first_day="2021-01-01")
    assert asked[0][0] == datetime(2020, 12, 31, 17, tzinfo=UTC)  # provincial midnight
    assert asked[-1][1] == UNTIL
    assert all(end - start <= timedelta(days=90) for start, end in asked)
    assert all(one[1] == other[0] for one, other in pairwise(asked))
    assert ids(payloads) == [str(number + 1) for number in range(len(asked))]


def test_error_page_in_the_middle_is_landed_for_the_parser_to_refuse(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        first = query(request).get("page") == "1"
        reply(request, b'[{"service_request_id": "1"}]' if first else b"<html>maintenance</html>")

    server.answer = answer
    assert [payload.body for payload in only_batch(server.url)][1] == b"<html>maintenance</html>"
    assert len(server.seen) == 2 + SERVICE_LIST


def test_failing_page_yields_no_half_batch(server: Server) -> None:
    good = paging(230)
    server.answer = lambda request: good(request) if query(request).get("page") != "3" else reply(request, b"", 500)
    with HttpClient(sleep=lambda _: None) as http, pytest.raises(SourceUnreachable, match="HTTP 500"):
        list(fetch(source(), location=server.url, since=None, until=UNTIL, http=http))


def test_document_url_is_one_payload_as_it_is(server: Server) -> None:
    server.serve({"/dump.json": b"[]", "/export": b"id\n1\n"})
    assert [(p.body, p.origin) for p in only_batch(f"{server.url}/dump.json?key=1")] == [
        (b"[]", f"{server.url}/dump.json?key=***")
    ]
    assert only_batch(f"{server.url}/export", format="csv", profile="boston311")[0].body == b"id\n1\n"
    assert len(server.seen) == 2


def test_query_of_the_declared_address_stays_on_every_page(server: Server) -> None:
    server.answer = paging(3)
    payloads = only_batch(f"{server.url}/open311/v2/?jurisdiction_id=vn.haugiang&api_key=geheim")
    assert len(ids(payloads)) == 3
    assert server.seen[0] == "/open311/v2/requests.json?jurisdiction_id=vn.haugiang&api_key=geheim&page=1&page_size=500"
    assert "jurisdiction_id=vn.haugiang&api_key=***&page=1" in payloads[0].origin


def test_xml_endpoint_is_paged_like_json_and_its_services_come_along(server: Server) -> None:
    services = b"<services><service><service_code>1</service_code></service></services>"

    def answer(request: BaseHTTPRequestHandler) -> None:
        page = query(request).get("page")
        numbers = {"1": ("1", "2"), "2": ("3",)}.get(page or "", ())
        rows = "".join(f"<request><service_request_id> {n} </service_request_id></request>" for n in numbers)
        reply(request, f"<service_requests>{rows}</service_requests>".encode() if page else services)

    server.answer = answer
    payloads = only_batch(f"{server.url}/open311/v2", format="open311-xml")
    assert [path.split("?")[0] for path in server.seen] == [
        *["/open311/v2/requests.xml"] * 3,
        "/open311/v2/services.xml",
    ]
    assert [payload.format for payload in payloads] == ["open311-xml"] * 3
    assert payloads[2].body == services


@pytest.mark.parametrize(
    "body", [b"<html>not found</html>", b"[]", b'[{"service_request_id": "1", "service_code": "2"}]']
)
def test_endpoint_without_a_service_list_still_gives_its_requests(
    server: Server, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    pages = paging(3)
    server.answer = lambda request: pages(request) if "page" in query(request) else reply(request, body)
    assert len(only_batch(server.url)) == 1
    assert "no service list" in caplog.text


def test_file_is_one_payload_unread(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_bytes(b"id\n")
    assert only_batch(str(path), format="csv", profile="boston311") == [Payload(path, "tickets.csv", "csv", UNTIL)]
    with pytest.raises(SourceUnreachable, match=r"absent\.csv was not found"):
        only_batch(str(tmp_path / "absent.csv"), format="csv", profile="boston311")


def test_connector_runs_alone(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.answer = paging(3)
    assert main("ticket", fetch, [server.url, "--format", "open311", "--since", "1d"]) == 0
    line = capsys.readouterr().out.split()
    assert line[0].startswith(f"{server.url}/requests.json?updated_after=")
    assert int(line[1]) > 0 and len(line[2]) == 64
    assert main("ticket", fetch, [server.url, "--since", "yesterday"]) == 1
    assert "write 1d" in capsys.readouterr().err
    server.answer = lambda request: reply(request, b"", 404)
    assert main("ticket", fetch, [server.url]) == 1
    assert "HTTP 404" in capsys.readouterr().err


@pytest.mark.slow
def test_synthetic_province_arrives_whole_and_without_personal_data(tmp_path: Path) -> None:
    until = CLOCK.astimezone(UTC)
    key = answer_key().ticket
    with Simulator(tmp_path) as province, HttpClient() as http:
        harvest = source(location="simulator:/open311/v2", first_day="2020-06-01")
        location = province.resolve(harvest.location)
        batches = list(fetch(harvest, location=location, since=None, until=until, http=http))
    delivery = Delivery("open311", None, until, "x", {})
    results = [parse(p.body, delivery) for batch in batches for p in batch if isinstance(p.body, bytes)]
    rows = [row for result in results for row in result.rows["ticket__requests"].iter_rows(named=True)]
    present = {row["request_id"]: row for row in rows}
    assert sum(result.rejected.height for result in results) == 0
    apart = key.n_duplicates + key.n_spam
    assert len(present) == key.n_received + apart
    assert sum(row["status"] == "closed" for row in present.values()) == key.n_resolved + apart
    events = [row for result in results for row in result.rows["ticket__events"].iter_rows(named=True)]
    assert len({(row["request_id"], row["seq"]) for row in events}) == key.n_events
    text = "\n".join(str(row) for row in rows)
    leaked = [planted for planted in key.planted_personal + key.reporter_personal if planted in text]
    assert leaked == []
