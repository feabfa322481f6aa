"""A serving file of a year and 100M camera events, made from a published one: `write(published, folder)`.

Marts hold days and hours, not events, so what a year adds is rows of days and hours. The tables of machines and media,
which a demo fills for a week to three months, are repeated back in time until they span a year, and the passages of
cameras are multiplied until they stand for the events. All else spans a year and more already. Synthetic throughout.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

N_EVENTS = 100_000_000
EVENTS_PER_PASSAGE = 3  # new, update and end of Frigate
DAYS = 365
GROWN = {  # table -> its day
    "fct_camera_hours": "hour_on",
    "fct_camera_days": "online_on",
    "fct_plate_days": "passed_on",
    "fct_usage_days": "measured_on",
    "fct_system_days": "probed_on",
    "fct_article_days": "published_on",
    "fct_articles": "published_on",
    "fct_disk_outlook": "judged_on",
    "fct_feed_days": "counted_on",
    "fct_tone_days": "published_on",
}


def write(home: Path, grown_home: Path) -> dict[str, int]:
    """Put the grown copy of the publication under `home` into `grown_home`; returns the rows of the tables grown."""
    pointer = json.loads((home / "serving" / "current.json").read_text(encoding="utf-8"))
    folder = grown_home / "serving"
    folder.mkdir(parents=True)
    shutil.copyfile(home / "serving" / pointer["file"], folder / pointer["file"])
    shutil.copyfile(home / "serving" / "current.json", folder / "current.json")
    with duckdb.connect(str(folder / pointer["file"])) as con:
        con.execute("set TimeZone = 'UTC'")
        return {table: _grow(con, table, day) for table, day in GROWN.items()}


def _grow(con: duckdb.DuckDBPyConnection, table: str, day: str) -> int:
    span = con.execute(f"select max({day}) - min({day}) + 1 from marts.{table}").fetchone()
    assert span is not None
    if span[0]:
        copies = max(0, -(-DAYS // span[0]) - 1)
        moved = [
            name
            for name, kind in con.execute(
                "select column_name, data_type from information_schema.columns "
                "where table_name = ? and (data_type = 'DATE' or data_type like 'TIME%') and column_name <> 'as_of'",
                [table],
            ).fetchall()
        ]
        columns = ", ".join(f"{name} - to_days(cast(n * {span[0]} as integer)) as {name}" for name in moved)
        con.execute(
            f"insert into marts.{table} select f.* replace ({columns}) "
            f"from marts.{table} as f, range(1, {copies + 1}) as r(n)"
        )
    if table == "fct_camera_hours":
        con.execute(
            "update marts.fct_camera_hours set n_passages = ceil(n_passages * "
            f"({N_EVENTS / EVENTS_PER_PASSAGE} / (select sum(n_passages) from marts.fct_camera_hours)))"
        )
    counted = con.execute(f"select count(*) from marts.{table}").fetchone()
    assert counted is not None
    return int(counted[0])
