"""The small province after one `dbt build`, shared by the tests that only read it."""

from __future__ import annotations

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from small_province import fill
from tiny_lake import TinyLake


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> tuple[TinyLake, RunExecutionResult]:
    """The filled lake after one `dbt build`, and what the build said."""
    lake = TinyLake(tmp_path_factory.mktemp("province"))
    fill(lake)
    built = lake.dbt("build")
    assert isinstance(built.result, RunExecutionResult), built.exception
    return lake, built.result
