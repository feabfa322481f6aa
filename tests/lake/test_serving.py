"""Publications: swapped whole, read-only, nothing raw or personal in them, and the last good one outlives a failure."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import duckdb
import polars as pl
import pytest
from kpi_tables import create_kpi_tables

from lake import serving, tables
from lake.accounts import Batch
from lake.catalog import Catalog
from lake.contracts import ticket
from lake.contracts.base import rejected_frame
from lake.errors import ServingError
from lake.landing import Landed
from lake.serving import connect, publish, published
from lake.settings import Settings
from lake.transactions import transaction

NoFileOver = Callable[[int], AbstractContextManager[None]]
NOON = datetime(2021, 9, 30, 5, tzinfo=UTC)
CANARY = "0912 345 678"  # stands for personal data in the raw layer; synthetic
READER = """
import json, sys, threading, time
from lake.serving import connect
from lake.settings import Settings
settings, stop = Settings(home=sys.argv[1]), []
threading.Thread(target=lambda: stop.append(sys.stdin.read()), daemon=True).start()
print("ready", flush=True)
views = set()
while not stop:
    with connect(settings) as con:
        runs, builds = set(), set()
        for _ in range(2):
            runs |= set(con.sql("select run_id from publication").fetchall())
            builds |= set(con.sql("select distinct build from kpi.kpi_values").fetchall())
            builds |= set(con.sql("select distinct build from marts.fct_tickets").fetchall())
        views.add((tuple(sorted(runs)), tuple(sorted(builds))))
    time.sleep(0.1)
print(json.dumps(sorted(views)))
"""


def build(con: duckdb.DuckDBPyConnection, name: str, n_rows: int = 2_000) -> None:
    """What a dbt build leaves, in one commit: every row bears its name."""
    with transaction(con):
        create_kpi_tables(con)
        con.execute(
            "create or replace table lake.marts.fct_tickets as select ? as build, i, md5(i::varchar) as filler "
            "from range(?) as t(i)",
            [name, n_rows],
        )
        con.execute(
            "create or replace table lake.kpi.kpi_values as select * from lake.kpi.kpi_values full join ("
            "select 'F1' as code, 'day' as grain, (date '2000-01-01' + i::int)::date as period_start, "
            "'93' as unit_code, "
            "i as value, filler, build from lake.marts.fct_tickets) "
            "using (code, grain, period_start, unit_code, value)"
        )


def files(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.serving.iterdir())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A serving folder of this test's own; the lake is the session's."""
    return Settings(home=tmp_path / "home")


