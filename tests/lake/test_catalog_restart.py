"""The catalogue's server dies and comes back while a writer works: every batch is there once, and its accounts too.

The writer is a process of its own. DuckLake may end the process whose catalogue connection is lost while it reads
rows inlined into the catalogue (DuckDB 1.5.5: an internal error, then an abort when the engine is closed); it is then
started again and goes on with the batch that was not acknowledged, as `ioc run` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from lake import catalog_folder
from lake.catalog import open_catalog
from lake.postgres_programs import Programs
from lake.postmaster import until
from lake.settings import Settings

N_RESTARTS = 20
N_ROWS = 20
N_SHARED = 5  # rows of each batch that the one before it held as well

WRITER = """
import os, sys
from itertools import count
from pathlib import Path
from test_tables import batch, samples
from lake import tables
from lake.catalog import open_catalog
from lake.contracts.base import rejected_frame
from lake.schema import ensure_tables
from lake.settings import Settings

home, log, n_rows, n_shared = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
done = len([line for line in log.read_text().splitlines() if line.startswith("acknowledged")]) if log.exists() else 0

def say(*words):
    with log.open("a") as out:
        print(*words, file=out, flush=True)
        os.fsync(out.fileno())

with open_catalog(Settings(home=home)) as catalog, catalog.connect() as con:
    ensure_tables(catalog, con)
    for n in count(done):
        if (home / "enough").exists():
            break
        frame = samples(n_rows * (n + 1))[max(0, n * n_rows - n_shared):]
        rejected = rejected_frame([(n, "bad", "made for the test", f"line {n}".encode())])
        say("begun", n)
        receipt = tables.commit(catalog, con, batch("restarted", str(n)), {"server__samples": frame}, rejected)
        say("acknowledged", receipt.batch_id, receipt.n_offered, receipt.n_accepted, receipt.n_quarantined,
            receipt.n_deduplicated)
"""


class Writer:
    """The writing process, started again if it dies; its log tells what it began and what was acknowledged to it."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self.log = home, log
        self.n_deaths = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WRITER, str(self.home), str(self.log), str(N_ROWS), str(N_SHARED)]
        paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
        return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)})

    def said(self, word: str) -> list[list[str]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.split()[1:] for line in lines if line.startswith(word)]

    def revive(self) -> None:
        if self.process.poll() is not None:
            self.n_deaths += 1
            self.process = self._start()

    def acknowledges_one_more(self) -> bool:
        before = len(self.said("acknowledged"))

        def is_there() -> bool:
            self.revive()
            return len(self.said("acknowledged")) > before

        return until(is_there, 90.0)


def restart(programs: Programs, data: Path) -> None:
    """As an operator would, at once and without a checkpoint."""
    command = ["pg_ctl", "-D", str(data), "-m", "immediate", "-w", "-t", "60", "-l", os.devnull, "restart"]
    with Path(os.devnull).open("w") as nothing:
        assert programs.spawn(nothing, *command).wait() == 0


@pytest.mark.slow
@pytest.mark.long
def test_no_batch_is_lost_or_doubled_when_the_catalogue_restarts(own_home: Settings, tmp_path: Path) -> None:
    programs, moments = Programs(own_home.root_catalog_folder), Random(1)
    n_interrupted = 0
    with open_catalog(own_home) as catalog:
        data = catalog_folder.of_home(own_home) / "data"
        writer = Writer(own_home.home, tmp_path / "log")
        try:
            for _ in range(N_RESTARTS):
                assert writer.acknowledges_one_more()
                time.sleep(moments.uniform(0, 0.3))  # anywhere in the next commit
                n_begun, n_acknowledged = len(writer.said("begun")), len(writer.said("acknowledged"))
                restart(programs, data)
                n_interrupted += n_begun > n_acknowledged == len(writer.said("acknowledged"))
            assert writer.acknowledges_one_more()
            (own_home.home / "enough").touch()
            exit_code = writer.process.wait(60)
        finally:
            writer.process.kill()
            writer.process.wait()
        with catalog.connect() as con:
            accounts = con.execute(
                "select batch_id, sum(n_offered)::int, sum(n_accepted)::int, sum(n_quarantined)::int, "
                "sum(n_deduplicated)::int from lake.ops.batches group by 1 having count(*) = 2"
            ).fetchall()
            stored = con.execute("select batch_id, count(*) from lake.raw.server__samples group by 1").fetchall()
            bad = con.execute("select batch_id, count(*) from lake.raw.quarantine group by 1").fetchall()
            objects = con.execute("select batch_id, count(*) from lake.ops.objects group by 1").fetchall()
    print(
        f"{N_RESTARTS} restarts, {n_interrupted} inside a commit, {writer.n_deaths} ended the writer, exit {exit_code}"
    )
    assert n_interrupted > N_RESTARTS / 2, f"only {n_interrupted} restarts fell into a commit"
    told = [(id_, *map(int, numbers)) for id_, *numbers in writer.said("acknowledged")]
    ids = [id_ for id_, *_ in told]
    assert len(ids) == len(set(ids))
    first = (ids[0], N_ROWS + 1, N_ROWS, 1, 0)
    assert told == [first, *((id_, N_ROWS + N_SHARED + 1, N_ROWS, 1, N_SHARED) for id_ in ids[1:])]
    assert sorted(accounts) == sorted(told)
    assert sorted(stored) == sorted((id_, N_ROWS) for id_ in ids)
    assert sorted(bad) == sorted(objects) == sorted((id_, 1) for id_ in ids)
