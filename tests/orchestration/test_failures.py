"""One bad source fails alone, with one clear sentence; the others finish; nothing is half-written."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from command import Ioc
from loopback import Server, reply

pytestmark = pytest.mark.slow

GOOD_CSV = """id,trang_thai,ngay_nhan,ngay_xong
1,Đã xử lý,01/09/2021 08:00,02/09/2021 09:00
2,Đang xử lý,03/09/2021 10:30,
"""
PROFILE = """
slug = "ticket"
format = "csv"
time_zone = "Asia/Ho_Chi_Minh"
date_format = "%d/%m/%Y %H:%M"
[columns]
request_id = "id"
status = "trang_thai"
requested_at = "ngay_nhan"
closed_at = "ngay_xong"
[status]
"Đã xử lý" = "closed"
"Đang xử lý" = "open"
"""
SOURCE = """
[{id}]
slug = "{slug}"
format = "{format}"
location = "{location}"
name_vi = "{id}"
name_en = "{id}"
"""


def test_bad_sources_are_named_and_the_others_finish(ioc: Ioc, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "good.csv").write_text(GOOD_CSV, encoding="utf-8")
    (tmp_path / "short.csv").write_text("id,trang_thai,ngay_xong\n1,Đã xử lý,\n", encoding="utf-8")
    packed = gzip.compress(b'{"type":"end"}\n' * 1000)
    (tmp_path / "cut.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    server = Server()
    server.answer = lambda request: reply(request, b"<!doctype html><title>Login</title>", Content_Type="text/html")
    try:
        declared = "".join(
            SOURCE.format(id=i, slug=s, format=f, location=where) + extra
            for i, s, f, where, extra in (
                ("unreachable", "server", "prometheus", "http://127.0.0.1:9", ""),
                ("html", "ticket", "open311", server.url, ""),
                ("cut", "camera", "ndjson", str(tmp_path / "cut.ndjson.gz"), ""),
                ("short", "ticket", "csv", str(tmp_path / "short.csv"), f'profile = "{tmp_path}/profile.toml"\n'),
                ("good", "ticket", "csv", str(tmp_path / "good.csv"), f'profile = "{tmp_path}/profile.toml"\n'),
            )
        )
        ioc.home.mkdir()
        (ioc.home / "sources.toml").write_text(declared, encoding="utf-8")
        done = ioc("run", fails=True)
    finally:
        server.close()
    failed = [line for line in done.stderr.splitlines() if line.startswith("Failed:")]
    said = "\n".join(failed)
    for word in (
        "unreachable: ",
        "did not answer",
        "html: ",
        "HTML page",
        "cut: ",
        "truncated gzip",
        "short: ",
        "ngay_nhan",
    ):
        assert word in said, (word, done.stderr)
    assert "good: " not in said
    status = {row["source"]: row for row in ioc.json("status", "--json")}
    assert {source: row["accepted"] for source, row in status.items() if row["accepted"]} == {"good": 2}
    assert {source for source, row in status.items() if row["last_error"]} == {"unreachable", "html", "cut", "short"}
    assert sum(row["offered"] for row in status.values()) == 2
    assert {source for source, row in status.items() if row["refused"]} == {"html", "cut", "short"}
    assert [row["in_flight"] for row in status.values()] == [0] * len(status)
    (hour,) = status["good"]["hours"]
    assert hour["offered"] == hour["accepted"] + hour["quarantined"] + hour["deduplicated"] == 2
    (rate,) = ioc.json("kpi", "F2", "--period", "all", "--source", "good", "--json")
    assert (rate["numerator"], rate["denominator"]) == (1, 2)


@pytest.mark.long
def test_failing_blocking_check_stops_the_publish_until_released(ioc: Ioc, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE, encoding="utf-8")
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD_CSV, encoding="utf-8")
    # More than a twentieth of the records cannot be read: a harvest to look at, not to publish.
    unreadable = "".join(f"{n},Đã xử lý,hôm qua,\n" for n in range(10, 40))
    bad.write_text(GOOD_CSV.replace("\n1,", "\n7,") + unreadable, encoding="utf-8")
    options = ("--profile", str(tmp_path / "profile.toml"), "--source", "app")
    ioc("ingest", "ticket", str(good), *options)
    figures = "select snapshot_id, published_at, (select count(*) from marts.fct_tickets) as n from publication"
    first = ioc.sql(figures)
    done = ioc("ingest", "ticket", str(bad), *options, fails=True)
    assert "Publish stopped" in done.stderr
    # The figures stay as they were; why nothing new came is there to see.
    assert ioc.sql(figures) == first
    assert ioc.sql("select count(*) as n from ops.check_results where severity = 'blocking' and not is_success") != [
        {"n": 0}
    ]
    (status,) = ioc.json("status", "--json")
    assert status["held"] and "quarantined" in " ".join(status["held"]), status["held"]
    ioc("release", "app", "--reason", "đã kiểm tra với đơn vị")
    assert "No batch" in ioc("release", "app", "--reason", "again", fails=True).stderr
    ioc("ingest", "ticket", str(good), *options)
    assert ioc.sql(figures) != first
    assert ioc.json("status", "--json")[0]["held"] == []
    assert ioc.sql("select reason from ops.releases") == [{"reason": "đã kiểm tra với đơn vị"}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("kpi",), "Nothing is published yet"),
        (("sql", "select 1"), "Nothing is published yet"),
        (("run",), "No source is declared"),
        (("ingest", "ticket", "absent.csv", "--profile", "boston311"), "was not found"),
        (("ingest", "ticket", "x.csv", "--profile", "unheard"), "boston311"),
        (("ingest", "camera", "x.csv", "--profile", "boston311"), "is for ticket sources"),
        (("ingest", "server", "x.xml", "--format", "feed"), "a server source takes"),
    ],
)
def test_errors_are_one_sentence_with_the_next_step(ioc: Ioc, arguments: tuple[str, ...], sentence: str) -> None:
    done = ioc(*arguments, *(("--no-build",) if arguments[0] == "ingest" else ()), fails=True)
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
