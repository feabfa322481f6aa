"""A page as PDF: typeset from the same figures, so that text can be selected and tables break over pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typst

from dashboards.exports.exhibit import Exhibit, Origin
from dashboards.exports.pictures import to_svg

TEMPLATE = Path(__file__).with_name("document.typ")
MAX_ROWS = 400  # a longer table belongs in a workbook


def to_pdf(exhibits: Sequence[Exhibit], origin: Origin, sentences: Sequence[str], cut: str) -> bytes:
    """A4 across, PDF/UA tagged: title, mark, sentences, each exhibit with chart and table, sources.

    All texts reach the template as data, never as markup. `cut` says that a table was cut, with {n} for its rows.
    """
    content = {
        "page": origin.page,
        "lang": origin.lang,
        "mark": origin.mark,
        "sentences": list(sentences),
        "exhibits": [
            {
                "title": exhibit.title,
                "note": exhibit.note,
                "svg": to_svg(exhibit, origin, titled=False) if exhibit.spec else "",
                "heads": [field.label for field in exhibit.fields],
                "right": [field.kind in ("count", "number", "percent") for field in exhibit.fields],
                "rows": [list(row) for row in exhibit.texts[:MAX_ROWS]],
                "cut": cut.format(n=len(exhibit.texts)) if len(exhibit.texts) > MAX_ROWS else "",
            }
            for exhibit in exhibits
        ],
        "sources": origin.sheet,
        "lines": [list(line) for line in origin.lines],
    }
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        ignore_system_fonts=True,  # the same on every machine
    )
