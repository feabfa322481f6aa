"""The embedded PostgreSQL, started by root and by an ordinary user: closed to others, shared by processes, recovers."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
import pytest

IS_ROOT = os.geteuid() == 0
STARTED_BY = ["root", "ordinary"] if IS_ROOT else ["ordinary"]
pytestmark = pytest.mark.xdist_group("postgres")  # its servers are shared by the tests of this module
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root can act as another user of the machine")

# A child process begins as the user of the tests, because the interpreter may lie in a folder closed to others, and
# becomes the user under test after its imports. What is imported late is imported before.
BECOME = """
import encodings.idna, json, os, pwd, sys, uuid
from pathlib import Path
import psycopg
IMPORTS
psycopg.adapters
if sys.argv[1] != str(os.geteuid()):
    owner = pwd.getpwuid(int(sys.argv[1]))
    os.setgroups([])
    os.setgid(owner.pw_gid)
    os.setuid(owner.pw_uid)
"""
LAKE = """
from lake.errors import CatalogError
from lake.postgres import EmbeddedPostgres
from lake.settings import Settings
"""
HOLD = (
    BECOME.replace("IMPORTS", LAKE)
    + """
settings = Settings(home=Path(sys.argv[2]), root_catalog_folder=Path(sys.argv[3]))
try:
    with EmbeddedPostgres(settings).running() as dsn:
        print(dsn, flush=True)
        sys.stdin.read()
except CatalogError as error:
    print(f"CatalogError: {error}", flush=True)
"""
)
PRY = (
    BECOME.replace("IMPORTS", "")
    + """
dsn, paths = json.load(sys.stdin)
opened = []
for path in paths:
    try:
        os.listdir(path) if Path(path).is_dir() else open(path, "rb").close()
        opened.append(path)
    except PermissionError:
        pass
try:
    psycopg.connect(dsn, connect_timeout=5).close()
    answer = "connected"
except psycopg.OperationalError as error:
    answer = str(error)
