"""The Open311 end of the synthetic province: its tickets equal the answer key, its errors are GeoReport's."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from lake.simulator.answer_key import AnswerKey
from lake.simulator.places import COMMUNES, DISTRICTS
from lake.simulator.province import CLOCK, TIME_ZONE, add_working_days


def pages(client: httpx.Client, **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, 1000):
        answer = client.get("/open311/v2/requests.json", params={**filters, "page": page, "page_size": 400})
        assert answer.status_code == 200
        batch = answer.json()
        found += batch
        if len(batch) < 400:
            return found
    raise AssertionError("paging never ends")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_tickets_reproduce_the_published_totals_and_the_key(client: httpx.Client, key: AnswerKey) -> None:
    everything = pages(client)
    apart = [r for r in everything if r["notes"][-1]["type"] in ("duplicate", "spam")]
    assert len({r["service_request_id"] for r in everything}) == len(everything)
    assert Counter(r["notes"][-1]["type"] for r in apart) == {
        "duplicate": key.ticket.n_duplicates,
        "spam": key.ticket.n_spam,
    }
    requests = [r for r in everything if r not in apart]
    assert len(requests) == key.ticket.n_received == 1422
    closed = [r for r in requests if r["status"] == "closed"]
    assert len(closed) == key.ticket.n_resolved == 1329
    assert all((r["extended_attributes"]["closed_datetime"] is not None) == (r["status"] == "closed") for r in requests)
    ends = [(instant(r["extended_attributes"]["closed_datetime"] or CLOCK.isoformat()), r) for r in requests]
    late = [r for end, r in ends if end > instant(r["expected_datetime"])]
    assert len(late) == key.ticket.n_overdue
    assert sum(r["status"] == "open" for r in late) == key.ticket.n_overdue_open
    assert Counter(r["requested_datetime"][:7] for r in requests) == key.ticket.received_per_month
    assert Counter(r["extended_attributes"]["closed_datetime"][:7] for r in closed) == key.ticket.resolved_per_month
    assert Counter(r["requested_datetime"][:7] for r in closed) == key.ticket.resolved_of_received_per_month
    assert Counter(r["extended_attributes"]["unit_code"] for r in requests) == key.ticket.received_per_unit
    assert Counter(r["service_code"] for r in requests) == key.ticket.received_per_service
    services = {s["service_code"] for s in client.get("/open311/v2/services.json").json()}
    assert services == set(key.ticket.received_per_service)


def test_ticket_times_are_in_order_and_places_in_their_commune(client: httpx.Client) -> None:
    communes = {commune.code: commune for commune in COMMUNES}
    for request in pages(client):
        requested, updated = instant(request["requested_datetime"]), instant(request["updated_datetime"])
        closed = instant(request["extended_attributes"]["closed_datetime"] or request["updated_datetime"])
        assert requested <= closed <= updated <= CLOCK
        assert requested.utcoffset() == timedelta(hours=7)
        due = instant(request["expected_datetime"])
        assert due.date() == add_working_days(requested.astimezone(TIME_ZONE).date(), 7)
        commune = communes[request["extended_attributes"]["unit_code"]]
        assert commune.name.lower() in request["address"].lower()
        assert DISTRICTS[commune.district_code] in request["address"]
        if request["lat"] is not None:
            assert abs(request["lat"] - commune.lat) < 0.007 > abs(request["long"] - commune.long)


def test_histories_agree_with_the_requests_and_one_is_out_of_order(client: httpx.Client, key: AnswerKey) -> None:
    n_events, out_of_order = 0, []
    by_id = {request["service_request_id"]: request for request in pages(client)}
    for name, request in by_id.items():
        times = [instant(note["datetime"]) for note in request["notes"]]
        n_events += len(times)
        out_of_order += [name] if times != sorted(times) else []
        assert times[0] == instant(request["requested_datetime"])
        assert times[-1] <= instant(request["updated_datetime"])
        closed = request["extended_attributes"]["closed_datetime"]
        assert closed is None or instant(closed) in times
        parent = request["extended_attributes"]["parent_service_request_id"]
        assert parent is None or instant(by_id[parent]["requested_datetime"]) < times[0]
    assert n_events == key.ticket.n_events
    assert len(out_of_order) == 1


def test_working_days_skip_the_weekend_and_tet() -> None:
    assert add_working_days(date(2021, 9, 24), 1) == date(2021, 9, 27)
    assert add_working_days(date(2021, 2, 9), 7) == date(2021, 2, 25)


def test_planted_personal_strings_are_on_the_wire(client: httpx.Client, key: AnswerKey) -> None:
    text = "\n".join(request["description"] for request in pages(client))
    assert len(key.ticket.planted_personal) > 200
    assert all(planted in text for planted in key.ticket.planted_personal)


def test_ticket_filters_and_paging_lose_nothing(client: httpx.Client) -> None:
    everything = pages(client)
    order = [(instant(r["updated_datetime"]), r["service_request_id"]) for r in everything]
    assert order == sorted(order)
    assert len(client.get("/open311/v2/requests.json").json()) == 100
    assert len(client.get("/open311/v2/requests.json", params={"page_size": "9999"}).json()) == 500
    assert len(pages(client, status="open")) == 93
    middle = "2021-07-01T00:00:00+07:00"
    before = pages(client, end_date="2021-06-30T23:59:59+07:00")
    assert len(before) + len(pages(client, start_date=middle)) == len(everything)
    changed = pages(client, updated_after=middle)
    assert changed == [r for r in everything if instant(r["updated_datetime"]) >= instant(middle)]
    assert len(pages(client, updated_before=middle)) == len(everything) - len(changed)
    one = everything[7]
    assert client.get(f"/open311/v2/requests/{one['service_request_id']}.json").json() == [one]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests.json?page=0", 400),
        ("requests.json?page_size=ten", 400),
        ("requests.json?start_date=hôm qua", 400),
        ("requests.json?status=gone", 400),
        ("requests/HG-1999-000001.json", 404),
    ],
)
def test_bad_ticket_requests_get_georeport_errors(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(f"/open311/v2/{path}")
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status and answer.json()[0]["description"]
