"""The synthetic province: what its wire tells equals its answer key, and the same seed tells the same bytes."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from lake.simulator import camera_files
from lake.simulator.answer_key import AnswerKey, ServerMonth, answer_key
from lake.simulator.camera import DAYS
from lake.simulator.media import Item
from lake.simulator.media import ledger as media_ledger
from lake.simulator.places import COMMUNES, DISTRICTS
from lake.simulator.province import CLOCK, TIME_ZONE, add_working_days, months
from lake.simulator.server import Simulator

REPOSITORY = Path(__file__).parents[2]
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("province")) as running:
        yield running


@pytest.fixture(scope="module")
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.url, timeout=30, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def key() -> AnswerKey:
    return answer_key()


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


# Tickets


def test_tickets_reproduce_the_published_totals_and_the_key(client: httpx.Client, key: AnswerKey) -> None:
    requests = pages(client)
    assert len({r["service_request_id"] for r in requests}) == len(requests) == key.ticket.n_received == 1422
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


# Servers


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


# Media


def harvest(client: httpx.Client) -> dict[str, feedparser.FeedParserDict]:
    """Every document of every feed by its address, found as a reader would: list, feed, archive."""
    documents = {}
    for outline in ET.fromstring(client.get("/feeds.opml").content).iter("outline"):
        address = urljoin(str(client.base_url) + "/feeds.opml", outline.attrib["xmlUrl"])
        while address:
            answer = client.get(address)
            assert answer.status_code == 200 and len(answer.content) <= 200_000
            parsed = feedparser.parse(answer.content)
            assert not parsed.bozo, parsed.get("bozo_exception")
            assert unicodedata.normalize("NFC", parsed.feed.title) == outline.attrib["title"]
            documents[address] = parsed
            links = {link["rel"]: link["href"] for link in parsed.feed.links}
            address = urljoin(address, links["prev-archive"]) if "prev-archive" in links else ""
    return documents


@pytest.mark.slow
def test_articles_per_week_equal_the_key(client: httpx.Client, key: AnswerKey) -> None:
    documents = harvest(client)
    entries = [entry for parsed in documents.values() for entry in parsed.entries]
    assert len({entry.id for entry in entries}) == len(entries) == key.media.n_items
    weeks: Counter[str] = Counter()
    numbers = set()
    for entry in entries:
        published = datetime.fromtimestamp(timegm(entry.published_parsed), UTC)
        assert published < CLOCK
        year, week, _ = published.astimezone(TIME_ZONE).isocalendar()
        weeks[f"{year}-W{week:02d}"] += 1
        numbers.add(int(entry.link.rsplit("/", 1)[1].removesuffix(".html")))
        assert entry.title and entry.summary
    assert weeks == key.media.items_per_week
    assert numbers == set(key.media.tone_of_article)
    assert len(key.media.complete_weeks) == 12 and all(weeks[week] > 2000 for week in key.media.complete_weeks)
    versions = Counter(parsed.version for parsed in documents.values())
    assert set(versions) == {"rss20", "atom10"} and versions["rss20"] > versions["atom10"] > 0
    assert key.media.n_stories < key.media.n_items, "there must be syndicated copies"


def test_tones_have_the_published_shares_and_stay_off_the_wire(client: httpx.Client, key: AnswerKey) -> None:
    for week, total in key.media.items_per_week.items():
        if week in key.media.complete_weeks:
            shares = [key.media.tone_per_week[week, tone] / total for tone in ("positive", "negative", "neutral")]
            assert shares == pytest.approx([0.16, 0.09, 0.75], abs=0.001)
    text = client.get("/feeds/3.xml").text + client.get("/feeds/4.xml").text
    assert not any(tone in text for tone in ("positive", "negative", "neutral"))


def test_copies_look_alike_and_other_stories_do_not() -> None:
    """Jaccard index over 3-word shingles: the threshold of .5 must tell copies from stories of one theme."""

    def shingles(item: Item) -> set[tuple[str, ...]]:
        words = f"{item.title} {item.summary}".lower().split()
        return set(zip(words, words[1:], words[2:], strict=False))

    items = {item.number: item for item in media_ledger(2021)[:2500]}
    shapes = {number: shingles(item) for number, item in items.items()}

    def alike(a: int, b: int) -> bool:
        return len(shapes[a] & shapes[b]) / len(shapes[a] | shapes[b]) >= 0.5

    copies = [item for item in items.values() if item.story != item.number]
    assert len(copies) > 200 and all(alike(item.number, item.story) for item in copies)
    originals = [item.number for item in items.values() if item.story == item.number][:400]
    pairs = [(a, b) for i, a in enumerate(originals) for b in originals[:i]]
    assert sum(alike(a, b) for a, b in pairs) / len(pairs) < 0.0001


def test_feeds_answer_conditional_requests(client: httpx.Client) -> None:
    first = client.get("/feeds/1.xml")
    assert client.get("/feeds/1.xml", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert client.get("/feeds/1.xml", headers={"If-None-Match": '"other"'}).status_code == 200
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert client.get("/feeds/1.xml", headers=since).status_code == 304
    outdated = {"If-Modified-Since": "Thu, 01 Jul 2021 00:00:00 GMT"}
    assert client.get("/feeds/1.xml", headers=outdated).status_code == 200


def test_archives_follow_rfc_5005(client: httpx.Client) -> None:
    rss = ET.fromstring(client.get("/feeds/1.xml").content)
    links = {link.attrib["rel"]: link.attrib["href"] for link in rss.iter(f"{ATOM}link")}
    address = urljoin("/feeds/1.xml", links["prev-archive"])
    archive = ET.fromstring(client.get(address).content)
    assert archive.find(f"channel/{HISTORY}archive") is not None
    current = next(link for link in archive.iter(f"{ATOM}link") if link.attrib["rel"] == "current")
    assert urljoin(address, current.attrib["href"]) == "/feeds/1.xml"
    assert client.get("/feeds/1/archive/2020-W01.xml").status_code == 404


# Cameras


@pytest.mark.slow
def test_camera_files_equal_the_key(simulator: Simulator, key: AnswerKey) -> None:
    passages: Counter[tuple[str, date]] = Counter()
    online: Counter[tuple[str, date]] = Counter()
    labels: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    folder = Path(simulator.resolve("simulator:/camera"))
    assert sorted(path.name for path in folder.glob("events-*")) == sorted(key.camera.files)
    n_false_positives = n_plates = n_misplaced = 0
    for path in sorted(folder.glob("events-*")):
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
        kinds: Counter[str] = Counter()
        for line in dict.fromkeys(lines):
            kind, content = sort_line(line)
            kinds[kind] += 1
            if kind == "stats":
                at = datetime.fromtimestamp(content["service"]["last_updated"], TIME_ZONE)
                for camera, state in content["cameras"].items():
                    online[camera, at.date()] += state["camera_fps"] > 0
            if kind == "end":
                after = content["after"]
                if after["false_positive"]:
                    n_false_positives += 1
                    continue
                assert (after["camera"], after["id"]) not in seen
                seen.add((after["camera"], after["id"]))
                day = datetime.fromtimestamp(after["end_time"], TIME_ZONE).date()
                passages[after["camera"], day] += 1
                n_misplaced += day.isoformat() not in path.name
                labels[after["label"]] += 1
                n_plates += after["recognized_license_plate"] is not None
                assert after["entered_zones"][0] in key.camera.passages_per_direction
        expected = key.camera.files[path.name]
        assert len(lines) == expected.n_lines
        assert len(lines) - sum(kinds.values()) == expected.n_duplicate > 100
        assert kinds["malformed"] == expected.n_malformed > 10
        assert kinds["impossible"] == expected.n_impossible > 0
        found = (kinds["end"], kinds["new"], kinds["update"], kinds["stats"])
        assert found == (expected.n_end, expected.n_new, expected.n_update, expected.n_stats)
    for camera_day, answer in key.camera.per_camera_day.items():
        assert passages[camera_day] == answer.n_passages
        assert online[camera_day] == answer.online_minutes <= answer.observed_minutes <= answer.expected_minutes
    assert sum(passages.values()) == key.camera.n_passages and labels == key.camera.passages_per_label
    assert (n_false_positives, n_plates) == (key.camera.n_false_positives, key.camera.n_plates)
    assert n_misplaced > 10, "some messages must arrive in a later day's file"
    assert len({camera for camera, _ in passages}) == 60


def sort_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """What a strict reader makes of a line."""
    try:
        content = json.loads(line)
    except ValueError:
        return "malformed", {}
    if "cameras" in content:
        return "stats", content
    after = content["after"]
    if not isinstance(after, dict) or not isinstance(after["start_time"], float):
        return "malformed", {}
    first, last = 1632416400 - 60, CLOCK.timestamp()  # 24/09/2021 00:00 at +07:00
    times = [after["start_time"], after["frame_time"], after["end_time"] or after["start_time"]]
    if not all(first <= at <= last for at in times) or times[2] < times[0]:
        return "impossible", content
    return content["type"], content


@pytest.mark.slow
def test_camera_files_are_written_once_and_restored_when_damaged(simulator: Simulator) -> None:
    folder = Path(simulator.resolve("simulator:/camera"))
    before = {path.name: (path.stat().st_mtime_ns, digest(path)) for path in folder.iterdir()}
    with Simulator(folder.parent):
        assert {path.name: (path.stat().st_mtime_ns, digest(path)) for path in folder.iterdir()} == before
    (folder / camera_files.file_name(DAYS[2])).write_bytes(b"cut")
    with Simulator(folder.parent):
        assert {path.name: digest(path) for path in folder.iterdir()} == {n: d for n, (_, d) in before.items()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# All of it

FINGERPRINT = """
import hashlib, sys
from lake.simulator.camera import ledger
from lake.simulator.feeds import Feeds
from lake.simulator.frigate import Messages
from lake.simulator.open311 import Open311
from lake.simulator.prometheus import Prometheus
seed = int(sys.argv[1])
traffic = ledger(seed)
window = {"query": "node_load1", "start": "1632900000", "end": "1632990000", "step": "300"}
feeds = Feeds(seed)
for content in (
    "\\n".join(Messages(traffic).lines(traffic.lines[2])).encode(),
    Open311(seed).respond("requests.json", {"page": "2"}).body,
    Prometheus(seed).respond("api/v1/query_range", window).body,
    feeds.respond("feeds.opml").body + feeds.respond("feeds/9.xml").body + feeds.respond("feeds/10.xml").body,
):
    print(hashlib.sha256(content).hexdigest())
