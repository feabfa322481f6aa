"""What a KPI card says: decided here from one row of figures, in plain text, the same way for every page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dashboards.filters import lag_s
from dashboards.number_format import NBSP, NO_DATA
from dashboards.page import Page
from dashboards.periods import GRAINS, WHOLE

Verdict = Literal["met", "missed", "unsure", "none", "no_data"]
# One word for how far a card may be believed; `synthetic` is its origin, and may come with any of them.
State = Literal["ok", "late", "stale", "warned", "locked", "empty", "not_due", "error", "forbidden"]
Origin = Literal["published", "recomputed", "synthetic", "none"]
Tone = Literal["good", "bad", "even"]

FEW = 10
WITHOUT_VALUE: frozenset[State] = frozenset({"empty", "not_due", "error", "forbidden"})


@dataclass(frozen=True)
class Change:
    """One comparison in words, and whether it is for the better."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Card:
    """Everything a card says, as plain text. `numbers` are value and target, for the bar."""

    id: str
    code: str
    name: str
    value: str
    unit: str
    parts: str
    period: str
    target: str
    gap: str
    verdict: Verdict
    distance: float  # relative distance to the target, for ranking the missed ones
    numbers: tuple[float, float] | None
    bounds: str
    changes: tuple[Change, ...]
    state: State
    state_text: str
    origin: Origin
    badge: str  # earned by tests; empty when not
    figure_id: str | None
    help: tuple[str, ...]
    owner: str
    theme: str
    trend: tuple[float, ...]


def describe(row: dict[str, Any], page: Page) -> Card:
    """One row of `kpi_cards.sql` with its `trend` and its source's `checks` → what the card says."""
    words, choice = page.words, page.choice
    state, state_text = _state(row, page)
    shows = state not in WITHOUT_VALUE
    with_target = shows and "mt" in choice.compare
    verdict, gap, distance = judge(row, page) if with_target else ("none", "", 0.0)
    has_numbers = with_target and row["value"] is not None and row["target"] is not None
    trend = tuple(row["trend"] or ())
    return Card(
        id=f"{row['code']}-{row['grain']}-{row['source']}",
        code=row["code"],
        name=words.name(row),
        value=_value(row, page) if shows else NO_DATA,
        unit="" if row["is_percent"] or not shows else words.name(row, "unit"),
        parts=_parts(row, page) if shows else "",
        period=_period(row, page),
        target=_target(row, page) if with_target else "",
        gap=gap,
        verdict=verdict,
        distance=distance,
        numbers=(row["value"], row["target"]) if has_numbers else None,
        bounds=_bounds(row, page) if shows else "",
        changes=_changes(row, page) if shows and state != "stale" else (),
        state=state,
        state_text=state_text,
        origin="none" if row["source"] is None else "synthetic" if row["is_synthetic"] else "recomputed",
        badge=words.text("card.certified") if state == "ok" and _is_certified(row) else "",
        figure_id=row["figure_id"],
        help=_help(row, page, len(trend)),
        owner=row["owner"] or NO_DATA,
        theme=row["theme"],
        trend=trend if shows and len(trend) > 2 else (),
    )


def troubled(code: str, state: Literal["error", "forbidden"], text: str, page: Page) -> Card:
    """The card of a KPI whose figures could not be read; the page around it lives on."""
    period = page.choice.period
    return Card(
        id=f"{code}-{state}", code=code, name=code, value=NO_DATA, unit="", parts="",
        period=page.formats.period(period.grain, period.first, period.last),
        target="", gap="", verdict="no_data", distance=0.0, numbers=None, bounds="", changes=(),
        state=state, state_text=text, origin="none", badge="", figure_id=None, help=(), owner=NO_DATA, theme="",
        trend=(),
    )  # fmt: skip


def _is_certified(row: dict[str, Any]) -> bool:
    """Real rows, all checks of the latest run passed, fresh, and whole: nothing else earns the badge."""
    checks = row["checks"]
    passed = checks is not None and checks["n_checks"] and not checks["n_warnings"] and checks["holding"] is None
    return bool(passed) and not row["is_synthetic"] and row["value"] is not None and not row["is_partial"]


