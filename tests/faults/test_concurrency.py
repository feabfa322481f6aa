"""Writers, compaction, a build and readers at once: exact accounts, and no reader sees an error or half a state."""

from __future__ import annotations

import pytest
from harness import Lab, Tally, Worker
from ledger import CAMERA, TICKET, drained
from promises import Promises

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
PATIENCE_S = 900.0


@pytest.mark.long
def test_writers_compaction_build_and_readers_do_not_disturb_each_other(
    own_lab: Lab, is_full: bool, promises: Promises
) -> None:
    lab = own_lab
    n_writers, n_commits, n_readers = (4, 50, 4) if is_full else (3, 4, 1)
    stop = lab.folder / "stop"
    lab.acknowledge(lab.harvest(lab.new(2)).wait())
    lab.start("publish", times=1, prefix="first").wait()
    sources = [CAMERA, TICKET, f"{CAMERA}-2", f"{TICKET}-2"][:n_writers]
    beside = [lab.start("compact", stop=str(stop), pause_s=0.5)]
    # A pause between two reads, or the readers would leave two cores to nobody else.
    beside += [lab.start("read_lake", stop=str(stop), pause_s=0.3) for _ in range(n_readers)]
    beside += [lab.start("read_serving", stop=str(stop), pause_s=0.1) for _ in range(n_readers)]
    building = [lab.start("build"), lab.start("publish", times=10, prefix="beside")] if is_full else []
    writers = [lab.harvest(lab.new(n_commits, source)) for source in sources]
    # Two writers of one source, the same deliveries: each batch must land once.
    writers.append(lab.harvest([d for d in lab.waiting() if d["source"] == sources[0]]))
    for writer in writers:
        lab.acknowledge(writer.wait(PATIENCE_S))
    for worker in building:
        assert all(fact.get("code", 0) == 0 and "error" not in fact for fact in worker.wait(PATIENCE_S))
    stop.touch()
    told = [fact for worker in beside for fact in worker.wait()]
    merges, reads = sum("done" in fact for fact in told), sum(fact.get("reads", 0) for fact in told)
    assert merges > 0
    assert reads >= 2 * n_readers
    assert [fact for fact in told if {"torn", "mixed", "error"} & set(fact)] == []
    tally = Tally(f"{n_writers + 1} writers, compaction, {2 * n_readers} readers" + (", dbt build" if is_full else ""))
    tally.times = sum(len(writer.told()) for writer in writers)
    tally.add(drained(lab.con, lab.ledger))
    tally.note = f"times: commits; {merges} merges, {reads} reads without an error or a half state"
    promises.keep(tally)


def test_readers_never_see_two_runs_in_one_publication(own_lab: Lab, is_full: bool, promises: Promises) -> None:
    lab, times = own_lab, 100 if is_full else 12
    stop = lab.folder / "stop"
    lab.start("publish", times=1, prefix="first").wait()
    readers: list[Worker] = [lab.start("read_serving", stop=str(stop)) for _ in range(4 if is_full else 2)]
    published = lab.start("publish", times=times, prefix="again").wait(PATIENCE_S)
    stop.touch()
    told = [fact for reader in readers for fact in reader.wait()]
    assert [fact["done"] for fact in published] == [f"again-{number}" for number in range(times)]
    assert [fact for fact in told if "reads" not in fact] == []
    reads, runs = sum(fact["reads"] for fact in told), max(fact["runs"] for fact in told)
    assert runs >= times // 4, "the readers must have met many publications"
    promises.keep(Tally(f"{len(readers)} readers through publishes", f"{reads} reads, 0 mixed, 0 errors", times))
