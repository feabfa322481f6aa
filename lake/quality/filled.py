"""Columns a source used to fill: a field it renames or drops would otherwise turn null in silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from lake.quality.expect import Severity

HISTORY_BATCHES = 20  # the newest: what a source stopped sending long ago is no news for ever
FALSE_ALARM = 1e-6  # chance that rows as the earlier ones are all null at this column
MOST = 0.999  # no history proves that a column is always filled: one empty row of one is no alarm


@dataclass(frozen=True)
class Filled:
    """An optional column that earlier batches of a source filled should not be empty in all of a new batch.

    `where` keeps to the rows in which it can be filled at all, in SQL that DuckDB and Polars read alike. It is
    blocking where a KPI is computed from the column, else a warning.
    """

    table: str
    column: str
    severity: Severity = "warning"
    where: str = "true"


CLOSED = "status = 'closed'"
FILLED: Mapping[str, Sequence[Filled]] = {
    "ticket": (
        Filled("ticket__requests", "expected_at", "blocking"),  # F1O, F3: overdue
        Filled("ticket__requests", "unit_code", "blocking"),  # every KPI by unit
        Filled("ticket__requests", "closed_at", "blocking", CLOSED),  # F1R, F2: resolved
        Filled("ticket__requests", "satisfaction", where=CLOSED),
        Filled("ticket__requests", "status_notes", where=CLOSED),
        *(
            Filled("ticket__requests", column)
            for column in (
                *("updated_at", "service_code", "service_name", "description", "agency", "channel"),
                *("lat", "long", "has_photo"),
            )
        ),
    ),
    "server": (
        Filled("server__series", "instance", "blocking"),  # availability is counted by it
        Filled("server__series", "job"),
    ),
    "media": tuple(
        Filled("media__articles", column)
        for column in ("feed_title", "url", "summary", "section", "language", "modified_at")
    ),
    "indicator": tuple(
        Filled("indicator__values", column)
        for column in ("indicator_code", "unit_code", "geo_code", "geo_name", "unit", "value_status", "vintage_at")
    ),
    "camera": (
        Filled("camera__events", "is_false_positive", "blocking"),  # withdrawn objects are no passages
        Filled("camera__events", "end_at", where="event_type = 'end'"),
        Filled("camera__counts", "n_vehicles"),
        Filled("camera__counts", "speed_km_h"),
        Filled("camera__counts", "occupancy_pct"),
        Filled("camera__registry", "road_code"),
        Filled("camera__registry", "km_mark"),
        *(
            Filled("camera__events", column)
            for column in ("top_score", "is_stationary", "direction", "speed_km_h", "plate_token", "plate_confidence")
        ),
    ),
    "place": (
        Filled("place__units", "parent_code"),
        Filled("place__units", "parent_name_vi"),
        Filled("place__boundaries", "name_vi"),
    ),
    "dossier": (
        Filled("dossier__dossiers", "due_at", "blocking"),  # D1: on time
        Filled("dossier__dossiers", "returned_at", "blocking"),
        *(
            Filled("dossier__dossiers", column)
            for column in (
                *("procedure_name", "field_name", "unit_code", "status", "is_full_process", "fee_vnd"),
                *("is_paid_online", "has_digital_components", "has_digital_result", "rating"),
            )
        ),
        Filled("dossier__procedures", "limit_working_days"),
    ),
    "document": (
        Filled("document__documents", "due_on", "blocking", "direction = 'in'"),  # V1: on time
        Filled("document__documents", "done_on", "blocking", "direction = 'in'"),
        Filled("document__documents", "is_signed_digitally", "blocking", "direction = 'out'"),  # V2
        *(
            Filled("document__documents", column)
            for column in ("kind", "level", "is_processed_online", "is_assignment")
        ),
    ),
    "task": tuple(
        Filled("task__tasks", column)
        for column in ("planned_pct", "budget_planned_vnd", "budget_disbursed_vnd", "confidence")
    ),
    "system": (
        Filled("system__inventory", "url"),
        Filled("system__reports", "submitted_on", "blocking"),  # E3: handed in on time
    ),
}


def filled_before(
    con: duckdb.DuckDBPyConnection, slug: str, source: str, batch_ids: Sequence[str]
) -> dict[Filled, float]:
    """Share of non-null values, 0..1, in the newest batches of `source` before `batch_ids`, for columns of FILLED.

    A column without any earlier row is left out.
    """
    shares: dict[Filled, float] = {}
    for table in dict.fromkeys(filled.table for filled in FILLED[slug]):
        columns = [filled for filled in FILLED[slug] if filled.table == table]
        newest = [
            batch_id
            for (batch_id,) in con.execute(
                "select batch_id from lake.ops.batches where source = ? and table_name = ? and n_accepted > 0 "
                "and not list_contains(?, batch_id) order by committed_at desc limit ?",
                [source, table, list(batch_ids), HISTORY_BATCHES],
            ).fetchall()
        ]
        counts = ", ".join(
            f'count(*) filter (where {filled.where}), count("{filled.column}") filter (where {filled.where})'
            for filled in columns
        )
        # Literal ids, because DuckLake skips the files without them by their statistics.
        ids = ", ".join(f"'{batch_id}'" for batch_id in newest)
        row = con.execute(
            f"select {counts} from lake.raw.{table} where source = ? and batch_id in ({ids or 'null'})", [source]
        ).fetchone()
        assert row is not None
        for filled, n_rows, n_filled in zip(columns, row[::2], row[1::2], strict=True):
            if n_rows:
                shares[filled] = n_filled / n_rows
    return shares


def is_missed(frame: pl.DataFrame, filled: Filled, share: float) -> tuple[bool, int]:
    """(whether the column is empty by more than chance, rows looked at) of a batch."""
    rows = frame.filter(pl.sql_expr(filled.where))
    if rows[filled.column].null_count() < rows.height:
        return False, rows.height
    return rows.height * math.log1p(-min(share, MOST)) < math.log(FALSE_ALARM) + 1e-9, rows.height
