"""Frames in, Altair charts out, in the reader's language and the style of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import altair as alt
import polars as pl

from dashboards.number_format import Lang
from dashboards.style import AMBER, BLUE, GRID, MUTED, ORANGE, PALE, TEXT, WHITE, finished, tooltips

# A chart is validated whole when it is drawn; piece by piece as it is made as well costs a tenth of a page.
alt.utils.schemapi.DEBUG_MODE = False

_TARGET: dict[str, Any] = {"color": ORANGE, "strokeDash": [5, 4], "strokeWidth": 1.4}
PICK = "pick"  # the name of a chart's selection
_NARROW = "containerSize()[0] < 480"  # of Vega: the page on a telephone
MARGIN = 1.08  # head room over the highest mark


@dataclass(frozen=True)
class Series:
    """One numeric column of a frame, its label and its colour."""

    column: str
    label: str
    color: str = BLUE


def columns(
    frame: pl.DataFrame, x: str, x_title: str, series: Sequence[Series], *, lang: Lang, number: str = ",.0f"
) -> Any:
    """Columns side by side, one group per row of `frame` in its order; `x` is a column of ready-made labels."""
    chart = alt.Chart(_long(frame, x, series)).mark_bar(cornerRadiusEnd=1)
    chart = chart.encode(
        x=_label_axis(x),
        xOffset=alt.XOffset("series:N", sort=None),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format=number, tickCount=5)),
        **_series_channels(x, x_title, series, number),
    )
    return finished(chart, lang)


def stacked_columns(
    frame: pl.DataFrame, x: str, x_title: str, series: Sequence[Series], *, lang: Lang, number: str = ",.0f"
) -> Any:
    """Parts of a whole as stacked columns, the first of `series` at the base; `x` is a column of ready-made labels."""
    order = {part.label: index for index, part in enumerate(series)}
    long = _long(frame, x, series).with_columns(
        pl.col("series").replace_strict(order, return_dtype=pl.Int8).alias("order")
    )
    chart = alt.Chart(long).mark_bar()
    chart = chart.encode(
        x=_label_axis(x),
        y=alt.Y("value:Q", stack="zero", title=None, axis=alt.Axis(format=number, tickCount=5)),
        order=alt.Order("order:Q"),
        **_series_channels(x, x_title, series, number),
    )
    return finished(chart, lang)


def line(
    frame: pl.DataFrame,
    x: str,
    x_title: str,
    series: Sequence[Series],
    *,
    lang: Lang,
    number: str = ",.0f",
    height: int = 180,
    hollow: tuple[Series, str] | None = None,
) -> Any:
    """Lines over ready-made labels in the order of `frame`, axis from zero.

    `hollow`: the points of one of the series are empty where the boolean column named is true.
    """
    chart = alt.Chart(_long(frame, x, series)).mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2)
    chart = chart.encode(
        x=_label_axis(x, scale=alt.Scale(padding=0.5)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format=number, tickCount=4)),
        **_series_channels(x, x_title, series, number),
    )
    if hollow is not None:
        told, where = hollow
        points = frame.filter(pl.col(where)).with_columns(pl.col(told.column).cast(pl.Float64))
        empty = alt.Chart(points).mark_point(filled=True, size=34, color=WHITE, stroke=told.color, strokeWidth=1.8)
        chart += empty.encode(x=_label_axis(x, scale=alt.Scale(padding=0.5)), y=alt.Y(f"{told.column}:Q"))
    return finished(chart, lang, height=height)


def picking(*fields: str) -> Any:
    """The selection of one mark by a click; `chart_panel(select=…)` returns the values of `fields`."""
    return alt.selection_point(name=PICK, fields=list(fields), toggle=False)


def ranked_bars(
    frame: pl.DataFrame,
    category: str,
    series: Sequence[Series],
    *,
    title: str,
    lang: Lang,
    number: str = ",.0f",
    pick: bool = False,
) -> Any:
    """Horizontal bars in the order of `frame`, parts of `series` stacked, the total written at the end.

    With `pick` a click chooses the bar's category.
    """
    long = _long(frame, category, series).with_columns(
        pl.col("series").replace_strict({s.label: i for i, s in enumerate(series)}, return_dtype=pl.Int8).alias("order")
    )
    y = _category_axis(category)
    bars = (
        alt.Chart(long)
        .mark_bar(cornerRadiusEnd=1, height={"band": 0.68})
        .encode(
            y=y,
            x=alt.X("value:Q", stack="zero", title=None, axis=None, scale=alt.Scale(domainMax=_top(long, category))),
            order=alt.Order("order:Q"),
            **_series_channels(category, title, series, number),
        )
    )
    if pick:
        picked = picking(category)
        bars = bars.encode(opacity=alt.condition(picked, alt.value(1), alt.value(0.35))).add_params(picked)
    totals = long.group_by(category, maintain_order=True).agg(pl.col("value").sum())
    text = (
        alt.Chart(totals)
        .mark_text(align="left", dx=5, color=TEXT, fontSize=12)
        .encode(y=y, x=alt.X("value:Q"), text=alt.Text("value:Q", format=number))
    )
    return finished(bars + text, lang, height=max(90, 26 * totals.height + (30 if len(series) > 1 else 0)))


def variance(frame: pl.DataFrame, category: str, value: str, tips: Mapping[str, str], *, lang: Lang) -> Any:
    """Bars to either side of zero, one per row of `frame` in its order; `value` is relative, `tips` column → title.

    What falls short is to the left; the column `state` (met, unsure, missed) gives the colour, `gap` is written beside.
    """
    y = _category_axis(category)
    low, high = float(str(frame[value].min())), float(str(frame[value].max()))
    reach = max(abs(low), abs(high), 0.01)
    scale = alt.Scale(domain=[min(low, 0) - reach * 0.02, max(high, 0) + reach * 0.9], nice=False)
    base = alt.Chart(frame).encode(y=y, tooltip=tooltips(*((name, title, None) for name, title in tips.items())))
    x = alt.X(f"{value}:Q", title=None, scale=scale, axis=alt.Axis(format="+.0%", tickCount=5, orient="top"))
    layers = [
        base.mark_bar(cornerRadiusEnd=1, height={"band": 0.55}).encode(
            x=x,
            color=alt.Color(
                "state:N",
                legend=None,
                scale=alt.Scale(domain=["met", "unsure", "missed"], range=[BLUE, AMBER, ORANGE]),
            ),
        ),
        alt.Chart(frame.with_columns(text_at=pl.max_horizontal(pl.col(value), pl.lit(0.0))))
        .mark_text(align="left", dx=6, color=TEXT, fontSize=12)
        .encode(y=y, x=alt.X("text_at:Q"), text="gap:N"),
        alt.Chart(pl.DataFrame({value: [0.0]})).mark_rule(color=TEXT, strokeWidth=1.2).encode(x=x),
    ]
    return finished(alt.layer(*layers), lang, height=max(110, 26 * frame.height + 40))


def intervals(
    frame: pl.DataFrame,
    category: str,
    low: Series,
    high: Series,
    *,
    title: str,
    lang: Lang,
    number: str,
    target: float | None,
) -> Any:
    """One horizontal segment from `low` to `high` per row, with dots at both ends and a rule at the target."""
    y = _category_axis(category)
    floor = _floor(frame, low.column, target)
    scale = alt.Scale(domain=[floor, 1], nice=False, clamp=True, zero=False)
    tips = tooltips((category, title, None), (low.column, low.label, number), (high.column, high.label, number))
    base = alt.Chart(frame).encode(y=y, tooltip=tips)
    axis = alt.Axis(format=number, orient="top", tickCount=5, grid=True)

    def at(column: str) -> Any:
        return alt.X(f"{column}:Q", title=None, scale=scale, axis=axis)

    layers = [
        base.mark_rule(strokeWidth=6, color=PALE).encode(x=at(low.column), x2=f"{high.column}:Q"),
        base.mark_point(filled=True, size=45, color=high.color).encode(x=at(high.column)),
        base.mark_point(filled=True, size=45, color=low.color).encode(x=at(low.column)),
    ]
    if target is not None:
        rule = alt.Chart(pl.DataFrame({low.column: [target]})).mark_rule(**_TARGET)
        layers.append(rule.encode(x=at(low.column)))
    return finished(alt.layer(*layers), lang, height=max(120, 22 * frame.height + 30))


def band(
    frame: pl.DataFrame,
    day: str,
    low: Series,
    high: Series,
    *,
    title: str,
    lang: Lang,
    number: str,
    target: float | None,
) -> Any:
    """A band from `low` to `high` over days with a line on its lower edge; the axis does not start at zero."""
    floor = _floor(frame, low.column, target)
    scale = alt.Scale(domain=[floor, 1], nice=False, clamp=True)
    # Midnight is written out: a date without a time is read as UTC and drawn a day early west of Greenwich.
    data = frame.with_columns(pl.col(day).cast(pl.Datetime))
    x = alt.X(f"{day}:T", title=None, axis=_month_axis())
    tips = tooltips((f"{day}:T", title, "%d/%m/%Y"), (low.column, low.label, number), (high.column, high.label, number))
    y = alt.Y(f"{low.column}:Q", title=None, scale=scale, axis=alt.Axis(format=number, tickCount=5))
    layers = [
        alt.Chart(data).mark_area(color=PALE).encode(x=x, y=y, y2=f"{high.column}:Q", tooltip=tips),
        alt.Chart(data).mark_line(color=low.color, strokeWidth=1.2).encode(x=x, y=y, tooltip=tips),
    ]
    if target is not None:
        layers.append(_rule(target))
    return finished(alt.layer(*layers), lang)


def control(
    frame: pl.DataFrame, day: str, value: Series, expected: Series, upper: Series, *, title: str, lang: Lang
) -> Any:
    """A count over days beside what was to be expected and the limit above which it is out of the ordinary.

    Days above the limit carry a large mark.
    """
    data = frame.with_columns(pl.col(day).cast(pl.Datetime))
    tips = tooltips(
        (f"{day}:T", title, "%d/%m/%Y"),
        (value.column, value.label, ",.0f"),
        (expected.column, expected.label, ",.1f"),
        (upper.column, upper.label, ",.1f"),
    )
    long = _long(data, day, [value, expected, upper])
    x = alt.X(f"{day}:T", title=None, axis=_day_axis())
    dashes = alt.Scale(domain=[value.label, expected.label, upper.label], range=[[1, 0], [2, 2], [6, 4]])
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=1.8)
        .encode(
            x=x,
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=5)),
            color=_color([value, expected, upper]),
            strokeDash=alt.StrokeDash("series:N", scale=dashes, legend=None),
        )
    )
    marks = alt.Chart(data).encode(x=x, y=alt.Y(f"{value.column}:Q"), tooltip=tips)
    above = alt.datum[value.column] > alt.datum[upper.column]
    layers = [
        lines,
        marks.mark_point(filled=True, size=22, color=value.color),
        marks.transform_filter(above).mark_point(filled=True, size=110, color=value.color),
    ]
    return finished(alt.layer(*layers), lang)


def weekly_columns(
    frame: pl.DataFrame, week: str, value: Series, *, title: str, lang: Lang, target: float | None, tooltip: str
) -> Any:
    """One column per week on a time axis; `week` holds Mondays, `tooltip` a column of ready-made week names."""
    data = frame.with_columns(pl.col(week).cast(pl.Datetime)).with_columns(sunday=pl.col(week) + pl.duration(days=6))
    layers = [
        alt.Chart(data)
        .mark_bar(color=value.color)
        .encode(
            x=alt.X(f"{week}:T", title=None, axis=_month_axis()),
            x2="sunday:T",
            y2=alt.datum(0),
            y=alt.Y(f"{value.column}:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=5)),
            tooltip=tooltips((tooltip, title, None), (value.column, value.label, ",.0f")),
        )
    ]
    if target is not None:
        layers.append(_rule(target))
    return finished(alt.layer(*layers), lang)


def state_cells(
    frame: pl.DataFrame,
    x: str,
    y: str,
    state: str,
    states: Mapping[str, tuple[str, str]],
    *,
    order: Sequence[str],
    tips: Mapping[str, str],
    lang: Lang,
) -> Any:
    """One cell per row of `frame`, coloured by `state` and marked with a letter; columns in `order`.

    `states`: label → (letter, colour). `tips`: column → title.
    """
    data = frame.with_columns(
        letter=pl.col(state).replace_strict({name: letter for name, (letter, _) in states.items()})
    )
    present = [name for name in states if name in set(frame[state])]
    scale = alt.Scale(domain=present, range=[states[name][1] for name in present])
    legend = alt.Legend(title=None, orient="top", symbolType="square", labelLimit=220)
    base = alt.Chart(data).encode(
        x=_label_axis(x, sort=list(order)),
        y=_category_axis(y),
        tooltip=tooltips(*((name, title, None) for name, title in tips.items())),
    )
    cells = base.mark_rect(stroke=GRID, strokeWidth=2).encode(color=alt.Color(f"{state}:N", scale=scale, legend=legend))
    letters = base.mark_text(fontSize=12, fontWeight="bold", color=WHITE).encode(text="letter:N")
    return finished(cells + letters, lang, height=max(110, 24 * frame[y].n_unique() + 50))


def gantt(
    frame: pl.DataFrame,
    label: str,
    *,
    start: str,
    planned: str,
    reached: str,
    state: str,
    colors: Mapping[str, str],
    today: date | None,
    tips: Mapping[str, str],
    lang: Lang,
) -> Any:
    """One bar per row in its order: outlined from `start` to `planned`, solid to `reached`; days are dates.

    `colors`: label of a state → colour; only those that occur are in the legend. A rule stands at `today`.
    """
    data = frame.with_columns(pl.col(start, planned, reached).cast(pl.Datetime))
    # a telephone has room for the number in front of the name alone
    short = f"{_NARROW} ? split(datum.label, '.')[0] : datum.label"
    axis = alt.Axis(labelLimit=220, labelExpr=short, ticks=False, domain=False)
    y = alt.Y(f"{label}:N", sort=None, title=None, axis=axis)
    x = alt.X(
        f"{start}:T", title=None, axis=alt.Axis(format="%m/%Y", orient="top", tickCount=8, labelOverlap=True, grid=True)
    )
    present = [name for name in colors if name in set(frame[state])]
    scale = alt.Scale(domain=present, range=[colors[name] for name in present])
    wrapped = alt.ExprRef(f"{_NARROW} ? 3 : 8")
    legend = alt.Legend(title=None, orient="top", symbolType="square", labelLimit=220, columns=wrapped)
    base = alt.Chart(data).encode(y=y, tooltip=tooltips(*((name, title, None) for name, title in tips.items())))
    layers = [
        base.mark_bar(height={"band": 0.62}, filled=False, color=MUTED, strokeWidth=1).encode(x=x, x2=f"{planned}:T"),
        base.mark_bar(height={"band": 0.62}).encode(
            x=x, x2=f"{reached}:T", color=alt.Color(f"{state}:N", scale=scale, legend=legend)
        ),
    ]
    if today is not None:
        at = pl.DataFrame({start: [datetime.combine(today, time())]})
        layers.append(alt.Chart(at).mark_rule(**_TARGET).encode(x=x))
    return finished(alt.layer(*layers), lang, height=max(160, 21 * frame.height + 40))


def _rule(value: float) -> Any:
    frame = pl.DataFrame({"rule": [value]})
    return alt.Chart(frame).mark_rule(**_TARGET).encode(y=alt.YDatum(value))


def _long(frame: pl.DataFrame, index: str, series: Sequence[Series]) -> pl.DataFrame:
    renamed = frame.select(pl.col(index), *(pl.col(s.column).cast(pl.Float64).alias(s.label) for s in series))
    return renamed.unpivot(index=index, variable_name="series", value_name="value")


def _color(series: Sequence[Series]) -> Any:
    legend = alt.Legend(title=None, orient="top", symbolType="square") if len(series) > 1 else None
    scale = alt.Scale(domain=[s.label for s in series], range=[s.color for s in series])
    return alt.Color("series:N", scale=scale, legend=legend)


def _series_channels(index: str, title: str, series: Sequence[Series], number: str) -> dict[str, Any]:
    """Colour and tooltip of a mark over the rows of `_long`."""
    tips = tooltips((index, title, None), ("series", " ", None), ("value", " ", number))
    return {"color": _color(series), "tooltip": tips}


def _label_axis(column: str, *, sort: list[str] | None = None, **options: Any) -> Any:
    axis = alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=8, labelPadding=6, ticks=False)
    return alt.X(f"{column}:O", sort=sort, title=None, axis=axis, **options)


def _category_axis(column: str) -> Any:
    limit = alt.ExprRef(f"{_NARROW} ? 120 : 190")
    return alt.Y(f"{column}:N", sort=None, title=None, axis=alt.Axis(labelLimit=limit, ticks=False, domain=False))


def _month_axis() -> Any:
    """Ticks at the first of a month only, so that no month is written twice."""
    return alt.Axis(format="%m/%Y", tickCount={"interval": "month", "step": 1}, labelOverlap=True, labelSeparation=8)


def _day_axis() -> Any:
    return alt.Axis(format="%d/%m", tickCount=6, labelOverlap=True, labelSeparation=8)


def _top(long: pl.DataFrame, category: str) -> float:
    highest = long.group_by(category).agg(pl.col("value").sum())["value"].max()
    return float(str(highest or 1)) * MARGIN


def _floor(frame: pl.DataFrame, column: str, target: float | None) -> float:
    """Where an axis of ratios begins: a little under the lowest value shown, never above the target."""
    lowest = min(float(str(frame[column].min() or 0)), target if target is not None else 1.0)
    return max(0.0, lowest - max(0.002, (1 - lowest) * 0.15))
