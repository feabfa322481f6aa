"""The table writer: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from lake import tables
from lake.accounts import Batch, Receipt
from lake.catalog import Catalog
from lake.contracts import media, server, ticket
from lake.contracts.base import REJECTED_SCHEMA, rejected_frame
from lake.errors import ContractViolation, LakeError
from lake.landing import Landed
from lake.schema import CONTRACTS
from lake.vault import Vault

NOON = datetime(2021, 9, 30, 5, tzinfo=UTC)
NOTHING = pl.DataFrame(schema=REJECTED_SCHEMA)
Commit = Callable[..., Receipt]


def batch(source: str, content: str, slug: str = "server", received_at: datetime = NOON) -> Batch:
    landed = Landed(content.encode().hex(), Path("unused"), 1, "test", "prometheus", received_at)
    return Batch(source, slug, "run", [landed], "reading")


def samples(n: int, *, first: datetime = NOON, value: float = 0.0) -> pl.DataFrame:
    at = [first + timedelta(seconds=i) for i in range(n)]
    return pl.DataFrame(
        {"series_id": ["s"] * n, "sampled_at": at, "value": [value + i for i in range(n)]},
        schema=server.SAMPLES.polars_schema,
    )


def commit(
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
    source: str,
    content: str,
    frame: pl.DataFrame,
    rejected: pl.DataFrame = NOTHING,
) -> Receipt:
    return tables.commit(catalog, con, batch(source, content), {"server__samples": frame}, rejected)


def stored(con: duckdb.DuckDBPyConnection, source: str, table: str = "server__samples") -> int:
    row = con.execute(f"select count(*) from lake.raw.{table} where source = ?", [source]).fetchone()
    assert row is not None
    return int(row[0])


def test_same_batch_twice_adds_nothing(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    first = commit(catalog, con, "twice", "a", samples(10))
    again = commit(catalog, con, "twice", "a", samples(10))
    assert (first.n_accepted, first.is_new) == (10, True)
    assert again == Receipt(first.batch_id, 10, 10, 0, 0, is_new=False)
    assert stored(con, "twice") == 10


def test_overlapping_batch_adds_only_what_is_new(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    commit(catalog, con, "overlap", "a", samples(10))
    receipt = commit(catalog, con, "overlap", "b", samples(15))
    assert (receipt.n_offered, receipt.n_accepted, receipt.n_deduplicated) == (15, 5, 10)
    assert stored(con, "overlap") == 15


def test_doubles_inside_one_batch_are_counted_once(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    receipt = commit(catalog, con, "inside", "a", pl.concat([samples(10), samples(4)]))
    assert (receipt.n_offered, receipt.n_accepted, receipt.n_deduplicated, receipt.n_quarantined) == (14, 10, 4, 0)


@pytest.mark.parametrize("where", ["same batch", "later batch"])
def test_other_value_for_a_known_key_is_quarantined_as_conflict(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, where: str
) -> None:
    source = f"conflict {where}"
    wrong = samples(1, value=99.0)
    if where == "same batch":
        receipt = commit(catalog, con, source, "a", pl.concat([samples(3), wrong]))
        assert receipt.n_offered == 4
    else:
        commit(catalog, con, source, "a", samples(3))
        receipt = commit(catalog, con, source, "b", wrong)
    assert receipt.n_quarantined == 1
    assert stored(con, source) == 3
    row = con.execute("select reason_code, raw from lake.raw.quarantine where source = ?", [source]).fetchone()
    assert row is not None
    assert row[0] == "conflict"
    assert b'"value"' in Vault(catalog.settings).open(row[1])


def test_versioned_table_keeps_each_version_once(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    fields = dict.fromkeys(ticket.REQUESTS.names)
    opened = fields | {
        "request_id": "1",
        "status": "open",
        "requested_at": NOON,
        "updated_at": NOON,
        "is_closed_before_requested": False,
    }
    later = NOON + timedelta(days=1)
    closed = opened | {"status": "closed", "updated_at": later, "closed_at": later}
    frame = pl.DataFrame([opened, closed, opened], schema=ticket.REQUESTS.polars_schema)
    receipt = tables.commit(catalog, con, batch("versions", "a", "ticket"), {"ticket__requests": frame}, NOTHING)
    assert (receipt.n_accepted, receipt.n_deduplicated, receipt.n_quarantined) == (2, 1, 0)
    again = tables.commit(catalog, con, batch("versions", "b", "ticket"), {"ticket__requests": frame.head(1)}, NOTHING)
    assert (again.n_accepted, again.n_deduplicated) == (0, 1)


def test_undated_record_that_returns_to_an_older_state_is_a_new_version(
    catalog: Catalog, con: duckdb.DuckDBPyConnection
) -> None:
    fields = dict.fromkeys(ticket.REQUESTS.names)
    opened = fields | {"request_id": "1", "status": "open", "requested_at": NOON, "is_closed_before_requested": False}
    closed = opened | {"status": "closed"}
    accepted = []
    for day, states in enumerate([[opened], [closed], [closed], [opened], [opened]]):
        frame = pl.DataFrame(states, schema=ticket.REQUESTS.polars_schema)
        delivery = batch("undated", f"export {day}", "ticket", received_at=NOON + timedelta(days=day))
        accepted.append(tables.commit(catalog, con, delivery, {"ticket__requests": frame}, NOTHING).n_accepted)
    assert accepted == [1, 1, 0, 1, 0]


def test_article_without_time_is_not_a_new_version_at_every_harvest(
    catalog: Catalog, con: duckdb.DuckDBPyConnection
) -> None:
    fields = dict.fromkeys(media.ARTICLES.names)
    article = fields | {
        "article_id": "x",
        "feed_id": "f",
        "headline": "h",
        "published_at": NOON,
        "is_published_at_missing": True,
    }
    for day in range(3):
        frame = pl.DataFrame(
            [article | {"published_at": NOON + timedelta(days=day)}], schema=media.ARTICLES.polars_schema
        )
        tables.commit(catalog, con, batch("timeless", str(day), "media"), {"media__articles": frame}, NOTHING)
    assert stored(con, "timeless", "media__articles") == 1


def test_known_series_is_found_however_old(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    fields = {"series_id": "s", "metric": "up", "instance": "i", "job": "j", "labels": "{}"}
    for day in (0, 300):
        frame = pl.DataFrame([fields | {"first_at": NOON + timedelta(days=day)}], schema=server.SERIES.polars_schema)
        receipt = tables.commit(catalog, con, batch("series", str(day)), {"server__series": frame}, NOTHING)
        assert receipt.n_quarantined == 0
    assert stored(con, "series", "server__series") == 1


def test_rejected_record_is_kept_with_reason_and_bytes_once(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    rejected = rejected_frame([(7, "malformed_json", "Line 8 is not JSON.", b"\xff{")])
    first = commit(catalog, con, "poison", "a", samples(1), rejected)
    second = commit(catalog, con, "poison", "b", samples(2), rejected)
    assert (first.n_offered, first.n_quarantined) == (2, 1)
    assert (second.n_quarantined, second.n_deduplicated) == (0, 2)
    (kept,) = con.execute(
        "select position, reason_code, reason, raw, raw_sha256 from lake.raw.quarantine where source = 'poison'"
    ).fetchall()
    assert kept[:3] == (7, "malformed_json", "Line 8 is not JSON.")
    assert Vault(catalog.settings).open(kept[3]) == b"\xff{"
    assert b"\xff{" not in kept[3]
    assert kept[4] != hashlib.sha256(b"\xff{").hexdigest()  # a short record could be guessed from it


def test_purpose_and_legal_basis_stand_beside_every_raw_table(con: duckdb.DuckDBPyConnection) -> None:
    comments = dict(
        con.execute(
            "select table_name, comment from duckdb_tables() where database_name = 'lake' and schema_name = 'raw'"
        ).fetchall()
    )
    for table, contract in CONTRACTS.items():
        assert comments[table] == contract.policy
        assert set(contract.personal) <= set(contract.names) - set(contract.required) - set(contract.key)


def test_accounts_balance(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    rejected = rejected_frame([(0, "bad", "Bad.", b"x"), (1, "bad", "Bad.", b"x")])
    commit(catalog, con, "accounts", "a", pl.concat([samples(5), samples(2), samples(1, value=9.0)]), rejected)
    row = con.execute(
        "select sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
        "from lake.ops.batches where source = 'accounts'"
    ).fetchone()
    assert row == (10, 5, 2, 3)


def test_rows_of_another_shape_leave_no_trace(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ContractViolation, match="server__samples"):
        commit(catalog, con, "shape", "a", samples(3).drop("value"))
    with pytest.raises(ContractViolation, match="required"):
        commit(catalog, con, "shape", "a", samples(3).with_columns(value=pl.lit(None, pl.Float64)))
    assert stored(con, "shape") == 0
    assert tables.find(con, batch("shape", "a")) is None


def test_failing_relation_leaves_no_trace(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    good, bad = samples(3), "select 's' as series_id, now() as sampled_at, error('disk on fire')::double as value"
    frame = {"server__samples": good}
    with pytest.raises(LakeError, match="nothing of it was kept"):
        tables.commit(catalog, con, batch("torn", "a"), frame, bad)
    assert stored(con, "torn") == 0
    assert commit(catalog, con, "torn", "a", good).n_accepted == 3


def test_two_writers_with_the_same_batch_store_it_once(catalog: Catalog, con: duckdb.DuckDBPyConnection) -> None:
    others = [catalog.connect() for _ in range(3)]
    try:
        with ThreadPoolExecutor(3) as pool:
            receipts = list(pool.map(lambda other: commit(catalog, other, "race", "a", samples(50)), others))
    finally:
        for other in others:
            other.close()
    assert stored(con, "race") == 50
    assert len({receipt.batch_id for receipt in receipts}) == 1
