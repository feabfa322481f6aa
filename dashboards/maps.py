"""Maps that need no network: units as tiles or in boundaries the user supplied, roads with their cameras.

Frames in, Altair charts out, as in `charts`. A map is a picture of a frame, one row per unit or camera, and a click
picks one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from dashboards.charts import picking
from dashboards.number_format import Lang
from dashboards.style import AMBER, BLUE, GRID, MUTED, ORANGE, RAMP, TEXT, WHITE, finished, tooltips

TYPES = ("Thành phố ", "Thị xã ", "Thị trấn ", "Phường ", "Huyện ", "Quận ", "Xã ")
TILE = 52  # the height of a tile, and the width it needs for a name, in pixels
_LINE = 11  # letters
_GAP = 0.03  # of a tile, to each side
STATES = ("ok", "below", "blind", "unknown")  # of a camera, in the order of the legend


def classes(values: pl.Series, write: Callable[[int], str], unknown: str) -> tuple[list[str], list[str]]:
    """Up to five classes of counts, none at all apart from the rest: the label of each, and the labels in order.

    Those that are not zero are parted so that each class has about as many units; a missing one is `unknown`.
    """
    counted = values.filter(values > 0)
    uppers = sorted({int(counted.quantile(share, "nearest") or 0) for share in (0.25, 0.5, 0.75, 1.0)} - {0})
    if (values == 0).any():
        uppers.insert(0, 0)
    labels, low = [], 0 if 0 in uppers else int(str(counted.min() or 0))
    for upper in uppers:
        labels.append(write(upper) if low == upper else f"{write(low)}–{write(upper)}")
        low = upper + 1

    def label(value: int | None) -> str:
        if value is None:
            return unknown
        return labels[next(index for index, upper in enumerate(uppers) if value <= upper)]

    return [label(value) for value in values], labels


def tile_map(frame: pl.DataFrame, labels: Sequence[str], tips: Mapping[str, str], *, lang: Lang) -> Any:
    """One square per unit on its `tile_row` and `tile_column`, thick lines between `parent_code`s.

    Columns besides: code, name_vi, label (its class, of `labels`), shown (the figure as text), is_known,
    is_chosen. `tips`: column → title. A phone shows initials in place of names.
    """
    tiles = frame.with_columns(
        x=pl.col("tile_column").cast(pl.Float64),
        y=pl.col("tile_row").cast(pl.Float64),
        lines=pl.Series([_lines(name) for name in frame["name_vi"]], dtype=pl.String),
        initials=pl.Series([_initials(name) for name in frame["name_vi"]], dtype=pl.String),
    ).with_columns(
        left=pl.col("x") + _GAP, right=pl.col("x") + 1 - _GAP, top=pl.col("y") + _GAP, bottom=pl.col("y") + 1 - _GAP
    )
    columns, rows = (int(str(frame[name].max())) + 1 for name in ("tile_column", "tile_row"))
    first_column, first_row = (int(str(frame[name].min())) for name in ("tile_column", "tile_row"))
    x_scale = alt.Scale(domain=[first_column, columns], nice=False, zero=False)
    y_scale = alt.Scale(domain=[first_row, rows], nice=False, zero=False, reverse=True)
    x = alt.X("left:Q", scale=x_scale, axis=None)
    y = alt.Y("top:Q", scale=y_scale, axis=None)
    # text stands in the middle of its tile
    first = pl.when(pl.col("lines").str.contains("\n")).then(0.21).otherwise(0.33)
    named = tiles.with_columns(left=pl.col("x") + 0.5, top=pl.col("y") + first)
    middle = tiles.with_columns(left=pl.col("x") + 0.5, top=pl.col("y") + 0.33)
    below = tiles.with_columns(left=pl.col("x") + 0.5, top=pl.col("y") + 0.78)
    narrow = f"width < {TILE * (columns - first_column)}"
    base = alt.Chart(tiles).encode(x=x, x2="right:Q", y=y, y2="bottom:Q")

    def text(data: pl.DataFrame, column: str, **options: Any) -> Any:
        return (
            alt.Chart(data)
            .mark_text(baseline="middle", **options)
            .encode(x=x, y=y, text=f"{column}:N", color=_ink(labels))
        )

    layers = [
        base.mark_rect(cornerRadius=2).encode(fill=_fill(labels), **_outline(), tooltip=_texts(tips)).add_params(
            picking("code")
        ),
        alt.Chart(_borders(frame)).mark_rule(strokeWidth=1.6, color=TEXT, strokeCap="round").encode(
            x=alt.X("x0:Q", scale=x_scale, axis=None), x2="x1:Q",
            y=alt.Y("y0:Q", scale=y_scale, axis=None), y2="y1:Q",
        ),
        text(named, "lines", fontSize=10.5, lineHeight=12, lineBreak="\n", opacity=alt.expr(f"{narrow} ? 0 : 1")),
        text(middle, "initials", fontSize=9, opacity=alt.expr(f"{narrow} ? 1 : 0")),
        text(below, "shown", fontSize=11, fontWeight="bold"),
    ]  # fmt: skip
    chart = alt.layer(*layers).resolve_scale(color="independent", fill="independent")
    return finished(chart, lang, height=TILE * (rows - first_row))


def boundary_map(frame: pl.DataFrame, labels: Sequence[str], tips: Mapping[str, str], *, lang: Lang) -> Any:
    """The same with each unit in its boundary: `geometry` is GeoJSON text."""
    names = ["code", "label", "is_known", "is_chosen", *tips]
    shapes = [
        {"type": "Feature", "geometry": json.loads(row["geometry"]), **{name: row[name] for name in names}}
        for row in frame.iter_rows(named=True)
    ]
    chart = alt.Chart(alt.Data(values=shapes)).mark_geoshape()  # type: ignore[no-untyped-call]
    chart = chart.encode(fill=_fill(labels), **_outline(), tooltip=_texts(tips)).add_params(picking("code"))
    # a plane projection: degrees are nearly square here, and no ring can be read as the rest of the globe
    return finished(chart.project(type="identity", reflectY=True), lang, height=460)


def _fill(labels: Sequence[str]) -> Any:
    """Few to many in one blue; a unit of no class is left empty."""
    scale = alt.Scale(domain=list(labels), range=_ramp(len(labels)))
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolStrokeWidth=0)
    known = alt.Fill("label:N", sort=None, scale=scale, legend=legend)
    return alt.condition("datum.is_known", known, alt.value("transparent"))


def _ramp(n: int) -> list[str]:
    last = len(RAMP) - 1
    return [RAMP[round(index * last / max(1, n - 1))] for index in range(n)]


def _ink(labels: Sequence[str]) -> Any:
    """Dark on the pale classes, pale on the dark ones."""
    inks = [WHITE if color in RAMP[3:] else TEXT for color in _ramp(len(labels))]
    known = alt.Color("label:N", sort=None, scale=alt.Scale(domain=list(labels), range=inks), legend=None)
    return alt.condition("datum.is_known", known, alt.value(TEXT))


def _outline() -> dict[str, Any]:
    return {
        "stroke": alt.condition("datum.is_chosen", alt.value(ORANGE), alt.value(GRID)),
        "strokeWidth": alt.condition("datum.is_chosen", alt.value(3), alt.value(1)),
    }


def _texts(tips: Mapping[str, str]) -> list[Any]:
    return tooltips(*((f"{name}:N", title, None) for name, title in tips.items()))


def _short(name: str) -> str:
    kind = next((kind for kind in TYPES if name.startswith(kind)), "")
    short = name.removeprefix(kind)
    return f"{kind[:1]}.{short}" if set(short) <= set("IVX0123456789") else short  # Phường III → P.III


def _lines(name: str) -> str:
    """A name without its type on one line, or on two of about the same length."""
    words = _short(name).split()
    if len(" ".join(words)) <= _LINE:
        return " ".join(words)
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return "\n".join(min(cuts, key=lambda cut: max(map(len, cut))))


def _initials(name: str) -> str:
    words = _short(name).split()
    return words[0] if len(words) == 1 else "".join(word[0] for word in words)


def _borders(frame: pl.DataFrame) -> pl.DataFrame:
    """The sides of tiles beyond which another parent's unit lies; none where all have the same parent."""
    parents = {(row, column): parent for row, column, parent in frame.select(
        "tile_row", "tile_column", "parent_code").iter_rows()}  # fmt: skip
    sides = []
    if len(set(parents.values())) > 1:
        for (row, column), parent in parents.items():
            for x, y, x1, y1, neighbour in (
                (column, row, column + 1, row, (row - 1, column)),
                (column, row, column, row + 1, (row, column - 1)),
                (column, row + 1, column + 1, row + 1, (row + 1, column)),
                (column + 1, row, column + 1, row + 1, (row, column + 1)),
            ):
                if parents.get(neighbour) != parent:
                    sides.append((x, y, x1, y1))
    return pl.DataFrame(sorted(set(sides)), schema=dict.fromkeys(("x0", "y0", "x1", "y1"), pl.Float64), orient="row")


