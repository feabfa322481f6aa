"""Backup and restore: what a backup says it holds comes back whole, and a backup that is torn never does."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import duckdb
import pytest
from small_lake import NOON, declare, deliver, files_of, flip, hashes

from lake import checksums, suppression
from lake.backup import backup, restore
from lake.backup_set import FINISHED, MANIFEST
from lake.catalog import Catalog, open_catalog
from lake.contracts.subject import Subject
from lake.errors import LakeError
from lake.landing import Landing
from lake.settings import Settings
from lake.sources.base import Payload

pytestmark = pytest.mark.xdist_group("backup")  # one lake for all tests of this module


@pytest.fixture
def finished(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """A finished backup of a lake with something of everything in it."""
    settings = own_catalog.settings
    deliver(own_catalog, own_con, "everything", tmp_path.name, first=NOON)
    own_con.execute("delete from lake.raw.server__samples where source = 'everything' and value = 3")
    declare(own_con, tmp_path.name)  # a row inlined into the catalogue
    landed = Payload(body=tmp_path.name.encode(), origin="test", format="prometheus", received_at=NOON)
    Landing(settings).keep("everything", landed)
    settings.sources_file.write_text("# declared\n")
    folder = tmp_path / "backup"
    backup(own_catalog, settings, folder)
    return folder


def test_restored_lake_equals_the_one_backed_up(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, finished: Path, own_home: Settings
) -> None:
    before = hashes(own_con)
    deliver(own_catalog, own_con, "later", "a")  # not in the backup
    shutil.copytree(own_catalog.settings.secrets, own_home.secrets)
    restore(finished, own_home)
    with open_catalog(own_home) as catalog, catalog.connect() as con:
        assert hashes(con) == before
        assert checksums.scan(catalog) == []
        (file, *_) = files_of(con, "server__samples")
        assert file.is_relative_to(own_home.files)
        assert deliver(catalog, con, "goes on", "a").n_accepted == 20
    landed = {path.relative_to(own_home.landing) for path in own_home.landing.rglob("*") if path.is_file()}
    original = own_catalog.settings.landing
    assert landed == {path.relative_to(original) for path in original.rglob("*") if path.is_file()}
    assert own_home.sources_file.read_text() == "# declared\n"


def test_person_erased_after_the_backup_does_not_return_with_it(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, tmp_path: Path, own_home: Settings
) -> None:
    settings = own_catalog.settings
    body = b"# HELP up call 0912 345 678\nup 1\n"
    declare(own_con, "erased")
    payload = Payload(body=body, origin="test", format="prometheus", received_at=NOON)
    landed = Landing(settings).keep("erased", payload)
    backup(own_catalog, settings, tmp_path / "backup")
    shutil.copytree(settings.secrets, own_home.secrets)  # its copy is newer than the backup
    suppression.note(own_home, suppression.entries(own_home, Subject("phone", "0912345678")))
    done = restore(tmp_path / "backup", own_home)
    assert (done.erased.n_payloads, done.is_published) == (1, False)
    assert not (own_home.landing / landed.path.relative_to(settings.landing)).exists()
    assert not any(body in file.read_bytes() for file in own_home.home.rglob("*") if file.is_file())


def test_backup_during_commits_holds_every_batch_of_its_snapshot_whole(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, tmp_path: Path, own_home: Settings
) -> None:
    stopped, committed = threading.Event(), []

    def write() -> None:
        with own_catalog.connect() as con:
            while not stopped.is_set():
                name = f"{len(committed)}"
                committed.append(deliver(own_catalog, con, "meanwhile", name, first=NOON.replace(minute=0), n=4))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(committed) < 2:
            assert writer.is_alive()
        n_before = len(committed)
        for _ in range(3):
            backup(own_catalog, own_catalog.settings, tmp_path / "backup")
        n_after = len(committed)
    finally:
        stopped.set()
        writer.join()
    assert n_after > n_before, "no batch was committed during the backups, so they proved nothing"
    restore(tmp_path / "backup", own_home)
    with open_catalog(own_home) as catalog, catalog.connect() as con:
        told = con.execute(
            "select count(distinct batch_id), sum(n_offered), sum(n_accepted), sum(n_quarantined), "
            "sum(n_deduplicated) from lake.ops.batches where source = 'meanwhile'"
        ).fetchone()
        rows = con.execute("select count(*) from lake.raw.server__samples where source = 'meanwhile'").fetchone()
        assert told is not None
        assert rows is not None
        n_batches, offered, accepted, quarantined, deduplicated = told
        assert n_before <= n_batches <= n_after + 1
        assert offered == 8 * n_batches == accepted + quarantined + deduplicated
        assert rows[0] == accepted
        assert checksums.scan(catalog) == []


def test_second_backup_copies_only_what_is_new_and_drops_what_is_gone(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, finished: Path
) -> None:
    own_con.execute("create table lake.raw.passing as select 1 as a")
    backup(own_catalog, own_catalog.settings, finished)
    assert list(finished.glob("files/raw/passing/*.parquet"))
    kept = next(finished.glob("files/raw/server__samples/**/*.parquet"))
    written_at = kept.stat().st_mtime_ns
    own_con.execute("drop table lake.raw.passing")
    own_con.execute("call ducklake_expire_snapshots('lake', older_than => now())")
    backup(own_catalog, own_catalog.settings, finished)
    assert kept.stat().st_mtime_ns == written_at
    assert not (finished / "files/raw/passing").exists()
    assert len(list(finished.glob(f"*/{FINISHED}"))) == 1


def test_damaged_lake_does_not_replace_a_good_backup(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, finished: Path, own_home: Settings
) -> None:
    known = set(files_of(own_con, "server__samples"))
    deliver(own_catalog, own_con, "damaged", finished.parent.name)
    checksums.record_new(own_catalog)
    (new,) = set(files_of(own_con, "server__samples")) - known
    flip(new)
    try:
        with pytest.raises(LakeError, match=r"raw\.server__samples is changed"):
            backup(own_catalog, own_catalog.settings, finished)
    finally:
        flip(new)
    assert restore(finished, own_home).backup.n_bytes > 0


@pytest.mark.parametrize("wound", ["no mark", "manifest", "catalogue", "lake file", "payload", "lost file"])
def test_torn_or_damaged_backup_is_refused_and_nothing_is_written(
    finished: Path, own_home: Settings, wound: str
) -> None:
    mark = next(finished.glob(f"*/{FINISHED}"))
    payload = next(path for path in finished.glob("landing/*/??/*") if not path.suffix)
    if wound == "no mark":
        mark.unlink()
    elif wound == "lost file":
        next(finished.glob("files/**/*.parquet")).unlink()
    else:
        files = {
            "manifest": mark.with_name(MANIFEST),
            "catalogue": mark.with_name("catalog.dump"),
            "lake file": next(finished.glob("files/**/*.parquet")),
            "payload": payload,
        }
        flip(files[wound])
    with pytest.raises(LakeError, match="backup"):
        restore(finished, own_home)
    assert not own_home.home.exists()


def test_backup_interrupted_before_its_end_leaves_the_one_before(
    own_catalog: Catalog, finished: Path, own_home: Settings
) -> None:
    torn = finished / "99990101T000000000000Z"
    torn.mkdir()
    (torn / "catalog.dump").write_bytes(b"half")
    assert restore(finished, own_home).backup.name != torn.name
    backup(own_catalog, own_catalog.settings, finished)
    assert not torn.exists()


def test_home_in_use_is_not_overwritten(own_catalog: Catalog, finished: Path) -> None:
    with pytest.raises(LakeError, match="not empty"):
        restore(finished, own_catalog.settings)


def test_folder_of_something_else_is_not_taken_for_a_backup(own_catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(LakeError, match="holds no backup"):
        backup(own_catalog, own_catalog.settings, tmp_path)
    assert (tmp_path / "photos").exists()
    with pytest.raises(LakeError, match="own home"):
        backup(own_catalog, own_catalog.settings, own_catalog.settings.home / "backup")


def test_backup_of_another_lake_is_not_pruned(own_catalog: Catalog, finished: Path) -> None:
    owner = finished / "backup.json"
    owner.write_text(json.dumps({"lake": "another"}))
    with pytest.raises(LakeError, match="another lake"):
        backup(own_catalog, own_catalog.settings, finished)


def test_keys_stay_out_of_the_backup(own_catalog: Catalog, finished: Path) -> None:
    keys = {file.read_bytes().strip() for file in own_catalog.settings.secrets.iterdir() if file.is_file()}
    assert keys
    copied = [file.read_bytes() for file in finished.rglob("*") if file.is_file()]
    assert not any(key in content for key in keys for content in copied)
