"""The sandbox of analysts' queries: what must work, what must be refused, and what must end."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pytest

from lake.errors import QueryRefused, ServingError
from lake.sandbox import run_query

ROOT = Path(__file__).parents[2]
# The engine's interrupt() does not stop this one: only the end of its process does.
BOMB = "SELECT levenshtein(repeat('ab', 60000), repeat('ba', 60000))"


@pytest.fixture(scope="module")
def serving_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serving") / "analyst.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            CREATE SCHEMA main_marts;
            CREATE TABLE main_marts.tickets AS
            SELECT i AS ticket_key, 'Hậu Giang ' || i AS place,
                TIMESTAMPTZ '2021-09-30 10:00:00+00' - i * INTERVAL 1 MINUTE AS requested_at
            FROM range(20000) AS r(i)
            """
        )
    path.chmod(0o600)  # as published: the sandbox must work without opening it to everyone
    return path


def test_select_returns_rows(serving_file: Path) -> None:
    result = run_query(serving_file, "SELECT count(*) AS n, min(place) AS place FROM main_marts.tickets -- all of them")
    assert result.table.to_pylist() == [{"n": 20000, "place": "Hậu Giang 0"}]
    assert not result.is_truncated
    assert 0 < result.elapsed_ms < 10_000


def test_types_survive_the_way_out_of_the_process(serving_file: Path) -> None:
    result = run_query(
        serving_file,
        """
        SELECT TIMESTAMPTZ '2021-09-30 17:00:00+07' AS at, DATE '2021-09-30' AS day, 93.5::DECIMAL(5, 2) AS rate,
            [1, NULL, 3] AS list, {'unit': 'vi-93', 'n': 2} AS pair, 'Vị Thanh' AS name, NULL::DOUBLE AS nothing,
            9007199254740993 AS big, true AS flag, 'a'::BLOB AS bytes
        """,
    )
    assert result.table.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert result.table.schema.field("rate").type == pa.decimal128(5, 2)
    assert result.table.to_pylist() == [
        {
            "at": datetime(2021, 9, 30, 10, tzinfo=UTC),
            "day": date(2021, 9, 30),
            "rate": Decimal("93.50"),
            "list": [1, None, 3],
            "pair": {"unit": "vi-93", "n": 2},
            "name": "Vị Thanh",
            "nothing": None,
            "big": 9007199254740993,
            "flag": True,
            "bytes": b"a",
        }
    ]


@pytest.mark.parametrize(
    ("sql", "n_rows"),
    [
        ("EXPLAIN SELECT 1", 1),
        ("explain  analyze select 1", 1),
        ("DESCRIBE main_marts.tickets", 3),
        ("FROM main_marts.tickets LIMIT 3;", 3),
        ("WITH t AS (SELECT 1) SELECT * FROM t", 1),
        ("SELECT\u00a0count(*)\u00a0FROM main_marts.tickets", 1),  # pasted from a document
        ("SELECT * FROM main_marts.tickets WHERE false", 0),
    ],
)
def test_forms_of_one_select_are_accepted(serving_file: Path, sql: str, n_rows: int) -> None:
    assert run_query(serving_file, sql).table.num_rows == n_rows


def test_long_result_is_cut_and_says_so(serving_file: Path) -> None:
    sql = "SELECT ticket_key FROM main_marts.tickets ORDER BY ticket_key"
    cut = run_query(serving_file, sql)
    assert cut.is_truncated
    assert cut.table["ticket_key"].to_pylist() == list(range(10_000))
    exact = run_query(serving_file, f"{sql} LIMIT 10000")
    assert (exact.table.num_rows, exact.is_truncated) == (10_000, False)
    few = run_query(serving_file, sql, max_rows=7)
    assert (few.table.num_rows, few.is_truncated) == (7, True)


