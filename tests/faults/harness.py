"""Starts workers, kills them, and keeps count of what the kills did."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from ledger import CAMERA, TICKET, Delivery, Findings, Generator, Ledger, check, drained, is_camera
from loopback import Server

from lake.catalog import Catalog, open_catalog
from lake.landing import Landing
from lake.schema import ensure_tables
from lake.settings import Settings
from orchestration import reading

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
RESTART_S = 30.0  # promised


class Forks:
    """The fork server. `start` gives a running worker."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, job: dict[str, Any]) -> int:
        """Process number of a new worker that does `job`."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Worker:
    """One running worker: what it told so far, its end."""

    def __init__(self, forks: Forks | None, job: dict[str, Any]) -> None:
        self.out = Path(job["out"])
        self.started_at = time.monotonic()
        self._child: subprocess.Popen[bytes] | None = None
        if forks:
            self.pid = forks.start(job)
        else:
            self._child = subprocess.Popen([sys.executable, "-m", "tests.faults.worker", json.dumps(job)], cwd=ROOT)
            self.pid = self._child.pid
        with suppress(ProcessLookupError):  # it may have ended by now
            self._handle = os.pidfd_open(self.pid)

    def told(self) -> list[dict[str, Any]]:
        """What it has said, oldest first."""
        if not self.out.exists():
            return []
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def wait(self, timeout_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """What it has said when it ended. Fails when it does not end, or said that the product has a defect."""
        if hasattr(self, "_handle"):
            assert select.select([self._handle], [], [], timeout_s)[0], f"{self.out.name} did not end: {self.told()}"
            os.close(self._handle)
            del self._handle
        if self._child:
            self._child.wait()
        told = self.told()
        assert not any("defect" in fact for fact in told), "\n".join(str(f.get("defect", f)) for f in told)
        return told

    def wait_for(self, n: int) -> None:
        """Wait until it has told `n` facts or has ended."""
        ends_at = time.monotonic() + PATIENCE_S
        while len(self.told()) < n and not self.has_ended():
            assert time.monotonic() < ends_at, f"{self.out.name} said nothing more: {self.told()}"
            time.sleep(0.002)

    def has_ended(self) -> bool:
        return not hasattr(self, "_handle") or bool(select.select([self._handle], [], [], 0)[0])

    def kill(self) -> None:
        """Kill -9 it and what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@dataclass
class Tally:
    """Measured results of one kind of fault."""

    fault: str
    note: str = ""
    times: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    altered: int = 0
    in_commit: int = 0
    orphans: int = 0
    restart_s: float = 0.0
    sentences: list[str] = field(default_factory=list)

    def add(self, findings: Findings) -> None:
        self.lost += len(findings.lost)
        self.doubled += len(findings.doubled)
        self.torn += len(findings.torn)
        self.altered += len(findings.altered)
        if findings:
            self.sentences.append(str(findings))

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.torn or self.altered) and self.restart_s < RESTART_S


