"""Fixtures every test may use. A test that needs something absent skips and says what is absent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from loopback import Server

settings.register_profile("ioc", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("ioc")

SHARED_DATA = Path(os.environ.get("IOC_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


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
