"""Removes a person from the lake: rows, history, raw bytes, logs; and keeps them out.

What is removed stays counted, so that the accounts still add up: rows stay with their personal columns empty,
quarantined records without their bytes, payloads as the digest by which the same bytes are known again.
Every step may be interrupted and done again.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa

from lake import residue, suppression
from lake.catalog import METADATA_SCHEMA, Catalog
from lake.contracts.base import Contract
from lake.contracts.subject import Subject, squashed
from lake.errors import LakeError, PayloadRefused
from lake.landing import Landing
from lake.residue import Needles
from lake.schema import CONTRACTS, RECORD_HASH, record_hash
from lake.settings import Settings
from lake.suppression import TOKEN_COLUMN, Entry, Suppression, text_columns
from lake.transactions import insert, retried, transaction
from lake.upkeep import LOCK
from lake.vault import Vault

WAREHOUSE = "warehouse"  # lock of whoever builds the warehouse
ORPHAN_AGE = "10 minutes"  # younger files may be those of a writer without a lock
_TEXTS = {  # tables of the ingest itself with words of a source in them
    "raw.quarantine": ("reason", "origin"),
    "ops.harvests": ("error",),
    "ops.objects": ("origin",),
    "ops.refusals": ("origin", "reason"),
    "ops.check_results": ("observed",),
}

Holds = Callable[[Iterable[bytes]], bool]


@dataclass(frozen=True)
class Removed:
    """How much was removed. `unread` names payloads that could not be opened or unpacked to look inside."""

    n_rows: int
    n_records: int
    n_payloads: int
    n_log_entries: int
    unread: tuple[str, ...]


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure removed, and the sentences of where the person still is: none if it is complete."""

    erasure_id: str
    removed: Removed
    residue: tuple[str, ...]


def erase(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    subject: Subject,
    *,
    reason: str,
    rebuild: Callable[[], Sequence[str]],
) -> ErasureReport:
    """Remove `subject` everywhere, then look for it everywhere.

    `reason` is kept and must not name the person. `rebuild` builds the marts anew and publishes them, and gives the
    sentences of what failed. Serving files older than it are removed. Backups are not touched: restore re-applies.
    Raises CatalogError if the catalogue does not answer, LakeError if a step fails; run it again then.
    """
    erasure_id = uuid.uuid4().hex
    entries = suppression.entries(settings, subject)
    suppression.note(settings, entries)
    _list(con, settings, entries, erasure_id, reason)
    is_report = subject.kind == "request"  # its number stays: it is counted, and says nothing by itself
    forms = _texts_of(con, Suppression(settings, entries)) if is_report else subject.forms
    needles = Needles(forms, suppression.tokens(settings, subject))
    known = Suppression(settings, entries)
    holds = known.holds if is_report else needles.in_bytes
    removed = _remove(catalog, con, settings, known, holds)
    failures = rebuild()
    _remove_older_publications(settings)
    _purge(catalog, con, settings)
    found = [
        *(f"the marts were not built anew: {failure}" for failure in failures),
        *(f"the payload {origin} could not be opened to look inside" for origin in removed.unread),
        *residue.search(catalog, con, settings, needles),
    ]
    return ErasureReport(erasure_id, removed, tuple(found))


def reapply(catalog: Catalog, con: duckdb.DuckDBPyConnection, settings: Settings) -> Removed:
    """Erase again everybody on the list, after a restore from a backup that may be older than the last erasures.

    The list is that of the backup with that of the secrets folder. The marts must be built anew afterwards.
    """
    _list(con, settings, suppression.noted(settings), uuid.uuid4().hex, "restored from a backup")
    known = Suppression.load(con, settings)
    if known.is_empty:
        return Removed(0, 0, 0, 0, ())
    removed = _remove(catalog, con, settings, known, known.holds)
    _remove_older_publications(settings)
    _purge(catalog, con, settings)
    return removed