"""


def fingerprint(seed: int, hash_seed: str) -> list[str]:
    command = [sys.executable, "-c", FINGERPRINT, str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environment)
    return done.stdout.split()


@pytest.mark.slow
def test_same_seed_gives_the_same_bytes_in_another_process(simulator: Simulator, client: httpx.Client) -> None:
    first, other_seed = fingerprint(2021, "1"), fingerprint(7, "2")
    with gzip.open(Path(simulator.resolve("simulator:/camera")) / camera_files.file_name(DAYS[2])) as file:
        served = [
            file.read().removesuffix(b"\n"),
            client.get("/open311/v2/requests.json?page=2").content,
            query(client, query="node_load1", start="1632900000", end="1632990000", step="300").content,
            b"".join(client.get(path).content for path in ("/feeds.opml", "/feeds/9.xml", "/feeds/10.xml")),
        ]
    assert first == [hashlib.sha256(content).hexdigest() for content in served]
    assert not set(first[:3]) & set(other_seed)


def test_every_seed_reproduces_the_published_totals() -> None:
    other = answer_key(7)
    assert (other.ticket.n_received, other.ticket.n_resolved, other.media.n_feeds) == (1422, 1329, 300)
    assert all(other.media.items_per_week[week] > 2000 for week in other.media.complete_weeks)


def test_locations_resolve(simulator: Simulator, client: httpx.Client) -> None:
    assert simulator.resolve("simulator:/open311/v2") == f"{simulator.url}/open311/v2"
    assert Path(simulator.resolve("simulator:/camera")).is_dir()
    assert Path(simulator.resolve("simulator:/camera/events-2021-09-30.ndjson")).is_file()
    assert simulator.resolve("https://example.com/x") == "https://example.com/x"
    assert client.get("/nowhere").status_code == 404
    assert client.post("/feeds.opml", data={"a": "b"}).status_code == 405