def _help(row: dict[str, Any], page: Page, n_trend: int) -> tuple[str, ...]:
    words = page.words
    lines = [words.text("card.help", formula=words.name(row, "formula"))]
    if row["legal_basis"]:
        lines.append(words.text("card.help_legal", legal_basis=row["legal_basis"]))
    if row["target_basis"]:
        lines.append(words.text("card.help_basis", basis=row["target_basis"]))
    lines.append(words.text("card.help_owner", owner=row["owner"] or NO_DATA))
    if n_trend > 2:
        grain = words.text(f"grain.{trend_grain(row['grain'])}").lower()
        lines.append(words.text("card.help_trend", n=page.formats.count(n_trend), grain=grain))
    return tuple(lines)


def trend_grain(grain: str) -> str:
    """The whole history and a custom span have no earlier periods of their own: their months tell the trend."""
    return grain if grain in GRAINS else "month"


def _state(row: dict[str, Any], page: Page) -> tuple[State, str]:
    """The one state that matters most, and its sentence."""
    words, formats = page.words, page.formats
    if row["source"] is None:
        reason = row["not_computed"]
        return "empty", words.text("card.not_computed", reason=reason) if reason else words.text("card.no_source")
    zone = ZoneInfo(row["time_zone"])
    if not row["has_row"]:
        if not row["has_grain"]:
            return "empty", words.text("card.no_grain")
        due = datetime.combine(row["period_end"], time(), zone) + timedelta(days=1, seconds=row["freshness_s"])
        if row["as_of"] is not None and row["as_of"].astimezone(zone).date() <= row["period_end"]:
            return "not_due", words.text("card.not_due", due=formats.instant(due, zone))
        return "empty", words.text("card.empty")
    if page.choice.snapshot is not None:
        taken = formats.instant(page.choice.snapshot.published_at, page.scope.zone)
        return "ok", words.text("card.of_snapshot", at=taken, id=str(page.choice.snapshot.id))
    at = formats.instant(row["as_of"], zone)
    checks = row["checks"]
    if checks is not None and checks["holding"] is not None:
        good = formats.instant(page.figures.published.published_at, zone)
        check = words.coded("expectation", checks["holding"])
        return "locked", words.text("card.locked", check=check, at=good)
    lag, promise = lag_s(row, page.now), row["freshness_s"]
    if lag is None or lag > 2 * promise:
        return "stale", words.text("card.stale", at=at)
    if lag > promise:
        spans = {"lag": formats.duration(lag), "promise": formats.duration(promise)}
        return "late", words.text("card.late", at=at, **spans)
    if checks is not None and checks["n_warnings"]:
        return "warned", words.text("card.warned", n=formats.count(checks["n_warnings"]), at=at)
    return "ok", words.text("card.updated", at=at)


def _changes(row: dict[str, Any], page: Page) -> tuple[Change, ...]:
    if row["grain"] == WHOLE or row["value"] is None:
        return ()
    wanted = [(code, which) for code, which in (("ky", "previous"), ("nam", "year")) if code in page.choice.compare]
    if wanted and row["is_partial"] and not row["is_percent"]:
        return (Change(page.words.text("card.change_open"), "even"),)
    return tuple(_change(row, which, page) for _, which in wanted)


def _change(row: dict[str, Any], which: str, page: Page) -> Change:
    words, formats = page.words, page.formats
    before = row[f"{which}_value"]
    against = words.text(f"card.{which}")
    if before is None:
        return Change(words.text("card.change_none", against=against), "even")
    if row["is_percent"] and min(row["denominator"] or 0, row[f"{which}_denominator"] or 0) < FEW:
        return Change(words.text("card.change_few", against=against), "even")
    difference = row["value"] - before
    if difference == 0:
        return Change(words.text("card.change_same", against=against), "even")
    if row["is_percent"]:
        size = formats.points(abs(difference), row["decimals"])
    else:
        size = formats.decimal(abs(difference), row["decimals"])
        if before:
            size += f" ({formats.percent(abs(difference / before))})"
    rises = difference > 0
    tone: Tone = "even" if row["direction"] == "none" else "good" if rises == (row["direction"] == "up") else "bad"
    return Change(words.text("card.change_up" if rises else "card.change_down", size=size, against=against), tone)


