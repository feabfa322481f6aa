"""A tiny real lake for the tests of the ground floor."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import httpx
import pytest
from postgres_place import IS_ROOT, Place, uid_of

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.simulator.answer_key import AnswerKey, answer_key
from lake.simulator.server import Simulator


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
    ensure_tables(catalog, con)
    yield con
    con.close()


@pytest.fixture
def own_home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as /var/lib is; the tests' own temporary folders are closed."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="ioc-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def make_place(open_folder: Path) -> Callable[[str, str], Place]:
    """`make_place("root", "name")`: an unused home under a parent of mode 0700 that belongs to the same user."""

    def make(started_by: str, name: str) -> Place:
        uid = uid_of(started_by)
        parent = open_folder / f"{started_by}-{name}"
        parent.mkdir(mode=0o700)
        if IS_ROOT:
            os.chown(parent, uid, -1)
        return Place(uid, parent / "home", open_folder / "catalogue")

    return make


@pytest.fixture
def no_file_over() -> Callable[[int], AbstractContextManager[None]]:
    """`with no_file_over(n_bytes):` writing further fails as on a full disk (Python ignores the signal it brings)."""

    @contextmanager
    def limited(n_bytes: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The running synthetic province."""
    with Simulator(tmp_path_factory.mktemp("province")) as running:
        yield running


@pytest.fixture(scope="session")
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    """A client whose addresses are the province's."""
    with httpx.Client(base_url=simulator.url, timeout=30, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def key() -> AnswerKey:
    """What the province knows about itself."""
    return answer_key()


@pytest.fixture(scope="module")
def own_catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """A lake of this module's own, which its tests may damage, age or copy."""
    with open_catalog(Settings(home=tmp_path_factory.mktemp("own") / "home")) as catalog:
        yield catalog


@pytest.fixture
def own_con(own_catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = own_catalog.connect()
    ensure_tables(own_catalog, con)
    yield con
    con.close()
