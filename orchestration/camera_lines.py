"""Files of newline JSON, one a batch: read into temporary tables, the next one while the one before is committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

import transforms.camera
from lake import tables
from lake.accounts import Batch, Receipt
from lake.catalog import Catalog
from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from lake.landing import Landed, Landing
from lake.lines import stage_lines
from lake.replaying import Replay
from lake.schema import CONTRACTS
from lake.suppression import Suppression


@dataclass(frozen=True)
class Staged:
    """One file in temporary tables of a connection of its own, or why it is refused."""

    con: duckdb.DuckDBPyConnection
    refusal: PayloadRefused | None


def stage(con: duckdb.DuckDBPyConnection, landing: Landing, deliveries: Mapping[Landed, Delivery]) -> Staged:
    """Read the one file of a batch, which may be larger than memory and never is as a whole in Python's.

    `con` is a connection to the lake's engine; another thread may be using it.
    """
    ((landed, delivery),) = deliveries.items()
    own = con.cursor()
    try:
        with landing.plain_file(landed) as path:
            _stage(own, path, delivery)
    except PayloadRefused as error:
        return Staged(own, error)
    return Staged(own, None)


def _stage(con: duckdb.DuckDBPyConnection, path: Path, delivery: Delivery) -> None:
    try:
        stage_lines(
            con,
            path,
            fast=transforms.camera.fast_sql(str(path), delivery),
            careful=transforms.camera.careful_sql(delivery),
            variables=transforms.camera.variables(delivery),
        )
    except PayloadRefused as error:
        raise PayloadRefused(f"{delivery.origin}: {error}") from error


def commit(catalog: Catalog, landing: Landing, batch: Batch, staged: Staged, replay: Replay | None = None) -> Receipt:
    """Commit a batch of one staged file, with `replay` as `tables.commit` does.

    Raises PayloadRefused if the file was refused, else as `tables.commit`.
    """
    (landed,) = batch.objects
    with staged.con as con:
        if staged.refusal is not None:
            raise staged.refusal
        suppression = Suppression.load(con, catalog.settings)
        rows = {
            table: suppression.applied(con, CONTRACTS[table], sql) for table, sql in transforms.camera.ROWS_SQL.items()
        }
        receipt = tables.commit(catalog, con, batch, rows, transforms.camera.REJECTED_SQL, replay)
    if suppression.n_hits or (receipt.n_quarantined and suppression.holds(landing.chunks(landed))):
        landing.forget(landed)
    return receipt
