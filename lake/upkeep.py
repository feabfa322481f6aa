"""The nightly upkeep: looks for damage, deletes what is past its time, merges small files, frees the disk.

Each step stands alone: one that fails is told in the report and keeps no other from its work, and a killed upkeep is
simply run again. The order matters. Damage is looked for before anything is rewritten: a merge would copy damaged rows
into a new file and take its checksum.
"""

from __future__ import annotations

import stat
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb

from lake import checksums, crashpoint
from lake.catalog import Catalog
from lake.checksums import Damage
from lake.errors import IocError, LakeError, SettingsError
from lake.retention import AGE, Policy, Removed, Rule, load_policy, remove_payloads, remove_rows
from lake.settings import Settings
from lake.transactions import insert, retried, transaction

LOCK = "upkeep"  # held by upkeep, backup and erasure: a backup needs every file its catalogue names
SUITE = "upkeep"  # in ops.check_results
COMPACTED = ("raw", "ops")  # all other tables are written anew, whole, by every build
DRAFT_AGE = timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """How one step went. `error` is the sentence to show when it failed."""

    name: str
    detail: str
    error: str | None
    duration_s: float


@dataclass(frozen=True)
class UpkeepReport:
    """All steps in their order, and the damaged files."""

    steps: tuple[Step, ...]
    damages: tuple[Damage, ...]

    @property
    def failures(self) -> list[str]:
        """One sentence per damaged file and per failed step; empty when all is well."""
        failed = [f"{step.name}: {step.error}" for step in self.steps if step.error]
        return [*map(str, self.damages), *failed]


def upkeep(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    now: datetime,
    *,
    skip: Collection[str] = (),
    run_id: str | None = None,
) -> UpkeepReport:
    """Run all steps but those named in `skip`, while writers and readers go on; waits for an upkeep that runs.

    `con` is a connection to `catalog` with the tables present, `now` an aware instant. Raises SettingsError for a
    policy or a step name that cannot be used, CatalogError if the catalogue does not answer at all.
    """
    if unknown := set(skip) - set(STEPS):
        raise SettingsError(f"No step is called {', '.join(sorted(unknown))}; the steps are {', '.join(STEPS)}.")
    work = _Work(catalog, con, settings, now, load_policy(settings), run_id or uuid.uuid4().hex)
    with catalog.lock(LOCK):
        steps = tuple(_run(name, step, work) for name, step in STEPS.items() if name not in skip)
    return UpkeepReport(steps, tuple(work.damages))


@dataclass
class _Work:
    catalog: Catalog
    con: duckdb.DuckDBPyConnection
    settings: Settings
    now: datetime
    policy: Policy
    run_id: str
    damages: list[Damage] = field(default_factory=list)

    @property
    def rules(self) -> dict[str, Rule]:
        return self.policy.in_force(self.now.date())

    @property
    def history_from(self) -> datetime:
        return self.now - timedelta(hours=self.policy.history.hours)

    def call(self, statement: str) -> list[tuple[object, ...]]:
        """One statement in a transaction of its own."""
        return retried(lambda: self.con.execute(statement).fetchall())

    def keep_results(self, expectation: str, severity: str, results: Iterable[tuple[str, bool, str, int]]) -> None:
        """Show (table, is_success, observed, n_checked) on the quality page; they hold back no batch."""
        at = datetime.now(UTC)
        rows = [
            (self.run_id, None, None, None, SUITE, expectation, table, severity, is_success, observed, n_checked, at)
            for table, is_success, observed, n_checked in results
        ]
        retried(lambda: insert(self.con, "ops.check_results", rows))


def _run(name: str, step: Callable[[_Work], str], work: _Work) -> Step:
    started = time.monotonic()
    detail, error = "", None
    try:
        detail = step(work)
    except (IocError, duckdb.Error, OSError) as failure:
        error = str(failure)
    return Step(name, detail, error, time.monotonic() - started)


def _scan(work: _Work) -> str:
    """Compare every file with its checksum; what is damaged stays out of the compaction and on the quality page."""
    n_new = checksums.record_new(work.catalog)
    work.damages += checksums.scan(work.catalog)
    if work.damages:
        results = [(damage.table, False, str(damage), 1) for damage in work.damages]
    else:
        results = [("", True, "every file as it was committed", 1)]
    work.keep_results("lake_files_are_undamaged", "blocking", results)
    return f"{n_new} new files noted, {len(work.damages)} damaged"


def _retention(work: _Work) -> str:
    """Delete rows past their time, each table in a transaction of its own; the proof goes to the quality page."""
    results, n_rows = [], 0
    errors: list[str] = []
    for table, rule in work.rules.items():
        if table not in AGE:
            continue
        try:
            removed = retried(partial(_removed, work, rule))
        except duckdb.Error as error:
            errors.append(f"{table}: {error}")
            results.append((table, False, str(error), 0))
            continue
        n_rows += removed.n_rows
        oldest = f"{removed.oldest_left_at:%Y-%m-%d}" if removed.oldest_left_at else "none"
        observed = f"{removed.n_rows} rows past {rule.keep_days} days deleted; oldest left: {oldest}"
        results.append((table, True, observed, removed.n_rows))
    work.keep_results("no_row_past_retention", "warning", results)
    _raise(errors, "Rows past their time could not be deleted")
    return f"{n_rows} rows deleted"


