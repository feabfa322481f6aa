"""One bad record in a hundred, of every kind: the others land, it is set aside byte for byte with its reason."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from ingested import Lake, Ledger, peak_below, small_lake

pytestmark = pytest.mark.xdist_group("poison")

DEEP = b"[" * 100_000 + b"]" * 100_000
LONG = b"x" * (10 << 20)
BIDI, NFD = "\u202eql1a\u200f", unicodedata.normalize("NFD", "đường 61")
SINCE_S = 1_632_900_000  # 2021-09-29 07:20 UTC


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with small_lake(tmp_path_factory.mktemp("poison") / "home") as lake:
        yield lake


class Kind(NamedTuple):
    """A way to spoil a record: `old` becomes `new` in its bytes. `code` None: it lands, and `why` says why it may."""

    name: str
    old: bytes
    new: bytes
    code: str | None
    why: str = ""


def spoilt(record: bytes, kind: Kind) -> bytes:
    assert record.count(kind.old) == 1, kind.name
    return record.replace(kind.old, kind.new)


CAMERA = (
    b'{"type":"new","before":{"id":"before","camera":"before"},"after":{"id":"%s","camera":"ql1a-01",'
    b'"frame_time":%d.5,"start_time":%d,"end_time":null,"label":"car","top_score":0.75,"attributes":{},'
    b'"average_estimated_speed":40.5,"entered_zones":["huong_ve"],"recognized_license_plate":"95A-123.45"}}'
)
CAMERA_KINDS = [
    Kind("NUL", b'"ql1a-01"', b'"ql\x001a"', "malformed_json"),
    Kind("NUL, escaped", b'"ql1a-01"', b'"ql\\u00001a"', "unfit_name"),
    Kind("bad UTF-8", b'"car"', b'"c\xff\xfer"', "malformed_json"),
    Kind("NaN", b"0.75", b"NaN", "bad_top_score"),
    Kind("Infinity", b"40.5", b"Infinity", "bad_speed"),
    Kind("1e400", b"40.5", b"1e400", "bad_speed"),
    Kind("year 0000", b'"start_time":', b'"start_time":-62135596800,"x":', "impossible_time"),
    Kind("year 9999", b'"end_time":null', b'"end_time":253402300799', "impossible_time"),
    Kind("marks of direction", b'"ql1a-01"', f'"{BIDI}"'.encode(), None, "they are invisible, and dropped"),
    Kind("NFD", b'"ql1a-01"', f'"{NFD}"'.encode(), None, "the same letters, composed"),
    Kind("key twice", b'"label":"car"', b'"label":"car","label":"bus"', "duplicate_key"),
    Kind("depth 100,000", b'"car"', DEEP, "unfit_name"),
    Kind("depth 100,000 in a field nobody reads", b"{},", DEEP + b",", None, "nothing of it is kept"),
    Kind("wrong type: object", b'"ql1a-01"', b'{"name":"ql1a-01"}', "unfit_name"),
    Kind("wrong type: text", b"40.5", b'"fast"', "bad_speed"),
    Kind("wrong type: array", b"0.75", b"[0.75]", "bad_top_score"),
    Kind("missing key", b'"camera":"ql1a-01",', b"", "missing_camera"),
    Kind("cut line", b'"label":"car"', b'"label":', "malformed_json"),
]
TEN_MB = Kind("10 MB field", b'"car"', b'"' + LONG + b'"', "unfit_name")


def camera_file(path: Path, n_lines: int, kinds: list[Kind]) -> Ledger:
    """A file with one poisoned line in a hundred, and one in a thousand there twice."""
    ledger = Ledger()
    with path.open("wb") as file:
        for n in range(n_lines):
            identity = f"id-{n}"
            line = CAMERA % (identity.encode(), SINCE_S + n // 10, SINCE_S - 60)
            kind = TEN_MB if n in (150, 250) else kinds[n // 100 % len(kinds)] if n % 100 == 50 else None
            if kind is not None:
                line = spoilt(line, kind)
                if kind.name == "cut line":
                    line = line[: line.index(b'"label":') + 8]
            if kind is None or kind.code is None:
                ledger.good.add(identity)
            else:
                ledger.bad.add((kind.code, line))
            file.write(line + b"\n")
            if n % 1000 == 7:
                file.write(line + b"\n")
                ledger.n_twice += 1
    return ledger


@pytest.mark.slow
@pytest.mark.parametrize(
    "kinds",
    [
        CAMERA_KINDS,
        [k for k in CAMERA_KINDS if k.name == "cut line" or k.code not in ("duplicate_key", "malformed_json")],
    ],
    ids=["careful", "fast"],
)
def test_camera_lines_around_poison_all_land(lake: Lake, tmp_path: Path, kinds: list[Kind]) -> None:
    ledger = camera_file(tmp_path / "events.ndjson", 100_000, kinds)
    assert len(ledger.bad) > 700
    source = lake.declare("camera", "ndjson", tmp_path, profile="frigate")
    with peak_below(1_000):
        outcome = lake.harvest(source)
    lake.agrees(source, outcome, ledger)
    cameras = "select distinct camera_id from lake.raw.camera__events where source = ? order by 1"
    assert lake.con.execute(cameras, [source.id]).fetchall() == [("ql1a",), ("ql1a-01",), ("đường 61",)]


TICKET = (
    b'{"service_request_id":"%s","status":"open","description":"h\xe1\xbb\x91 ga","requested_datetime":'
    b'"2021-09-01T08:00:00+07:00","expected_datetime":"2021-09-08T08:00:00+07:00","lat":9.78,"long":105.47,"notes":[]}'
)
TICKET_KINDS = [
    Kind("NUL", b" ga", b"\x00 ga", None, "controls are dropped from every text; its letters are whole"),
    Kind("NUL, escaped", b" ga", b"\\u0000 ga", None, "the same"),
    Kind("bad UTF-8", b" ga", b"\xff ga", "bad_utf8"),
    Kind("half a surrogate pair", b" ga", b"\\ud83d ga", None, "becomes U+FFFD: the text around it is whole"),
    Kind("NaN", b"9.78", b"NaN", "bad_coordinates"),
    Kind("1e400", b"9.78", b"1e400", "bad_coordinates"),
    Kind("Infinity", b"105.47", b"-Infinity", "bad_coordinates"),
    Kind("integer of 5,000 digits", b"105.47", b"9" * 5000, "bad_coordinates"),
    Kind("10 MB field", b" ga", LONG, "oversized_record"),
    Kind("year 0000", b"2021-09-01", b"0000-09-01", "unreadable_date"),
    Kind("year 9999", b"2021-09-01", b"9999-09-01", "impossible_time"),
    Kind("deadline in 9999", b"2021-09-08", b"9999-09-08", "impossible_time"),
    Kind("marks of direction", b" ga", " ga\u202e\u200f".encode(), None, "dropped from every text"),
    Kind("NFD", "ố".encode(), unicodedata.normalize("NFD", "ố").encode(), None, "the same letters, composed"),
    Kind("key twice", b'"status":"open"', b'"status":"open","status":"closed"', "duplicate_key"),
    Kind("depth 100,000", b"[]", DEEP, "too_deep"),
    Kind("wrong type: object", b'"open"', b'{"is":"open"}', "wrong_type"),
    Kind("wrong type: number", b'"2021-09-01T08:00:00+07:00"', b"1630458000000", "unreadable_date"),
    Kind("missing key", b'"status":"open",', b"", "missing_status"),
]


def page(records: list[bytes]) -> bytes:
    return b"[" + b",\n ".join(records) + b"]"


def poisoned(template: bytes, kinds: list[Kind], n: int) -> tuple[list[bytes], Ledger]:
    """`n` records around one of each kind."""
    records, ledger = [], Ledger()
    for number in range(n):
        identity = f"id-{number}"
        record = template % identity.encode()
        kind = kinds[number // 10] if number % 10 == 5 and number // 10 < len(kinds) else None
        if kind is not None:
            record = spoilt(record, kind)
        if kind is None or kind.code is None:
            ledger.good.add(identity)
        else:
            ledger.bad.add((kind.code, record))
        records.append(record)
    return records, ledger


def test_requests_around_poison_all_land(lake: Lake, tmp_path: Path) -> None:
    records, ledger = poisoned(TICKET, TICKET_KINDS, 2_000)
    records.append(b'["not an object"]')
    ledger.bad.add(("not_an_object", records[-1]))
    (tmp_path / "requests.json").write_bytes(page(records))
    source = lake.declare("ticket", "open311", tmp_path / "requests.json")
    with peak_below(400):
        outcome = lake.harvest(source)
    lake.agrees(source, outcome, ledger)
    texts = "select distinct description from lake.raw.ticket__requests where source = ? order by 1"
    assert lake.con.execute(texts, [source.id]).fetchall() == [("hố ga",), ("hố\ufffd ga",)]


CSV = b'%s,Open,2021-09-01 08:00:00,2021-09-08 08:00:00,"h\xe1\xbb\x91 ga",9.78,105.47'
CSV_KINDS = [
    Kind("NUL", b" ga", b"\x00 ga", None, "dropped from every text"),
    Kind("bad UTF-8", b" ga", b"\xff ga", "bad_encoding"),
    Kind("NaN", b"9.78", b"NaN", "bad_coordinates"),
    Kind("1e400", b"9.78", b"1e400", "bad_coordinates"),
    Kind("10 MB field", b" ga", LONG, "oversized_record"),
    Kind("year 0000", b"2021-09-01", b"0000-09-01", "unreadable_date"),
    Kind("year 9999", b"2021-09-01", b"9999-09-01", "impossible_time"),
    Kind("marks of direction", b" ga", " ga\u202e\u200f".encode(), None, "dropped from every text"),
    Kind("NFD", "ố".encode(), unicodedata.normalize("NFD", "ố").encode(), None, "the same letters, composed"),
    Kind("wrong type", b"2021-09-01 08:00:00", b"1630458000", "unreadable_date"),
    Kind("missing value", b"Open", b"", "missing_status"),
    Kind("cut line", b",105.47", b"", "wrong_column_count"),
    Kind("text behind a quote", b' ga"', b' ga" x', "malformed_record"),
]
CSV_PROFILE = {
    "slug": "ticket",
    "format": "csv",
    "time_zone": "Asia/Ho_Chi_Minh",
    "columns": {
        "request_id": "id",
        "status": "state",
        "requested_at": "opened",
        "expected_at": "due",
        "description": "text",
        "lat": "lat",
        "long": "long",
    },
    "status": {"Open": "open"},
}


def test_rows_around_poison_all_land(lake: Lake, tmp_path: Path) -> None:
    rows, ledger = poisoned(CSV, CSV_KINDS, 2_000)
    (tmp_path / "requests.csv").write_bytes(b"\n".join([b"id,state,opened,due,text,lat,long", *rows, b""]))
    source = lake.declare("ticket", "csv", tmp_path / "requests.csv", profile=CSV_PROFILE)
    with peak_below(400):
        outcome = lake.harvest(source)
    lake.agrees(source, outcome, ledger)
    texts = "select distinct description from lake.raw.ticket__requests where source = ?"
    assert lake.con.execute(texts, [source.id]).fetchall() == [("hố ga",)]


ITEM = (
    b"<item><title>h\xe1\xbb\x91 ga</title><link>https://bao.example/1</link><guid>%s</guid>"
    b"<description>x y</description><pubDate>Wed, 29 Sep 2021 19:45:55 +0700</pubDate></item>"
)
ITEM_KINDS = [
    Kind("NUL", b" ga", b"\x00 ga", None, "dropped from every text"),
    Kind("bad UTF-8", b" ga", b"\xff ga", "bad_utf8"),
    Kind("10 MB field", b"x y", LONG, "oversized_record"),
    Kind("year 0000", b"29 Sep 2021", b"29 Sep 0000", None, "it is flagged and dated by the harvest"),
    Kind("year 9999", b"29 Sep 2021", b"29 Sep 9999", None, "it is flagged and dated by the harvest"),
    Kind("marks of direction", b" ga", " ga\u202e\u200f".encode(), None, "dropped from every text"),
    Kind("NFD", "ố".encode(), unicodedata.normalize("NFD", "ố").encode(), None, "the same letters, composed"),
    Kind("depth 500", b"x y", b"<b>" * 500 + b"x y" + b"</b>" * 500, None, "markup is dropped"),
    Kind("bare ampersand", b"x y", b"x & y", None, "publishers do; feedparser mends it"),
    Kind("no title", b"<title>h\xe1\xbb\x91 ga</title>", b"", "missing_title"),
]


def test_items_around_poison_all_land(lake: Lake, tmp_path: Path) -> None:
    items, ledger = poisoned(ITEM, ITEM_KINDS, 1_000)
    head = b'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>b</title>'
    (tmp_path / "feed.xml").write_bytes(head + b"\n".join(items) + b"</channel></rss>")
    source = lake.declare("media", "feed", tmp_path / "feed.xml")
    with peak_below(400):
        outcome = lake.harvest(source)
    lake.agrees(source, outcome, ledger)
    found = (
        "select headline, is_published_at_missing, count(*) from lake.raw.media__articles where source = ? group by all"
    )
    assert set(lake.con.execute(found, [source.id]).fetchall()) == {("hố ga", False, 995), ("hố ga", True, 2)}


SERIES = b'{"metric":{"__name__":"up","instance":"%s"},"values":[[%d,"1"]]}'
SERIES_KINDS = [
    Kind("NUL", b'"up"', b'"u\\u0000p"', "unfit_labels"),
    Kind("bad UTF-8", b'"up"', b'"u\xffp"', "bad_utf8"),
    Kind("half a surrogate pair", b'"up"', b'"\\ud83d"', "unfit_labels"),
    Kind("10 MB field", b'"up"', b'"' + LONG + b'"', "unfit_labels"),
    Kind("marks of direction", b'"up"', '"up\u202e"'.encode(), None, "a label is an identity, kept as it is"),
    Kind("NFD", b'"up"', unicodedata.normalize("NFD", '"ố"').encode(), None, "the same"),
    Kind("key twice", b'"__name__":"up"', b'"__name__":"up","__name__":"down"', "duplicate_key"),
    Kind("depth 100,000", b'"up"', DEEP, "too_deep"),
    Kind("wrong type", b'{"__name__":"up",', b'[{"__name__":"up"}],"x":{', "bad_series"),
    Kind("missing key", b'"__name__":"up",', b"", "missing_metric"),
]
SAMPLES = [
    ("year 0000", b'[-62135596800,"1"]', "impossible_time"),
    ("year 9999", b'[253402300799 ,"1"]', "impossible_time"),
    ("NaN", b'[NaN,"1"]', "bad_sample"),
    ("1e400", b'[1e400,"1"]', "bad_sample"),
    ("value of 1e400", b'[1632900000, "1e400"]', "bad_sample"),
    ("wrong type", b'[1632900000,{"x":"1"}]', "bad_sample"),
    ("cut", b"[1632900000]", "bad_sample"),
]


def test_series_and_samples_around_poison_all_land(lake: Lake, tmp_path: Path) -> None:
    records, ledger = [], Ledger()
    for n in range(1_000):
        record = SERIES % (b"sv-%d" % n, SINCE_S + n)
        kind = SERIES_KINDS[n // 10] if n % 10 == 5 and n // 10 < len(SERIES_KINDS) else None
        if kind is not None:
            record = spoilt(record, kind)
        if kind is None or kind.code is None:
            ledger.good.add(str(SINCE_S + n))
        else:
            ledger.bad.add((kind.code, record))
        records.append(record)
    inner = [SINCE_S + 5_000 + n for n in range(len(SAMPLES))]
    ledger.good |= set(map(str, inner))
    labels = {"__name__": "up", "instance": "sv"}
    points = [point for n, (_, bad, _) in enumerate(SAMPLES) for point in (b'[%d,"NaN"]' % inner[n], bad)]
    records.append(b'{"metric":%b,"values":[%b]}' % (json.dumps(labels).encode(), b" , ".join(points)))
    ledger.bad |= {(code, b'{"metric":%b,"value":%b}' % (json.dumps(labels).encode(), raw)) for _, raw, code in SAMPLES}
    body = b'{"status":"success","data":{"result":%b,"resultType":"matrix"}}' % page(records)
    (tmp_path / "answer.json").write_bytes(body)
    source = lake.declare("server", "prometheus", tmp_path / "answer.json")
    with peak_below(400):
        outcome = lake.harvest(source)
    lake.agrees(source, outcome, ledger)


@pytest.mark.parametrize(
    ("slug", "format", "body"),
    [
        ("ticket", "open311", page([TICKET % b"1", TICKET % b"2"])[:-30]),
        ("ticket", "open311", page([TICKET % b"1", b'{"a": 01}'])),
        ("ticket", "open311", page([TICKET % b"1", b"[" * 100_000])),
        ("server", "prometheus", b'{"status":"success","data":{"resultType":"matrix","result":[' + SERIES % (b"1", 1)),
        ("server", "openmetrics", b"up 1\nup{x=1} 2\n"),
        ("server", "openmetrics", b"up 1\nup \xff\n"),
        ("media", "feed", b'<?xml version="1.0"?><rss><channel><title>cut'),
    ],
)
def test_document_that_is_cut_or_broken_is_refused_whole_in_a_sentence(
    lake: Lake, tmp_path: Path, slug: str, format: str, body: bytes
) -> None:
    (tmp_path / "delivery").write_bytes(body)
    source = lake.declare(slug, format, tmp_path / "delivery")
    outcome = lake.harvest(source)
    assert outcome.receipts == ()
    assert outcome.error is not None
    assert outcome.error.startswith(f"{source.id}: delivery ")
    assert "defect" not in outcome.error
    assert lake.ids(source) == lake.quarantine(source) == set()


def test_metrics_page_with_odd_values_lands_but_for_what_cannot_be_stored(lake: Lake, tmp_path: Path) -> None:
    now_s = int(datetime.now(UTC).timestamp())
    lines = [
        b"a NaN %d000" % now_s,
        b"b +Inf %d000" % (now_s - 1),
        b'c{x="y\xe2\x80\xae"} 1 %d000' % (now_s - 2),
        b'd{x="y\x00"} 1 %d000' % now_s,
        b'e{x="%b"} 1 %d000' % (LONG, now_s),
        b"f 1 253402300799000",
    ]
    (tmp_path / "metrics").write_bytes(b"\n".join([*lines, b""]))
    source = lake.declare("server", "openmetrics", tmp_path / "metrics")
    outcome = lake.harvest(source)
    assert outcome.error is None
    assert lake.ids(source) == {str(now_s - n) for n in range(3)}
    assert sorted(code for code, _ in lake.quarantine(source)) == ["impossible_time", "unfit_labels", "unfit_labels"]
