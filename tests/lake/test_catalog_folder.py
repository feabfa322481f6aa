"""Which catalogue belongs to which home: moved, copied and deleted homes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from lake import catalog_folder, postmaster
from lake.errors import CatalogError
from lake.postgres import EmbeddedPostgres
from lake.settings import Settings

# One folder of catalogues for all: two processes that sweep it would count each other's.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("catalog-folder")]
DAY_S = 86_400.0


@pytest.fixture
def lake(tmp_path: Path) -> Settings:
    """A lake whose catalogue holds one table."""
    settings = Settings(home=tmp_path / "home")
    with EmbeddedPostgres(settings).running() as dsn, psycopg.connect(dsn) as con:
        con.execute("create table kept as select 7 as n")
    return settings


def elsewhere(settings: Settings, name: str) -> Settings:
    return settings.model_copy(update={"home": settings.home.with_name(name)})


def kept(settings: Settings) -> int | None:
    """What the table holds; None without the table."""
    with EmbeddedPostgres(settings).running() as dsn, psycopg.connect(dsn) as con:
        if con.execute("select to_regclass('kept')").fetchone() == (None,):
            return None
        row = con.execute("select n from kept").fetchone()
        return int(row[0]) if row else None


def test_moved_home_keeps_its_catalogue(lake: Settings) -> None:
    moved = elsewhere(lake, "moved")
    lake.home.rename(moved.home)
    assert kept(moved) == 7
    assert json.loads((catalog_folder.of_home(moved) / "home.json").read_text())["home"] == str(moved.home)


def test_home_moved_while_a_killed_user_left_the_server_running(lake: Settings) -> None:
    moved = elsewhere(lake, "moved")
    with EmbeddedPostgres(lake).running():
        lake.home.rename(moved.home)
        assert kept(moved) == 7
    assert postmaster.find(catalog_folder.of_home(moved) / "data") is None


def test_copied_home_does_not_share_the_catalogue_of_its_original(lake: Settings) -> None:
    copy = elsewhere(lake, "copy")
    shutil.copytree(lake.home, copy.home)
    with pytest.raises(CatalogError, match=r"is a copy of .*`ioc backup`"):
        kept(copy)
    (copy.home / "catalog.id").unlink()  # as the message says
    assert kept(copy) is None
    assert kept(lake) == 7


def test_home_seen_through_a_link_is_no_copy(lake: Settings) -> None:
    link = lake.home.with_name("link")
    link.symlink_to(lake.home)
    assert kept(Settings(home=link)) == 7


def aged(folder: Path, age_s: float) -> None:
    """Let the home of `folder` have been missed for the first time `age_s` ago."""
    mark = folder / "abandoned"
    seen = mark.stat().st_mtime - age_s
    os.utime(mark, (seen, seen))


@pytest.fixture
def side_by_side(lake: Settings) -> Path:
    """Folder of the catalogues, as root has them: those of several homes beside each other."""
    return catalog_folder.base_folder(lake) if os.geteuid() == 0 else lake.home.parent / "catalogues"


def sweep(base: Path) -> list[Path]:
    return catalog_folder.remove_abandoned(base)


def stand_beside(settings: Settings, base: Path) -> Path:
    """The catalogue folder of `settings` inside `base`; an ordinary user's lies in the home otherwise."""
    folder = catalog_folder.of_home(settings)
    if folder.parent != base:
        base.mkdir(exist_ok=True)
        folder = folder.rename(base / folder.name)
    return folder


def test_catalogue_of_a_deleted_home_goes_after_a_week(lake: Settings, side_by_side: Path) -> None:
    folder = stand_beside(lake, side_by_side)
    assert folder not in sweep(side_by_side)
    assert not (folder / "abandoned").exists()
    shutil.rmtree(lake.home)
    assert folder not in sweep(side_by_side)  # found missing for the first time: it may have been moved
    aged(folder, 6 * DAY_S)
    assert folder not in sweep(side_by_side)
    aged(folder, 2 * DAY_S)
    assert folder in sweep(side_by_side)
    assert not folder.exists()


def test_catalogue_of_a_home_that_has_another_one_goes(lake: Settings, side_by_side: Path) -> None:
    folder = stand_beside(lake, side_by_side)
    (lake.home / "catalog.id").write_text("another")
    sweep(side_by_side)
    aged(folder, 8 * DAY_S)
    assert folder in sweep(side_by_side)


def test_catalogue_of_a_home_that_came_back_stays(lake: Settings, side_by_side: Path) -> None:
    folder = stand_beside(lake, side_by_side)
    away = lake.home.rename(lake.home.with_name("away"))
    sweep(side_by_side)
    aged(folder, 8 * DAY_S)
    away.rename(lake.home)
    assert folder not in sweep(side_by_side)
    assert not (folder / "abandoned").exists()


def test_catalogue_of_a_home_on_a_disk_that_is_away_stays(lake: Settings, side_by_side: Path) -> None:
    folder = stand_beside(lake, side_by_side)
    (folder / "home.json").write_text(json.dumps({"home": "/mnt/absent/home", "mount": "/mnt/absent"}))
    sweep(side_by_side)
    assert not (folder / "abandoned").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps a running catalogue outside its home")
def test_catalogue_in_use_stays_and_a_forgotten_server_is_stopped(lake: Settings, side_by_side: Path) -> None:
    folder = catalog_folder.of_home(lake)
    with EmbeddedPostgres(lake).running() as dsn:
        shutil.copy(lake.secrets / "catalog.pgpass", lake.home.with_name("kept.pgpass"))
        shutil.rmtree(lake.home)
        sweep(side_by_side)
        aged(folder, 8 * DAY_S)
        assert folder not in sweep(side_by_side)
        assert psycopg.connect(dsn, passfile=str(lake.home.with_name("kept.pgpass"))).execute("select 1")
        server = postmaster.find(folder / "data")
        assert server is not None
    assert not postmaster.is_alive(server)
    assert folder in sweep(side_by_side)


def test_next_start_of_any_lake_sweeps(lake: Settings, side_by_side: Path, tmp_path: Path) -> None:
    folder = stand_beside(lake, side_by_side)
    shutil.rmtree(lake.home)
    sweep(side_by_side)
    aged(folder, 8 * DAY_S)
    (tmp_path / "other").mkdir()
    with catalog_folder.used(tmp_path / "other", side_by_side):
        assert not folder.exists()
