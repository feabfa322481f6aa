"""PX files (PC-Axis file format 2013, Statistics Sweden), which PxWeb stores and serves -> observations."""

from __future__ import annotations

import codecs
import itertools
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from lake.contracts.base import Delivery
from lake.contracts.indicator import BASE_PERIOD, MISSING
from lake.errors import PayloadRefused
from transforms.observation import MAX_OBSERVATIONS, MISSING_MARKS, Fault, Observation, Vintage, number, stated
from transforms.period import Period, from_code
from transforms.text import clean, what_arrived

# Possessive throughout: linear whatever the quotes do.
_KEYWORD = re.compile(
    r'\s*+([A-Z][A-Z0-9-]*+)(?:\[([\w-]++)\])?\s*+(?:\(\s*+("[^"]*+"(?:\s*+,\s*+"[^"]*+")*+)\s*+\))?\s*+='
)
_VALUE = re.compile(r'((?:[^";]++|"[^"]*+")*+);')
_STRING = re.compile(r'"([^"]*+)"')
_GLUED = re.compile(r'"[ \t]*+[\r\n]\s*+"')  # a text goes on in the next line; a comma would make it another
_CELL = re.compile(r'"([^"]*+)"|([^\s,;"]++)')
_CODEPAGE = re.compile(rb'CODEPAGE\s*=\s*"([\w.-]{1,40})"')
_CHARSET = re.compile(rb'CHARSET\s*=\s*"ANSI"')
_TLIST = re.compile(r"TLIST\(\s*([AHQMW])1", re.IGNORECASE)
_SHAPE = {
    "A": r"(\d{4})()",
    "H": r"(\d{4})([12])",
    "Q": r"(\d{4})([1-4])",
    "M": r"(\d{4})(\d\d)",
    "W": r"(\d{4})(\d\d)",
}

Keywords = dict[tuple[str, str], str]  # (keyword, its first sub-key or "") -> value as written, in the main language


