"""The connector of lists and boundaries: a folder in order, a file, an address, and nothing read before it lands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback import Server

from lake.errors import SettingsError, SourceUnreachable
from lake.sources.base import HttpClient, Payload, main
from lake.sources.declared import declare
from lake.sources.place import fetch

UNTIL = datetime(2025, 7, 18, tzinfo=UTC)


def batches(location: str, profile: str = "gso_communes_2020", format: str = "csv") -> list[list[Payload]]:
    source = declare("lists", slug="place", format=format, profile=profile, location=location, name_vi="x", name_en="x")
    with HttpClient(sleep=lambda _: None) as http:
        return list(fetch(source, location=location, since=UNTIL, until=UNTIL, http=http))


def test_a_folder_gives_its_lists_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.csv", "a.CSV", "note.txt", "c.geojson"):
        (tmp_path / name).write_bytes(b"x")
    found = batches(str(tmp_path))
    assert [[payload.origin for payload in batch] for batch in found] == [["a.CSV"], ["b.csv"]]
    assert [p.origin for (p,) in batches(str(tmp_path), "boundaries_2025", "geojson")] == ["c.geojson"]


def test_a_folder_without_a_list_or_a_missing_file_is_named(tmp_path: Path) -> None:
    for location in (tmp_path, tmp_path / "list.csv"):
        with pytest.raises(SourceUnreachable, match=str(location)):
            batches(str(location))


def test_an_address_is_fetched_whole_whatever_was_harvested(server: Server) -> None:
    server.serve({"/list.csv": b"M\xc3\xa3\n"})
    ((payload,),) = batches(f"{server.url}/list.csv?key=geheim")
    assert payload.body == b"M\xc3\xa3\n" and "geheim" not in payload.origin


def test_a_list_needs_a_profile() -> None:
    with pytest.raises(SettingsError, match="name a profile"):
        declare("lists", slug="place", format="csv", location="x", name_vi="x", name_en="x")


def test_the_connector_runs_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.csv").write_bytes(b"x")
    assert main("place", fetch, [str(tmp_path / "list.csv"), "--profile", "gso_communes_2020"]) == 0
    assert capsys.readouterr().out.startswith("list.csv 1 ")