def road_map(cameras: pl.DataFrame, states: Mapping[str, str], tips: Mapping[str, str], *, lang: Lang) -> Any:
    """Cameras on their roads where they hang; the road runs from camera to camera in the order of kilometres.

    Columns: camera_id, road_code, km_mark, lat, long, state (a label of `states`, whose keys are STATES), and `tips`.
    The last rows lie on top.
    """
    roads = [
        {
            "type": "Feature",
            "road": road,
            "geometry": {"type": "LineString", "coordinates": part.sort("km_mark").select("long", "lat").rows()},
        }
        for (road,), part in cameras.group_by("road_code", maintain_order=True)
    ]
    drawn = alt.Data(values=roads)  # type: ignore[no-untyped-call]
    ends = cameras.sort("km_mark").group_by("road_code", maintain_order=True).first()
    layers = [
        alt.Chart(drawn).mark_geoshape(filled=False, stroke=MUTED, strokeWidth=5, opacity=0.35),
        alt.Chart(cameras).mark_point(filled=True, opacity=1).encode(
            longitude="long:Q", latitude="lat:Q", **_state(states), tooltip=_texts(tips)
        ).add_params(picking("camera_id")),
        alt.Chart(ends).mark_text(align="left", dx=10, dy=-10, fontSize=12, fontWeight="bold", color=TEXT).encode(
            longitude="long:Q", latitude="lat:Q", text="road_code:N"
        ),
    ]  # fmt: skip
    return finished(alt.layer(*layers).project(type="mercator"), lang, height=320)


