"""Statistics on a small real lake: revisions add, repetitions do not, a bad workbook costs only itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from gso_book import monthly

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import declare
from orchestration.harvest import Outcome, harvest

pytestmark = pytest.mark.xdist_group("indicator-harvest")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("indicator") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


class Publisher:
    """A folder of publications and its harvests."""

    def __init__(self, catalog: Catalog, con: duckdb.DuckDBPyConnection, format: str, folder: Path) -> None:
        self._catalog, self._con, self.folder = catalog, con, folder
        named = {"location": str(folder), "name_vi": "x", "name_en": "x"}
        self.source = declare(f"statistics-{format}", slug="indicator", format=format, **named)

    def harvest(self) -> Outcome:
        return harvest(self._catalog, self._con, self.source, run_id="run", location=str(self.folder))

    def rows(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        return self._con.execute(
            f"select {columns} from lake.raw.indicator__values where source = ? and {where} order by all",
            [self.source.id],
        ).fetchall()


def test_revisions_stand_beside_what_they_revise(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publisher = Publisher(catalog, con, "gso", tmp_path)
    (tmp_path / "2024-11-29-bieu.xlsx").write_bytes(monthly())
    first = publisher.harvest()
    assert first.error is None
    assert first.receipts[0].n_quarantined == 4
    n_rows = first.n_accepted
    assert n_rows == len(publisher.rows("1")) == first.receipts[0].n_offered - 4
    assert publisher.harvest().n_accepted == 0

    (tmp_path / "2025-01-06-bieu.xlsx").write_bytes(monthly(D9=11.4))
    (tmp_path / "2025-01-07-bieu.xlsx").write_bytes(b"<html>Not found</html>")
    second = publisher.harvest()
    assert second.error is not None
    assert "1 of 3 payloads were refused, first: 2025-01-07-bieu.xlsx is no Excel or OpenDocument" in second.error
    assert second.n_accepted == n_rows  # the whole publication again, under its own date
    told = publisher.rows("value, (vintage_at at time zone 'Asia/Ho_Chi_Minh')::date::varchar", "cell = 'D9'")
    assert told == [(11.0, "2024-11-29"), (11.4, "2025-01-06")]
    assert publisher.rows("count(distinct series_id)", "cell = 'D9'") == [(1,)]
    assert publisher.harvest().n_accepted == 0


def unemployment(december: float, *, asked: int) -> str:
    """A JSON-stat answer without `updated`; like those of many services it tells when it was asked."""
    return json.dumps(
        {
            "version": "2.0",
            "class": "dataset",
            "label": "Tỷ lệ thất nghiệp",
            "extension": {"asked": asked},
            "id": ["time"],
            "size": [2],
            "role": {"time": ["time"]},
            "value": [2.2, december],
            "dimension": {"time": {"category": {"index": ["2024M11", "2024M12"]}}},
        }
    )


def test_source_without_a_vintage_adds_only_what_changed(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The bytes of each answer are new, the values are not."""
    publisher = Publisher(catalog, con, "jsonstat", tmp_path)
    answer = tmp_path / "data.json"
    accepted = []
    for asked, december in enumerate([2.3, 2.3, 2.4, 2.3]):
        answer.write_text(unemployment(december, asked=asked), encoding="utf-8")
        accepted.append(publisher.harvest().n_accepted)
    assert accepted == [2, 0, 1, 1]  # back to the older value is news too
    assert publisher.rows("value", "period_start_on = '2024-12-01'") == [(2.3,), (2.3,), (2.4,)]
