"""Fixtures every test may use. A test that needs something absent skips and says what is absent."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest
from hypothesis import settings
from loopback import Server

from lake import postmaster

settings.register_profile("ioc", deadline=None)  # a busy machine is no reason to fail
settings.register_profile("fast", settings.get_profile("ioc"), max_examples=20)  # `make test-fast`
settings.load_profile("ioc")

SHARED_DATA = Path(os.environ.get("IOC_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


_ROOT_FOLDER = "IOC_ROOT_CATALOG_FOLDER"
_made: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    """Root keeps catalogues outside the homes: those of the tests go to one folder of this run, which then goes too.

    Processes that tests and xdist start find it in the environment. Every user may enter it, as PostgreSQL must.
    """
    if os.geteuid() == 0 and _ROOT_FOLDER not in os.environ:
        for left in Path("/tmp").glob("ioc-tests-*-*"):
            if not psutil.pid_exists(int(left.name.split("-")[2])):
                _remove(left)  # its run was killed
        _made.append(Path(tempfile.mkdtemp(dir="/tmp", prefix=f"ioc-tests-{os.getpid()}-")))
        _made[0].chmod(0o755)
        os.environ[_ROOT_FOLDER] = str(_made[0] / "catalogues")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test is named after its value unless that is long, or bytes that are no text.

    The name stands in the environment of what the test starts, and packed bytes hold the time they were made: two
    processes of xdist would disagree about the names.
    """
    if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()):
        return argname
    return argname if isinstance(val, str | bytes) and len(val) > 100 else None


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in _made:
        _remove(folder)


def _remove(folder: Path) -> None:
    for owner in folder.glob("*/*/home.json"):
        if (server := postmaster.find(owner.parent / "data")) is not None:
            postmaster.stop(server)  # of a test that was killed
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """`shared_data("feedback/boston311_2013.csv")` -> its path; skips where the real data is absent."""

    def find(relative: str) -> Path:
        path = SHARED_DATA / relative
        if not path.exists():
            pytest.skip(f"real data {relative} is absent (looked in ../shared/data, or IOC_SHARED_DATA)")
        return path

    return find


@pytest.fixture
def server() -> Iterator[Server]:
    """A loopback HTTP server of this test's own."""
    started = Server()
    yield started
    started.close()