def strip_map(cameras: pl.DataFrame, states: Mapping[str, str], tips: Mapping[str, str], *, lang: Lang) -> Any:
    """The same where no coordinates are known: each road a line by itself, its cameras at their kilometre marks."""
    y = alt.Y("road_code:N", title=None, axis=alt.Axis(ticks=False, domain=False))
    x = alt.X("share:Q", axis=None, scale=alt.Scale(domain=[-0.02, 1.02], nice=False))
    low, high = pl.col("km_mark").min().over("road_code"), pl.col("km_mark").max().over("road_code")
    # every road takes the whole width, because their marks have nothing to do with each other
    placed = cameras.with_columns(
        share=pl.when(high > low).then((pl.col("km_mark") - low) / (high - low)).otherwise(0.5)
    )
    marks = placed.filter((pl.col("km_mark") == low) | (pl.col("km_mark") == high))
    layers = [
        alt.Chart(placed).mark_line(color=MUTED, strokeWidth=5, opacity=0.35).encode(x=x, y=y, detail="road_code:N"),
        alt.Chart(placed).mark_point(filled=True, opacity=1).encode(
            x=x, y=y, **_state(states), tooltip=_texts(tips)
        ).add_params(picking("camera_id")),
        alt.Chart(marks).mark_text(dy=20, fontSize=11, color=MUTED).encode(x=x, y=y, text="km_shown:N"),
    ]  # fmt: skip
    return finished(alt.layer(*layers), lang, height=90 * cameras["road_code"].n_unique() + 30)


def _state(states: Mapping[str, str]) -> dict[str, Any]:
    """Shape and colour tell the same, so that neither is needed; what is in trouble is larger."""
    domain = [states[code] for code in STATES]
    legend = alt.Legend(title=None, orient="top", symbolSize=110, labelLimit=240, columns=2)  # a phone has no more
    colors = alt.Scale(domain=domain, range=[BLUE, AMBER, ORANGE, MUTED])
    shapes = alt.Scale(domain=domain, range=["circle", "triangle-down", "cross", "diamond"])
    sizes = alt.Scale(domain=domain, range=[60, 170, 170, 170])
    return {
        "color": alt.Color("state:N", scale=colors, legend=legend),
        "shape": alt.Shape("state:N", scale=shapes, legend=legend),
        "size": alt.Size("state:N", scale=sizes, legend=None),
    }
