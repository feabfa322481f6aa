"""Folder of filled forms: whole files only, in the order of names, every unit's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.base import HttpClient
from lake.sources.declared import declare
from lake.sources.form import fetch

UNTIL = datetime(2021, 9, 30, 10, tzinfo=UTC)


def origins(location: str) -> list[list[str]]:
    source = declare("f", slug="task", format="form", location=location, name_vi="x", name_en="x")
    with HttpClient() as http:
        return [
            [payload.origin for payload in batch]
            for batch in fetch(source, location=location, since=None, until=UNTIL, http=http)
        ]


def test_folder_gives_every_finished_form_in_one_batch(tmp_path: Path) -> None:
    (tmp_path / "so-y-te").mkdir()
    for name in ("b.xlsx", "a.CSV", "~$b.xlsx", ".~lock.b.xlsx#", "c.xlsx.part", "đọc.txt", "so-y-te/d.xls"):
        (tmp_path / name).write_bytes(b"x")
    assert origins(str(tmp_path)) == [["a.CSV", "b.xlsx", "d.xls"]]
    assert origins(str(tmp_path / "b.xlsx")) == [["b.xlsx"]]


def test_empty_folder_and_address_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="holds no"):
        origins(str(tmp_path))
    with pytest.raises(PayloadRefused, match="is a URL"):
        origins("https://x.example/form.xlsx")
