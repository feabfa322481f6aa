"""From landed payloads to rows of the lake: parsed and committed, whether just harvested or replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import duckdb
import polars as pl

import transforms.camera_documents
import transforms.place
import transforms.server
from lake import tables
from lake.accounts import Batch, Receipt
from lake.catalog import Catalog
from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Format, Slug
from lake.errors import PayloadRefused
from lake.keys import pseudonym_keys
from lake.landing import Landed, Landing
from lake.payloads import newest_object, refuse, unread
from lake.replaying import Replay
from lake.schema import CONTRACTS
from lake.sources.camera import SINGLE_EVENTS
from lake.sources.declared import Source
from lake.suppression import Suppression
from orchestration import camera_lines, confined_parsing
from orchestration.forms import FORM_PARSERS
from orchestration.known_units import locator

PARSE: Mapping[Slug, Callable[[bytes, Delivery], Parsed]] = {
    "ticket": confined_parsing.ticket,
    "server": transforms.server.parse,
    "media": confined_parsing.media,
    "camera": transforms.camera_documents.parse,
    "indicator": partial(confined_parsing.table, "indicator"),
    "place": transforms.place.parse,
    **FORM_PARSERS,
}
STREAMED: frozenset[Format] = frozenset({"mqtt"})  # what cannot be read is kept in the landing zone, and let go there
# One bad feed of 300, workbook of a folder or form of a unit must not lose the others.
INDEPENDENT: frozenset[Slug] = frozenset({"media", "indicator", *FORM_PARSERS})


def stands_alone(source: Source) -> bool:
    """Whether a payload of the source that is refused leaves the others of its batch unharmed."""
    return source.slug in INDEPENDENT or source.format in SINGLE_EVENTS or source.format in STREAMED


def reading_of(source: Source) -> str:
    """How the source's payloads are read, as 64 hex digits: reading them otherwise makes other batches of them."""
    profile = source.profile.model_dump_json() if source.profile else ""
    return hashlib.sha256(f"{source.format}\n{source.time_zone}\n{profile}".encode()).hexdigest()


def commit_new(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    run_id: str,
    objects: Sequence[Landed],
    staged: camera_lines.Staged | None = None,
) -> tuple[Receipt | None, list[str]]:
    """Commit what is new of one batch; the sentences of payloads left out because each of their kind stands alone.

    `staged`: the rows of a file of newline JSON where they have been read already.
    """
    reading, after = reading_of(source), ""
    if source.is_undated:
        after = newest_object(con, source.id, reading)
        objects = [landed for landed in objects if landed.sha256 != after]
    else:
        objects = unread(con, source.id, reading, objects)
    if not objects:
        return None, []
    try:
        batch = Batch(source.id, source.slug, run_id, objects, reading, after)
        return _commit_batch(catalog, con, landing, source, batch, staged=staged)
    except PayloadRefused as error:
        refuse(con, source.id, run_id, {landed: str(error) for landed in objects})
        raise


def commit_again(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, landing: Landing, source: Source, batch: Batch, replay: Replay
) -> Receipt:
    """Commit what today's reading of a committed batch changes. Raises PayloadRefused if it refuses any payload."""
    receipt, left_out = _commit_batch(catalog, con, landing, source, batch, replay=replay)
    assert not left_out
    return receipt


def deliveries_of(catalog: Catalog, source: Source, objects: Sequence[Landed]) -> dict[Landed, Delivery]:
    """Each payload with what its parser must know of it."""
    # A clock ahead of ours may tell of a year that begins tomorrow.
    latest = max(landed.received_at for landed in objects) + timedelta(days=1)
    keys = pseudonym_keys(catalog.settings, latest.year)
    locate = locator(catalog.settings, source) if source.slug == "ticket" else None
    return {
        landed: Delivery(
            format=landed.format,
            profile=source.profile,
            received_at=landed.received_at,
            origin=landed.origin,
            pseudonym_keys=keys,
            locate=locate,
        )
        for landed in objects
    }


def _commit_batch(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    batch: Batch,
    *,
    replay: Replay | None = None,
    staged: camera_lines.Staged | None = None,
) -> tuple[Receipt, list[str]]:
    deliveries = deliveries_of(catalog, source, batch.objects)
    if batch.objects[0].format == "ndjson":
        staged = staged or camera_lines.stage(con, landing, deliveries)
        return camera_lines.commit(catalog, landing, batch, staged, replay), []
    parsed: dict[Landed, Parsed] = {}
    refused: dict[Landed, str] = {}
    for landed, delivery in deliveries.items():
        try:
            parsed[landed] = PARSE[source.slug](landing.read(landed), delivery)
        except PayloadRefused as error:
            if replay or not stands_alone(source):
                raise
            refused[landed] = str(error)
    if not parsed:
        raise PayloadRefused(next(iter(refused.values())))
    # A refused payload is not part of the batch, so the next harvest tries and names it again.
    refuse(con, source.id, batch.run_id, refused)
    suppression = Suppression.load(con, catalog.settings)
    names = next(iter(parsed.values())).rows
    rows = {
        table: suppression.applied(con, CONTRACTS[table], pl.concat([p.rows[table] for p in parsed.values()]))
        for table in names
    }
    rejected = pl.concat([p.rejected for p in parsed.values()])
    receipt = tables.commit(catalog, con, replace(batch, objects=list(parsed)), rows, rejected, replay)
    for landed in parsed:
        if suppression.holds(landing.chunks(landed)):  # raw bytes that name an erased person are not kept
            landing.forget(landed)
    return receipt, list(refused.values())
