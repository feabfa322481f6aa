"""JSON-stat 1.x and 2.0 (https://json-stat.org/full/): datasets, bundles and collections -> observations.

PxWeb and Eurostat answer in it.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms.observation import MAX_OBSERVATIONS, Fault, Observation, Vintage, stated, status_of_flag
from transforms.period import from_code
from transforms.text import clean, what_arrived

TIME_NAMES = frozenset({"time", "year", "month", "quarter", "tid", "period", "time_period", "ref_date"})
GEO_NAMES = frozenset({"geo", "area", "country", "region", "ref_area"})
METRIC_NAMES = frozenset({"contentscode", "concept", "indic", "indicator", "metric"})


class _BadDatasetError(Exception):
    """A dataset contradicts itself; the message says how."""


class _Dimension(NamedTuple):
    name: str
    codes: list[str]
    labels: dict[str, str]
    units: dict[str, Any]


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations of every dataset in the document, in its order; the last dimension runs fastest.

    Reason codes: unreadable_period, not_a_number. Raises PayloadRefused where the body is no JSON-stat with data, or
    a dataset contradicts itself.
    """
    document = _document(body, delivery)
    datasets = list(_datasets(document))
    if not datasets:
        raise PayloadRefused(
            f"{delivery.origin} is JSON without a JSON-stat dataset that holds values; ask the data, not the list "
            "of tables or the metadata."
        )
    for name, dataset in datasets:
        try:
            yield from _observations(name, dataset, delivery)
        except _BadDatasetError as error:
            raise PayloadRefused(f"{delivery.origin}, dataset {name or 1!r}, {error}; fetch it again.") from error


