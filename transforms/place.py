"""Official code lists (CSV, or tables in Markdown) -> place__units; GeoJSON -> place__boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.place import BOUNDARIES, CODE_DIGITS, UNITS, effective_at
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import boundary, csv_records, markdown_records
from transforms.place_name import fold, parent_key, taken_apart
from transforms.text import clean, what_arrived

# What a profile may say of a unit; the other columns of the contract follow from it.
GIVEN = ("code", "valid_from", "valid_to", "level", "name_vi", "type_source", "parent_code", "parent_name_vi")


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> rows of both tables (one of them empty), and the records that cannot be rows.

    Of a list, each record is one unit: columns after the profile, and what the list leaves unsaid (the level of its
    units, the days between which it holds) from the profile's constants. A heading between the rows, a name in
    capitals without a code, is no record. A code keeps its leading zeros, or the record is refused: with them gone,
    commune 00097 would be province 97.
    Reason codes: those of `csv_records` and `markdown_records`; missing_code, bad_code, unknown_level, missing_name,
    unknown_type, bad_parent, unreadable_date, bad_validity; for GeoJSON those of `boundary`.
    Raises PayloadRefused when the body as a whole is not what the source declares.
    """
    profile = delivery.profile
    if profile is None:
        raise PayloadRefused(
            f"{delivery.origin} comes without a profile; name one that says which column is which and since when "
            "the list holds."
        )
    if delivery.format == "geojson":
        rows, rejects = boundary.rows(body, delivery.origin, profile)
        return Parsed(
            rows={
                UNITS.table: pl.DataFrame(schema=UNITS.polars_schema),
                BOUNDARIES.table: pl.DataFrame(rows, schema=BOUNDARIES.polars_schema, orient="row"),
            },
            rejected=rejected_frame(rejects),
        )
    units: list[tuple[object, ...]] = []
    rejects = []
    for position, row in enumerate(_records(body, delivery, profile)):
        try:
            if row.fault:
                raise _RejectedError(*row.fault)
            units.append(_unit({**profile.constants, **row.record}))
        except _RejectedError as error:
            rejects.append((position, error.code, str(error), row.raw))
    return Parsed(
        rows={
            UNITS.table: pl.DataFrame(units, schema=UNITS.polars_schema, orient="row"),
            BOUNDARIES.table: pl.DataFrame(schema=BOUNDARIES.polars_schema),
        },
        rejected=rejected_frame(rejects),
    )


class _RejectedError(Exception):
    """A record that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _records(body: bytes, delivery: Delivery, profile: Profile) -> Iterator[csv_records.Row]:
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page", "an XML document", "a JSON document"):
        raise PayloadRefused(f"{delivery.origin} is {arrived}, not a code list; check the address in sources.toml.")
    said = profile.columns.keys() | profile.constants.keys()
    if unknown := sorted(said - set(GIVEN)):
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a unit does not have; correct it.")
    if missing := [name for name in ("code", "name_vi", "level", "valid_from") if name not in said]:
        raise PayloadRefused(
            f"The profile says nothing of {', '.join(missing)}; add it under [columns] or [constants]."
        )
    reader = markdown_records.read if delivery.format == "markdown" else csv_records.read
    return (row for row in reader(body, profile, delivery.origin) if row.fault or not _is_heading(row.record))


def _is_heading(record: dict[str, str]) -> bool:
    """`| | | TỈNH SƠN LA | |`: the province whose communes follow."""
    name = clean(record.get("name_vi", ""))
    return not record.get("code", "").strip() and name.isupper() and taken_apart(name, "province") is not None


def _unit(record: dict[str, str]) -> tuple[object, ...]:
    """A contract row, columns in contract order. Raises _RejectedError."""
    said = {name: clean(record.get(name, "")) for name in GIVEN}
    level = said["level"]
    if level not in CODE_DIGITS:
        raise _RejectedError("unknown_level", f"level {level[:40]!r} is not province, district or commune.")
    if not said["code"]:
        raise _RejectedError("missing_code", "code is empty.")
    _require_code("bad_code", said["code"], (level,))
    if not said["name_vi"]:
        raise _RejectedError("missing_name", "name_vi is empty.")
    name = taken_apart(said["name_vi"], level)
    if name is None:
        raise _RejectedError("unknown_type", f"name_vi {said['name_vi'][:80]!r} begins with no type of a {level}.")
    if said["parent_code"]:
        above = tuple(CODE_DIGITS)[: list(CODE_DIGITS).index(level)]
        if not above:
            raise _RejectedError("bad_parent", f"a province has no parent, but {said['parent_code'][:20]!r} is given.")
        _require_code("bad_parent", said["parent_code"], above)
    valid_from, valid_to = _day("valid_from", said["valid_from"]), _day("valid_to", said["valid_to"])
    if valid_from is None or (valid_to and valid_to < valid_from):
        raise _RejectedError("bad_validity", f"it holds from {valid_from} to {valid_to}, which is no span of days.")
    row = {
        "code": said["code"],
        "valid_from": valid_from,
        "valid_to": valid_to,
        "level": level,
        "name_vi": name.full,
        "type_vi": name.type_vi,
        "type_source": said["type_source"] or None,
        "name_key": name.key,
        "parent_code": said["parent_code"] or None,
        "parent_name_vi": said["parent_name_vi"] or None,
        "parent_name_key": parent_key(said["parent_name_vi"]) if fold(said["parent_name_vi"]) else None,
        "effective_at": effective_at(valid_from),
    }
    return tuple(row[name] for name in UNITS.names)


def _require_code(reason_code: str, written: str, levels: tuple[str, ...]) -> None:
    if not (written.isascii() and written.isdigit() and len(written) in {CODE_DIGITS[level] for level in levels}):
        digits = " or ".join(f"{CODE_DIGITS[level]} digits of a {level}" for level in levels)
        raise _RejectedError(
            reason_code, f"code {written[:20]!r} has not the {digits}; a spreadsheet may have dropped leading zeros."
        )


def _day(column: str, written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise _RejectedError("unreadable_date", f"{column} {written[:40]!r} is no day such as 2025-07-01.") from None
