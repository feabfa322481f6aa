"""dbt in this project: where it finds the lake, its manifest, the SQL it ran, what its tests said."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from lake.errors import IocError
from lake.settings import Settings, private_folder
from lake.transactions import record

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
DBT = Path(sys.executable).with_name("dbt")
COMPILED = "compiled.json"
UNKNOWN_VALUE = "unknown_value"  # first column of the tests that say which values are unknown


class BuildFailed(IocError):
    """dbt could not build the warehouse, or one of its tests failed."""


@contextmanager
def environment(settings: Settings, catalog_dsn: str = "") -> Iterator[None]:
    """The variables `profiles.yml` and libpq read, set for the block: dbt runs in a process of its own.

    The catalogue is not in the profile, because dbt parses the whole project anew when that changes.
    """
    catalog = conninfo_to_dict(catalog_dsn)
    variables = {
        **{name: str(catalog[key]) for key, name in _libpq_variables().items() if key in catalog},
        "IOC_DBT_DATA_PATH": settings.data_path,
        "IOC_DBT_MEMORY_LIMIT": settings.memory_limit,
        "IOC_DBT_SCRATCH": str(settings.scratch),
        "IOC_DBT_EXTENSIONS": str(settings.extensions),
        "IOC_DBT_THREADS": str(settings.threads),
        "DBT_TARGET_PATH": str(settings.dbt_target),
        "DBT_LOG_PATH": str(settings.dbt_target / "logs"),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    if settings.lake_url:
        variables |= {
            "IOC_DBT_TARGET": "lake_s3",
            "IOC_DBT_S3_ENDPOINT": settings.s3_endpoint,
            "IOC_DBT_S3_REGION": settings.s3_region,
            "IOC_DBT_S3_URL_STYLE": settings.s3_url_style,
            "IOC_DBT_S3_USE_SSL": str(settings.s3_use_ssl).lower(),
            "DBT_ENV_SECRET_S3_KEY_ID": settings.s3_key_id,
            "DBT_ENV_SECRET_S3_SECRET": settings.s3_secret.get_secret_value(),
        }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def manifest(settings: Settings) -> Path:
    """Path of the manifest of the project as it is now, parsed anew when a project file has changed."""
    private_folder(settings.dbt_target)
    path, stamp = settings.dbt_target / "manifest.json", settings.dbt_target / "manifest.sha256"
    digest = project_digest()
    if path.exists() and stamp.exists() and stamp.read_text() == digest:
        return path
    with environment(settings):  # parsing opens no connection
        done = subprocess.run(
            [str(DBT), "parse", "--project-dir", str(PROJECT), "--quiet"], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise BuildFailed(f"The dbt project cannot be parsed ({(done.stdout + done.stderr).strip()[-500:]}).")
    stamp.write_text(digest)
    return path


def keep_compiled(settings: Settings) -> None:
    """Add the SQL of the build that has just succeeded to what is known of the nodes that it left out."""
    nodes = json.loads((settings.dbt_target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    sql = compiled(settings) | {
        name: node["compiled_code"] for name, node in nodes.items() if node.get("compiled_code")
    }
    (settings.dbt_target / COMPILED).write_text(json.dumps({name: sql[name] for name in sql.keys() & nodes.keys()}))


def compiled(settings: Settings) -> dict[str, str]:
    """Node -> SQL by which it was last built or tested; empty before the first build."""
    file = settings.dbt_target / COMPILED
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def keep_test_results(con: duckdb.DuckDBPyConnection, run_id: str, results: Path) -> None:
    """Copy the test results of a dbt build (`run_results.json`) into `ops.check_results`, suite `dbt`.

    What a test of known values found is listed with it, most frequent first.
    """
    if not results.exists():
        return
    now = datetime.now(UTC)
    rows = []
    for result in json.loads(results.read_text())["results"]:
        kind, _, name = result["unique_id"].split(".", 2)
        if kind not in ("test", "unit_test"):
            continue
        severity = "warning" if result["status"] == "warn" else "blocking"
        message = result.get("message") or "pass"
        if result["status"] in ("warn", "fail") and UNKNOWN_VALUE in result["compiled_code"]:
            message = f"{message}: {_unknown_values(con, result['compiled_code'])}"
        rows.append(
            (
                *(run_id, None, None, None, "dbt", name.rsplit(".", 1)[0], None, severity),
                *(result["status"] == "pass", message, result.get("failures"), now),
            )
        )
    record(con, "ops.check_results", rows)


def _unknown_values(con: duckdb.DuckDBPyConnection, test: str) -> str:
    """'99999 (2 rows), 31 (1 rows)': what the test found, ten values at most."""
    found = con.execute(f"select {UNKNOWN_VALUE}, n_rows from ({test}) order by n_rows desc, 1 limit 11").fetchall()
    return ", ".join(f"{value} ({n} rows)" for value, n in found[:10]) + (", …" if len(found) > 10 else "")


def _libpq_variables() -> dict[str, str]:
    """Keyword of a connection string -> the environment variable that says the same to libpq."""
    options = Conninfo.get_defaults()
    return {option.keyword.decode(): option.envvar.decode() for option in options if option.envvar is not None}


def project_digest() -> str:
    """SHA-256 of the project's files."""
    digest = hashlib.sha256()
    for file in sorted(PROJECT.rglob("*")):
        if file.suffix in {".sql", ".yml", ".csv"} and "target" not in file.relative_to(PROJECT).parts:
            digest.update(f"{file.relative_to(PROJECT)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
