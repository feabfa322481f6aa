"""Fixtures of the fault tests: a lab with its own lake, workers that cost a fork, and how often each fault is tried."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from harness import Forks, Lab, Tally, opened_lab
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist hands its results to the one that prints them."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        found = session.config.stash.get(_PROMISES, Promises())
        output["tallies"] = [asdict(tally) for tally in found.tallies]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    found = node.config.stash.setdefault(_PROMISES, Promises())
    found.tallies += [Tally(**tally) for tally in node.workeroutput.get("tallies", [])]


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
