"""The camera connector on real folders: whole files only, in order, never read."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.base import HttpClient, Payload, main
from lake.sources.camera import fetch
from lake.sources.declared import declare

UNTIL = datetime(2021, 9, 30, 10, tzinfo=UTC)


def batches(location: Path | str, since: datetime | None = None) -> list[list[Payload]]:
    source = declare("camera-test", slug="camera", format="ndjson", location="x", name_vi="x", name_en="x")
    with HttpClient() as http:
        return list(fetch(source, location=str(location), since=since, until=UNTIL, http=http))


def test_each_whole_file_of_a_folder_is_one_batch_in_name_order(tmp_path: Path) -> None:
    whole = ["b.ndjson", "a.ndjson.gz", "c.jsonl", "d.JSON", "e.jsonl.gz"]
    for name in [*whole, ".hidden.ndjson", "f.ndjson.part", "g.ndjson.tmp", "readme.txt"]:
        (tmp_path / name).write_bytes(b"{}\n")
    (tmp_path / "folder.ndjson").mkdir()
    got = batches(tmp_path)
    assert [payload.origin for batch in got for payload in batch] == sorted(whole)
    assert [len(batch) for batch in got] == [1] * len(whole)
    assert got[0][0] == Payload(tmp_path / "a.ndjson.gz", "a.ndjson.gz", "ndjson", UNTIL)


def test_old_file_is_offered_again_because_it_may_have_brought_late_events(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"{}\n")
    assert len(batches(tmp_path, since=UNTIL + timedelta(days=1))) == 1


def test_single_file_is_taken_under_any_name(tmp_path: Path) -> None:
    file = tmp_path / "export.log"
    file.write_bytes(b"{}\n")
    assert batches(file) == [[Payload(file, "export.log", "ndjson", UNTIL)]]


def test_nothing_there_is_an_error_and_not_an_empty_harvest(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson.part").write_bytes(b"{}\n")
    with pytest.raises(SourceUnreachable, match="no finished"):
        batches(tmp_path)
    with pytest.raises(SourceUnreachable, match="was not found"):
        batches(tmp_path / "absent")
    with pytest.raises(PayloadRefused, match="is a URL"):
        batches("http://127.0.0.1:9/events.ndjson")


def test_runs_alone_and_prints_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "events.ndjson.gz").write_bytes(gzip.compress(b"{}\n", mtime=0))
    assert main("camera", fetch, [str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("events.ndjson.gz ")
