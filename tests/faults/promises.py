"""The table of measured promises: collected by the tests, printed at the end, kept in docs/promises.md when whole."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from harness import Tally

FILE = Path(__file__).parents[2] / "docs" / "promises.md"
HEAD = """\
# Promises under faults, as measured

Written by `make test-faults`; edit `tests/faults/`, not this file. An acknowledgement is a harvest that returned, or
a batch that another connection saw after its commit. Lost, doubled, torn and altered are counted in records or batches
against a ledger that is written outside the product; every line must show 0 of each. "In commit" counts the kills
between the first insert of a batch and the return of its commit.

"""
TABLE = (
    "| Fault | Times | In commit | Lost | Doubled | Torn | Altered | Orphan files | Restart (s) | Also |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
)


@dataclass
class Promises:
    """Results in the order they were measured."""

    tallies: list[Tally] = field(default_factory=list)

    def keep(self, tally: Tally) -> None:
        """Take a result into the table and fail unless it is clean."""
        self.tallies.append(tally)
        assert tally.is_clean, tally

    def rows(self) -> dict[str, str]:
        """One row of the table per fault, in Markdown."""
        return {
            t.fault: f"| {t.fault} | {t.times or ''} | {t.in_commit or ''} | {t.lost} | {t.doubled} | {t.torn} "
            f"| {t.altered} | {t.orphans or ''} | {f'{t.restart_s:.1f}' if t.restart_s else ''} | {t.note} |"
            for t in self.tallies
        }

    def write(self) -> None:
        """Bring docs/promises.md up to date; the rows of tests that were not run stay."""
        before = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
        known = {
            row.split(" | ")[0].removeprefix("| "): row for row in before if row.startswith("| ") and row not in TABLE
        }
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, duckdb {version('duckdb')}"
        table = "\n".join([*TABLE, *(known | self.rows()).values()])
        FILE.write_text(f"{HEAD}Machine: {machine}.\n\n{table}\n", encoding="utf-8")
