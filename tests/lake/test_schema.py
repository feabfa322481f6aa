"""A lake that an older version made: columns are added to it, and nothing else is done to it unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from lake import schema, tables
from lake.accounts import Batch
from lake.catalog import Catalog
from lake.contracts import media, ticket
from lake.contracts.base import REJECTED_SCHEMA, RESERVED, Column, Contract
from lake.errors import LakeError
from lake.landing import Landed
from lake.schema import CONTRACTS, ensure_tables

pytestmark = pytest.mark.xdist_group("schema")  # one lake for all tests of this module, each on tables of its own
NOON = datetime(2021, 9, 30, 5, tzinfo=UTC)
NOTHING = pl.DataFrame(schema=REJECTED_SCHEMA)
REPORT = {"request_id": "1", "status": "open", "requested_at": NOON, "is_closed_before_requested": False}


@pytest.fixture
def contracts(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The contracts of another version: entries set for the test only."""
    yield monkeypatch
    monkeypatch.undo()
    schema._declared.cache_clear()


def change(contracts: pytest.MonkeyPatch, contract: Contract) -> None:
    contracts.setitem(CONTRACTS, contract.table, contract)
    schema._declared.cache_clear()


def widened(contract: Contract, *, required: bool = False) -> Contract:
    return replace(contract, columns=(*contract.columns, Column("added", pa.string(), "x", required=required)))


def deliver(catalog: Catalog, con: duckdb.DuckDBPyConnection, content: str, **added: str | None) -> int:
    contract = CONTRACTS[ticket.REQUESTS.table]
    row = dict.fromkeys(contract.names) | REPORT | added
    landed = Landed(content, Path("unused"), 1, "test", "open311", NOON)
    frame = pl.DataFrame([row], schema=contract.polars_schema, orient="row")
    batch = Batch("older", "ticket", "run", [landed], "reading")
    return tables.commit(catalog, con, batch, {contract.table: frame}, NOTHING).n_accepted


def test_an_older_lake_gains_the_column_and_keeps_its_versions(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, contracts: pytest.MonkeyPatch
) -> None:
    assert deliver(own_catalog, own_con, "aa") == 1
    change(contracts, widened(ticket.REQUESTS))
    ensure_tables(own_catalog, own_con)
    assert deliver(own_catalog, own_con, "ab") == 0  # the same report again is no other version
    assert deliver(own_catalog, own_con, "ac", added="x") == 1
    found = own_con.execute("select added, source from lake.raw.ticket__requests order by added").fetchall()
    assert found == [("x", "older"), (None, "older")]
    before = own_con.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
    ensure_tables(own_catalog, own_con)
    assert own_con.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone() == before
    own_con.execute("alter table lake.raw.ticket__requests drop column added")


def test_tables_of_the_ingest_itself_gain_columns_too(own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection) -> None:
    own_con.execute("alter table lake.raw.quarantine drop column replayed_by")
    own_con.execute("alter table lake.ops.batches drop column replay_of")
    ensure_tables(own_catalog, own_con)
    assert own_con.execute(
        "select replayed_by from lake.raw.quarantine union all select replay_of from lake.ops.batches"
    )


def test_a_column_that_old_rows_cannot_have_is_refused(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, contracts: pytest.MonkeyPatch
) -> None:
    change(contracts, widened(media.STORIES, required=True))
    with pytest.raises(LakeError, match=r"media__stories lacks added, which its contract requires; let the contract"):
        ensure_tables(own_catalog, own_con)


def test_a_dropped_or_retyped_column_is_refused_and_nothing_is_changed(
    own_catalog: Catalog, own_con: duckdb.DuckDBPyConnection, contracts: pytest.MonkeyPatch
) -> None:
    *others, last = media.POSTS.columns
    change(contracts, replace(media.POSTS, columns=tuple(others)))
    with pytest.raises(LakeError, match=rf"raw.media__posts has columns this version does not know \({last.name}\)"):
        ensure_tables(own_catalog, own_con)
    change(contracts, replace(media.POSTS, columns=(*others, replace(last, type=pa.date32()))))
    with pytest.raises(LakeError, match=rf"Column {last.name} .*media__posts is .*, this version writes DATE"):
        ensure_tables(own_catalog, own_con)


@pytest.mark.parametrize("name", ["received_at", "source", "batch_id", "ingested_at", "record_hash"])
def test_a_contract_cannot_have_a_column_of_the_writers_own(name: str) -> None:
    with pytest.raises(ValueError, match=f"cannot have the columns {name}"):
        replace(media.POSTS, columns=(*media.POSTS.columns, Column(name, pa.string(), "x")))


def test_the_reserved_names_are_those_the_writer_adds() -> None:
    assert {*schema.WRITTEN, schema.RECORD_HASH, schema.RECEIVED_AT} == RESERVED
