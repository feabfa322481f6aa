"""One demo lake shared by the tests that only read it, and an empty home for the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Ioc


@pytest.fixture
def ioc(tmp_path: Path) -> Ioc:
    return Ioc(tmp_path / "home")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ioc:
    ioc = Ioc(tmp_path_factory.mktemp("demo") / "home")
    done = ioc.in_own_process("demo")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "1.329 / 1.422" in done.stdout
    return ioc
