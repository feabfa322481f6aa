"""The look of every chart: colours in both themes, fonts, and numbers and days as the language writes them."""

from __future__ import annotations

from typing import Any

import altair as alt

from dashboards.number_format import MINUS, Lang

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#B84A00", "#00795A", "#7A3E78"
AMBER = "#8A5A00"
NAVY, MUTED, TEXT, GRID, PALE = "#0B3D66", "#5B6770", "#1F2933", "#E3E8ED", "#BFD7EA"
WHITE, SILVER = "#FFFFFF", "#C3CBD2"  # fills only
RAMP = ("#E6F0F8", PALE, "#7FB2D6", "#2874A8", NAVY)  # few to many
FONT = '"Source Sans", "Noto Sans", "Segoe UI", sans-serif'

_ENGLISH_MONTHS = "January February March April May June July August September October November December"
_MONTHS = {"vi": [f"Tháng {n}" for n in range(1, 13)], "en": _ENGLISH_MONTHS.split()}
_SHORT_MONTHS = {"vi": [f"Th{n}" for n in range(1, 13)], "en": [name[:3] for name in _MONTHS["en"]]}
_DAYS = {
    "vi": ["Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"],
    "en": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
}
_SHORT_DAYS = {"vi": ["CN", "T2", "T3", "T4", "T5", "T6", "T7"], "en": [name[:3] for name in _DAYS["en"]]}

_DARK = {
    BLUE: "#56B4E9", ORANGE: "#FF8A4C", GREEN: "#3CCFA0", PURPLE: "#D3A4D1", AMBER: "#F0C24B", NAVY: "#8CCBF0",
    MUTED: "#A9B4BE", TEXT: "#F2F5F7", GRID: "#2C3A4F", PALE: "#1E3A55", WHITE: "#0B1220",
    RAMP[0]: "#15253A", RAMP[2]: "#2B6391", RAMP[3]: "#559FD3",
    SILVER: "#5D6B7C",
}  # fmt: skip


def in_dark(spec: Any) -> Any:
    """A Vega-Lite specification in the colours of the dark theme; its data are left alone."""
    if isinstance(spec, dict):
        return {key: value if key in ("data", "datasets") else in_dark(value) for key, value in spec.items()}
    if isinstance(spec, list):
        return [in_dark(value) for value in spec]
    return _DARK.get(spec, spec) if isinstance(spec, str) else spec


def tooltips(*fields: tuple[str, str, str | None]) -> list[Any]:
    """Tooltips of (field, title, number format)."""
    return [
        alt.Tooltip(name, title=title, format=number) if number else alt.Tooltip(name, title=title)
        for name, title, number in fields
    ]


def finished(chart: Any, lang: Lang, *, height: int = 260) -> Any:
    """The chart in the house's fonts and colours, with numbers and days as the language writes them."""
    decimal, thousands = (",", ".") if lang == "vi" else (".", ",")
    locale = {
        "number": {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""], "minus": MINUS},
        "time": {
            "dateTime": "%d/%m/%Y %H:%M",
            "date": "%d/%m/%Y",
            "time": "%H:%M",
            "periods": ["SA", "CH"] if lang == "vi" else ["AM", "PM"],
            "days": _DAYS[lang],
            "shortDays": _SHORT_DAYS[lang],
            "months": _MONTHS[lang],
            "shortMonths": _SHORT_MONTHS[lang],
        },
    }
    return chart.properties(height=height).configure(
        locale=locale,
        background="transparent",
        font=FONT,
        view={"stroke": None},
        axis={
            "labelColor": MUTED,
            "labelFontSize": 12,
            "titleColor": MUTED,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
        },
        axisX={"grid": False},
        axisY={"domain": False, "ticks": False},
        legend={"labelColor": TEXT, "labelFontSize": 12, "symbolSize": 90},
    )