print(json.dumps([opened, answer]))
"""
)


@dataclass(frozen=True)
class Place:
    """A home and where root keeps the catalogue, both under a folder every user may enter."""

    uid: int
    home: Path
    root_folder: Path

    @property
    def catalogue(self) -> Path:
        base = self.root_folder if self.uid == 0 else self.home / "catalog"
        return base / (self.home / "catalog.id").read_text()

    @property
    def postmaster(self) -> psutil.Process | None:
        """The running server."""
        try:
            server = psutil.Process(int((self.catalogue / "data" / "postmaster.pid").read_text().splitlines()[0]))
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
        return server if is_alive(server) else None

    @contextmanager
    def holder(self, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """A process that uses the server for the block and says its connection string, or its error."""
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(self.uid), str(self.home), str(self.root_folder)],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.communicate(timeout=60)  # closes its input, so it lets go of the server

    @contextmanager
    def running(self) -> Iterator[str]:
        """One process uses the server for the block; its connection string."""
        with self.holder() as process:
            dsn = said(process)
            assert dsn.startswith("host="), dsn
            yield dsn


def is_alive(process: psutil.Process) -> bool:
    """Not gone, nor waiting for a lazy process 1 to notice its end."""
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def uid_of(started_by: str) -> int:
    if started_by == "root":
        return 0
    return pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.geteuid()


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as /var/lib is; the tests' own temporary folders are closed."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="ioc-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


MakePlace = Callable[[str, str], Place]


@pytest.fixture(scope="module")
def make_place(open_folder: Path) -> MakePlace:
    """`make_place("root", "name")`: an unused home under a parent of mode 0700 that belongs to the same user."""

    def make(started_by: str, name: str) -> Place:
        uid = uid_of(started_by)
        parent = open_folder / f"{started_by}-{name}"
        parent.mkdir(mode=0o700)
        if IS_ROOT:
            os.chown(parent, uid, -1)
        return Place(uid, parent / "home", open_folder / "catalogue")

    return make


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


@pytest.fixture(scope="module", params=STARTED_BY)
def served(request: pytest.FixtureRequest, make_place: MakePlace) -> Iterator[Served]:
    """A running server, started by root and by an ordinary user."""
    place = make_place(request.param, "served")
    before = modes([place.home.parent, place.root_folder.parent])
    with place.running() as dsn:
        yield Served(place, dsn, before)


@dataclass(frozen=True)
class Served:
    place: Place
    dsn: str
    modes_before: dict[str, str]


def modes(folders: list[Path]) -> dict[str, str]:
    """Modes of folders and of everything above them."""
    return {str(f): stat.filemode(f.stat().st_mode) for folder in folders for f in (folder, *folder.parents)}


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as con:
        return con.execute(query.encode()).fetchall()


def until(condition: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + 20
    while not condition() and time.monotonic() < ends_at:
        time.sleep(0.05)
    return condition()


def pry(uid: int, dsn: str, paths: list[Path]) -> tuple[list[str], str]:
    """What user `uid` can open of `paths`, and what the server answers to it."""
    done = subprocess.run(
        [sys.executable, "-c", PRY, str(uid)],
        input=json.dumps([dsn, [str(path) for path in paths]]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    opened, answer = json.loads(done.stdout)
    return opened, answer


def test_first_starts_at_the_same_time_all_succeed(
    first_starts: tuple[Place, list[str], list[tuple[object, ...]]],
) -> None:
    place, dsns, databases = first_starts
    assert len(set(dsns)) == 1, dsns
    assert dsns[0].startswith("host="), dsns
    assert sorted(databases) == [("lake", "ioc"), ("postgres", "ioc")]
    assert not list(place.home.glob("catalog.*.*"))
    if IS_ROOT:  # root runs a copy of the programs, and the four raced for it too
        copies = [folder.name for folder in place.root_folder.iterdir() if folder != place.catalogue]
        assert [name.startswith("postgresql-0") for name in copies] == [True]


def test_server_stops_only_after_its_last_user(place: Place) -> None:
    with place.running() as first:
        with place.running() as second:
            assert second == first
            server = place.postmaster
        assert server is not None
        assert place.postmaster == server
        assert rows(first, "select 1") == [(1,)]
    assert until(lambda: not is_alive(server))
    assert place.postmaster is None


def test_server_of_a_killed_user_stops_with_the_next_one(place: Place) -> None:
    with place.holder() as holder:
        said(holder)
        holder.kill()
    assert place.postmaster is not None  # nobody was left to stop it
    with place.running():
        pass
    assert place.postmaster is None


@pytest.mark.slow
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
            # PostgreSQL takes its dead predecessor for alive until process 1 has noticed its end.
            assert until(lambda: not psutil.pid_exists(server.pid))
            with place.running() as again:  # while the first user still believes in its server
                assert rows(again, "select count(*), min(n) from kept") == [(1000, 1)]
        finally:
            con.close()
    assert place.postmaster is None


@pytest.mark.slow
def test_deleted_home_never_meets_the_old_catalogue(make_place: MakePlace) -> None:
    place = make_place(STARTED_BY[0], "deleted")
    with place.running() as dsn, psycopg.connect(dsn) as con:
        con.execute("create table old (n int)")
    shutil.rmtree(place.home)
    with place.running() as dsn:
        assert rows(dsn, "select count(*) from pg_tables where tablename = 'old'") == [(0,)]


def test_no_folder_outside_ours_changes_its_mode(served: Served) -> None:
    place = served.place
    assert modes([place.home.parent, place.root_folder.parent]) == served.modes_before
    assert served.modes_before[str(place.home.parent)] == "drwx------"
    for ours in (place.home, place.home / "secrets", place.home / "locks", place.catalogue, place.catalogue / "data"):
        assert stat.S_IMODE(ours.stat().st_mode) == 0o700, ours


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


@dataclass(frozen=True)
class Far:
    """A home whose path is longer than a Unix socket address, and the socket folder it uses instead."""

    place: Place
    socket: Path


@pytest.fixture(scope="module")
def far(make_place: MakePlace) -> Iterator[Far]:
    near = make_place("ordinary", "far")
    place = Place(near.uid, near.home.joinpath(*["thư-mục-rất-dài" * 4] * 4), near.root_folder)
    with place.running() as dsn:
        socket = Path(dsn.split()[0].removeprefix("host="))
        assert rows(dsn, "select 1") == [(1,)]
    yield Far(place, socket)
    shutil.rmtree(socket, ignore_errors=True)


@pytest.mark.slow
def test_home_longer_than_a_socket_address_works_and_stays_closed(far: Far) -> None:
    assert len(os.fsencode(far.place.home)) > 300
    found = far.socket.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, far.place.uid)


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="the socket's place follows TMPDIR, so a service and a shell may disagree on it")
def test_users_with_other_temporary_folders_share_the_server(far: Far, open_folder: Path) -> None:
    other = open_folder / "other-tmp"
    other.mkdir(mode=0o777)
    other.chmod(0o777)
    with far.place.running() as dsn, far.place.holder(TMPDIR=str(other)) as second:
        assert said(second) == dsn


@only_root
@pytest.mark.slow
@pytest.mark.parametrize(
    "squat",
    [
        "folder",
        "link",
        pytest.param("dangling link", marks=pytest.mark.xfail(strict=True, reason="ends in a FileExistsError")),
    ],
)
def test_socket_folder_laid_out_by_another_user_is_refused(far: Far, squat: str) -> None:
    shutil.rmtree(far.socket, ignore_errors=True)
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
@pytest.mark.xfail(strict=True, reason="ends in a PermissionError instead of a CatalogError with the next step")
def test_catalogue_folder_closed_to_the_system_user_is_named(place: Place, open_folder: Path) -> None:
    open_folder.chmod(0o700)
    try:
        with place.holder() as holder:
            answer = said(holder)
        assert answer.startswith("CatalogError: ")
        assert str(open_folder) in answer
        assert stat.S_IMODE(open_folder.stat().st_mode) == 0o700
    finally:
        open_folder.chmod(0o755)
