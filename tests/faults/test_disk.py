"""A full or read-only disk: refused in words, nothing half-written, and the next harvest simply goes on."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import Forks, Lab, Tally, opened_lab
from ledger import drained
from loopback import Server
from promises import Promises

from lake import serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
NEXT_STEP = re.compile(r"(free|make|check|correct|run|restore|see)\b", re.IGNORECASE)
# bytes -> what is refused, how often: where not even the account of a harvest can be written, the first ends the run
TOO_SMALL = {1_000: ("ops.harvests could not be written", 1), 3_000: ("batch could not be written", 2)}


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[None]:
    """Mount something on `folder` for the block; skips where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine does not let a test mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder as on a disk that went read-only."""
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """The file system of `folder` without a free byte."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue
        yield
    finally:
        ballast.unlink()


def refused(lab: Lab, **fields: object) -> str:
    """Harvest two deliveries that the disk refuses; the sentence, after the state was found whole."""
    told = lab.harvest(lab.new(2), **fields).wait()
    assert all(fact["error"] for fact in told), told
    return sentences(told)


def sentences(told: list[dict[str, Any]]) -> str:
    """What went wrong, each in words with a next step."""
    errors = [str(fact["error"]) for fact in told if fact["error"]]
    for error in errors:
        assert "defect" not in error, error
        assert NEXT_STEP.search(error), error
        assert len(error) < 800, error
    return " | ".join(errors)


def judge(lab: Lab, tally: Tally, promises: Promises) -> None:
    """After the disk is as it was: nothing torn, and all that waits goes in without another step."""
    tally.add(lab.check())
    lab.drain(tally)
    tally.orphans = lab.orphans()
    promises.keep(tally)


@pytest.mark.parametrize("limit", TOO_SMALL, ids=["every file", "lake files"])
def test_files_past_a_size_limit_are_refused_whole(lab: Lab, limit: int, promises: Promises) -> None:
    lab.acknowledge(lab.harvest(lab.new(2)).wait())
    sentence, n_told = TOO_SMALL[limit]
    assert refused(lab, file_limit=limit).count(sentence) == n_told
    judge(lab, Tally(f"no file may pass {limit} bytes", times=2), promises)


@pytest.mark.parametrize("part", ["landing", "files", "scratch"])
def test_read_only_folder_is_named_and_forgotten_once_mended(lab: Lab, part: str, promises: Promises) -> None:
    lab.acknowledge(lab.harvest(lab.new(2)).wait())
    with read_only(lab.home / part):
        refused(lab)
        tally = Tally(f"{part} read-only", times=2)
        tally.add(lab.check())
    judge(lab, tally, promises)


def test_full_disk_refuses_batches_and_publications_and_recovers(
    tmp_path: Path, forks: Forks, server: Server, promises: Promises
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with (
        mounted(folder, "-t", "tmpfs", "-o", "size=256m", "tmpfs"),
        opened_lab(tmp_path / "lab", forks, server, home=folder / "home") as lab,
    ):
        lab.acknowledge(lab.harvest(lab.new(2)).wait())
        lab.start("publish", times=1, prefix="before").wait()
        tally = Tally("disk full", times=3)
        with full(folder):
            refused(lab)
            tally.add(lab.check())
            (told,) = lab.start("publish", times=1, prefix="full", is_unchanged=True).wait()
            assert NEXT_STEP.search(told["error"]), told
            assert serving.published(lab.catalog.settings).run_id == "before-0"
        lab.start("publish", times=1, prefix="after").wait()
        assert serving.published(lab.catalog.settings).run_id == "after-0"
        judge(lab, tally, promises)


def test_full_disk_of_the_catalogue_refuses_batches_and_recovers(
    tmp_path: Path,
    forks: Forks,
    server: Server,
    is_full: bool,
    promises: Promises,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_full:
        pytest.skip("the writers' patience makes this slow: make test-faults")
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = Path(os.environ["IOC_ROOT_CATALOG_FOLDER"]).parent / "small-disk"  # the server's user may pass through
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=256m", "tmpfs"):
        monkeypatch.setenv("IOC_ROOT_CATALOG_FOLDER", str(folder / "root"))
        with opened_lab(tmp_path / "lab", forks, server) as lab:
            place = {"settings": {"root_catalog_folder": str(folder / "root")}}
            lab.acknowledge(lab.harvest(lab.new(2), **place).wait())
            tally = Tally("disk of the catalogue full", times=2)
            with full(folder):
                # The first ones may fit into pages the server already has.
                told = lab.harvest(lab.new(3), **place).wait(900.0)
                assert "room" in sentences(told) or "No space" in sentences(told), told
            lab.acknowledge(fact for fact in told if fact["error"] is None)
            lab.con.close()
            lab.con = lab.catalog.connect()
            tally.add(lab.check())
            lab.acknowledge(lab.harvest(lab.waiting(), **place).wait(900.0))
            tally.add(drained(lab.con, lab.ledger))
            promises.keep(tally)


def test_flipped_byte_of_a_committed_file_is_told_by_the_next_upkeep(own_lab: Lab) -> None:
    lab = own_lab
    lab.acknowledge(lab.harvest(lab.new(2)).wait())
    assert [fact["error"] for fact in lab.start("upkeep").wait()] == [None]
    file = next((lab.home / "files" / "raw" / "ticket__requests").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    (told,) = lab.start("upkeep").wait()
    assert "ticket__requests" in told["error"], told
    assert NEXT_STEP.search(told["error"]), told
    shown = "select count(*) from lake.ops.check_results where suite = 'upkeep' and not is_success"
    assert lab.con.execute(shown).fetchone() == (1,)
