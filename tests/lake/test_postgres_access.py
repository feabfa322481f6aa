"""The embedded PostgreSQL lets no one else in, started by root or an ordinary user, and changes no mode around it."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from postgres_place import STARTED_BY, Place, modes, only_root, pry, rows

MakePlace = Callable[[str, str], Place]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("postgres"),
]  # its servers are shared


@dataclass(frozen=True)
class Served:
    place: Place
    dsn: str
    modes_before: dict[str, str]


@pytest.fixture(scope="module", params=STARTED_BY)
def served(request: pytest.FixtureRequest, make_place: MakePlace) -> Iterator[Served]:
    """A running server, started by root and by an ordinary user."""
    place = make_place(request.param, "served")
    before = modes([place.home.parent, place.root_folder.parent])
    with place.running() as dsn:
        yield Served(place, dsn, before)


def test_no_folder_outside_ours_changes_its_mode(served: Served) -> None:
    place = served.place
    assert modes([place.home.parent, place.root_folder.parent]) == served.modes_before
    assert served.modes_before[str(place.home.parent)] == "drwx------"
    for ours in (place.home, place.home / "secrets", place.data, place.catalogue / "log", place.catalogue / "run"):
        assert stat.S_IMODE(ours.stat().st_mode) == 0o700, ours
    assert stat.S_IMODE(place.catalogue.stat().st_mode) & 0o007 == 0


@only_root
def test_another_user_can_neither_connect_nor_read(served: Served) -> None:
    place = served.place
    place.home.parent.chmod(0o755)  # the wall is the home, whatever lies around it
    try:
        everything = [p for top in (place.home, place.catalogue) for p in (top, *top.rglob("*")) if not p.is_socket()]
        assert len(everything) > 500  # a fresh cluster alone holds about a thousand files
        opened, answer = pry(pwd.getpwnam("daemon").pw_uid, served.dsn, everything)
        assert opened == []
        assert "Permission denied" in answer
        passfile = place.home / "secrets" / "catalog.pgpass"
        assert pry(place.uid, served.dsn, [passfile]) == ([str(passfile)], "connected")
    finally:
        place.home.parent.chmod(0o700)


def test_the_socket_alone_opens_nothing_without_the_password(served: Served) -> None:
    socket = served.dsn.split()[0]
    for role, database in (("ioc", "lake"), ("ioc", "postgres"), ("postgres", "postgres")):
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(f"{socket} user={role} dbname={database} passfile=/dev/null")
    assert rows(served.dsn, "select distinct auth_method from pg_hba_file_rules") == [("scram-sha-256",)]


def test_server_listens_on_no_network_address(served: Served) -> None:
    server = served.place.postmaster
    assert server is not None
    assert server.net_connections("unix")
    assert server.net_connections("inet") == []


@pytest.mark.parametrize("started_by", STARTED_BY)
def test_a_home_made_by_its_owner_keeps_its_mode(make_place: MakePlace, started_by: str) -> None:
    place = make_place(started_by, "given")
    place.home.mkdir(mode=0o700)
    os.chown(place.home, place.uid, -1)
    for mode in (0o750, 0o700):
        place.home.chmod(mode)
        with place.running():
            pass
        assert stat.S_IMODE(place.home.stat().st_mode) == mode
