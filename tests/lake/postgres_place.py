"""Users of the embedded PostgreSQL in processes of their own, as root and as an ordinary user."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
import pytest

from lake import postmaster

IS_ROOT = os.geteuid() == 0
STARTED_BY = ["root", "ordinary"] if IS_ROOT else ["ordinary"]
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
    def data(self) -> Path:
        return self.catalogue / "data"

    @property
    def postmaster(self) -> psutil.Process | None:
        """The running server."""
        return postmaster.find(self.data)

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


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def uid_of(started_by: str) -> int:
    if started_by == "root":
        return 0
    return pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.geteuid()


def modes(folders: list[Path]) -> dict[str, str]:
    """Modes of folders and of everything above them."""
    return {str(f): stat.filemode(f.stat().st_mode) for folder in folders for f in (folder, *folder.parents)}


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as con:
        return con.execute(query.encode()).fetchall()


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
