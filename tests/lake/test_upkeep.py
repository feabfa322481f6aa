"""Upkeep: nothing that is still needed goes, nothing that is past its time stays, and nobody has to wait for it."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from small_lake import NOON, declare, deliver, files_of, hashes

from lake.catalog import Catalog
from lake.errors import SettingsError
from lake.landing import Landing
from lake.retention import FILE, SHIPPED, load_policy
from lake.schema import CONTRACTS, QUARANTINE
from lake.settings import Settings
from lake.sources.base import Payload
from lake.transactions import insert
from lake.upkeep import STEPS, upkeep

pytestmark = pytest.mark.xdist_group("upkeep")  # one lake for all tests of this module

SAMPLES_KEPT = timedelta(days=1_096)


def run(catalog: Catalog, con: duckdb.DuckDBPyConnection, now: datetime, **options: list[str]) -> dict[str, str]:
    """Run upkeep and require that all is well; what each step did."""
    report = upkeep(catalog, con, catalog.settings, now, **options)
    assert report.failures == []
    return {step.name: step.detail for step in report.steps}


def test_compaction_keeps_every_row_the_partitions_and_the_order(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    for i in range(8):  # two months: late rows land in an older partition
        first = NOON - timedelta(days=40 * (i % 2)) + timedelta(minutes=i)
        deliver(own_catalog, own_con, "small files", str(i), first=first)
    before, n_before = hashes(own_con), len(files_of(own_con, "server__samples"))
    run(own_catalog, own_con, datetime.now(UTC), skip=["scan", "retention"])  # which add rows of their own
    assert hashes(own_con) == before
    files = files_of(own_con, "server__samples")
    assert (n_before, len(files)) == (8, 2)
    for file in files:
        rows = own_con.execute(f"select series_id, sampled_at from read_parquet('{file}')").fetchall()
        assert rows == sorted(rows)
        assert {(at.year, at.month) for _, at in rows} == {
            (int(file.parent.parent.name.removeprefix("year=")), int(file.parent.name.removeprefix("month=")))
        }


def test_rows_past_their_time_go_by_the_clock_of_their_source(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    now = datetime.now(UTC)
    declare(own_con, "real")
    declare(own_con, "synthetic", is_synthetic=True)
    deliver(own_catalog, own_con, "real", "old", first=now - SAMPLES_KEPT - timedelta(days=1))
    deliver(own_catalog, own_con, "real", "young", first=now - SAMPLES_KEPT + timedelta(days=1))
    deliver(own_catalog, own_con, "synthetic", "of 2021", first=datetime(2021, 9, 30, tzinfo=UTC))
    deliver(own_catalog, own_con, "synthetic", "of 2018", first=datetime(2018, 9, 1, tzinfo=UTC))
    run(own_catalog, own_con, now)
    kept = own_con.execute(
        "select b.source, count(*) from lake.raw.server__samples s join lake.ops.batches b using (batch_id) "
        "where b.source in ('real', 'synthetic') and b.table_name = 'server__samples' group by all order by all"
    ).fetchall()
    assert kept == [("real", 20), ("synthetic", 20)]
    proof = own_con.execute(
        "select observed from lake.ops.check_results where expectation = 'no_row_past_retention' "
        "and column_name = 'raw.server__samples' order by checked_at desc limit 1"
    ).fetchone()
    assert proof is not None
    assert proof[0].startswith("40 rows past 1096 days deleted")


def test_rows_past_their_time_leave_the_disk_two_nights_later(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    now = datetime.now(UTC)
    first = now - SAMPLES_KEPT - timedelta(days=3)
    deliver(own_catalog, own_con, "on disk", "a", first=first, series=("vanishing",))
    folder = own_catalog.settings.files / "raw" / "server__samples"

    def on_disk() -> int:
        every = f"select count(*) from read_parquet('{folder}/**/*.parquet', union_by_name => true)"
        return int(own_con.execute(f"{every} where series_id = 'vanishing'").fetchone()[0])  # type: ignore[index]

    assert on_disk() == 10
    for hours in (0, 25, 50):
        run(own_catalog, own_con, now + timedelta(hours=hours))
    assert on_disk() == 0


def test_sweep_spares_the_file_of_a_running_writer_and_takes_the_orphan(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    own_con.execute("create table lake.raw.written (a int)")
    folder = own_catalog.settings.files / "raw" / "written"
    writer = own_catalog.connect()
    try:
        writer.execute("begin")
        writer.execute("insert into lake.raw.written values (1)")
        (written,) = folder.glob("*.parquet")
        orphan = folder / "ducklake-orphan.parquet"
        orphan.write_bytes(written.read_bytes())
        day_ago = time.time() - 25 * 3600
        os.utime(orphan, (day_ago, day_ago))
        steps = run(own_catalog, own_con, datetime.now(UTC))
        assert steps["orphans"] == "1 files removed"
        assert (written.exists(), orphan.exists()) == (True, False)
        writer.execute("commit")
    finally:
        writer.close()
    assert own_con.execute("select a from lake.raw.written").fetchall() == [(1,)]
    own_con.execute("drop table lake.raw.written")


def test_reader_that_began_before_keeps_its_rows(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection) -> None:
    for i in range(3):
        deliver(own_catalog, own_con, "read", str(i), first=NOON + timedelta(hours=i))
    reader = own_catalog.connect()
    count = "select count(*), sum(value) from lake.raw.server__samples where source = 'read'"
    try:
        reader.execute("begin")
        before = reader.execute(count).fetchall()
        snapshot = reader.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
        run(own_catalog, own_con, datetime.now(UTC))
        assert reader.execute(count).fetchall() == before
        reader.execute("rollback")
        assert snapshot is not None
        travelled = count.replace("server__samples", f"server__samples at (version => {snapshot[0]})")
        assert reader.execute(travelled).fetchall() == before
    finally:
        reader.close()


@pytest.mark.long
def test_writers_go_on_during_upkeep_and_two_upkeeps_take_turns(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    deadline = time.monotonic() + 8

    def write(source: str) -> int:
        con, n = own_catalog.connect(), 0
        try:
            while time.monotonic() < deadline or n < 3:
                deliver(own_catalog, con, source, str(n), first=NOON + timedelta(minutes=n), n=3)
                n += 1
        finally:
            con.close()
        return n

    def look_after(_: int) -> int:
        con, n = own_catalog.connect(), 0
        try:
            while time.monotonic() < deadline or n < 1:
                run(own_catalog, con, datetime.now(UTC) + timedelta(hours=2 * n))
                n += 1
        finally:
            con.close()
        return n

    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write, f"busy {i}") for i in range(2)]
        upkeeps = [pool.submit(look_after, i) for i in range(2)]
        batches = {f"busy {i}": future.result() for i, future in enumerate(written)}
        assert all(future.result() >= 1 for future in upkeeps)
    for source, n in batches.items():
        rows = own_con.execute("select count(*) from lake.raw.server__samples where source = ?", [source]).fetchone()
        told = own_con.execute(
            "select count(distinct batch_id), sum(n_accepted) from lake.ops.batches where source = ?", [source]
        ).fetchone()
        assert (rows, told) == ((6 * n,), (n, 6 * n))


def test_old_payload_goes_only_when_it_was_read(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection) -> None:
    landing, settings = Landing(own_catalog.settings), own_catalog.settings
    declare(own_con, "landed")
    at = datetime.now(UTC) - timedelta(days=91)
    read, unread, young = (
        landing.keep("landed", Payload(body=body, origin="test", format="prometheus", received_at=received_at))
        for body, received_at in ((b"read", at), (b"unread", at), (b"young", datetime.now(UTC)))
    )
    for landed in (read, young):
        insert(
            own_con,
            "ops.objects",
            [(landed.sha256, "landed", "reading", landed.sha256, "test", landed.n_bytes, landed.received_at)],
        )
    scratch = settings.scratch / "landing-left-behind"
    scratch.write_bytes(b"half")
    os.utime(scratch, (at.timestamp(), at.timestamp()))
    steps = run(own_catalog, own_con, datetime.now(UTC))
    assert steps["landing"] == "1 payloads removed"
    assert steps["drafts"] == "1 files removed"
    assert [landed.path.exists() for landed in (read, unread, young)] == [False, True, True]
    assert not read.path.with_suffix(".json").exists()


def test_every_raw_table_and_slug_has_a_rule(own_catalog: Catalog) -> None:
    rules = load_policy(own_catalog.settings).in_force(date(2026, 11, 1))
    assert {f"raw.{table}" for table in (*CONTRACTS, QUARANTINE)} <= rules.keys()
    assert {f"landing.{contract.slug}" for contract in CONTRACTS.values()} <= rules.keys()


def test_later_rule_holds_from_its_day_on(own_home: Settings) -> None:
    own_home.home.mkdir()
    later = (
        '\n[[rule]]\ntable = "raw.quarantine"\nkeep_days = 7\nvalid_from = 2027-01-01\n'
        'purpose = "correcting"\nlegal_basis = "rule of the centre"\n'
    )
    (own_home.home / FILE).write_text(SHIPPED.read_text(encoding="utf-8") + later, encoding="utf-8")
    policy = load_policy(own_home)
    days = [policy.in_force(day)["raw.quarantine"].keep_days for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert days == [90, 7]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("hours = 24", "hours = 0"), "history.hours"),  # it would take files from under readers
        (("keep_days = 90", "keep_days = 0"), "keep_days"),
        (("raw.quarantine", "raw.quarantene"), "raw.quarantene"),  # a typing error must not keep data for ever
        (("[[rule]]", "[[rule"), "TOML"),
    ],
)
def test_policy_that_cannot_be_meant_is_refused(own_home: Settings, change: tuple[str, str], told: str) -> None:
    own_home.home.mkdir()
    (own_home.home / FILE).write_text(SHIPPED.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        load_policy(own_home)


def test_unknown_step_is_refused(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(SettingsError, match=next(iter(STEPS))):
        upkeep(own_catalog, own_con, own_catalog.settings, NOON, skip=["scam"])
