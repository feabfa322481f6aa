"""Files of cameras, stations and the register through a harvest: the accounts add up, one bad file harms no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.catalog import Catalog, open_catalog
from lake.contracts.subject import Subject
from lake.erasure import erase
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import Source, declare
from orchestration.harvest import Outcome, harvest

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("harvest_cameras")]  # one lake for all tests of this module
ALERT = (
    '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><macAddress>aa:bb</macAddress>'
    "<channelID>1</channelID><dateTime>2024-01-19T11:17:19+07:00</dateTime><eventType>ANPR</eventType>"
    "<ANPR><licensePlate>{plate}</licensePlate></ANPR><UUID>{uuid}</UUID></EventNotificationAlert>"
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("cameras") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


Brought = Callable[..., Outcome]


@pytest.fixture
def brought(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> Brought:
    def bring(source: Source) -> Outcome:
        return harvest(catalog, con, source, run_id="run", location=source.location)

    return bring


def source(name: str, format: str, location: Path, **fields: Any) -> Source:
    return declare(name, slug="camera", format=format, location=str(location), name_vi="x", name_en="x", **fields)


def accounts(con: duckdb.DuckDBPyConnection, name: str) -> tuple[int, ...]:
    """(offered, accepted, quarantined, de-duplicated)."""
    row = con.execute(
        "select sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
        "from lake.ops.batches where source = ?",
        [name],
    ).fetchone()
    assert row is not None
    return tuple(map(int, row))


@pytest.mark.parametrize(
    ("file", "profile", "told"),
    [
        # several kinds of weather in one hour repeat its volume
        ("metro_i94_hourly.csv", "metro_i94", (20_344, 17_491, 0, 2_853)),
        # 2015-09-10 05:33 is there with 66 and with 62
        ("nab_traffic/speed_t4013.csv", "nab_speed", (2_495, 2_494, 1, 0)),
        ("dvrpc/jamar_vehicle_101.csv", "jamar_vehicles", (227, 227, 0, 0)),
    ],
)
def test_real_counts_are_accounted_for_and_the_same_file_adds_nothing(
    file: str,
    profile: str,
    told: tuple[int, ...],
    shared_data: Callable[[str], Path],
    brought: Brought,
    con: duckdb.DuckDBPyConnection,
) -> None:
    station = source(profile.replace("_", "-"), "counts", shared_data(f"camera/{file}"), profile=profile)
    assert brought(station).error is None
    assert accounts(con, station.id) == told
    again = brought(station)
    assert (again.error, again.n_known, again.receipts) == (None, 1, ())


def test_one_bad_file_of_a_folder_harms_no_other_and_is_named(
    tmp_path: Path, brought: Brought, con: duckdb.DuckDBPyConnection
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.xml").write_text(ALERT.format(plate=f"95A{number}2345", uuid=f"u{number}"))
    (tmp_path / "2.xml").write_text("<html>login</html>")
    (tmp_path / "3.xml.part").write_text("half")
    gate = source("gate", "isapi", tmp_path)
    outcome = brought(gate)
    assert outcome.error is not None
    assert "1 of 5 payloads were refused, first: 2.xml is an HTML page" in outcome.error
    assert accounts(con, "gate") == (4, 4, 0, 0)
    (tmp_path / "2.xml").write_text(ALERT.format(plate="95A22345", uuid="u2"))
    assert brought(gate).error is None
    assert accounts(con, "gate")[1] == 5


def test_erased_plate_does_not_come_back_with_the_next_alert(
    tmp_path: Path, brought: Brought, con: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    (tmp_path / "a.xml").write_text(ALERT.format(plate="95A-999.99", uuid="u1"))
    gate = source("erased", "isapi", tmp_path)
    assert brought(gate).error is None
    tokens = "select event_id, plate_token is not null from lake.raw.camera__events where source = 'erased' order by 1"
    assert con.execute(tokens).fetchall() == [("u1", True)]
    erase(catalog, con, catalog.settings, Subject("plate", "95A99999"), reason="a request", rebuild=list)
    (tmp_path / "b.xml").write_text(ALERT.format(plate="95A 99999", uuid="u2"))
    (tmp_path / "c.xml").write_text(ALERT.format(plate="95A 88888", uuid="u3"))
    assert brought(gate).error is None
    assert con.execute(tokens).fetchall() == [("u1", False), ("u2", False), ("u3", True)]


def test_register_is_versioned_and_may_return_to_an_older_state(
    tmp_path: Path, brought: Brought, con: duckdb.DuckDBPyConnection
) -> None:
    header = "Mã camera,Vị trí lắp đặt,Tuyến đường,Lý trình,Hướng quan sát,Đơn vị quản lý,Vĩ độ,Kinh độ,"
    header += "Ngày lắp đặt,Ngày ngừng sử dụng\n"
    file = tmp_path / "danh-muc.csv"
    register = source("register", "registry", file, profile="camera_registry")
    for owner in ("Công an tỉnh", "Sở GTVT", "Công an tỉnh", "Công an tỉnh"):
        file.write_text(f"{header}c1,Cầu,QL1A,Km1+0,,{owner},9.7,105.4,01/06/2020,\n", encoding="utf-8")
        assert brought(register).error is None
    found = con.execute(
        "select owner from lake.raw.camera__registry where source = 'register' order by received_at"
    ).fetchall()
    assert found == [("Công an tỉnh",), ("Sở GTVT",), ("Công an tỉnh",)]
