"""The indicator connector: whole files of the declared kind, and every page of an answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import Server, query, reply

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.base import HttpClient, Payload, main
from lake.sources.declared import declare
from lake.sources.indicator import MAX_PAGES, fetch

UNTIL = datetime(2025, 1, 6, 10, tzinfo=UTC)


def batches(location: Path | str, format: str) -> list[list[Payload]]:
    source = declare("statistics", slug="indicator", format=format, location="x", name_vi="x", name_en="x")
    with HttpClient(sleep=lambda _: None) as http:
        return list(fetch(source, location=str(location), since=UNTIL, until=UNTIL, http=http))


def test_folder_gives_the_files_of_its_format_in_one_batch(tmp_path: Path) -> None:
    for name in ("b.xlsx", "a.XLS", "~$b.xlsx", ".c.xlsx", "d.xlsx.part", "notes.csv"):
        (tmp_path / name).write_bytes(b"x")
    (batch,) = batches(tmp_path, "gso")
    assert [payload.origin for payload in batch] == ["a.XLS", "b.xlsx"]
    assert batch[1] == Payload(tmp_path / "b.xlsx", "b.xlsx", "gso", UNTIL)


def test_nothing_there_is_an_error_and_not_an_empty_harvest(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match=r"holds no \.px file"):
        batches(tmp_path, "px")
    with pytest.raises(SourceUnreachable, match="was not found"):
        batches(tmp_path / "absent.px", "px")


def test_every_page_of_the_world_bank_is_fetched(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        page = int(query(request).get("page", "1"))
        reply(request, b"\xef\xbb\xbf" + json.dumps([{"page": page, "pages": 3}, []]).encode())

    server.answer = answer
    (batch,) = batches(f"{server.url}/v2/country/VNM/indicator/X?format=json", "worldbank")
    assert [json.loads(bytes(payload.body)[3:])[0]["page"] for payload in batch if isinstance(payload.body, bytes)] == [
        *(1, 2, 3),
    ]
    assert len({payload.origin for payload in batch}) == 3


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'[{"pages": null}]', b'{"value": []}'])
def test_answer_of_another_kind_is_delivered_for_parsing_to_name_it(server: Server, body: bytes) -> None:
    server.answer = lambda request: reply(request, body)
    assert [[payload.body for payload in batch] for batch in batches(f"{server.url}/x", "worldbank")] == [[body]]


def test_answer_of_endless_pages_is_refused(server: Server) -> None:
    server.answer = lambda request: reply(request, json.dumps([{"pages": MAX_PAGES + 1}]).encode())
    with pytest.raises(PayloadRefused, match="1,001 pages"):
        batches(f"{server.url}/x", "worldbank")


def test_runs_alone_and_prints_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.px").write_bytes(b"x")
    assert main("indicator", fetch, [str(tmp_path / "t.px"), "--format", "px"]) == 0
    assert capsys.readouterr().out.startswith("t.px 1 ")
