"""The scan of the lake's files: no changed or lost file goes unnoticed, no sound one is accused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from small_lake import NOON, deliver, files_of, flip

from lake import checksums
from lake.catalog import Catalog
from lake.upkeep import upkeep

pytestmark = pytest.mark.xdist_group("checksums")  # one lake for all tests of this module


def test_one_changed_byte_is_found_in_each_of_twenty_files(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    for i in range(20):
        deliver(own_catalog, own_con, "flipped", str(i), first=NOON + timedelta(minutes=i))
    checksums.record_new(own_catalog)
    files = files_of(own_con, "server__samples")
    assert len(files) == 20
    assert checksums.scan(own_catalog) == []
    before = {file: file.read_bytes() for file in files}
    for i, file in enumerate(files):
        flip(file, i * (len(before[file]) - 1) // 19)  # from the first byte to the last
    found = checksums.scan(own_catalog)
    assert {own_catalog.settings.files / damage.address for damage in found} == set(files)
    assert {(damage.table, damage.kind) for damage in found} == {("raw.server__samples", "changed")}
    for file, content in before.items():
        file.write_bytes(content)
    assert checksums.scan(own_catalog) == []


def test_lost_and_shortened_files_are_found_before_their_checksum_is_noted(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    known = set(files_of(own_con, "server__samples"))
    deliver(own_catalog, own_con, "lost", "a")
    deliver(own_catalog, own_con, "lost", "b", first=NOON + timedelta(hours=1))
    lost, short = sorted(set(files_of(own_con, "server__samples")) - known)
    before = lost.read_bytes(), short.read_bytes()
    lost.unlink()
    short.write_bytes(before[1][:-1])
    checksums.record_new(own_catalog)
    found = {own_catalog.settings.files / damage.address: damage.kind for damage in checksums.scan(own_catalog)}
    assert found == {lost: "missing", short: "changed"}
    lost.write_bytes(before[0])
    short.write_bytes(before[1])
    assert checksums.record_new(own_catalog) == 2
    assert checksums.scan(own_catalog) == []


def test_files_no_snapshot_needs_are_not_missed(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection) -> None:
    own_con.execute("create table lake.raw.passing as select 1 as a")
    checksums.record_new(own_catalog)
    own_con.execute("drop table lake.raw.passing")
    own_con.execute("call ducklake_expire_snapshots('lake', older_than => now())")
    own_con.execute("call ducklake_cleanup_old_files('lake', cleanup_all => true)")
    assert checksums.scan(own_catalog) == []


def test_damage_is_told_on_the_quality_page_and_not_copied_by_a_merge(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection
) -> None:
    deliver(own_catalog, own_con, "shown", "a", first=NOON + timedelta(hours=2))
    deliver(own_catalog, own_con, "shown", "b", first=NOON + timedelta(hours=3))
    checksums.record_new(own_catalog)
    files = files_of(own_con, "server__samples")
    flip(files[0])
    report = upkeep(own_catalog, own_con, own_catalog.settings, datetime.now(UTC))
    (damage,) = report.damages
    assert own_catalog.settings.files / damage.address == files[0]
    assert "raw.server__samples" in report.failures[0]
    assert "backup" in report.failures[0]
    assert set(files_of(own_con, "server__samples")) == set(files), "a merge would take the damage for the truth"
    shown = (
        "select column_name, severity, is_success, batch_id from lake.ops.check_results "
        "where suite = 'upkeep' and expectation = 'lake_files_are_undamaged' order by checked_at"
    )
    assert own_con.execute(shown).fetchall() == [("raw.server__samples", "blocking", False, None)]
    flip(files[0])  # back to what it was
    with own_catalog.connect() as fresh:  # the engine holds what it read of a file that never changes
        assert upkeep(own_catalog, fresh, own_catalog.settings, datetime.now(UTC)).failures == []
    assert own_con.execute(shown).fetchall()[-1][2] is True
    assert len(files_of(own_con, "server__samples")) < len(files)