class _Dimension(NamedTuple):
    name: str
    codes: list[str]
    labels: list[str]


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations in the order of DATA: the last variable of HEADING runs fastest. Only the main language is read.

    Reason codes: unreadable_period, not_a_number. Raises PayloadRefused where the body is no whole PX file.
    """
    text = _decoded(body, delivery)
    keywords, data = _statements(text, delivery)
    dimensions = _dimensions(keywords, delivery)
    n_cells = math.prod(len(dimension.codes) for dimension in dimensions)
    if n_cells > MAX_OBSERVATIONS:
        raise PayloadRefused(
            f"{delivery.origin} spans {n_cells:,} cells, more than {MAX_OBSERVATIONS:,}; ask for less."
        )
    cells = _CELL.findall(data)
    if len(cells) != n_cells:
        raise PayloadRefused(
            f"{delivery.origin} has {len(cells):,} values for {n_cells:,} cells, so it was cut off; fetch it again."
        )
    time = next((i for i, d in enumerate(dimensions) if _is_time(d, keywords)), None)
    if time is None:
        raise PayloadRefused(f"{delivery.origin} has no time variable (TIMEVAL); choose a table with periods.")
    geo = next(
        (i for i, d in enumerate(dimensions) if keywords.get(("VARIABLE-TYPE", d.name), "").strip('"') == "G"), None
    )
    geo = next((i for i, d in enumerate(dimensions) if ("MAP", d.name) in keywords), None) if geo is None else geo
    contents = _text(keywords, "CONTVARIABLE")
    metric = next((i for i, d in enumerate(dimensions) if d.name == contents), None)
    periods = _periods(dimensions[time], keywords)
    code = _text(keywords, "TABLEID") or _text(keywords, "MATRIX") or delivery.origin
    title = _text(keywords, "TITLE") or _text(keywords, "DESCRIPTION")
    symbols = {_text(keywords, f"DATASYMBOL{n}") for n in (*range(1, 7), "NIL", "SUM")} | MISSING_MARKS
    subject = _text(keywords, "CONTENTS") or title or code
    told = {
        label: _content(label, keywords, delivery)
        for label in (dimensions[metric].labels if metric is not None else [subject])
    }
    variables = [_text(keywords, "VARIABLECODE", d.name) or d.name for d in dimensions]
    at = itertools.product(*(range(len(d.codes)) for d in dimensions))
    for nth, (place, (quoted, bare)) in enumerate(zip(at, cells, strict=True)):
        written = quoted or bare
        codes = [d.codes[i] for d, i in zip(dimensions, place, strict=True)]
        value = number(bare)
        label = dimensions[metric].labels[place[metric]] if metric is not None else subject
        if value is None and written not in symbols:
            raw = ",".join([*codes, written]).encode("utf-8", "backslashreplace")
            yield Fault("not_a_number", f"cell {nth} holds {written[:80]!r}, neither a number nor a symbol.", raw)
            continue
        period = periods[place[time]]
        if period is None:
            raw = ",".join([*codes, written]).encode("utf-8", "backslashreplace")
            yield Fault("unreadable_period", f"cell {nth}: {codes[time][:80]!r} is no period that can be read.", raw)
            continue
        said = told[label]
        yield Observation(
            dataset_code=code,
            dataset_name=title,
            indicator_code=codes[metric] if metric is not None else None,
            indicator_name=label,
            dimensions={v: c for i, (v, c) in enumerate(zip(variables, codes, strict=True)) if i != time},
            period=period,
            value=value,
            vintage=said.vintage,
            geo_code=codes[geo] if geo is not None else None,
            geo_name=dimensions[geo].labels[place[geo]] if geo is not None else None,
            unit=said.unit,
            value_status=MISSING if value is None else None,
            status_source=written if value is None else None,
            comparison_basis=said.basis,
        )


class _Content(NamedTuple):
    unit: str | None
    vintage: Vintage
    basis: str | None


def _content(label: str, keywords: Keywords, delivery: Delivery) -> _Content:
    """What the keywords say of one content, else of all."""
    updated, base, unit = (
        _text(keywords, keyword, label) or _text(keywords, keyword)
        for keyword in ("LAST-UPDATED", "BASEPERIOD", "UNITS")
    )
    is_index = bool(re.search(r"\d{4}.*=\s*100\b", base or ""))
    vintage = stated(updated or _text(keywords, "CREATION-DATE"), delivery)
    return _Content(unit, vintage, BASE_PERIOD if is_index else None)


def _decoded(body: bytes, delivery: Delivery) -> str:
    """The text in the code page the file declares; without one UTF-8, else Windows (CHARSET "ANSI") or DOS letters."""
    arrived = what_arrived(body)
    if arrived != "text or binary data":
        raise PayloadRefused(f"{delivery.origin} sent {arrived}, not a PX file; check the address in sources.toml.")
    declared = _CODEPAGE.search(body[: 1 << 16])
    candidates = ["utf-8-sig", "cp1252" if _CHARSET.search(body[: 1 << 16]) else "cp850"]
    if declared and not body.startswith(codecs.BOM_UTF8):
        candidates = [declared[1].decode("ascii")]
    for encoding in candidates:
        try:
            return body.decode(encoding)
        except LookupError as error:
            raise PayloadRefused(
                f"{delivery.origin} declares an unknown code page ({error}); correct CODEPAGE."
            ) from error
        except UnicodeDecodeError:
            continue
    raise PayloadRefused(f"{delivery.origin} is not in its code page ({candidates[0]}); correct CODEPAGE.")


def _statements(text: str, delivery: Delivery) -> tuple[Keywords, str]:
    """Keywords of the main language, and the text of DATA."""
    keywords: Keywords = {}
    at = 0
    while keyword := _KEYWORD.match(text, at):
        value = _VALUE.match(text, keyword.end())
        if value is None:
            raise PayloadRefused(f"{delivery.origin} ends inside {keyword[1]}, so it was cut off; fetch it again.")
        if keyword[1] == "DATA":
            if any(name == "KEYS" for name, _ in keywords):
                raise PayloadRefused(
                    f"{delivery.origin} has sparse DATA (KEYS), which is not read; save it without KEYS."
                )
            return keywords, value[1]
        if keyword[2] is None:
            subkey = _STRING.findall(keyword[3] or "")
            keywords[keyword[1], clean(subkey[0]) if subkey else ""] = value[1]
        at = value.end()
    where = clean(text[at : at + 40])
    if not keywords:
        raise PayloadRefused(f"{delivery.origin} does not begin with a PX keyword; check that it is a PX file.")
    told = f"no keyword at {where!r}" if where else "no DATA"
    raise PayloadRefused(f"{delivery.origin} is no whole PX file ({told}); fetch it again.")


def _texts(keywords: Keywords, keyword: str, subkey: str = "") -> list[str]:
    return [clean(t) for t in _STRING.findall(_GLUED.sub("", keywords.get((keyword, subkey), "")))]


def _text(keywords: Keywords, keyword: str, subkey: str = "") -> str | None:
    return next((text for text in _texts(keywords, keyword, subkey) if text), None)


def _dimensions(keywords: Keywords, delivery: Delivery) -> list[_Dimension]:
    names = [*_texts(keywords, "STUB"), *_texts(keywords, "HEADING")]
    if not names:
        raise PayloadRefused(f"{delivery.origin} has neither STUB nor HEADING; check that it is a PX file.")
    dimensions = []
    for name in names:
        labels = _texts(keywords, "VALUES", name)
        codes = _texts(keywords, "CODES", name) or labels
        if not labels or len(codes) != len(labels):
            raise PayloadRefused(
                f"{delivery.origin} has {len(labels)} VALUES and {len(codes)} CODES of {name[:80]!r}; fetch it again."
            )
        dimensions.append(_Dimension(name, codes, labels))
    return dimensions


def _is_time(dimension: _Dimension, keywords: Keywords) -> bool:
    return ("TIMEVAL", dimension.name) in keywords or _text(keywords, "VARIABLE-TYPE", dimension.name) in ("T", "Time")


def _periods(dimension: _Dimension, keywords: Keywords) -> list[Period | None]:
    """Periods of a time variable: by TIMEVAL (20241 is the first quarter under TLIST(Q1)), else by codes and labels."""
    timeval = keywords.get(("TIMEVAL", dimension.name), "")
    scale = _TLIST.match(timeval.strip())
    told = _STRING.findall(timeval)
    periods: list[Period | None] = []
    for nth, (code, label) in enumerate(zip(dimension.codes, dimension.labels, strict=True)):
        period = None
        if scale and len(told) == len(dimension.codes):
            letter = scale[1].upper()
            if found := re.fullmatch(_SHAPE[letter], told[nth]):
                period = from_code(found[1] if letter == "A" else f"{found[1]}{letter}{found[2]}")
        periods.append(period or from_code(code) or from_code(label))
    return periods
