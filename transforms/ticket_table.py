"""Citizens' reports in a CSV or a workbook whose columns a profile names -> records under contract names."""

from __future__ import annotations

from collections.abc import Iterator

from lake.contracts.base import Delivery
from lake.contracts.profile import Profile
from lake.contracts.ticket import REQUESTS
from lake.errors import PayloadRefused
from transforms import csv_records, workbook_records
from transforms.coordinates import converter
from transforms.text import what_arrived
from transforms.ticket_record import LOCATED, Found, RejectedError

PROJECTED, DEGREES = {"easting", "northing"}, {"lat", "long"}


def read(body: bytes, delivery: Delivery) -> Iterator[Found]:
    """Records of a table, columns after the profile. Raises PayloadRefused."""
    profile, origin = delivery.profile, delivery.origin
    kind = "workbook" if delivery.format == "excel" else "CSV"
    if profile is None:
        raise PayloadRefused(f"{origin} is a {kind} without a profile; name one that says which column is which.")
    arrived = what_arrived(body)
    if arrived in ("an empty answer", "a gzip file", "an HTML page") or (
        kind == "workbook" and "binary" not in arrived
    ):
        raise PayloadRefused(f"{origin} is {arrived}, not a {kind}; check the address in sources.toml.")
    _check(profile)
    table = workbook_records if kind == "workbook" else csv_records
    for row in table.read(body, profile, origin):
        yield Found(RejectedError(*row.fault) if row.fault else row.record, row.raw)


def _check(profile: Profile) -> None:
    unknown = sorted(profile.columns.keys() - ({*REQUESTS.names, *PROJECTED, "address"} - {*LOCATED}))
    if unknown:
        raise PayloadRefused(f"The profile maps {', '.join(unknown)}, which a ticket does not have; correct it.")
    undeclared = sorted({"request_id", "status", "requested_at"} - profile.columns.keys())
    if undeclared:
        raise PayloadRefused(f"The profile maps no column to {', '.join(undeclared)}; add it under [columns].")
    try:
        is_projected = converter(profile.crs).is_projected
    except ValueError as error:
        raise PayloadRefused(f"The profile's crs cannot be used: {error}; name another code.") from error
    wanted, foreign = (PROJECTED, DEGREES) if is_projected else (DEGREES, PROJECTED)
    mapped = profile.columns.keys() & (wanted | foreign)
    if mapped and mapped != wanted:
        raise PayloadRefused(
            f"The profile maps {', '.join(sorted(mapped))} with crs {profile.crs}, which needs "
            f"{' and '.join(sorted(wanted))}; correct [columns] or crs."
        )