class Lab:
    """One real lake under attack, the ledger of what was sent to it, and the deliveries still to be made."""

    def __init__(self, folder: Path, forks: Forks, server: Server, catalog: Catalog, seed: int = 1) -> None:
        self.folder, self.forks, self.server, self.catalog = folder, forks, server, catalog
        self.home = catalog.settings.home
        self.ledger = Ledger(folder / "ledger.ndjson")
        self.generator = Generator(seed)
        self.random = random.Random(seed)
        self.documents: dict[str, bytes] = {}
        self.acknowledged: set[str] = set()
        self._sent: dict[str, Delivery] = {}
        self._n_workers = 0
        server.serve(self.documents)
        (folder / "camera").mkdir(exist_ok=True)
        self.con: duckdb.DuckDBPyConnection = catalog.connect()
        ensure_tables(catalog, self.con)

    def send(self, delivery: Delivery) -> dict[str, str]:
        """Lay a delivery out where the source finds it; what a worker must know to harvest it."""
        if delivery.name not in self._sent:
            self._sent[delivery.name] = delivery
            self.ledger.write(delivery)
        if is_camera(delivery.source):
            path = self.folder / "camera" / delivery.name
            path.write_bytes(delivery.body)
            location = str(path)
        else:
            self.documents[f"/{delivery.name}"] = delivery.body
            location = f"{self.server.url}/{delivery.name}"
        slug, format = ("camera", "ndjson") if is_camera(delivery.source) else ("ticket", "open311")
        return {"source": delivery.source, "slug": slug, "format": format, "name": delivery.name, "location": location}

    def new(self, n: int, *sources: str) -> list[dict[str, str]]:
        """The next `n` deliveries, of the sources in turn."""
        sources = sources or (CAMERA, TICKET)
        return [self.send(self.generator.next(sources[i % len(sources)])) for i in range(n)]

    def waiting(self, n_known: int = 2) -> list[dict[str, str]]:
        """Everything sent and not acknowledged, after the last `n_known` acknowledged ones once more."""
        known = [d for name, d in self._sent.items() if name in self.acknowledged]
        known = known[len(known) - min(n_known, len(known)) :]
        return [self.send(d) for d in [*known, *(d for n, d in self._sent.items() if n not in self.acknowledged)]]

    def start(self, do: str, *, is_cold: bool = False, **fields: Any) -> Worker:
        """Start a worker on this lake."""
        self._n_workers += 1
        out = self.folder / f"{self._n_workers:04d}-{do}.told"
        job = {"do": do, "home": str(self.home), "out": str(out)} | fields
        return Worker(None if is_cold else self.forks, job)

    def harvest(self, deliveries: Sequence[dict[str, str]], **fields: Any) -> Worker:
        """Start a worker that harvests `deliveries`."""
        return self.start("harvest_all", deliveries=list(deliveries), **fields)

    def acknowledge(self, facts: Iterable[dict[str, Any]]) -> None:
        """Take note of what a harvest returned, and of what another connection, ours, can see committed."""
        told = list(facts)
        assert all(fact.get("error") is None for fact in told), told
        self.acknowledged |= {fact["done"] for fact in told}
        seen = self.con.execute("select origin from lake.ops.objects").fetchall()
        self.acknowledged |= {origin.rsplit("/", 1)[-1] for (origin,) in seen} & set(self._sent)

    def check(self) -> Findings:
        """What is wrong now, judged by what was acknowledged."""
        return check(self.con, self.ledger, self.acknowledged)

    def drain(self, tally: Tally, *, is_cold: bool = False) -> None:
        """Restart: deliver what is waiting, without any other step, and judge."""
        worker = self.harvest(self.waiting(), is_cold=is_cold)
        worker.wait_for(1)
        tally.restart_s = max(tally.restart_s, time.monotonic() - worker.started_at)
        self.acknowledge(worker.wait())
        tally.add(drained(self.con, self.ledger))
        rows = reading.status(self.con, Landing(self.catalog.settings), [])
        in_flight = {row["source"]: row["in_flight"] for row in rows if row["in_flight"]}
        assert not in_flight, f"payloads landed and were neither committed nor refused: {in_flight}"

    def orphans(self) -> int:
        """Parquet files on the disk that no snapshot names."""
        known = {
            path.rsplit("/", 1)[-1]
            for (path,) in self.con.execute(
                "select path from __ducklake_metadata_lake.dl.ducklake_data_file union all "
                "select path from __ducklake_metadata_lake.dl.ducklake_delete_file union all "
                "select path from __ducklake_metadata_lake.dl.ducklake_files_scheduled_for_deletion"
            ).fetchall()
        }
        return sum(file.name not in known for file in (self.home / "files").rglob("*.parquet"))


@contextmanager
def opened_lab(folder: Path, forks: Forks, server: Server, seed: int = 1, home: Path | None = None) -> Iterator[Lab]:
    """A lab in `folder` with a lake of its own, in the folder too unless `home` says where."""
    folder.mkdir(exist_ok=True)
    with open_catalog(Settings(home=home or folder / "home")) as catalog:
        lab = Lab(folder, forks, server, catalog, seed)
        yield lab
        lab.con.close()


def is_in_commit(marks: Path) -> bool:
    """Whether the worker that left `marks` died between the first insert of a batch and its commit's return."""
    return marks.exists() and marks.read_bytes()[:1] == b"+"