def _list(
    con: duckdb.DuckDBPyConnection, settings: Settings, entries: Sequence[Entry], erasure_id: str, reason: str
) -> None:
    listed = {digest for (digest,) in con.execute("select digest from lake.ops.erasures").fetchall()}
    now = datetime.now(UTC)
    rows = [
        (erasure_id, e.kind, e.what, e.digest, e.n_characters, e.hint, reason, now)
        for e in entries
        if e.digest not in listed
    ]
    retried(lambda: insert(con, "ops.erasures", rows))


@contextmanager
def _alone(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For the block no batch is committed, no warehouse built, no upkeep or backup done."""
    sources = con.execute("select distinct source from lake.ops.sources order by source").fetchall()
    with ExitStack() as held:
        for name in (LOCK, WAREHOUSE, *(f"source {source}" for (source,) in sources)):
            held.enter_context(catalog.lock(name))
        yield


def _remove(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, settings: Settings, known: Suppression, holds: Holds
) -> Removed:
    with _alone(catalog, con):
        n_rows = sum(_blank_rows(con, contract, known) for contract in CONTRACTS.values())
        n_records = _blank_records(con, Vault(settings), known, holds)
        n_rows += sum(_blank_texts(con, table, columns, known) for table, columns in _TEXTS.items())
        n_payloads, unread = _forget_payloads(Landing(settings), known, holds)
    return Removed(n_rows, n_records, n_payloads, _clear_logs(settings, holds), tuple(unread))


def _blank_rows(con: duckdb.DuckDBPyConnection, contract: Contract, known: Suppression) -> int:
    table = f"lake.raw.{contract.table}"
    empty = ", ".join(f'"{name}" = null' for name in contract.personal)
    is_personal = " or ".join(f'"{name}" is not null' for name in contract.personal)
    n_rows = 0
    if TOKEN_COLUMN in contract.names and (erased := known.erased_tokens(con, table)):
        n_rows += _update(con, f"update {table} set {empty} where list_contains(?, {TOKEN_COLUMN})", [erased])
    if contract.key == ("request_id",):
        requests = con.execute(f"select distinct request_id from {table}").fetchall()
        erased = [request_id for (request_id,) in requests if known.is_request(request_id)]
        if erased:
            condition = f"list_contains(?, request_id) and ({is_personal})"
            n_rows += _update(con, f"update {table} set {empty} where {condition}", [erased])
    n_rows += _blank_texts(con, f"raw.{contract.table}", text_columns(contract), known)
    if contract.versioned:  # or the same version delivered again would be another one
        changed = f"{RECORD_HASH} is distinct from {record_hash(contract)}"
        _update(con, f"update {table} set {RECORD_HASH} = {record_hash(contract)} where {changed}", [])
    return n_rows


def _blank_texts(con: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str], known: Suppression) -> int:
    """Replace erased subjects in text columns by a placeholder; returns the number of rows changed."""
    n_rows = 0
    for column in columns:
        texts = con.execute(f'select distinct "{column}" from lake.{table} where "{column}" is not null')
        pairs: list[tuple[str, str]] = []
        while some := texts.fetchmany(10_000):
            pairs += [(text, blanked) for (text,) in some if (blanked := known.blank(text)) != text]
        if not pairs:
            continue
        old, new = (pa.array(side, pa.string()) for side in zip(*pairs, strict=True))
        con.register("blanked", pa.table({"old": old, "new": new}))
        try:
            n_rows += _update(
                con, f'update lake.{table} t set "{column}" = b.new from blanked b where t."{column}" = b.old', []
            )
        finally:
            con.unregister("blanked")
    return n_rows


def _blank_records(con: duckdb.DuckDBPyConnection, vault: Vault, known: Suppression, holds: Holds) -> int:
    """Take the bytes of quarantined records that name an erased subject."""
    records = con.execute("select raw_sha256, raw from lake.raw.quarantine where raw is not null")
    named: list[str] = []
    while some := records.fetchmany(1_000):
        named += [digest for digest, raw in some if holds([vault.open(raw)])]
    if not named:
        return 0
    return _update(con, "update lake.raw.quarantine set raw = null where list_contains(?, raw_sha256)", [named])


def _forget_payloads(landing: Landing, known: Suppression, holds: Holds) -> tuple[int, list[str]]:
    n_payloads = 0
    unread: list[str] = []
    for _, landed in landing.payloads():
        try:
            is_named = known.blank(landed.origin) != landed.origin or holds(landing.chunks(landed))
        except (PayloadRefused, LakeError):
            unread.append(landed.origin)
            continue
        if is_named:
            landing.forget(landed)
            n_payloads += 1
    return n_payloads, unread


def _clear_logs(settings: Settings, holds: Holds) -> int:
    """Remove what dbt and Dagster wrote down: rows of SQLite files, other files whole (both write them anew)."""
    n_entries = 0
    for folder in (settings.dbt_target, settings.dagster_home, settings.home / "logs"):
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or not holds([file.read_bytes()]):
                continue
            if file.read_bytes()[:15] == b"SQLite format 3":
                n_entries += _clear_sqlite(file, holds)
            elif not file.name.endswith(("-wal", "-shm", "-journal")):  # SQLite's own, cleared with their file
                file.unlink()
                n_entries += 1
    return n_entries


def _clear_sqlite(file: Path, holds: Holds) -> int:
    """Delete the rows that name an erased subject, and their traces in the file."""
    n_rows = 0
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as con:
        tables = [name for (name,) in con.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for rowid, *values in con.execute(f'select rowid, * from "{table}"').fetchall():
                if holds([" ".join(map(str, values)).encode("utf-8", "backslashreplace")]):
                    n_rows += con.execute(f'delete from "{table}" where rowid = ?', [rowid]).rowcount
        con.execute("vacuum")
        con.execute("pragma wal_checkpoint(truncate)")
    return n_rows


def _remove_older_publications(settings: Settings) -> None:
    """All but the newest serving file: those before it may still hold the person."""
    for file in sorted(settings.serving.glob("reader-*.duckdb"))[:-1]:
        file.unlink(missing_ok=True)


def _purge(catalog: Catalog, con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Rewrite the lake's files without deleted rows, forget its history, remove the files and the catalogue's traces.

    Raises LakeError when a step fails: what is blanked stays so, and the next run goes on.
    """
    steps = (
        "call ducklake_flush_inlined_data('lake')",
        "call ducklake_rewrite_data_files('lake', delete_threshold => 0.0)",
        "call ducklake_expire_snapshots('lake', older_than => now())",
        "call ducklake_cleanup_old_files('lake', cleanup_all => true)",
        f"call ducklake_delete_orphaned_files('lake', older_than => now() - interval '{ORPHAN_AGE}')",
    )
    with _alone(catalog, con):
        try:
            for step in steps:
                retried(lambda step=step: con.execute(step).fetchall())  # type: ignore[misc]
            _vacuum(catalog)
        except (duckdb.Error, psycopg.Error) as error:
            raise LakeError(f"Old files or rows could not be removed ({error}); run the same erasure again.") from error


def _vacuum(catalog: Catalog) -> None:
    """Rewrite the catalogue's tables without dead rows, and let its write-ahead log go."""
    with psycopg.connect(catalog.dsn, autocommit=True) as con:
        tables = con.execute(
            "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname in (%s, 'ioc')",
            [METADATA_SCHEMA],
        ).fetchall()
        for (table,) in tables:
            con.execute(f"vacuum (full, analyze) {table}")  # statistics hold frequent values
        con.execute("vacuum full pg_catalog.pg_statistic")
        con.execute("select pg_switch_wal()")
        con.execute("checkpoint")
        con.execute("select pg_switch_wal()")
        con.execute("checkpoint")  # the second one lets the segments of the first go


def _texts_of(con: duckdb.DuckDBPyConnection, known: Suppression) -> tuple[str, ...]:
    """Squashed words of the erased reports, to look for them when they should be gone."""
    rows = con.execute("select request_id, description, status_notes from lake.raw.ticket__requests").fetchall()
    texts = {squashed(text) for request_id, *texts in rows if known.is_request(request_id) for text in texts if text}
    return tuple(sorted(text for text in texts if len(text) >= 16))


def _update(con: duckdb.DuckDBPyConnection, statement: str, parameters: list[object]) -> int:
    def work() -> int:
        with transaction(con):
            row = con.execute(statement, parameters).fetchone()
            return int(row[0]) if row else 0

    return retried(work)
