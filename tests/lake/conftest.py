"""A tiny real lake for the tests of the ground floor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lake import tables
from lake.catalog import Catalog, open_catalog
from lake.settings import Settings


@pytest.fixture(scope="session")
def lake_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    base = tmp_path_factory.mktemp("lake")
    return Settings(home=base / "home")


@pytest.fixture(scope="session")
def catalog(lake_settings: Settings) -> Iterator[Catalog]:
    with open_catalog(lake_settings) as catalog:
        yield catalog


@pytest.fixture
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    tables.ensure_tables(con)
    yield con
    con.close()


@pytest.fixture
def own_home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")
