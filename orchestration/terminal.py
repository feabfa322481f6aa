"""Tables for the terminal, numbers written the Vietnamese way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from rich.markup import escape
from rich.table import Table

LOCALE = "vi_VN"
ZONE = "Asia/Ho_Chi_Minh"


def number(value: float | None, decimals: int = 0) -> str:
    """1422 -> 1.422, 93.46 -> 93,5 (decimals=1), None -> —."""
    if value is None:
        return "—"
    return format_decimal(value, format="#,##0" + ("." + "0" * decimals if decimals else ""), locale=LOCALE)


def headline_table(rows: Sequence[dict[str, Any]]) -> Table:
    """KPI table of `reading.headline`."""
    as_of = max((row["as_of"] for row in rows if row["is_synthetic"]), default=None)
    told = as_of and format_datetime(as_of, "dd/MM/yyyy HH:mm", tzinfo=_zone(), locale=LOCALE)
    caption = f"DỮ LIỆU MÔ PHỎNG (synthetic data) · đồng hồ mô phỏng {told}" if told else None
    table = Table(title="Chỉ tiêu / KPIs", caption=caption, title_justify="left", caption_justify="left")
    for name, justify in (
        ("Mã", "left"),
        ("Chỉ tiêu", "left"),
        ("Giá trị", "right"),
        ("Tử số / mẫu số", "right"),
        ("Kỳ", "left"),
        ("Nguồn", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(
            row["code"], escape(row["name_vi"]), _value(row), _parts(row), _period(row), escape(row["source"])
        )
    return table


def values_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Table of `reading.kpi_values`."""
    names = (
        *("code", "grain", "period_start", "unit_code", "unit_valid_from", "unit_name_vi", "source"),
        *("numerator", "denominator", "value", "ci_low", "ci_high", "as_of"),
    )
    return _plain_table((*names, "figure_id"), rows)


def known_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Table of `kpi_history.as_known_on`."""
    names = (*("code", "grain", "period_start", "unit_code", "source", "numerator", "denominator", "value"),)
    return _plain_table((*names, "figure_id", "published_at", "snapshot_id"), rows)


def changes_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Table of `kpi_history.changes_since`, the reason in words."""
    from orchestration.kpi_history import REASONS

    told = [row | {"reason": REASONS[row["reason"]] + (", đã rút" if row["is_gone"] else "")} for row in rows]
    names = (*("code", "grain", "period_start", "unit_code", "source", "previous_value", "value", "change", "reason"),)
    return _plain_table((*names, "figure_id", "previous_figure_id", "published_at"), told)


def _plain_table(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(*names)
    for row in rows:
        table.add_row(*("—" if row[name] is None else escape(str(row[name])) for name in names))
    return table


def status_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Table of `reading.status`; the last error of a source stands below it.

    Batches held back by a check, and payloads on their way into the lake, have a column only where there are any.
    """
    errors = "\n".join(escape(row["last_error"]) for row in rows if row["last_error"])
    any_held, any_in_flight = (any(row.get(name) for row in rows) for name in ("held", "in_flight"))
    accounts = ("offered", "accepted", "quarantined", "deduplicated", *(("in_flight",) if any_in_flight else ()))
    table = Table(
        *("source", "slug", "last success (UTC)", "offered", "accepted", "quarantined", "de-duplicated"),
        *(("In flight",) if any_in_flight else ()),
        "newest data",
        *(("Held back",) if any_held else ()),
        caption=errors or None,
        caption_justify="left",
        caption_style="red",
    )
    for row in rows:
        age = row["freshness_s"]
        late = age is not None and age > row["freshness_promise_s"]
        table.add_row(
            escape(row["source"]),
            row["slug"],
            (row["last_success_at"] or "never")[:16].replace("T", " "),
            *(f"{row.get(name) or 0:,}" for name in accounts),
            "no data" if age is None else f"{_age(age)} old" + (", LATE" if late else ""),
            *((escape("\n".join(row.get("held") or ())),) if any_held else ()),
        )
    return table


def _age(seconds: int) -> str:
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds} s"


def _value(row: dict[str, Any]) -> str:
    decimals = int(row["decimals"])
    scale, unit = (100, "%") if row["is_percent"] else (1, f" {row['unit_vi']}")
    if row["value"] is None:
        return "—"
    text = number(row["value"] * scale, decimals) + unit
    low, high = row["value_low"], row["value_high"]
    if low is not None and high is not None and high != low:
        text += f" ({number(low * scale, decimals)}–{number(high * scale, decimals)})"
    return text


def _parts(row: dict[str, Any]) -> str:
    if row["denominator"] is None:
        return number(row["numerator"])
    return f"{number(row['numerator'])} / {number(row['denominator'])}"


def _period(row: dict[str, Any]) -> str:
    first, last = (format_date(row[name], "dd/MM/yyyy", locale=LOCALE) for name in ("period_start", "period_end"))
    return f"{first} – {last}"


def _zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(ZONE)
