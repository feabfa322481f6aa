"""What the command line reads: KPI values of the serving file, accounts of the lake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from lake import clock, serving
from lake.errors import SettingsError
from lake.landing import Landing
from lake.settings import Settings
from lake.sources.declared import Source
from orchestration.checks import held_back

_PERIODS = (
    (r"all", "all", lambda m: None),
    (r"(\d{4})", "year", lambda m: date(int(m[1]), 1, 1)),
    (r"(\d{4})-Q([1-4])", "quarter", lambda m: date(int(m[1]), 3 * int(m[2]) - 2, 1)),
    (r"(\d{4})-W(\d{2})", "week", lambda m: date.fromisocalendar(int(m[1]), int(m[2]), 1)),
    (r"(\d{4})-(\d{2})", "month", lambda m: date(int(m[1]), int(m[2]), 1)),
    (r"(\d{4})-(\d{2})-(\d{2})", "day", lambda m: date(int(m[1]), int(m[2]), int(m[3]))),
)
_VALUES = Path(__file__).with_name("kpi_values.sql")


def parse_period(text: str) -> tuple[str, date | None]:
    """`2021`, `2021-Q3`, `2021-09`, `2021-W38`, `2021-09-30` or `all` -> (grain, first day). Raises SettingsError."""
    for pattern, grain, first_day in _PERIODS:
        if match := re.fullmatch(pattern, text, flags=re.IGNORECASE):
            try:
                return grain, first_day(match)
            except ValueError:
                break
    raise SettingsError(f"The period {text!r} is not known; write 2021, 2021-Q3, 2021-09, 2021-W38, 2021-09-30 or all.")


def kpi_values(
    settings: Settings,
    *,
    code: str | None,
    period: str | None,
    unit: str | None,
    source: str | None,
    boundary: date | None = None,
) -> list[dict[str, Any]]:
    """Published KPI values, newest period last, as plain JSON values (columns of `kpi_values.sql`).

    Without a period: every period of the chosen code. Of each source the whole, and the units within it: those of the
    last day of each period, or, with `boundary`, those of that day for every period. Then a last row per period,
    without a unit, tells what no unit of the finest level holds, so that units and remainder make up the whole.
    Raises ServingError when nothing is published, SettingsError for a code, unit or source that the publication does
    not know.
    """
    with serving.connect(settings) as con:
        for column, wanted in (("code", code), ("unit_code", unit), ("source", source)):
            known = [
                row[0] for row in con.execute(f"select distinct {column} from kpi.kpi_values order by 1").fetchall()
            ]
            if wanted is not None and wanted not in known:
                raise SettingsError(f"No KPI has {column} {wanted!r}; known: {', '.join(known[:20]) or 'none'}.")
        grain, first_day = parse_period(period) if period else (None, None)
        rows = con.execute(
            _VALUES.read_text(encoding="utf-8"),
            {
                "code": code,
                "grain": grain,
                "first_day": first_day,
                "unit": unit,
                "source": source,
                "boundary": boundary,
            },
        ).fetchall()
        names = [column[0] for column in con.description or []]
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]


def headline(settings: Settings) -> list[dict[str, Any]]:
    """One row per KPI and source for the terminal: whole period, or the last complete week for weekly KPIs.

    Variants of a KPI and the figures about data quality are left to `ioc kpi CODE` and the dashboard.
    """
    with serving.connect(settings) as con:
        rows = con.execute(
            "select v.code, d.name_vi, d.unit_vi, d.is_percent, d.decimals, v.source, v.grain, v.period_start, "
            "v.period_end, v.numerator, v.denominator, v.value, v.value_low, v.value_high, v.as_of, v.is_synthetic "
            "from kpi.kpi_values v join seeds.kpi_definitions d on v.code = d.code and d.valid_to is null "
            "and d.variant_of is null and d.theme <> 'quality' "
            "join marts.dim_sources s using (source) "
            "where v.unit_code = s.unit_code and v.unit_valid_from = s.unit_valid_from "
            "and (v.grain = 'all' and v.code <> 'M1' or v.grain = 'week' "
            "and v.code = 'M1' and v.period_end <= v.as_of::date) "
            "qualify row_number() over (partition by v.code, v.source order by v.period_start desc) = 1 "
            "order by s.slug, v.source, v.code"
        ).fetchall()
        names = [column[0] for column in con.description or []]
    return [dict(zip(names, row, strict=True)) for row in rows]


def status(con: duckdb.DuckDBPyConnection, landing: Landing, declared: Sequence[Source]) -> list[dict[str, Any]]:
    """Accounts per source, declared or ever harvested.

    `freshness_s` is the age in seconds of the newest record on the source's clock; null before the first record.
    offered = accepted + quarantined + deduplicated, over all batches and in every element of `hours` (the UTC hour
    in which a delivery was received). `in_flight` counts payloads in the landing zone that are neither committed nor
    refused as a whole (`refused`), `held` the blocking checks that keep the source's data from being published.
    """
    result = con.execute(
        "select s.source, s.slug, h.last_success_at, coalesce(b.offered, 0) as offered, "
        "coalesce(b.accepted, 0) as accepted, coalesce(b.quarantined, 0) as quarantined, "
        "coalesce(b.deduplicated, 0) as deduplicated, b.newest_at as freshness_s, "
        "s.freshness_s as freshness_promise_s, s.is_synthetic, h.last_error "
        "from lake.ops.sources s left join ("
        "  select source, max(finished_at) filter (where status <> 'failed') as last_success_at,"
        "  arg_max_null(error, started_at) as last_error from lake.ops.harvests group by source) h using (source) "
        "left join ("
        "  select source, sum(n_offered)::bigint as offered, sum(n_accepted)::bigint as accepted,"
        "  sum(n_quarantined)::bigint as quarantined, sum(n_deduplicated)::bigint as deduplicated,"
        "  max(event_max_at) as newest_at from lake.ops.batches group by source) b using (source) order by s.source"
    )
    names = [column[0] for column in result.description]
    seen = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    held, hours = held_back(con), _hours(con)
    committed, refused = _objects(con, "objects"), _objects(con, "refusals")
    for row in seen:
        source = row["source"]
        row["held"], row["hours"] = held.get(source, []), hours.get(source, [])
        row["refused"] = len(refused.get(source, set()) - committed.get(source, set()))
        row["in_flight"] = len(landing.ids(source) - committed.get(source, set()) - refused.get(source, set()))
        row["last_success_at"] = plain(row["last_success_at"])
        row["freshness_s"] = _age_s(row["freshness_s"], synthetic=row["is_synthetic"])
    known = {row["source"] for row in seen}
    counts = ("offered", "accepted", "quarantined", "deduplicated", "refused", "in_flight")
    nothing = dict.fromkeys(names) | dict.fromkeys(counts, 0) | {"held": [], "hours": []}
    never = [
        nothing | {"source": s.id, "slug": s.slug, "freshness_promise_s": s.freshness_s, "is_synthetic": s.is_synthetic}
        for s in declared
        if s.id not in known
    ]
    return seen + never


def _hours(con: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Accounts by source and UTC hour of receipt, oldest first."""
    result = con.execute(
        "select source, date_trunc('hour', received_at) as hour, sum(n_offered)::bigint as offered, "
        "sum(n_accepted)::bigint as accepted, sum(n_quarantined)::bigint as quarantined, "
        "sum(n_deduplicated)::bigint as deduplicated from lake.ops.batches group by all order by all"
    )
    names = [column[0] for column in result.description][1:]
    hours: dict[str, list[dict[str, Any]]] = {}
    for source, *values in result.fetchall():
        hours.setdefault(source, []).append(dict(zip(names, map(plain, values), strict=True)))
    return hours


def _objects(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, set[str]]:
    """Payloads that `ops.<table>` knows, by source."""
    rows = con.execute(f"select source, list(distinct sha256) from lake.ops.{table} group by source").fetchall()
    return {source: set(ids) for source, ids in rows}


def _age_s(newest_at: datetime | None, *, synthetic: bool) -> int | None:
    if newest_at is None:
        return None
    # A synthetic province that runs has data newer than the clock of the one that stands.
    is_standing = synthetic and newest_at <= clock.now(is_standing=True)
    return max(0, round((clock.now(is_standing=is_standing) - newest_at).total_seconds()))


def plain(value: Any) -> Any:
    """A value as JSON can hold it: instants in UTC with offset, days as ISO 8601, whole decimals as integers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
