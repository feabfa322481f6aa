"""The embedded PostgreSQL: shared by processes, and it starts again whatever was killed."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
import pytest
from postgres_place import IS_ROOT, STARTED_BY, Place, rows, said

from lake.postmaster import is_alive, until

MakePlace = Callable[[str, str], Place]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("postgres"),
]  # its servers are shared


@pytest.fixture(scope="module")
def first_starts(make_place: MakePlace) -> tuple[Place, list[str], list[tuple[object, ...]]]:
    """A place whose server was first started by four processes at once, what they said, and the databases."""
    place = make_place(STARTED_BY[0], "lifecycle")
    with ExitStack() as stack:
        dsns = [said(process) for process in [stack.enter_context(place.holder()) for _ in range(4)]]
        databases = rows(dsns[0], "select datname::text, current_user::text from pg_database where not datistemplate")
    return place, dsns, databases


@pytest.fixture(scope="module")
def place(first_starts: tuple[Place, list[str], list[tuple[object, ...]]]) -> Place:
    """A place whose server has run before and does not run now."""
    return first_starts[0]


def test_first_starts_at_the_same_time_all_succeed(
    first_starts: tuple[Place, list[str], list[tuple[object, ...]]],
) -> None:
    place, dsns, databases = first_starts
    assert len(set(dsns)) == 1, dsns
    assert dsns[0].startswith("host="), dsns
    assert sorted(databases) == [("lake", "ioc"), ("postgres", "ioc")]
    assert not [*place.home.glob("catalog.id?*"), *place.catalogue.glob("*draft*"), *place.catalogue.glob("*.pw")]
    if IS_ROOT:  # root runs a copy of the programs, and the four raced for it too
        assert [folder.name.startswith("postgresql-0") for folder in place.root_folder.glob("postgresql*")] == [True]


def test_server_stops_only_after_its_last_user(place: Place) -> None:
    with place.running() as first:
        with place.running() as second:
            assert second == first
            server = place.postmaster
        assert server is not None
        assert place.postmaster == server
        assert rows(first, "select 1") == [(1,)]
    assert until(lambda: not is_alive(server), 20.0)
    assert place.postmaster is None


def test_server_of_a_killed_user_stops_with_the_next_one(place: Place) -> None:
    with place.holder() as holder:
        said(holder)
        holder.kill()
    assert place.postmaster is not None  # nobody was left to stop it
    with place.running():
        pass
    assert place.postmaster is None


@pytest.mark.parametrize("whom", ["postmaster", "every process"])
def test_killed_server_recovers_at_the_next_open(place: Place, whom: str) -> None:
    with place.running() as dsn:
        with psycopg.connect(dsn) as con:
            con.execute("drop table if exists kept")
            con.execute("create table kept as select generate_series(1, 1000) as n")
        con = psycopg.connect(dsn)
        try:
            con.execute("insert into kept select 0")  # never committed
            server = place.postmaster
            assert server is not None
            for process in (server, *(server.children() if whom == "every process" else ())):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            assert until(lambda: not is_alive(server), 20.0)
            # The first user still believes in its server, and has not waited for the end of its child.
            assert psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE
            with place.running() as again:
                assert rows(again, "select count(*), min(n) from kept") == [(1000, 1)]
        finally:
            con.close()
    assert place.postmaster is None


def test_deleted_home_never_meets_the_old_catalogue(make_place: MakePlace) -> None:
    place = make_place(STARTED_BY[0], "deleted")
    with place.running() as dsn, psycopg.connect(dsn) as con:
        con.execute("create table old (n int)")
    shutil.rmtree(place.home)
    with place.running() as dsn:
        assert rows(dsn, "select count(*) from pg_tables where tablename = 'old'") == [(0,)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["data.draft-*/PG_VERSION", "data", "data/postmaster.pid"])
def test_interrupted_first_start_is_made_good_by_the_next(
    make_place: MakePlace, moment: str, how: signal.Signals
) -> None:
    place = make_place("ordinary", f"interrupted-{moment.replace('/', '-')}-{how.name}")
    with place.holder() as holder:
        assert until(lambda: any(place.home.glob(f"catalog/*/{moment}")), 60.0)
        holder.send_signal(how)
        holder.wait()
    with place.running() as dsn:
        assert rows(dsn, "select current_database()::text") == [("lake",)]
    assert place.postmaster is None


def test_number_of_the_dead_server_taken_by_another_program_does_not_block(place: Place) -> None:
    with place.holder() as holder:
        said(holder)
        server = place.postmaster
        assert server is not None
        holder.kill()
    server.kill()
    assert until(lambda: not is_alive(server), 20.0)
    record = place.data / "postmaster.pid"
    other = psutil.Process().pid
    record.write_text("\n".join([str(other), *record.read_text().splitlines()[1:]]) + "\n")
    with place.running() as dsn:
        assert rows(dsn, "select 1") == [(1,)]


def test_server_without_its_database_is_not_left_running(make_place: MakePlace) -> None:
    place = make_place("ordinary", "no-database")
    with place.running() as dsn, psycopg.connect(dsn, dbname="postgres", autocommit=True) as con:
        con.execute("drop database lake with (force)")
    template = place.data / "base" / "1"
    template.rename(place.data / "template")
    with place.holder() as holder:
        assert said(holder).startswith("CatalogError: The catalogue's database cannot be made")
    assert place.postmaster is None
    (place.data / "template").rename(template)
    with place.running() as dsn:
        assert rows(dsn, "select 1") == [(1,)]


def test_missing_password_is_named(make_place: MakePlace) -> None:
    place = make_place("ordinary", "no-password")
    with place.running():
        (place.home / "secrets" / "catalog.pgpass").rename(place.home / "kept")
        with place.holder() as holder:
            answer = said(holder)
    assert answer.startswith("CatalogError: The catalogue's password in ")
    (place.home / "kept").rename(place.home / "secrets" / "catalog.pgpass")
    with place.running() as dsn:
        assert rows(dsn, "select 1") == [(1,)]


def test_old_log_segments_are_removed_and_what_is_acknowledged_is_on_the_disk(place: Place) -> None:
    with place.running() as dsn:
        found = rows(dsn, "select name::text, setting::text from pg_settings where name in ('fsync', 'wal_recycle')")
    assert sorted(found) == [("fsync", "on"), ("wal_recycle", "off")]


def test_log_holds_no_statement(place: Place) -> None:
    with place.running() as dsn, psycopg.connect(dsn, autocommit=True) as con, suppress(psycopg.Error):
        con.execute("select '0912345678' from absent")
    logged = "".join(log.read_text() for log in [*place.catalogue.glob("log/*"), place.catalogue / "start.log"])
    assert "absent" in logged
    assert "0912345678" not in logged
