"""A lake on a PostgreSQL and an object store that others keep: works end to end, and tells its secrets to no one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from external import BUCKET, PASSWORD, S3_KEY_ID, S3_SECRET, object_store, postgres_on_tcp, s3_client
from pydantic import SecretStr
from test_tables import commit, samples, stored

from lake.catalog import Catalog, open_catalog
from lake.errors import CatalogError, SettingsError
from lake.schema import ensure_tables
from lake.settings import Settings, load_settings
from orchestration import doctor
from orchestration.dbt_build import PROJECT, environment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("external")]
# As they may be written in a URL, a connection string or SQL.
SECRETS = [form for s in (PASSWORD, S3_SECRET) for form in (s, quote(s, safe=""), s.replace("'", "''"))]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, open_folder: Path) -> Iterator[str]:
    folder = open_folder / "external"
    folder.mkdir()
    with postgres_on_tcp(folder) as address:
        yield address


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with object_store() as endpoint:
        yield endpoint


def remote(home: Path, address: str, endpoint: str) -> dict[str, str]:
    """The environment of a lake that keeps nothing but its landing zone in its home."""
    return {
        "IOC_HOME": str(home),
        "IOC_CATALOG_URL": f"postgresql://keeper:{quote(PASSWORD, safe='')}@{address}",
        "IOC_LAKE_URL": f"s3://{BUCKET}/province 92",
        "IOC_S3_ENDPOINT": endpoint,
        "IOC_S3_KEY_ID": S3_KEY_ID,
        "IOC_S3_SECRET": S3_SECRET,
        "IOC_S3_USE_SSL": "false",
    }


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory, address: str, endpoint: str) -> dict[str, str]:
    return remote(tmp_path_factory.mktemp("remote") / "home", address, endpoint)


@pytest.fixture(scope="module")
def remote_settings(variables: dict[str, str]) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        return load_settings()


@pytest.fixture(scope="module")
def remote_lake(remote_settings: Settings) -> Iterator[Catalog]:
    """The lake with one batch in it."""
    with open_catalog(remote_settings) as catalog:
        with catalog.connect() as con:
            ensure_tables(catalog, con)
            assert commit(catalog, con, "far", "a", samples(1000)).n_accepted == 1000
        yield catalog


def keys(endpoint: str) -> list[str]:
    return [found["Key"] for found in s3_client(endpoint).list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def secrets_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_rows_are_in_the_object_store_and_nothing_of_them_in_the_home(
    remote_lake: Catalog, remote_settings: Settings, endpoint: str
) -> None:
    with remote_lake.connect() as con:
        assert stored(con, "far") == 1000
        assert commit(remote_lake, con, "far", "a", samples(1000)).is_new is False
    assert any(key.startswith("province 92/raw/server__samples/") for key in keys(endpoint))
    assert not list(remote_settings.home.rglob("*.parquet"))
    assert not (remote_settings.home / "catalog.id").exists()


def test_upkeep_of_the_files_reaches_the_object_store(remote_lake: Catalog, endpoint: str) -> None:
    with remote_lake.connect() as con:
        con.execute("create table lake.raw.scratch as select range as n from range(1000)")
        before = [key for key in keys(endpoint) if "/scratch/" in key]
        con.execute("delete from lake.raw.scratch where n >= 10")
        con.execute("call ducklake_rewrite_data_files('lake', 'scratch', schema => 'raw', delete_threshold => 0.0)")
        con.execute("call ducklake_expire_snapshots('lake', older_than => now())")
        con.execute("call ducklake_cleanup_old_files('lake', cleanup_all => true)")
        after = [key for key in keys(endpoint) if "/scratch/" in key]
        assert con.execute("select count(*) from lake.raw.scratch").fetchone() == (10,)
    assert before
    assert not set(before) & set(after)


@pytest.mark.long
def test_dbt_builds_on_the_remote_lake_and_keeps_its_log_clean(
    remote_lake: Catalog, remote_settings: Settings, endpoint: str
) -> None:
    seed = sorted((PROJECT / "seeds").rglob("*.csv"))[0].stem
    with environment(remote_settings, remote_lake.dsn):
        command = [str(Path(sys.executable).with_name("dbt")), "--debug", "--log-level-file", "debug", "seed"]
        done = subprocess.run(
            [*command, "--project-dir", str(PROJECT), "--select", seed], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-2000:]
    assert any(f"/{seed}/" in key for key in keys(endpoint))
    logs = "".join(path.read_text() for path in (remote_settings.dbt_target / "logs").glob("*"))
    assert seed in logs
    assert secrets_in(logs + done.stdout + done.stderr) == []


def test_doctor_and_connection_strings_hold_no_secret(remote_lake: Catalog, remote_settings: Settings) -> None:
    findings = {finding.check: finding for finding in doctor.examine(remote_settings)}
    assert findings["catalogue and extensions"].is_ok, findings["catalogue and extensions"].text
    assert f"s3://{BUCKET}/" in findings["catalogue and extensions"].text
    with remote_lake.connect() as con:
        listed = str(con.execute("select * from duckdb_secrets()").fetchall())
        attached = str(con.execute("select * from duckdb_databases()").fetchall())
    shown = [str(findings), remote_lake.uri, repr(remote_lake), repr(remote_settings), listed, attached]
    assert secrets_in("\n".join(shown)) == []
    passfile = remote_settings.secrets / "catalog_url.pgpass"
    assert passfile.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("catalog_url", f"postgresql://keeper:{quote('other-' + PASSWORD, safe='')}@{{address}}"),
        ("catalog_url", f"postgresql://keeper:{quote(PASSWORD, safe='')}@127.0.0.1:1/ioc"),
        ("catalog_url", f"postgresql://keeper:{PASSWORD}@{{address}}"),  # not quoted: no address at all
        ("catalog_url", f"keeper {PASSWORD}"),
        ("s3_endpoint", "127.0.0.1:1"),
    ],
)
def test_errors_hold_no_secret(
    remote_settings: Settings, address: str, tmp_path: Path, setting: str, value: str
) -> None:
    changed = SecretStr(value.format(address=address)) if setting == "catalog_url" else value
    settings = remote_settings.model_copy(update={setting: changed, "home": tmp_path / "home"})
    expected = (CatalogError, SettingsError) if setting == "catalog_url" else duckdb.Error
    with pytest.raises(expected) as caught, open_catalog(settings) as catalog, catalog.connect() as con:
        con.execute("set http_retries = 0")
        con.execute("create table lake.raw.unreachable as select range as n from range(1000)")
    error: BaseException | None = caught.value
    while error is not None:
        assert secrets_in(f"{error!r} {error}") == []
        error = error.__cause__


def test_process_arguments_hold_no_secret(variables: dict[str, str]) -> None:
    script = "from lake.settings import load_settings; from lake.catalog import open_catalog\n"
    script += "with open_catalog(load_settings()) as c: c.connect(); print('up', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "up"
        arguments = "".join(
            path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists()
        )
        assert secrets_in(arguments) == []
    finally:
        process.communicate("\n", timeout=60)