def _removed(work: _Work, rule: Rule) -> Removed:
    with transaction(work.con):
        return remove_rows(work.con, rule, work.now)


def _compaction(work: _Work) -> str:
    """Leave deleted rows out of the files and merge small files, in the tables' partitions and sort order."""
    damaged = {damage.table for damage in work.damages}
    found = work.con.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'lake' and list_contains(?, schema_name) order by all",
        [list(COMPACTED)],
    ).fetchall()
    n_before = n_after = 0
    errors: list[str] = []
    for schema, table in found:
        if f"{schema}.{table}" in damaged:
            errors.append(f"{schema}.{table} is left as it is because a file of it is damaged")
            continue
        try:
            # Rows inlined into the catalogue first: their deletions cannot be rewritten.
            work.call(f"call ducklake_flush_inlined_data('lake', schema_name => '{schema}', table_name => '{table}')")
            for merge in (
                # The default threshold would leave a file alone until 95 % of its rows are deleted.
                f"call ducklake_rewrite_data_files('lake', '{table}', schema => '{schema}', delete_threshold => 0.0)",
                f"call ducklake_merge_adjacent_files('lake', '{table}', schema => '{schema}')",
            ):
                for *_, n_read, n_written in work.call(merge):
                    n_before, n_after = n_before + int(str(n_read)), n_after + int(str(n_written))
                crashpoint.reach("mid_compaction")
        except duckdb.Error as error:
            errors.append(f"{schema}.{table}: {error}")
    checksums.record_new(work.catalog)
    _raise(errors, "Not all tables were compacted")
    return f"{n_before} files became {n_after}"


def _expiry(work: _Work) -> str:
    """Forget snapshots older than the history kept; the one in force when it begins stays, a reader may stand on it."""
    (first,) = work.con.execute(
        "select max(snapshot_time) from ducklake_snapshots('lake') where snapshot_time <= ?", [work.history_from]
    ).fetchone() or (None,)
    if first is None:
        return "no snapshot is that old"
    expired = work.call(f"call ducklake_expire_snapshots('lake', older_than => {_instant(first)})")
    crashpoint.reach("mid_expiry")
    return f"{len(expired)} snapshots expired"


def _removal(work: _Work) -> str:
    """Remove files no snapshot needs; a merge frees files at once, so those too wait until no reader can hold them."""
    removed = work.call(f"call ducklake_cleanup_old_files('lake', older_than => {_instant(work.history_from)})")
    return f"{len(removed)} files removed"


def _orphans(work: _Work) -> str:
    """Remove files no commit names, left by killed writers. A young one may belong to a writer yet to commit."""
    before = work.now - timedelta(hours=work.policy.orphans.hours)
    removed = work.call(f"call ducklake_delete_orphaned_files('lake', older_than => {_instant(before)})")
    return f"{len(removed)} files removed"


def _landing(work: _Work) -> str:
    """Remove payloads past their time."""
    return f"{remove_payloads(work.con, work.settings, work.rules, work.now)} payloads removed"


def _drafts(work: _Work) -> str:
    """Remove what killed processes left half-written."""
    settings = work.settings
    drafts = [
        *settings.scratch.glob("landing-*"),
        *settings.scratch.glob("plain-*"),
        *settings.serving.glob(".*.draft*"),
        *settings.landing.glob("*/??/*.draft"),
    ]
    return f"{_remove_older(drafts, work.now - DRAFT_AGE)} files removed"


def _logs(work: _Work) -> str:
    """Remove old logs of the services and of dbt."""
    folders = [work.settings.home / "logs", work.settings.dbt_target / "logs"]
    files = [file for folder in folders for file in folder.rglob("*")]
    return f"{_remove_older(files, work.now - timedelta(days=work.policy.logs.days))} files removed"


STEPS: Mapping[str, Callable[[_Work], str]] = {
    "scan": _scan,
    "retention": _retention,
    "compaction": _compaction,
    "expiry": _expiry,
    "removal": _removal,
    "orphans": _orphans,
    "landing": _landing,
    "drafts": _drafts,
    "logs": _logs,
}


def _remove_older(files: Iterable[Path], before: datetime) -> int:
    n_removed = 0
    for file in files:
        with suppress(FileNotFoundError):  # its owner was faster
            found = file.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime < before.timestamp():
                file.unlink()
                n_removed += 1
    return n_removed


def _raise(errors: Sequence[str], what: str) -> None:
    if errors:
        raise LakeError(f"{what} ({'; '.join(errors)}); the next upkeep tries again.")


def _instant(at: datetime) -> str:
    return f"timestamptz '{at.astimezone(UTC).isoformat()}'"