def _document(body: bytes, delivery: Delivery) -> Any:
    arrived = f"{delivery.origin} sent {what_arrived(body)}"
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PayloadRefused(f"{arrived} that is not UTF-8 ({error.reason}); JSON-stat is UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise PayloadRefused(f"{arrived}, not complete JSON-stat ({error}); check the address.") from error


def _datasets(document: Any, depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, dataset) pairs with values: the document itself, the items of a 2.0 collection, or of a 1.x bundle."""
    if not isinstance(document, dict) or depth > 5:
        return
    if "dimension" in document and document.get("value"):
        yield str(document.get("code") or ""), document
        return
    if document.get("class") == "collection":
        link = document.get("link")
        items = link.get("item", []) if isinstance(link, dict) else []
        for nth, item in enumerate(items if isinstance(items, list) else []):
            for name, dataset in _datasets(item, depth + 1):
                yield name or _stem(item.get("href")) or f"{nth + 1}", dataset
        return
    if "class" not in document:
        for name, member in document.items():
            for own, dataset in _datasets(member, depth + 1):
                yield own or str(name), dataset


def _stem(href: object) -> str:
    return str(href).rstrip("/").rsplit("/", 1)[-1].removesuffix(".json") if href else ""


def _observations(name: str, dataset: dict[str, Any], delivery: Delivery) -> Iterator[Observation | Fault]:
    dimensions, roles = _dimensions(dataset)
    size = [len(dimension.codes) for dimension in dimensions]
    n_cells = math.prod(size)
    if n_cells > MAX_OBSERVATIONS:
        raise _BadDatasetError(f"spans {n_cells:,} cells, more than {MAX_OBSERVATIONS:,}")
    values = _cells(dataset["value"], n_cells)
    marks, meanings = _marks(dataset.get("status"), n_cells)
    time = _role(dimensions, roles, "time", TIME_NAMES)
    geo = _role(dimensions, roles, "geo", GEO_NAMES)
    metric = _role(dimensions, roles, "metric", METRIC_NAMES)
    if time is None:
        raise _BadDatasetError("has no time dimension")
    periods = {
        code: from_code(code) or from_code(dimensions[time].labels.get(code, "")) for code in dimensions[time].codes
    }
    title = clean(str(dataset.get("label") or dataset.get("title") or "")) or None
    extension = dataset.get("extension")
    px = extension.get("px") if isinstance(extension, dict) else None
    table = px.get("tableid") if isinstance(px, dict) else None
    code = clean(str(table or name or _stem(dataset.get("href")) or title or delivery.origin))
    vintage = _vintage(dataset, delivery)
    for index, place in enumerate(itertools.product(*(dimension.codes for dimension in dimensions))):
        value, mark = values.get(index), marks.get(index)
        if value is None and mark is None:
            continue  # JSON-stat writes null for a cell that is not there
        period = periods[place[time]]
        if period is None:
            reason = f"cell {index}: {place[time][:80]!r} is no period that can be read."
            yield Fault("unreadable_period", reason, _raw(place, value, mark))
            continue
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not _fits(value)):
            yield Fault(
                "not_a_number", f"cell {index} holds {str(value)[:80]!r}, not a number.", _raw(place, value, mark)
            )
            continue
        unit, mult = _unit(dimensions, place, metric)
        yield Observation(
            dataset_code=code,
            dataset_name=title,
            indicator_code=place[metric] if metric is not None else None,
            indicator_name=_name(dimensions, place, metric, title or code),
            dimensions={d.name: place[i] for i, d in enumerate(dimensions) if i != time},
            period=period,
            value=None if value is None else float(value),
            vintage=vintage,
            geo_code=place[geo] if geo is not None else None,
            geo_name=dimensions[geo].labels.get(place[geo]) if geo is not None else None,
            unit=unit,
            unit_mult=mult,
            value_status=status_of_flag(mark or "", has_value=value is not None),
            status_source=meanings.get(mark, mark) if mark else None,
        )


def _fits(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _raw(place: Sequence[str], value: object, mark: str | None) -> bytes:
    return json.dumps([*place, value, mark], ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")


def _dimensions(dataset: dict[str, Any]) -> tuple[list[_Dimension], dict[str, Any]]:
    """Dimensions in order and the roles; `id`, `size` and `role` lie inside `dimension` in JSON-stat 1.x."""
    inner = dataset["dimension"]
    if not isinstance(inner, dict):
        raise _BadDatasetError("has no object `dimension`")
    ids = dataset.get("id", inner.get("id"))
    size = dataset.get("size", inner.get("size"))
    roles = dataset.get("role", inner.get("role", {}))
    if not isinstance(ids, list) or not isinstance(size, list) or len(ids) != len(size) or not ids:
        raise _BadDatasetError("has no lists `id` and `size` of one length")
    if not all(isinstance(name, str) for name in ids) or not all(isinstance(n, int) for n in size):
        raise _BadDatasetError("has something else than names in `id` or numbers in `size`")
    dimensions = []
    for name, n in zip(ids, size, strict=True):
        told = inner.get(name)
        category = told.get("category") if isinstance(told, dict) else None
        if not isinstance(category, dict):
            raise _BadDatasetError(f"has no categories of the dimension {str(name)[:80]!r}")
        labels = category.get("label")
        labels = {str(k): clean(str(v)) for k, v in labels.items()} if isinstance(labels, dict) else {}
        index = category.get("index", list(labels))
        if isinstance(index, dict):
            try:
                index = sorted(index, key=lambda code: int(index[code]))
            except (TypeError, ValueError):
                raise _BadDatasetError(f"numbers the categories of {str(name)[:80]!r} with something else") from None
        if not isinstance(index, list) or len(index) != n or not n:
            raise _BadDatasetError(f"has another number of categories of {str(name)[:80]!r} than `size` says")
        units = category.get("unit")
        dimensions.append(
            _Dimension(str(name), [str(c) for c in index], labels, units if isinstance(units, dict) else {})
        )
    return dimensions, roles if isinstance(roles, dict) else {}


def _role(dimensions: list[_Dimension], roles: dict[str, Any], role: str, names: frozenset[str]) -> int | None:
    """Position of the dimension with a role; without roles, of the one whose name says it."""
    given = roles.get(role)
    for i, dimension in enumerate(dimensions):
        if isinstance(given, list) and given and dimension.name == given[0]:
            return i
    if given:
        return None
    return next((i for i, dimension in enumerate(dimensions) if dimension.name.lower() in names), None)


def _cells(told: Any, n_cells: int) -> dict[int, Any]:
    """Cell number -> value or status; JSON-stat writes a list, or an object of those that are there."""
    if isinstance(told, list):
        if len(told) != n_cells:
            raise _BadDatasetError(f"has {len(told):,} values for {n_cells:,} cells, so it was cut off")
        return {i: cell for i, cell in enumerate(told) if cell is not None}
    if isinstance(told, dict):
        try:
            cells = {int(i): cell for i, cell in told.items() if cell is not None}
        except ValueError:
            raise _BadDatasetError("numbers its cells with something else") from None
        if any(not 0 <= i < n_cells for i in cells):
            raise _BadDatasetError(f"numbers a cell past its {n_cells:,}")
        return cells
    raise _BadDatasetError("has neither a list nor an object of values")


def _marks(told: Any, n_cells: int) -> tuple[dict[int, str], dict[str, str]]:
    """Statuses by cell, and what each means where the source says so (Eurostat's own shape of 2014 does)."""
    meanings: dict[str, str] = {}
    if isinstance(told, dict) and isinstance(told.get("value"), (list, dict)):
        category = told.get("category")
        labels = category.get("label") if isinstance(category, dict) else None
        meanings = {str(k): f"{k} {v}" for k, v in labels.items()} if isinstance(labels, dict) else {}
        told = told["value"]
    if told is None:
        return {}, meanings
    if isinstance(told, str):  # one for all
        return dict.fromkeys(range(n_cells), told), meanings
    if isinstance(told, list) and len(told) == 1:
        return dict.fromkeys(range(n_cells), str(told[0])), meanings
    return {i: str(mark) for i, mark in _cells(told, n_cells).items() if str(mark).strip()}, meanings


def _vintage(dataset: dict[str, Any], delivery: Delivery) -> Vintage:
    updated = dataset.get("updated")
    milliseconds = dataset.get("lastUpdateDate")
    if updated is None and isinstance(milliseconds, int) and 0 < milliseconds < 1 << 42:
        return stated(datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(), delivery)
    return stated(str(updated or ""), delivery)


def _name(dimensions: list[_Dimension], place: Sequence[str], metric: int | None, title: str) -> str:
    if metric is None:
        return title
    return dimensions[metric].labels.get(place[metric]) or place[metric]


def _unit(dimensions: list[_Dimension], place: Sequence[str], metric: int | None) -> tuple[str | None, int | None]:
    """(unit, power of ten) of a cell: told by the metric's category, else the category of a dimension `unit`.

    The label names the power already ("thousands of persons"), so it is not applied twice: PxWeb's `base` is the
    unit in which it would be.
    """
    for i, dimension in enumerate(dimensions):
        told = dimension.units.get(place[i])
        if isinstance(told, dict) and (metric is None or i == metric):
            written = clean(str(told.get("label") or told.get("base") or told.get("symbol") or ""))
            return written or None, None
    for i, dimension in enumerate(dimensions):
        if dimension.name.lower() == "unit":
            return dimension.labels.get(place[i]) or place[i], None
    return None, None
