"""Published figures over time, read from the serving file: what was known on a day, and what has been restated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from lake import serving
from lake.errors import SettingsError
from lake.figure_id import KEY, NUMBERS
from lake.settings import Settings
from orchestration.partitions import PROVINCIAL_ZONE
from orchestration.reading import parse_period, plain

REASONS = {
    "definition_changed": "đổi định nghĩa",
    "code_changed": "đổi mã tính",
    "late_data": "dữ liệu về muộn",
    "source_corrected": "nguồn đính chính",
    "unexplained": "chưa rõ nguyên nhân",
}
_KNOWN = ("figure_id", *KEY, "period_end", "definition_from", *NUMBERS, "is_synthetic")
_PUBLISHED = ("published_at", "run_id", "snapshot_id", "code_commit")


def parse_day(text: str) -> date:
    """`2021-09-30` or `30/09/2021`. Raises SettingsError."""
    iso = re.sub(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", r"\3-\2-\1", text.strip())
    try:
        return date(*map(int, iso.split("-")))
    except (ValueError, TypeError):
        raise SettingsError(f"The date {text!r} is not known; write 30/09/2021 or 2021-09-30.") from None


def as_known_on(settings: Settings, day: date, filters: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """The figures in force at the end of `day` in the province, exactly as they were published then.

    `filters`: code, period, unit, source; None is no filter. Raises SettingsError when nothing had been published yet,
    ServingError when nothing is.
    """
    until = datetime.combine(day, time.max, ZoneInfo(PROVINCIAL_ZONE))
    where, values = _chosen(filters)
    with serving.connect(settings) as con:
        first = con.execute("select min(published_at) from kpi.kpi_history").fetchone()
        if first is None or first[0] is None or first[0] > until:
            begun = (
                f"the first publication is of {first[0].astimezone(until.tzinfo):%d/%m/%Y}"
                if first and first[0]
                else "there is no history yet"
            )
            raise SettingsError(f"Nothing had been published by {day:%d/%m/%Y}: {begun}; choose a later day.")
        return _rows(
            con,
            f"select {', '.join((*_KNOWN, *_PUBLISHED))} from (select * from kpi.kpi_history "
            f"where published_at <= ? and {where} "
            f"qualify row_number() over (partition by {', '.join(KEY)} order by published_at desc) = 1) "
            f"where not is_gone order by {', '.join(KEY)}",
            [until, *values],
        )


def changes_since(settings: Settings, day: date, filters: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """Restatements published from `day` on: figures of periods already over that were replaced, by how much and why."""
    since = datetime.combine(day, time.min, ZoneInfo(PROVINCIAL_ZONE))
    where, values = _chosen(filters)
    with serving.connect(settings) as con:
        return _rows(
            con,
            f"select {', '.join(_KNOWN)}, is_gone, previous_figure_id, previous_value, previous_numerator, "
            f"previous_denominator, change, relative_change, reason, previous_published_at, {', '.join(_PUBLISHED)} "
            f"from kpi.restatements where published_at >= ? and {where} order by published_at, {', '.join(KEY)}",
            [since, *values],
        )


def _chosen(filters: Mapping[str, str | None]) -> tuple[str, list[object]]:
    wanted: dict[str, object] = {"code": filters["code"], "unit_code": filters["unit"], "source": filters["source"]}
    if period := filters["period"]:
        wanted["grain"], wanted["period_start"] = parse_period(period)
    named = {column: value for column, value in wanted.items() if value is not None}
    return " and ".join(["true", *(f"{column} = ?" for column in named)]), list(named.values())


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: list[object]) -> list[dict[str, Any]]:
    found = con.execute(sql, parameters)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, map(plain, row), strict=True)) for row in found.fetchall()]
