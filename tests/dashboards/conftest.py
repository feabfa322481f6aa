"""One made-up publication for all tests of the dashboards, and an empty home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboards.serving_file import publish_made_up


@pytest.fixture(scope="session")
def made_up_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("published")
    publish_made_up(home)
    return home


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")
