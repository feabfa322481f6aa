"""Reads landed payloads of a source again, through the transforms, contracts and profile of today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from lake.accounts import Batch, Receipt
from lake.catalog import Catalog
from lake.errors import PayloadRefused, SettingsError
from lake.landing import Landed, Landing
from lake.payloads import committed_objects
from lake.replaying import Replay
from lake.retention import kept_since, load_policy
from lake.schema import CONTRACTS
from lake.sources.declared import Source, declare
from orchestration.delivery import commit_again, commit_new, reading_of
from orchestration.progress import report


@dataclass(frozen=True)
class Replayed:
    """How the replay of one source went.

    `n_read` deliveries were read again; `receipts` are of those whose reading has changed, or that could not be read
    before. `notes` say what was left as it was, and why; `failures` what could be read before and no longer can.
    """

    source: str
    n_read: int
    receipts: tuple[Receipt, ...]
    notes: tuple[str, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True)
class _Delivery:
    """A batch as it was committed, and its replays so far."""

    batch_id: str
    committed_at: datetime
    payloads: tuple[tuple[str, datetime], ...]  # (sha256, received_at)
    replays: tuple[str, ...]


def replay(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    source: Source,
    *,
    run_id: str,
    since: datetime | None = None,
    batches: Collection[str] = (),
) -> Replayed:
    """Read payloads of `source` again: all, those received at or after `since`, or those of `batches`.

    One delivered batch is one commit, oldest first. Rows and quarantined records that its earlier reading left and
    today's does not make are taken back (the quarantined ones marked with the batch that did it), new ones come in
    under the delivery's own time of receipt. A payload that was refused as a whole is tried again. Nothing is fetched.
    """
    landing = Landing(catalog.settings)
    policy = load_policy(catalog.settings).in_force(datetime.now(UTC).date())
    kept = {
        contract.table: kept_since(policy[f"raw.{contract.table}"], datetime.now(UTC), synthetic=source.is_synthetic)
        for contract in CONTRACTS.values()
        if f"raw.{contract.table}" in policy
    }
    receipts: list[Receipt] = []
    notes: list[str] = []
    failures: list[str] = []
    still_refused: list[str] = []
    n_erased = n_expired = n_read = 0
    deliveries = _deliveries(con, source.id, since, batches)
    for number, delivery in enumerate(deliveries):
        report(source.id, f"delivery {number + 1} of {len(deliveries)}")
        found = {sha256: landing.find(source.id, sha256) for sha256, _ in delivery.payloads}
        if gone := [sha256 for sha256, landed in found.items() if landed is None]:
            # Whose of its quarantined records those of the lost payload are cannot be told.
            is_erased = any(landing.is_erased(source.id, sha256) for sha256 in gone)
            n_erased, n_expired = n_erased + is_erased, n_expired + (not is_erased)
            continue
        objects = [replace(landed, received_at=at) for sha256, at in delivery.payloads if (landed := found[sha256])]
        again = Batch(source.id, source.slug, run_id, objects, reading_of(source), f"{delivery.batch_id} {run_id}")
        whose = Replay(delivery.batch_id, (delivery.batch_id, *delivery.replays), delivery.committed_at, kept)
        try:
            receipt = commit_again(catalog, con, landing, source, again, whose)
        except PayloadRefused as refusal:
            failures.append(f"{source.id}: the delivery {delivery.batch_id} stays as it was: {refusal}")
            continue
        n_read += 1
        receipts += [receipt] if receipt.is_new else []
    for landed in _unread(con, landing, source.id, since) if not batches else ():
        try:
            receipt_or_none, _ = commit_new(catalog, con, landing, source, run_id, [landed])
        except PayloadRefused as refusal:
            still_refused.append(str(refusal))
            continue
        n_read += 1
        receipts += [receipt_or_none] if receipt_or_none else []
    if n_expired:
        notes.append(f"{n_expired} deliveries stay as they were read: their payloads were removed by the retention.")
    if n_erased:
        notes.append(f"{n_erased} deliveries stay as they were read: a payload was erased at a person's request.")
    if still_refused:
        notes.append(f"{len(still_refused)} payloads are refused as before, first: {still_refused[0]}")
    return Replayed(source.id, n_read, tuple(receipts), tuple(notes), tuple(failures))


def replayable(
    con: duckdb.DuckDBPyConnection, declared: Sequence[Source], ids: Collection[str]
) -> tuple[list[Source], list[Replayed]]:
    """The sources that `ids` name, all if none, declared or only known to the lake; and those that must be left out.

    Raises SettingsError for an id that neither sources.toml nor the lake knows.
    """
    known = {source.id: source for source in declared}
    left_out: list[Replayed] = []
    rows = con.execute(
        "select source, slug, format, name_vi, name_en, unit_code, time_zone from lake.ops.sources order by source"
    ).fetchall()
    seen = {row[0] for row in rows}
    if unknown := set(ids) - known.keys() - seen:
        raise SettingsError(f"No source named {', '.join(sorted(unknown))} is known; see `ioc status`.")
    for source, slug, format, name_vi, name_en, unit_code, time_zone in rows:
        if source in known or (ids and source not in ids):
            continue
        fields = {"slug": slug, "name_vi": name_vi, "name_en": name_en, "unit_code": unit_code, "time_zone": time_zone}
        try:
            known[source] = declare(source, **fields, format=format, location="landing")
        except SettingsError:  # a profile, or a broker's address, stands in sources.toml alone
            note = "It is left out, because how to read it is not known; declare it in sources.toml."
            left_out.append(Replayed(source, 0, (), (note,), ()))
    return [source for source in known.values() if source.id in seen and (not ids or source.id in ids)], left_out


def unknown_batches(con: duckdb.DuckDBPyConnection, ids: Collection[str], batches: Collection[str]) -> list[str]:
    """Those of `batches` that are no delivery of the sources `ids`; a replay is none."""
    known = con.execute(
        "select distinct batch_id from lake.ops.batches where replay_of is null and list_contains(?, source)",
        [list(ids)],
    ).fetchall()
    return sorted(set(batches) - {batch_id for (batch_id,) in known})


def _deliveries(
    con: duckdb.DuckDBPyConnection, source: str, since: datetime | None, batches: Collection[str]
) -> list[_Delivery]:
    """What was delivered, oldest first."""
    rows = con.execute(
        "with own as (select * from lake.ops.batches where source = $source) "
        "select batch_id, min(committed_at), "
        "(select list((o.sha256, o.received_at)) from (select distinct sha256, received_at from lake.ops.objects "
        "  where source = $source and batch_id = own.batch_id) o), "
        "(select list(distinct r.batch_id) from own r where r.replay_of = own.batch_id) "
        "from own where replay_of is null and ($since::timestamptz is null or received_at >= $since) "
        "and ($batches::varchar[] is null or list_contains($batches, batch_id)) "
        "group by batch_id order by min(received_at), min(committed_at), batch_id",
        {"source": source, "since": since, "batches": list(batches) or None},
    ).fetchall()
    return [
        _Delivery(batch_id, committed_at, tuple(objects or ()), tuple(replays or ()))
        for batch_id, committed_at, objects, replays in rows
    ]


def _unread(con: duckdb.DuckDBPyConnection, landing: Landing, source: str, since: datetime | None) -> list[Landed]:
    """Payloads that no batch holds: refused as a whole, or landed by a run that was killed."""
    waiting = landing.pending(source, committed_objects(con, source))
    return [landed for landed in waiting if since is None or landed.received_at >= since]