@pytest.fixture
def built(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The session's lake after one build, and without the build's tables afterwards."""
    build(con, "first")
    yield con
    con.execute("drop schema lake.kpi cascade; drop schema lake.marts cascade; drop schema lake.seeds cascade")


def test_nothing_published_says_what_to_run(settings: Settings) -> None:
    for ask in (published, connect):
        with pytest.raises(ServingError, match="Nothing is published yet; run `ioc demo` or `ioc run` first"):
            ask(settings)


def test_lake_without_kpi_tables_is_not_published(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    with pytest.raises(ServingError, match="no KPI tables yet; run `ioc run`"):
        publish(con, settings, "r1")
    assert not settings.serving.exists()
    con.execute("create table lake.raw.after_refusal (n int)")  # the connection is not left in a transaction
    con.execute("drop table lake.raw.after_refusal")


def test_publication_says_which_run_and_snapshot_it_is(built: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    row = built.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
    current = publish(built, settings, "r1")
    assert published(settings) == current
    assert (current.run_id, (current.snapshot_id,)) == ("r1", row)
    with connect(settings) as reader:
        assert reader.sql("from publication").fetchall() == [("r1", current.published_at, current.snapshot_id)]
        assert reader.sql("select distinct build, count(*) from kpi.kpi_values group by 1").fetchall() == [
            ("first", 2_000)
        ]


@contextmanager
def building(catalog: Catalog) -> Iterator[None]:
    """A warehouse that builds again and again beside the block."""
    done = threading.Event()

    def rebuild() -> None:
        with catalog.connect() as con:
            for n in count():
                if done.wait(0.2):
                    return
                build(con, f"build-{n:03}", n_rows=100)

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(rebuild)
        try:
            yield
        finally:
            done.set()
        work.result()


@pytest.mark.long
@pytest.mark.slow
def test_readers_never_see_two_runs_in_one_view(
    catalog: Catalog, built: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    n_publishes = 20
    publish(built, settings, "first")
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(settings.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        with building(catalog):
            for n in range(n_publishes):
                publish(built, settings, f"run-{n:02}")
        answers = [reader.communicate(timeout=30) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    for out, err in answers:
        assert err == ""
        views = json.loads(out)
        assert [view for view in views if [len(names) for names in view] != [1, 1]] == []
        assert len(views) > n_publishes / 4  # it read while publications changed


@pytest.mark.slow
def test_failed_publish_keeps_the_previous_one(
    built: duckdb.DuckDBPyConnection, settings: Settings, no_file_over: NoFileOver
) -> None:
    before = publish(built, settings, "good")
    listing = files(settings)
    build(built, "second", n_rows=50_000)
    with no_file_over(300_000), pytest.raises(ServingError, match=r"could not be written .* publication stays"):
        publish(built, settings, "bad")
    assert published(settings) == before
    assert [name for name in files(settings) if not name.startswith(".")] == listing
    with connect(settings) as reader:
        assert reader.sql("select distinct build from kpi.kpi_values").fetchall() == [("first",)]
    assert publish(built, settings, "better").run_id == published(settings).run_id == "better"


def test_failed_publish_gives_its_space_back(
    built: duckdb.DuckDBPyConnection, settings: Settings, no_file_over: NoFileOver
) -> None:
    build(built, "second", n_rows=50_000)
    with no_file_over(300_000), pytest.raises(ServingError):
        publish(built, settings, "bad")
    assert files(settings) == []


def test_failing_pointer_keeps_the_previous_publication(built: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    before = publish(built, settings, "good")
    blocked = settings.serving / f".{serving.POINTER}.draft"
    blocked.mkdir()  # the pointer cannot be written, though the file was
    with pytest.raises(ServingError, match="previous publication stays"):
        publish(built, settings, "bad")
    assert published(settings) == before
    with connect(settings) as reader:
        assert reader.sql("select run_id from publication").fetchall() == [("good",)]


@pytest.mark.slow
def test_three_publications_are_kept_and_drafts_of_killed_runs_swept(
    built: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    publish(built, settings, "r0")
    for leftover in (".reader-20200101T000000000000.duckdb.draft", ".reader-20200101T000000000000.duckdb.draft.wal"):
        (settings.serving / leftover).write_bytes(b"half")
    made = [publish(built, settings, f"r{n}").file.name for n in range(1, 6)]
    assert files(settings) == sorted([serving.POINTER, *made[-3:]])
    assert published(settings).file.name == made[-1]


@pytest.mark.slow
def test_reader_of_an_old_publication_finishes_its_view(built: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    publish(built, settings, "old")
    with connect(settings) as reader:
        for n in range(serving.KEPT + 1):
            publish(built, settings, f"r{n}")
        assert reader.sql("select run_id from publication").fetchall() == [("old",)]
        assert reader.sql("select count(*) from marts.fct_tickets").fetchall() == [(2_000,)]


GOOD_POINTER = {
    "run_id": "r",
    "file": "reader-x.duckdb",
    "published_at": "2021-09-30T05:00:00+00:00",
    "snapshot_id": 1,
}


@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b'{"run_id": "r", "fil',
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"reader-x.duckdb"',
        *(json.dumps({k: v for k, v in GOOD_POINTER.items() if k != left_out}).encode() for left_out in GOOD_POINTER),
        json.dumps(GOOD_POINTER | {"published_at": "yesterday"}).encode(),
        json.dumps(GOOD_POINTER | {"published_at": 5}).encode(),
        json.dumps(GOOD_POINTER | {"snapshot_id": "many"}).encode(),
        json.dumps(GOOD_POINTER | {"file": None}).encode(),
    ],
)
def test_damaged_pointer_is_named_with_the_next_step(settings: Settings, pointer: bytes) -> None:
    settings.serving.mkdir(parents=True)
    (settings.serving / serving.POINTER).write_bytes(pointer)
    with pytest.raises(ServingError, match=r"current\.json .* is damaged .*; run `ioc run` to publish anew"):
        connect(settings)


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 1000], ids=["absent", "empty", "other"])
def test_pointer_to_no_database_is_refused(settings: Settings, content: bytes | None) -> None:
    settings.serving.mkdir(parents=True)
    (settings.serving / serving.POINTER).write_text(json.dumps(GOOD_POINTER))
    if content is not None:
        (settings.serving / GOOD_POINTER["file"]).write_bytes(content)  # type: ignore[operator]
    with pytest.raises(ServingError, match=r"cannot be opened .*; run `ioc run` to publish anew"):
        connect(settings)


def test_damaged_pointer_is_mended_by_the_next_publish(built: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    publish(built, settings, "r1")
    (settings.serving / serving.POINTER).write_bytes(b"{")
    publish(built, settings, "r2")
    assert published(settings).run_id == "r2"


def test_file_is_read_only_and_reaches_nothing_outside(built: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    publish(built, settings, "r1")
    before = published(settings).file.read_bytes()
    outside = settings.home / "other.csv"
    outside.write_text("a\n1\n")
    with connect(settings) as reader:
        for statement in (
            "delete from kpi.kpi_values",
            "create table kpi.mine as select 1",
            "drop table marts.fct_tickets",
        ):
            with pytest.raises(duckdb.Error, match="read-only"):
                reader.execute(statement)
        for statement in (
            f"select * from read_csv('{outside}')",
            f"copy kpi.kpi_values to '{settings.home}/copy.csv'",
            f"attach '{settings.home}/other.duckdb' as other",
            "install httpfs",
        ):
            with pytest.raises(duckdb.PermissionException):
                reader.execute(statement)
        with pytest.raises(duckdb.Error):
            reader.execute("set enable_external_access = true")
    assert published(settings).file.read_bytes() == before


def test_no_raw_table_and_nothing_quarantined_is_in_the_file(
    catalog: Catalog, built: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    fields = dict.fromkeys(ticket.REQUESTS.names)
    row = fields | {"request_id": "1", "status": "open", "requested_at": NOON, "is_closed_before_requested": False}
    frame = pl.DataFrame([row | {"description": CANARY}], schema=ticket.REQUESTS.polars_schema)
    rejected = rejected_frame([(0, "bad_time", "requested_at cannot be read.", f"phone {CANARY}".encode())])
    landed = Landed("ca" * 32, Path("unused"), 1, "test", "csv", NOON)
    batch = Batch("serving-canary", "ticket", "run", [landed], "reading")
    assert tables.commit(catalog, built, batch, {"ticket__requests": frame}, rejected).n_quarantined == 1
    publish(built, settings, "r1")
    with connect(settings) as reader:
        held = reader.sql("select schema_name, table_name from duckdb_tables()").fetchall()
        columns = reader.sql("select distinct column_name from duckdb_columns() where not internal").fetchall()
        found = [
            (schema, table)
            for schema, table in held
            if reader.sql(
                f'select 1 from "{schema}"."{table}" t where t::varchar like \'%{CANARY}%\' limit 1'
            ).fetchone()
        ]
        n_batches = reader.sql("select count(*) from ops.batches where source = 'serving-canary'").fetchone()
    assert {schema for schema, _ in held} == {"kpi", "marts", "ops", "seeds", "main"}
    assert ("ops", "objects") not in held
    assert found == []
    assert n_batches == (2,)  # the accounts of that batch are there: its tickets and its quarantine
    names = {name for (name,) in columns}
    assert not names & {"raw", "raw_sha256", "description", "origin", *ticket.REQUESTS.dropped}
