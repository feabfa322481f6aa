"""Opening the lake: first runs at the same time, and settings left empty."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lake.catalog import open_catalog
from lake.errors import SettingsError
from lake.settings import Settings, load_settings

OPEN = """
from lake.catalog import open_catalog
from lake.schema import ensure_tables
from lake.settings import load_settings
with open_catalog(load_settings()) as catalog, catalog.connect() as con:
    ensure_tables(catalog, con)
    print(con.execute("select count(*) from lake.ops.batches").fetchone())
"""


@pytest.mark.slow
def test_two_first_runs_at_the_same_time_both_open_the_lake(tmp_path: Path) -> None:
    environment = os.environ | {"IOC_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", OPEN]
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=180) for process in processes]
    assert [out.strip() for out, _ in said] == ["(0,)"] * 3, said


def test_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("IOC_HOME", "IOC_CATALOG_URL", "IOC_LAKE_URL", "IOC_THREADS"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert settings.home == tmp_path / "var"
    assert (settings.catalog_url, settings.lake_url, settings.threads) == (None, None, 2)


@pytest.mark.parametrize("url", ["bucket/prefix", "http://bucket/prefix", "s3://bucket", "s3:///prefix"])
def test_address_of_the_files_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("IOC_LAKE_URL", url)
    with pytest.raises(SettingsError, match="IOC_LAKE_URL cannot be used"):
        load_settings()


def test_lock_says_when_it_was_lost(own_home: Settings) -> None:
    with open_catalog(own_home) as catalog, catalog.lock("one") as is_held:
        assert is_held()
        with catalog.lock("other") as is_other_held, catalog.connect() as con:
            con.execute(f"attach '{catalog.dsn}' as server (type postgres)")
            con.execute(
                "call postgres_execute('server', 'select pg_terminate_backend(pid) from pg_locks "
                "where locktype = ''advisory''')"
            )
            assert not is_other_held()
        assert not is_held()
