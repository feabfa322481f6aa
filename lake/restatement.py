"""Why a published value was replaced by another one.

Causes are told by what has changed since the publication before: the definition, the code, the data that came. A new
value of a period that was still open is no restatement. Of several causes the one that explains most is named.
"""

from __future__ import annotations

import duckdb

from lake.schema import CONTRACTS, KPI_HISTORY, QUARANTINE

BASE = "base"  # name under which the publication before is attached
ZONE = "Asia/Ho_Chi_Minh"  # periods are the province's calendar

FIRST, PERIOD_OPEN = "first", "period_open"
DEFINITION, CODE, LATE, CORRECTED, UNEXPLAINED = (
    "definition_changed",
    "code_changed",
    "late_data",
    "source_corrected",
    "unexplained",
)
RESTATEMENTS = (
    "select n.*, o.value as previous_value, o.numerator as previous_numerator, o.denominator as previous_denominator, "
    "o.published_at as previous_published_at, n.value - o.value as change, "
    "(n.value - o.value) / nullif(abs(o.value), 0) as relative_change "
    "from told n join told o on n.previous_figure_id = o.figure_id "
    f"where n.reason not in ('{FIRST}', '{PERIOD_OPEN}') order by n.published_at, n.figure_id"
)
_RESTATED = "previous_figure_id is not null and not was_open"


def explain(con: duckdb.DuckDBPyConnection, *, has_base: bool) -> None:
    """Set `stamped.reason` where a value had been published before; `was_open`: its period was not over then.

    Reads `versions`, and BASE if there is one: without it only the data that came can be told.
    """
    con.execute(f"update stamped set reason = {PERIOD_OPEN!r} where previous_figure_id is not null and was_open")
    if not con.execute(f"select 1 from stamped where {_RESTATED} limit 1").fetchone():
        return
    # From the weakest cause to the strongest, each in the place of the one before.
    con.execute(f"update stamped set reason = {UNEXPLAINED!r} where {_RESTATED}")
    if has_base:
        con.execute(
            f"update stamped set reason = {CODE!r} where {_RESTATED} and code_commit <> "
            f"(select any_value(code_commit) from {BASE}.kpi.kpi_versions)"
        )
    _arrivals(con, has_base=has_base)
    for reason, is_new in ((CORRECTED, "false"), (LATE, "true")):
        con.execute(
            f"update stamped set reason = {reason!r} from arrivals r where {_RESTATED} and stamped.source = r.source "
            f"and r.is_new = {is_new} and r.first_on <= stamped.period_end and r.last_on >= stamped.period_start"
        )
    if not has_base:
        return
    for reason, digest in ((CODE, "code_digest"), (DEFINITION, "definition_digest")):
        con.execute(
            f"update stamped set reason = {reason!r} from versions n, {BASE}.kpi.kpi_versions o "
            f"where {_RESTATED} and stamped.code = n.code and n.code = o.code "
            "and stamped.definition_from = n.definition_from and n.definition_from = o.definition_from "
            f"and n.{digest} is distinct from o.{digest}"
        )
    con.execute(
        f"update stamped set reason = {DEFINITION!r} where {_RESTATED} and (code, definition_from) not in "
        f"(select (code, definition_from) from {BASE}.kpi.kpi_versions)"
    )


def _arrivals(con: duckdb.DuckDBPyConnection, *, has_base: bool) -> None:
    """`arrivals`: source, first_on, last_on, is_new: days of the events that came since the publication before.

    A version of a record that the lake knew is a correction (is_new false); all else accepted is new.
    """
    known = (
        f"batch_id not in (select batch_id from {BASE}.ops.batches)"
        if has_base
        else f"committed_at > (select max(published_at) from lake.ops.{KPI_HISTORY})"
    )
    versioned = [contract for contract in CONTRACTS.values() if contract.versioned]
    tables = ", ".join(f"'{contract.table}'" for contract in versioned)
    con.execute(
        "create temp table new_batches as select distinct batch_id, source, table_name, "
        f"{_day('event_min_at')} as first_on, {_day('event_max_at')} as last_on "
        f"from lake.ops.batches where n_accepted > 0 and table_name <> '{QUARANTINE}' and {known}"
    )
    con.execute(
        "create temp table arrivals as select source, first_on, last_on, true as is_new from new_batches "
        f"where table_name not in ({tables}) and first_on is not null"
    )
    came = {row[0] for row in con.execute("select distinct table_name from new_batches").fetchall()}
    for contract in versioned:
        if contract.table not in came:
            continue
        same_record = " and ".join(f'n."{name}" = o."{name}"' for name in ("source", *contract.key))
        con.execute(
            f"insert into arrivals with fresh as (select r.* from lake.raw.{contract.table} r semi join new_batches b "
            "on r.batch_id = b.batch_id), "
            f"judged as (select n.source, {_day('n.' + contract.event_at)} as happened_on, "
            f"not exists (select 1 from lake.raw.{contract.table} o where {same_record} "
            "and o.batch_id not in (select batch_id from new_batches)) as is_new from fresh n) "
            "select source, happened_on, happened_on, is_new from judged where happened_on is not null group by all"
        )


def _day(instant: str) -> str:
    return f"({instant} at time zone '{ZONE}')::date"
