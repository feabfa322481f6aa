"""A small real lake, what a harvest left in it, and the generator's own ledger to compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import Source, declare
from lake.vault import Vault
from orchestration.harvest import Outcome, harvest

IDENTITY = {
    "ticket": ("ticket__requests", "request_id"),
    "server": ("server__samples", "epoch(sampled_at)::bigint::varchar"),
    "media": ("media__articles", "article_id"),
    "camera": ("camera__events", "event_id"),
}


@dataclass
class Ledger:
    """What was offered: ids that must land, bad records as (reason code, bytes), records there twice."""

    good: set[str] = field(default_factory=set)
    bad: set[tuple[str, bytes]] = field(default_factory=set)
    n_twice: int = 0

    @property
    def n_offered(self) -> int:
        return len(self.good) + len(self.bad) + self.n_twice


class Lake:
    """Harvests into one lake; every call is a source of its own."""

    def __init__(self, catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
        self.catalog, self.con = catalog, con
        self._n_sources = 0

    def declare(self, slug: str, format: str, location: Path | str, **fields: Any) -> Source:
        self._n_sources += 1
        names = {"name_vi": "x", "name_en": "x"}
        return declare(f"s{self._n_sources}", slug=slug, format=format, location=str(location), **names, **fields)

    def harvest(self, source: Source) -> Outcome:
        return harvest(self.catalog, self.con, source, run_id="run", location=source.location)

    def ids(self, source: Source) -> set[str]:
        table, identity = IDENTITY[source.slug]
        found = self.con.execute(f"select {identity} from lake.raw.{table} where source = ?", [source.id]).fetchall()
        assert len(found) == len(set(found))
        return {identity for (identity,) in found}

    def quarantine(self, source: Source) -> set[tuple[str, bytes]]:
        statement = "select reason_code, raw from lake.raw.quarantine where source = ?"
        vault = Vault(self.catalog.settings)
        return {(code, vault.open(bytes(raw))) for code, raw in self.con.execute(statement, [source.id]).fetchall()}

    def agrees(self, source: Source, outcome: Outcome, ledger: Ledger) -> None:
        """Assert that the lake holds what the ledger says, as sets, and that the accounts add up."""
        assert outcome.error is None
        (receipt,) = outcome.receipts
        ids, kept = self.ids(source), self.quarantine(source)
        assert ids - ledger.good == set()
        assert ledger.good - ids == set()
        assert _shown(kept - ledger.bad) == []
        assert _shown(ledger.bad - kept) == []
        assert receipt.n_offered == ledger.n_offered
        assert receipt.n_offered == receipt.n_accepted + receipt.n_quarantined + receipt.n_deduplicated
        assert receipt.n_deduplicated == ledger.n_twice


def _shown(records: set[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return sorted((code, raw[:200]) for code, raw in records)[:20]


@contextmanager
def small_lake(home: Path) -> Iterator[Lake]:
    with open_catalog(Settings(home=home)) as catalog:
        con = catalog.connect()
        ensure_tables(catalog, con)
        yield Lake(catalog, con)
        con.close()


@contextmanager
def peak_below(megabytes: int) -> Iterator[None]:
    """Assert that this process never holds more than that besides what it holds now (VmHWM, reset by clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mb()
    yield
    assert _peak_mb() - before < megabytes


def _peak_mb() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024