def judge(row: dict[str, Any], page: Page) -> tuple[Verdict, str, float]:
    """Verdict, gap in words, and relative distance of one row against its target.

    A target is a floor, or a ceiling where less is better. A value with bounds is judged by both: met if the
    worse bound is, missed if even the better one misses.
    """
    words = page.words
    value, target = row["value"], row["target"]
    if value is None:
        return "no_data", words.text("card.no_data"), 0.0
    if target is None or _is_few(row):
        return "none", "", 0.0
    low = value if row["value_low"] is None else row["value_low"]
    high = value if row["value_high"] is None else row["value_high"]
    if row["direction"] == "down":
        met, missed, gap = high <= target, low > target, low - target
    else:
        met, missed, gap = low >= target, high < target, target - high
    if met:
        return "met", words.text("card.met"), 0.0
    if not missed:
        return "unsure", words.text("card.unsure"), 0.0
    return "missed", _gap(row, page, gap), gap / target if target else math.inf


def _gap(row: dict[str, Any], page: Page, gap: float) -> str:
    words, formats = page.words, page.formats
    if not row["is_percent"]:
        text = f"{formats.decimal(gap, row['decimals'])}{NBSP}{words.name(row, 'unit')}"
        return words.text("card.over" if row["direction"] == "down" else "card.short", gap=text)
    text = formats.points(gap, row["decimals"])
    way = "over" if row["direction"] == "down" else "short"
    if row["value_high"] is not None and row["value_high"] > row["value_low"]:
        return words.text(f"card.{way}_at_least", gap=text)
    if row["denominator"] is None:
        return words.text(f"card.{way}", gap=text)
    # rounded first: 0.95 * 1420 is a float and must not become 1349.0000000001 and then 1350
    mark = round(row["target"] * row["denominator"], 6)
    units = row["numerator"] - math.floor(mark) if way == "over" else math.ceil(mark) - row["numerator"]
    return words.text(
        f"card.{way}_units", gap=text, units=formats.count(units), numerator_name=words.name(row, "numerator")
    )


def shown_value(row: dict[str, Any], page: Page) -> str:
    """The value in the reader's format; a share of fewer than ten is not written as a percentage."""
    if row["value"] is not None and _is_few(row):
        return page.words.text("card.few")
    return page.formats.value(row["value"], is_percent=row["is_percent"], digits=row["decimals"])


def _is_few(row: dict[str, Any]) -> bool:
    return row["is_percent"] and row["denominator"] is not None and row["denominator"] < FEW


def _value(row: dict[str, Any], page: Page) -> str:
    text = shown_value(row, page)
    has_spread = row["interval_kind"] == "missing" and row["value_high"] is not None
    has_spread = has_spread and row["value_high"] > row["value_low"]
    return f"≥{NBSP}{text}" if has_spread and text[0].isdigit() else text


def _parts(row: dict[str, Any], page: Page) -> str:
    words, formats = page.words, page.formats
    if row["denominator"] is None:
        return ""
    return words.text(
        "card.ratio",
        numerator=formats.count(row["numerator"]),
        numerator_name=words.name(row, "numerator"),
        denominator=formats.count(row["denominator"]),
        denominator_name=words.name(row, "denominator"),
    )


def _period(row: dict[str, Any], page: Page) -> str:
    name = page.formats.period(row["grain"], row["period_start"], row["period_end"])
    if not row["is_partial"]:
        return name
    return page.words.text("card.period_open", period=name)


def _target(row: dict[str, Any], page: Page) -> str:
    if row["target"] is None:
        return page.words.text("card.no_target")
    key = "card.target_proposed" if str(row["target_basis"]).startswith("Đề xuất") else "card.target"
    digits = row["decimals"] if row["is_percent"] else 0
    return page.words.text(key, target=page.formats.value(row["target"], is_percent=row["is_percent"], digits=digits))


def _bounds(row: dict[str, Any], page: Page) -> str:
    """How far the value may be off: by what is missing, or by chance."""
    words, formats, digits = page.words, page.formats, row["decimals"]
    low, high = (row["ci_low"], row["ci_high"]) if row["value_high"] is None else (row["value_low"], row["value_high"])
    if high is None or low == high:
        return ""
    ends = {
        name: formats.value(end, is_percent=row["is_percent"], digits=digits)
        for name, end in (("low", low), ("high", high))
    }
    if row["interval_kind"] != "missing":
        return words.text("card.interval", **ends)
    if row["n_missing"] is None or row["denominator"] is None:
        return words.text("card.range", **ends)
    return words.text(
        "card.bounds",
        **ends,
        missing=formats.count(row["n_missing"]),
        denominator=formats.count(row["denominator"]),
        denominator_name=words.name(row, "denominator"),
    )
