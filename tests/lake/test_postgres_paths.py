"""Homes in odd places: spaces, quotes, commas, long paths, and the short place of their sockets."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres_place import Place, only_root, rows, said

from lake.catalog import open_catalog
from lake.settings import Settings

MakePlace = Callable[[str, str], Place]
pytestmark = pytest.mark.xdist_group("postgres")  # its servers are shared by the tests of this module
ODD = """a b'c"d,e $g `h` =i % thư mục"""


@dataclass(frozen=True)
class Far:
    """A home whose path is longer than a Unix socket address, and the socket folder it uses instead."""

    place: Place
    socket: Path


@pytest.fixture(scope="module")
def far(make_place: MakePlace) -> Far:
    near = make_place("ordinary", "far")
    place = Place(near.uid, near.home.joinpath(*["thư-mục-rất-dài" * 4] * 4), near.root_folder)
    with place.running() as dsn:
        socket = Path(dsn.split()[0].removeprefix("host="))
        assert rows(dsn, "select 1") == [(1,)]
    return Far(place, socket)


@pytest.mark.slow
def test_home_longer_than_a_socket_address_works_and_stays_closed(far: Far) -> None:
    assert len(os.fsencode(far.place.home)) > 300
    with far.place.running():
        found = far.socket.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, far.place.uid)
    assert not far.socket.exists()


@pytest.mark.slow
def test_users_with_other_temporary_folders_share_the_server(far: Far, open_folder: Path) -> None:
    other = open_folder / "other-tmp"
    other.mkdir(mode=0o777)
    other.chmod(0o777)
    with far.place.running() as dsn, far.place.holder(TMPDIR=str(other)) as second:
        assert said(second) == dsn


@only_root
@pytest.mark.slow
@pytest.mark.parametrize("squat", ["folder", "link", "dangling link"])
def test_socket_folder_laid_out_by_another_user_is_refused(far: Far, squat: str) -> None:
    if squat == "folder":
        far.socket.mkdir(mode=0o777)
    else:
        far.socket.symlink_to("/tmp" if squat == "link" else "/tmp/ioc-test-absent")
    os.chown(far.socket, pwd.getpwnam("daemon").pw_uid, -1, follow_symlinks=False)
    try:
        with far.place.holder() as holder:
            answer = said(holder)
        assert answer.startswith("CatalogError: ")
        assert "belongs to another user" in answer
        assert far.place.postmaster is None
    finally:
        far.socket.unlink() if far.socket.is_symlink() else far.socket.rmdir()


@only_root
def test_catalogue_folder_closed_to_the_system_user_is_named(make_place: MakePlace, open_folder: Path) -> None:
    place = make_place("root", "closed")
    open_folder.chmod(0o700)
    try:
        with place.holder() as holder:
            answer = said(holder)
        assert answer.startswith("CatalogError: ")
        assert str(open_folder) in answer
        assert stat.S_IMODE(open_folder.stat().st_mode) == 0o700
    finally:
        open_folder.chmod(0o755)


@pytest.mark.slow
def test_ordinary_home_with_an_odd_name_works(make_place: MakePlace) -> None:
    near = make_place("ordinary", "odd")
    place = Place(near.uid, near.home / ODD, near.root_folder)
    with place.running() as dsn:
        assert rows(dsn, "select 1") == [(1,)]
    assert not list(place.home.glob("**/*draft*"))


@pytest.mark.slow
def test_lake_in_a_home_with_an_odd_name_works(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / ODD)
    with open_catalog(settings) as catalog, catalog.connect() as con:
        con.execute("create table lake.main.numbers as select range as n from range(1000)")
    with open_catalog(settings) as catalog, catalog.connect() as con:
        assert con.execute("select sum(n) from lake.main.numbers").fetchone() == (499_500,)
    assert len(list(settings.files.rglob("*.parquet"))) == 1
