"""Charts as SVG and PNG, drawn by Vega-Lite itself without a browser and without network."""

from __future__ import annotations

import json
from typing import Any

import vl_convert

from dashboards.exports.exhibit import Exhibit, Origin

FONT = "Liberation Sans, sans-serif"  # comes with the renderer and has every Vietnamese letter
WIDTH = 900
_OFFLINE: list[str] = []  # no address may be fetched


def to_svg(exhibit: Exhibit, origin: Origin, *, titled: bool = True) -> str:
    """The exhibit's chart, with its title and under it the word that marks synthetic figures."""
    spec = _printed(exhibit, origin)
    if not titled:
        del spec["title"]
    config = spec["config"]["locale"]
    return str(
        vl_convert.vegalite_to_svg(
            json.dumps(spec),
            allowed_base_urls=_OFFLINE,
            format_locale=config["number"],
            time_format_locale=config["time"],
        )
    )


def to_png(exhibit: Exhibit, origin: Origin) -> bytes:
    """The same at 144 dots an inch."""
    spec = _printed(exhibit, origin)
    config = spec["config"]["locale"]
    return bytes(
        vl_convert.vegalite_to_png(
            json.dumps(spec),
            scale=2,
            allowed_base_urls=_OFFLINE,
            format_locale=config["number"],
            time_format_locale=config["time"],
        )
    )


def _printed(exhibit: Exhibit, origin: Origin) -> dict[str, Any]:
    assert exhibit.spec is not None
    title: dict[str, Any] = {"text": exhibit.title, "anchor": "start", "fontSize": 16, "offset": 12}
    if origin.mark:
        title |= {"subtitle": origin.mark, "subtitleColor": "#6A3368", "subtitleFontWeight": "bold"}
    config = exhibit.spec["config"] | {"background": "white", "font": FONT}
    return exhibit.spec | {"title": title, "width": WIDTH, "config": config}
