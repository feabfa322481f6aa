"""Boston's own service requests through the transform and the models: the city's counts must come out.

So must what plain Python counts from the city's files: rates, backlogs, and Kaplan and Meier's quantiles by month.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from tiny_lake import TinyLake, utc
from waiting import quantile

from lake.contracts.base import Delivery
from lake.sources.declared import load_profile
from transforms.ticket import parse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]

AS_OF, BOSTON = utc("2026-01-01 00:00"), ZoneInfo("America/New_York")
Key = tuple[str, str, str, str]  # source, code, grain, first day
Figure = tuple[float, float, float | None]  # numerator, denominator, value


def instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=BOSTON).astimezone(UTC) if text else None


def day(moment: datetime) -> date:
    return moment.astimezone(BOSTON).date()


def counted_by_hand(source: str, file: Path) -> Iterator[tuple[Key, Figure]]:
    """F2, F3, F4, F5, F9C, F9CP90 and F10, of the whole file and of each month."""
    with file.open(encoding="utf-8-sig") as lines:
        rows = [(*map(instant, (r["open_dt"], r["closed_dt"], r["sla_target_dt"])),) for r in csv.DictReader(lines)]
    year = min(day(opened) for opened, _, _ in rows if opened).year
    spans = [("all", date(year, 1, 1), day(AS_OF))]
    spans += [
        ("month", date(year, n, 1), date(year + n // 12, n % 12 + 1, 1) - timedelta(days=1)) for n in range(1, 13)
    ]
    for grain, start, end in spans:
        after = min(datetime.combine(end + timedelta(days=1), time.min, BOSTON).astimezone(UTC), AS_OF)
        cohort = [row for row in rows if start <= day(row[0]) <= end]
        closed_in = [row for row in rows if row[1] and start <= day(row[1]) <= min(end, date(year, 12, 31))]
        due = [row for row in cohort if row[2]]
        present = [(o, c, d) for o, c, d in rows if d and day(o) <= end and (not c or day(c) >= start)]
        late = [(o, c, d) for o, c, d in present if (c > d if c and day(c) <= end else d < after)]
        n_open = sum(day(o) <= end and (not c or day(c) > end) for o, c, _ in rows)
        # of what was closed before it was opened nobody knows how long it took
        waits = [
            (((c or AS_OF) - o) / timedelta(microseconds=1) / 3600e6 / 24, c is not None)
            for o, c, _ in cohort
            if not c or c >= o
        ]
        n_ended = sum(ended for _, ended in waits)
        figures: dict[str, Figure] = {
            "F2": rate(sum(c is not None for _, c, _ in cohort), len(cohort)),
            "F3": rate(len(closed_in), len(cohort)),
            "F4": rate(sum(bool(c and c <= d) for _, c, d in due), len(due)),
            "F5": rate(len(present) - len(late), len(present)),
            "F9C": (n_ended, len(waits), quantile(waits, Fraction(1, 2))),
            "F9CP90": (n_ended, len(waits), quantile(waits, Fraction(9, 10))),
            "F10": (n_open, None, n_open),
        }
        yield from (((source, code, grain, start.isoformat()), figure) for code, figure in figures.items())


def rate(numerator: int, denominator: int) -> Figure:
    return numerator, denominator, numerator / denominator


def test_boston_counts_equal_the_citys_own(
    tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
) -> None:
    years = {year: shared_data(f"feedback/boston311_{year}.csv") for year in (2013, 2017)}
    lake = TinyLake(tmp_path_factory.mktemp("boston"))
    for year, file in years.items():
        delivery = Delivery("csv", load_profile("boston311"), utc("2026-01-01 00:00"), file.name, {})
        rows = parse(file.read_bytes(), delivery).rows["ticket__requests"]
        source = f"boston-{year}"
        fields = {"unit_code": "us-boston", "time_zone": "America/New_York", "is_synthetic": False}
        lake.declare(source, "ticket", "2026-01-01 00:00", **fields)
        lake.insert(
            "raw.ticket__requests",
            rows.with_columns(pl.lit(source).alias("source"), pl.col("request_id").alias("record_hash")),
        )
    assert lake.dbt("build", "--exclude-resource-type", "unit_test").success
    found = lake.query(
        "select source, code, numerator from lake.kpi.kpi_values "
        "where grain = 'all' and code in ('F1', 'F1R', 'F1O') order by 1, 2"
    )
    assert [tuple(row.values()) for row in found] == [
        ("boston-2013", "F1", 3095),
        ("boston-2013", "F1O", 258),
        ("boston-2013", "F1R", 2517),
        ("boston-2017", "F1", 7760),
        ("boston-2017", "F1O", 741),
        ("boston-2017", "F1R", 5920),
    ]
    by_hand = dict(pair for year, file in years.items() for pair in counted_by_hand(f"boston-{year}", file))
    rows = lake.query(
        "select source, code, grain, period_start::varchar as start, numerator, denominator, value "
        "from lake.kpi.kpi_values where grain in ('all', 'month')"
    )
    told = {
        (r["source"], r["code"], r["grain"], r["start"]): (r["numerator"], r["denominator"], r["value"]) for r in rows
    }
    assert {key: told.get(key) for key in by_hand} == by_hand
    (flagged,) = lake.query(
        "select count(*) filter (where is_closed_before_requested) as n, min(resolution_hours) as shortest, "
        "count(*) filter (where is_closed_before_requested and resolution_hours is not null) as n_timed "
        "from lake.marts.fct_tickets"
    )
    assert (flagged["n"], flagged["n_timed"]) == (2, 0)
    assert isinstance(flagged["shortest"], float)
    assert flagged["shortest"] >= 0
    # nothing is claimed for the years between the last request of the file and today; its deliveries are of today
    (last,) = lake.query(
        "select max(period_start) as day from lake.kpi.kpi_values where source = 'boston-2013' and code not like 'Q%'"
    )
    assert str(last["day"]) == "2013-12-31"