@pytest.mark.slow
def test_wide_result_is_cut_before_it_fills_the_parent(serving_file: Path) -> None:
    cut = run_query(serving_file, "SELECT repeat('x', 100000) AS wide FROM range(1000)")
    assert cut.is_truncated
    assert 0 < cut.table.nbytes <= 20 * 2**20
    with pytest.raises(QueryRefused, match="One row of the result is larger than 20 MB"):
        run_query(serving_file, "SELECT repeat('x', 30000000)")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1; SELECT 2", "2 statements"),
        ("-- nothing", "0 statements"),
        ("COPY (SELECT 1) TO '{folder}/out.csv'", "COPY"),
        ("EXPORT DATABASE '{folder}/out'", "EXPORT"),
        ("ATTACH '{folder}/other.duckdb'", "ATTACH"),
        ("DETACH analyst", "DETACH"),
        ("SET memory_limit = '64GB'", "SET"),
        ("RESET lock_configuration", "SET"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD httpfs", "LOAD"),
        ("PRAGMA database_list", "PRAGMA"),
        ("CALL pragma_version()", "CALL"),
        ("CREATE TEMP TABLE t AS SELECT 1", "CREATE"),
        ("CREATE SECRET s (TYPE s3)", ""),
        ("INSERT INTO main_marts.tickets SELECT * FROM main_marts.tickets", "INSERT"),
        ("DELETE FROM main_marts.tickets", "DELETE"),
        ("DROP TABLE main_marts.tickets", "DROP"),
        ("CHECKPOINT", "CALL"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/out.csv'", "COPY"),
        ("EXPLAIN ANALYZE INSERT INTO main_marts.tickets SELECT * FROM main_marts.tickets", "INSERT"),
        ("EXPLAIN (ANALYZE) DELETE FROM main_marts.tickets", ""),
        ("SELECT * FROM query('DROP TABLE main_marts.tickets')", ""),
        ("SELECT * FROM read_csv('/etc/passwd')", "Permission Error"),
        ("SELECT * FROM query('FROM read_text(''/etc/passwd'')')", "Permission Error"),
        ("SELECT * FROM read_text('/etc/passwd')", "Permission Error"),
        ("SELECT * FROM read_blob('/proc/self/environ')", "Permission Error"),
        ("SELECT * FROM glob('/etc/*')", "Permission Error"),
        ("FROM '/etc/passwd.csv'", "Permission Error"),
        ("SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')", ""),
        ("SELECT * FROM sqlite_scan('{folder}/x.sqlite', 't')", "Catalog Error"),
        ("SELECT * FROM request", "Catalog Error"),  # a variable of the worker
        ("SELECT no_such_column FROM main_marts.tickets", "Binder Error"),
        ("SELEKT 1", "Parser Error"),
        ("SELECT 1::VARIANT", "VARIANT"),  # Arrow has no such type
        ("SELECT CASE WHEN i < 5000 THEN i ELSE error('late') END FROM range(9000) AS r(i)", "late"),
        ("SELECT 1 \x00; DROP TABLE main_marts.tickets", "NUL"),  # the parser would stop reading there
        ("SELECT '\udc80'", "surrogate"),
        ("   ", "empty"),
        ("SELECT '" + "x" * 100_001 + "'", "longer than"),
    ],
)
def test_everything_but_a_select_on_the_published_tables_is_refused(
    serving_file: Path, tmp_path: Path, sql: str, why: str
) -> None:
    before = hashlib.sha256(serving_file.read_bytes()).hexdigest()
    with pytest.raises(QueryRefused) as refusal:
        run_query(serving_file, sql.replace("{folder}", str(tmp_path)))
    assert why in str(refusal.value)
    assert "broke down" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in serving_file.parent.iterdir()] == [serving_file.name]
    assert hashlib.sha256(serving_file.read_bytes()).hexdigest() == before


