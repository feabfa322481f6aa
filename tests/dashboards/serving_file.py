"""Publishes a small made-up serving file, for the tests of the dashboards alone."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
TABLES = Path(__file__).with_suffix(".sql")
HOSTILE = "<b>Rác</b> [x](javascript:alert(1)) **đậm** :red[đỏ] :smile:"
RUN_ID = "0f1e2d3c-test"


def publish_made_up(home: Path) -> Path:
    """Write the file and its pointer under `home`, as a publication; returns the file."""
    folder = home / "serving"
    folder.mkdir(parents=True)
    file = folder / "reader-test.duckdb"
    sql = TABLES.read_text(encoding="utf-8")
    for name, value in (("SEEDS", str(SEEDS)), ("HOSTILE", HOSTILE), ("RUN_ID", RUN_ID)):
        sql = sql.replace(f"@{name}@", value)
    with duckdb.connect(str(file)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(sql)
    pointer = {"run_id": RUN_ID, "file": file.name, "published_at": "2021-09-30T10:01:00+00:00", "snapshot_id": 412}
    (folder / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    return file
