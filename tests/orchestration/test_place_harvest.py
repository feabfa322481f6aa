"""Lists and boundaries through the real harvest: counted exactly, corrected by a later delivery, never doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import declare
from orchestration.checks import validate_new_batches
from orchestration.harvest import Outcome, harvest

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("place_harvest")]
LISTS = {
    "gso_districts_2020": ("csv", "admin/pre2025/gso_district_2025-07-18.csv", 696),
    "gso_communes_2025": ("markdown", "admin/post2025/1027_CTK-CSCL_commune_codes.md", 3_321),
    "boundaries_2025": ("geojson", "admin/post2025/geojson/92_can_tho.geojson", 1),
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("places") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


def harvested(catalog: Catalog, con: duckdb.DuckDBPyConnection, name: str, location: Path, **fields: Any) -> Outcome:
    fields = {"slug": "place", "format": "csv", "name_vi": "x", "name_en": "x", "location": str(location)} | fields
    source = declare(name, **fields)
    return harvest(catalog, con, source, run_id="run", location=source.location)


def test_real_lists_land_once_and_pass_their_checks(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, shared_data: Callable[[str], Path]
) -> None:
    for name, (format, file, n) in LISTS.items():
        for n_new in (n, 0):
            outcome = harvested(catalog, con, name, shared_data(file), format=format, profile=name)
            assert (outcome.error, outcome.n_accepted) == (None, n_new)
    assert [r for r in validate_new_batches(con, "place", "run") if not r[3]] == []


def test_a_corrected_list_makes_a_new_version_and_a_broken_one_changes_nothing(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    head = "Mã,Tên,Cấp,Mã QH,Quận Huyện\n"
    deliveries = {
        f"{head}31336,Xã Hoả Lựu,Xã,930,Thành phố Vị Thanh\n31333,Xã Vị Tân,Xã,930,Thành phố Vị Thanh\n": 2,
        f"{head}31336,Xã Hỏa Lựu,Xã,930,Thành phố Vị Thanh\n31333,Xã Vị Tân,Xã,930,Thành phố Vị Thanh\n": 1,
    }
    for text, n_new in deliveries.items():
        file.write_text(text, encoding="utf-8")
        outcome = harvested(catalog, con, "sua", file, profile="gso_communes_2020")
        assert (outcome.error, outcome.n_accepted) == (None, n_new)
    file.write_bytes(b"<!doctype html><title>Login</title>")
    outcome = harvested(catalog, con, "sua", file, profile="gso_communes_2020")
    assert outcome.error is not None and "an HTML page" in outcome.error and outcome.n_accepted == 0
    rows = con.execute("select code, count(*) from lake.raw.place__units where source = 'sua' group by 1 order by 1")
    assert rows.fetchall() == [("31333", 1), ("31336", 2)]


def test_a_row_without_its_zeros_is_kept_aside(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "excel.csv"
    file.write_text("Mã,Tên,Cấp,Mã QH,Quận Huyện\n97,Xã A,Xã,001,Quận B\n", encoding="utf-8")
    assert harvested(catalog, con, "excel", file, profile="gso_communes_2020").error is None
    rows = con.execute(
        "select position, reason_code, reason, octet_length(raw) > 0 from lake.raw.quarantine where source = 'excel'"
    ).fetchall()
    assert [(row[0], row[1], row[3]) for row in rows] == [(0, "bad_code", True)] and "leading zeros" in rows[0][2]