def test_missing_serving_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="run `ioc run` first"):
        run_query(tmp_path / "absent.duckdb", "SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.duckdb"
    path.write_bytes(b"torn" * 5000)
    with pytest.raises(QueryRefused, match="cannot be opened"):
        run_query(path, "SELECT 1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb",
    [
        BOMB,
        "SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b WHERE a.range + b.range = -1",
    ],
)
def test_bomb_is_over_in_time_and_leaves_no_process(serving_file: Path, bomb: str) -> None:
    started = time.monotonic()
    with pytest.raises(QueryRefused, match=r"ran past 2 s and was stopped; narrow the period"):
        run_query(serving_file, bomb, timeout_s=2.0)
    assert time.monotonic() - started < 3.5
    assert _workers() == []


@pytest.mark.slow
def test_query_hungry_for_memory_fails_alone(serving_file: Path) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(QueryRefused, match="memory"):
        run_query(serving_file, "SELECT list(i) FROM range(100000000) AS r(i)")
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


@pytest.mark.slow
def test_process_of_a_query_is_bounded_and_not_root(serving_file: Path) -> None:
    refusals: list[QueryRefused] = []

    def query() -> None:
        try:
            run_query(serving_file, BOMB, timeout_s=3)
        except QueryRefused as error:
            refusals.append(error)

    thread = threading.Thread(target=query)
    thread.start()
    try:
        worker, limits = _await_closed_doors()
        address_space = str(1536 * 2**20)
        assert limits["Max address space"] == [address_space, address_space]
        assert limits["Max cpu time"] == ["4", "4"]
        assert limits["Max file size"] == limits["Max processes"] == ["0", "0"]
        assert os.getpgid(worker.pid) == worker.pid
        if os.geteuid() == 0:
            assert set(worker.uids()) == {65534}
            assert set(worker.gids()) == {65534}
    finally:
        thread.join()
    assert len(refusals) == 1


def test_secrets_of_the_parent_do_not_reach_the_process_of_a_query(
    serving_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.py"
    told.write_text("import json, os, sys\nprint(json.dumps({'error': repr((dict(os.environ), sys.argv))}))\n")
    monkeypatch.setattr("lake.sandbox.WORKER", told)
    monkeypatch.setenv("IOC_PSEUDONYM_KEY", "canary")
    monkeypatch.setenv("PYTHONPATH", "canary")
    with pytest.raises(QueryRefused) as held:
        run_query(serving_file, "SELECT 'personal search term'")
    assert "C.UTF-8" in str(held.value)
    assert "canary" not in str(held.value)
    assert "personal search term" not in str(held.value)  # command lines are visible to all users


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os; os.abort()", r"broke down \(SIGABRT\).*\(it has 1536 MB\)"),
        ("raise ImportError", r"failed to start \(exit code 1\); run `ioc doctor`"),
    ],
)
def test_process_that_dies_without_an_answer_is_told_from_a_failed_query(
    serving_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text(program)
    monkeypatch.setattr("lake.sandbox.WORKER", dying)
    with pytest.raises(QueryRefused, match=message):
        run_query(serving_file, "SELECT 1")


def test_nothing_opens_a_file_a_socket_or_a_process_once_the_doors_are_shut() -> None:
    """Whatever a library of the worker may try: DuckDB's own settings do not bind extensions."""
    script = """
import ctypes, os, socket
from lake.sandbox_worker import shut_doors
attempts = {
    "file": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "socket": socket.socket,
    "process": os.fork,
}
shut_doors(ctypes.CDLL(None))
for name, attempt in attempts.items():
    try:
        if attempt() == 0:
            os._exit(0)  # the child, where fork() worked
        print(name, "got through")
    except OSError as error:
        print(name, error.strerror)
"""
    assert _run(script) == [
        "file Too many open files",
        "socket Too many open files",
        "process Resource temporarily unavailable",
    ]


def test_process_of_a_query_sees_no_network() -> None:
    probe = subprocess.run(["/usr/bin/unshare", "--net", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("the kernel grants no network name space to this user")
    script = """
import ctypes, socket
from lake.sandbox_worker import leave_network
leave_network(ctypes.CDLL(None))
print([name for _, name in socket.if_nameindex()])
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError as error:
    print(error.strerror)
"""
    assert _run(script) == ["['lo']", "Network is unreachable"]


def _run(script: str) -> list[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def _workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "sandbox_worker" in " ".join(p.cmdline())]


def _await_closed_doors() -> tuple[psutil.Process, dict[str, list[str]]]:
    """The worker once it may open nothing more, with its limits (soft, hard) by name."""
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        for worker in _workers():
            lines = Path(f"/proc/{worker.pid}/limits").read_text().splitlines()[1:]
            limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
            if limits["Max open files"] == ["0", "0"]:
                return worker, limits
        time.sleep(0.02)
    raise AssertionError("no worker shut its doors in time")
