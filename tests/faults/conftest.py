"""Fixtures of the fault tests: a lab with its own lake, workers that cost a fork, and how often each fault is tried."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from harness import Forks, Lab, opened_lab
from loopback import Server
from promises import TABLE, Promises

FULL = os.environ.get("IOC_FAULTS") == "full"


@pytest.fixture(scope="session")
def is_full() -> bool:
    """Whether the numbers of the promises are wanted (`make test-faults`), not the short version of `make test`."""
    return FULL


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    server = Forks()
    yield server
    server.close()


@pytest.fixture(scope="session")
def promises(pytestconfig: pytest.Config) -> Promises:
    found = Promises()
    pytestconfig.stash[_PROMISES] = found
    return found


_PROMISES = pytest.StashKey[Promises]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    found = config.stash.get(_PROMISES, None)
    if found is None or not found.tallies:
        return
    terminalreporter.write("\n" + "\n".join([*TABLE, *found.rows().values()]) + "\n")
    if FULL and exitstatus == 0:
        found.write()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Iterator[Lab]:
    """One lake for the tests of a module: setting one up costs more than a kill."""
    server = Server()
    with opened_lab(tmp_path_factory.mktemp("lab"), forks, server) as lab:
        yield lab
    server.close()


@pytest.fixture
def own_lab(tmp_path_factory: pytest.TempPathFactory, forks: Forks, server: Server) -> Iterator[Lab]:
    """A lake of this test alone."""
    with opened_lab(tmp_path_factory.mktemp("lab"), forks, server) as lab:
        yield lab
