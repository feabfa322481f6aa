"""A source that changes its format: nothing is lost, or rows are set aside, or the payload is refused, or the column
that fell silent is told. Never a column that quietly turns null."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from lake.lines import stage_lines
from lake.quality.filled import FILLED, is_missed
from lake.sources.declared import load_profile
from transforms import camera, media, server, ticket

NOW = datetime(2021, 9, 30, 10, tzinfo=UTC)
KEYS: Any = {year: bytes(32) for year in range(1999, 2023)}
N = 40


def delivery(format: Any, profile: Profile | None = None) -> Delivery:
    return Delivery(format, profile, NOW, "http://sv-01.example/delivery", KEYS)


def outcome(slug: str, before: Parsed, read: Callable[[], Parsed]) -> str:
    """What became of a changed delivery of N records, judged against the same records before the change."""
    try:
        after = read()
    except PayloadRefused as refusal:
        assert re.search(r"[.;].*\.$", str(refusal))  # what happened; what to do
        return "refused"
    table = next(name for name in before.rows if name != "camera__status" and name != "server__series")
    n_rows, n_rejected = after.rows[table].height, after.rejected.height
    assert n_rows + n_rejected == N
    assert after.rejected["reason"].str.len_chars().min() != 0
    told = set()
    for name, rows in after.rows.items():
        earlier = before.rows[name]
        for column in rows.columns if rows.height else ():
            if rows[column].null_count() < rows.height or earlier[column].null_count() == earlier.height:
                continue
            watched = [f for f in FILLED[slug] if (f.table, f.column) == (name, column)]
            share = 1 - earlier[column].null_count() / earlier.height
            assert any(is_missed(rows, f, share)[0] for f in watched), f"{name}.{column} fell silent unnoticed"
            told.add(column)
    if told:
        return f"told: {', '.join(sorted(told))}"
    return "quarantined" if n_rejected == N else f"{n_rejected} quarantined" if n_rejected else "lands"


REQUESTS: list[dict[str, Any]] = [
    {
        "service_request_id": f"id-{n}",
        "status": "closed" if n % 2 else "open",
        "service_name": "Giao thông",
        "service_code": "GT",
        "agency_responsible": "Sở GTVT",
        "description": "hố ga",
        "requested_datetime": "2021-09-01T08:00:00+07:00",
        "updated_datetime": "2021-09-02T08:00:00+07:00",
        "expected_datetime": "2021-09-08T08:00:00+07:00",
        "lat": 9.78,
        "long": 105.47,
        "media_url": "",
        "extended_attributes": {"unit_code": "31321", "channel": "app"},
    }
    for n in range(N)
]


def each(**changes: Any) -> Callable[[list[dict[str, Any]]], Any]:
    """Fields set, computed from the old value by a function, or taken out (...)."""

    def change(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for record in records:
            for name, value in changes.items():
                if value is ...:
                    del record[name]
                else:
                    record[name] = value(record.get(name)) if callable(value) else value
        return records

    return change


def renamed(old: str, new: str) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda records: [{new if k == old else k: v for k, v in record.items()} for record in records]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (each(priority="high"), "lands"),
        (lambda records: [dict(reversed(record.items())) for record in records], "lands"),
        (renamed("service_name", "serviceName"), "told: service_name"),
        (each(service_name=...), "told: service_name"),
        (each(service_name=None), "told: service_name"),
        (each(service_name={"vi": "Giao thông"}), "quarantined"),
        (each(service_name=["Giao thông"]), "quarantined"),
        (each(service_code=7), "lands"),
        (renamed("service_request_id", "id"), "quarantined"),
        (lambda records: [{k.upper(): v for k, v in record.items()} for record in records], "quarantined"),
        (each(status=lambda s: s.upper()), "lands"),
        (each(status=lambda s: "in_progress" if s == "open" else s), "20 quarantined"),
        (each(status=1), "quarantined"),
        (each(requested_datetime=1_630_458_000), "quarantined"),
        (each(requested_datetime=1_630_458_000_000), "quarantined"),
        (each(requested_datetime="01/09/2021 08:00"), "quarantined"),
        (each(expected_datetime=...), "told: expected_at"),
        (renamed("expected_datetime", "due"), "told: expected_at"),
        (each(updated_datetime=...), "told: closed_at, updated_at"),
        (each(lat=str), "lands"),
        (each(lat=lambda v: v * 1e6), "quarantined"),
        (each(lat=..., long=...), "told: lat, long"),
        (each(media_url=...), "told: has_photo"),
        (each(extended_attributes=...), "told: channel, unit_code"),
        (each(extended_attributes=lambda a: [a]), "quarantined"),
        (lambda records: {"requests": records}, "refused"),
        (lambda records: [[*record.values()] for record in records], "quarantined"),
    ],
)
def test_changed_open311_answer(change: Callable[[list[dict[str, Any]]], Any], expected: str) -> None:
    before = ticket.parse(json.dumps(REQUESTS).encode(), delivery("open311"))
    assert before.rows["ticket__requests"].height == N
    body = json.dumps(change([dict(record) for record in REQUESTS])).encode()
    assert outcome("ticket", before, lambda: ticket.parse(body, delivery("open311"))) == expected
    with_mark = b"\xef\xbb\xbf" + body
    assert outcome("ticket", before, lambda: ticket.parse(with_mark, delivery("open311"))) == expected


PROFILE = Profile(
    slug="ticket",
    format="csv",
    columns={"request_id": "id", "status": "state", "requested_at": "at", "agency": "unit", "description": "text"},
)
CSV = "id,state,at,unit,text\n" + "".join(f"{n},open,2021-09-01 08:00,Sở,hố ga\n" for n in range(N))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace("text\n", "text,new\n", 1).replace("ga\n", "ga,x\n"), "lands"),
        (lambda text: "\ufeff" + text, "lands"),
        (lambda text: text.replace("\n", "\r\n"), "lands"),
        (lambda text: "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()), "lands"),
        (lambda text: text.replace("unit", "agency", 1), "refused"),
        (lambda text: text.replace("id,", "ID,", 1), "refused"),
        (lambda text: text.replace(",unit", "").replace(",Sở", ""), "refused"),
        (lambda text: text.replace(",", ";"), "refused"),
        (lambda text: text.replace(",", "\t"), "refused"),
        (lambda text: text.split("\n", 1)[1], "refused"),
        (lambda text: text.replace("unit", "", 1), "refused"),
        (lambda text: text.replace("unit,text", "unit,unit,text", 1).replace("Sở", "Sở,Sở"), "refused"),
        (lambda text: text.replace("ga\n", "ga,\n"), "quarantined"),
        (lambda text: text.replace("Sở", ""), "told: agency"),
        (lambda text: text.replace("open", "mở"), "quarantined"),
        (lambda text: text.replace("open", "OPEN"), "lands"),
        (lambda text: text.replace("2021-09-01 08:00", "01/09/2021"), "quarantined"),
        (lambda text: text.replace("2021-09-01 08:00", "1630458000000"), "quarantined"),
        (lambda text: text.replace("2021-09-01 08:00", ""), "quarantined"),
        (lambda text: text.replace('"', "").replace("hố", '"hố', 1), "refused"),
        (lambda text: text.encode("utf-16").decode("latin-1"), "refused"),
    ],
)
def test_changed_csv(change: Callable[[str], str], expected: str) -> None:
    before = ticket.parse(CSV.encode(), delivery("csv", PROFILE))
    body = change(CSV).encode("latin-1" if "\x00" in change(CSV) else "utf-8")
    assert outcome("ticket", before, lambda: ticket.parse(body, delivery("csv", PROFILE))) == expected


SERIES = [
    {
        "metric": {"__name__": ("up", "node_load1")[n % 2], "instance": f"sv-{n}", "job": "node"},
        "values": [[1_632_900_000 + n, "1"]],
    }
    for n in range(N)
]


def metric(**labels: Any) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda records: [
        {**r, "metric": {k: v for k, v in {**r["metric"], **labels}.items() if v is not ...}} for r in records
    ]


def samples(change: Callable[[list[Any]], Any]) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda records: [{**r, "values": [change(point) for point in r["values"]]} for r in records]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (metric(rack="a1"), "lands"),
        (metric(__name__="node_up"), "lands"),
        (metric(instance=...), "told: instance"),
        (metric(job=...), "told: job"),
        (metric(instance=7), "quarantined"),
        (metric(__name__=...), "quarantined"),
        (renamed("metric", "labels"), "quarantined"),
        (renamed("values", "value"), "quarantined"),
        (lambda records: [{**r, "value": r["values"][0], "values": r["values"]} for r in records], "lands"),
        (samples(lambda p: [p[0] * 1000, p[1]]), "quarantined"),
        (samples(lambda p: [str(p[0]), p[1]]), "lands"),
        (samples(lambda p: ["2021-09-29T08:00:00Z", p[1]]), "quarantined"),
        (samples(lambda p: [p[1], p[0]]), "quarantined"),
        (samples(lambda p: [p[0], 1]), "lands"),
        (samples(lambda p: [p[0], None]), "quarantined"),
        (samples(lambda p: [p[0], "up"]), "quarantined"),
        (samples(lambda p: [p[0], "1,0"]), "quarantined"),
        (samples(lambda p: {"t": p[0], "v": p[1]}), "quarantined"),
        (samples(lambda p: [*p, "x"]), "quarantined"),
        (lambda records: {"series": records}, "refused"),
    ],
)
def test_changed_prometheus_answer(change: Callable[[list[dict[str, Any]]], Any], expected: str) -> None:
    def parsed(result: Any) -> Parsed:
        body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
        return server.parse(body, delivery("prometheus"))

    before = parsed(SERIES)
    before = Parsed({name: before.rows[name] for name in ("server__samples", "server__series")})
    assert outcome("server", before, lambda: parsed(change(SERIES))) == expected


def feed(
    item: Mapping[str, str], *, channel: str = "<title>b</title><language>vi</language>", root: str = "rss"
) -> bytes:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in item.items())
    items = "".join(f"<item>{fields}</item>".replace("#", str(n)) for n in range(N))
    return f'<?xml version="1.0"?><{root} version="2.0"><channel>{channel}{items}</channel></{root}>'.encode()


ITEM = {
    "title": "Tin #",
    "link": "https://bao.example/#",
    "guid": "tag:#",
    "description": "Tóm tắt",
    "category": "Thời sự",
    "pubDate": "Wed, 29 Sep 2021 19:45:55 +0700",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"new": "x"}, "lands"),
        ({"title": None}, "quarantined"),
        ({"title": None, "headline": "x"}, "quarantined"),
        ({"guid": None}, "lands"),
        ({"guid": None, "link": None}, "quarantined"),
        ({"link": None}, "told: url"),
        ({"link": "javascript:alert(#)"}, "told: url"),
        ({"description": None}, "told: summary"),
        ({"description": None, "Description": "x"}, "lands"),
        ({"description": None, "noi_dung": "x"}, "told: summary"),
        ({"category": None}, "told: section"),
        ({"category": "<b>x</b>"}, "told: section"),
        ({"title": "<b>Tin</b> #"}, "lands"),
        ({"pubDate": "2021-09-29T12:45:55Z"}, "lands"),
    ],
)
def test_changed_feed(changes: dict[str, str | None], expected: str) -> None:
    before = media.parse(feed(ITEM), delivery("feed"))
    body = feed({name: value for name, value in {**ITEM, **changes}.items() if value is not None})
    assert outcome("media", before, lambda: media.parse(body, delivery("feed"))) == expected


@pytest.mark.parametrize("changed", [None, "1632919555000", "29/09/2021", "hôm qua"])
def test_changed_publication_time_is_flagged(changed: str | None) -> None:
    item = {name: value for name, value in {**ITEM, "pubDate": changed}.items() if value is not None}
    rows = media.parse(feed(item), delivery("feed")).rows["media__articles"]
    assert rows["is_published_at_missing"].all()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (feed(ITEM, channel="<title>b</title>"), "told: language"),
        (feed(ITEM, channel="<language>vi</language>"), "told: feed_title"),
        (json.dumps({"message": "moved"}).encode(), "refused"),
        (b"<!doctype html><title>moved</title>", "refused"),
    ],
)
def test_changed_feed_document(body: bytes, expected: str) -> None:
    before = media.parse(feed(ITEM), delivery("feed"))
    assert outcome("media", before, lambda: media.parse(body, delivery("feed"))) == expected


def event(n: int) -> dict[str, Any]:
    after = {
        "id": f"id-{n}",
        "camera": "ql1a-01",
        "frame_time": 1_632_978_000.5,
        "start_time": 1_632_977_990.5,
        "end_time": 1_632_978_000.5,
        "label": "car",
        "top_score": 0.875,
        "false_positive": False,
        "stationary": False,
        "entered_zones": ["huong_ve"],
        "average_estimated_speed": 41.5,
        "recognized_license_plate": "95A-123.45",
        "recognized_license_plate_score": 0.93,
    }
    return {"type": "end", "before": {}, "after": after}


def inside(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[list[dict[str, Any]]], Any]:
    """A change of the fields of `after`."""
    return lambda events: [{**e, "after": change([e["after"]])[0]} for e in events]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (inside(each(velocity_angle=180)), "lands"),
        (inside(lambda records: [dict(reversed(records[0].items()))]), "lands"),
        (inside(each(top_score=...)), "told: top_score"),
        (inside(renamed("top_score", "score")), "told: top_score"),
        (inside(each(top_score="0.875")), "lands"),
        (inside(each(top_score=lambda v: v * 100)), "quarantined"),
        (inside(each(top_score={"best": 0.875})), "quarantined"),
        (inside(each(false_positive=...)), "told: is_false_positive"),
        (inside(each(stationary=None)), "told: is_stationary"),
        (inside(renamed("entered_zones", "zones")), "told: direction"),
        (inside(each(entered_zones=["inbound"])), "told: direction"),
        (inside(each(average_estimated_speed=...)), "told: speed_km_h"),
        (inside(each(recognized_license_plate=...)), "told: plate_token"),
        (inside(each(recognized_license_plate=["95A-123.45", 0.93])), "quarantined"),
        (inside(each(end_time=...)), "told: end_at"),
        (inside(each(camera=...)), "quarantined"),
        (inside(each(camera={"name": "ql1a-01"})), "quarantined"),
        (inside(each(frame_time=lambda v: v * 1000)), "quarantined"),
        (inside(each(frame_time="2021-09-30T05:00:00Z")), "quarantined"),
        (inside(lambda records: [{k.upper(): v for k, v in records[0].items()}]), "quarantined"),
        (each(type="gone"), "quarantined"),
        (renamed("after", "now"), "quarantined"),
        (each(after=lambda a: [a]), "quarantined"),
        (lambda events: [[e] for e in events], "quarantined"),
    ],
)
def test_changed_frigate_messages(tmp_path: Path, change: Callable[[list[dict[str, Any]]], Any], expected: str) -> None:
    events = [event(n) for n in range(N)]
    before = frigate(tmp_path, events)
    assert before.rows["camera__events"].height == N
    assert outcome("camera", before, lambda: frigate(tmp_path, change(events))) == expected


def test_one_array_of_all_messages_is_not_taken_for_one_message(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(json.dumps([event(n) for n in range(N)]).encode())
    assert frigate(tmp_path, None).rejected["reason_code"].to_list() == ["unknown_shape"]


def test_byte_order_mark_costs_no_message(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"\xef\xbb\xbf" + json.dumps(event(1)).encode())
    assert frigate(tmp_path, None).rows["camera__events"].height == 1


def frigate(folder: Path, events: list[Any] | None) -> Parsed:
    path = folder / "events.ndjson"
    if events is not None:
        path.write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    given = delivery("ndjson", load_profile("frigate"))
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        fast, careful = camera.fast_sql(str(path), given), camera.careful_sql(given)
        stage_lines(con, path, fast=fast, careful=careful, variables=camera.variables(given))
        rows = {table: con.execute(sql).pl() for table, sql in camera.ROWS_SQL.items()}
        return Parsed(rows, con.execute(camera.REJECTED_SQL).pl())
