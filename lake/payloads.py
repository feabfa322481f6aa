"""Which payloads the lake knows: committed in a batch, or refused as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import duckdb

from lake.landing import Landed
from lake.transactions import record


def unread(con: duckdb.DuckDBPyConnection, source: str, reading: str, objects: Sequence[Landed]) -> list[Landed]:
    """The payloads that no committed batch of `source` holds, read this way: an unchanged feed is not news."""
    known = {
        sha256
        for (sha256,) in con.execute(
            "select sha256 from lake.ops.objects where source = ? and reading = ? and list_contains(?, sha256)",
            [source, reading, [landed.sha256 for landed in objects]],
        ).fetchall()
    }
    return list({o.sha256: o for o in objects if o.sha256 not in known}.values())


def known_objects(con: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Payloads of `source` that were committed or refused, however they were read."""
    rows = con.execute(
        "select sha256 from lake.ops.objects where source = $1 "
        "union select sha256 from lake.ops.refusals where source = $1",
        [source],
    ).fetchall()
    return {sha256 for (sha256,) in rows}


def committed_objects(con: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Payloads of `source` that a batch holds, however they were read."""
    rows = con.execute("select distinct sha256 from lake.ops.objects where source = ?", [source]).fetchall()
    return {sha256 for (sha256,) in rows}


def newest_object(con: duckdb.DuckDBPyConnection, source: str, reading: str) -> str:
    """The object of `source` received last; "" before the first.

    Where records do not say when they changed, a payload is news unless it is this one: a source may return to an
    older state, byte for byte. The batch then names it in `after`, so that it is not taken for the older batch.
    """
    row = con.execute(
        "select arg_max(sha256, received_at) from lake.ops.objects where source = ? and reading = ?", [source, reading]
    ).fetchone()
    return (row and row[0]) or ""


def refuse(con: duckdb.DuckDBPyConnection, source: str, run_id: str, refused: Mapping[Landed, str]) -> None:
    """Remember payloads that could not be read as a whole, each with the sentence why; the same one again is not news.

    They stay in the landing zone and are tried again when they are delivered again.
    """
    known = {
        row[0]
        for row in con.execute("select distinct sha256 from lake.ops.refusals where source = ?", [source]).fetchall()
    }
    now = datetime.now(UTC)
    record(
        con,
        "ops.refusals",
        [(o.sha256, source, run_id, o.origin, why, now) for o, why in refused.items() if o.sha256 not in known],
    )
