"""The commands `ioc place`: look up an address, compare a public mapping with the resolution, check a boundary file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lake.contracts.place import PROVINCE_ZONE
from lake.errors import PayloadRefused, SettingsError
from lake.settings import load_settings
from orchestration.known_units import known_units, seed
from transforms.gazetteer import Gazetteer

place = typer.Typer(no_args_is_help=True, help="Administrative units: addresses, public mappings, boundary files.")
out = Console(soft_wrap=True, highlight=False)


@place.command()
def find(
    address: Annotated[str, typer.Argument(help="as people write it, diacritics optional")],
    on: Annotated[str | None, typer.Option(help="day of the address, 2021-09-30; today if not given")] = None,
    within: Annotated[str | None, typer.Option(help="code of the province it is known to lie in")] = None,
) -> None:
    """The administrative unit an address lies in on its day, with a confidence from 0 to 1; exit 1 below 0.9."""
    from transforms import address as addresses

    found = addresses.find(address, Gazetteer(known_units(load_settings())), _day(on), within=within)
    table = Table("Code", "Since", "Unit", "Confidence", box=None)
    for unit in [found.unit] if found.unit else found.candidates:
        table.add_row(unit.code, unit.valid_from.isoformat(), escape(unit.name_vi), f"{found.confidence:.2f}")
    out.print(table if table.row_count else "No unit of that name is known on that day.")
    if found.confidence < addresses.SURE:
        raise typer.Exit(1)


@place.command()
def check(
    file: Annotated[Path, typer.Argument(help="public mapping of new units to old ones, JSON")],
) -> None:
    """Compare a public mapping with Resolution 1668; every disagreement is a line, exit 1 if there is any."""
    from transforms import place_bridge

    units = known_units(load_settings())
    bridge = {(row["old_code"], row["new_code"]): float(row["share"]) for row in seed("unit_bridge")}
    last_day = max(unit.valid_to for unit in units if unit.valid_to)
    old = [unit for unit in units if unit.valid_to == last_day]
    links = place_bridge.links(_bytes(file), file.name)
    found = place_bridge.disagreements(links, bridge, old)
    table = Table("Old", "New", "Kind", "What disagrees", box=None)
    for one in found:
        table.add_row(one.old_code, one.new_code, one.kind, escape(one.reason))
    if found:
        out.print(table)
    n_known = sum(unit.level == "commune" for unit in old)
    out.print(f"{len(links):,} links compared with {len(bridge)} of the resolution and {n_known:,} old communes known.")
    if found:
        raise typer.Exit(1)


@place.command()
def boundaries(
    file: Annotated[Path, typer.Argument(help="GeoJSON FeatureCollection, WGS 84")],
    profile: Annotated[str, typer.Option(help="shipped profile or a TOML file")] = "boundaries_2025",
) -> None:
    """Check a boundary file before it is declared as a source: shapes, places, and whether each code is a unit."""
    from lake.sources.declared import load_profile
    from transforms import boundary

    declared = load_profile(profile)
    day = _day(declared.constants.get("valid_from"))
    known = Gazetteer(known_units(load_settings())).on(day).by_code
    rows, rejects = boundary.rows(_bytes(file), file.name, declared, known.keys())
    for position, code, reason, _ in rejects:
        out.print(f"feature {position}: {code}: {escape(reason)}")
    out.print(f"{len(rows):,} boundaries fit, {len(rejects):,} do not.")
    if rejects:
        raise typer.Exit(1)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(PROVINCE_ZONE).date()
    except ValueError:
        raise SettingsError(f"{text!r} is no day; write 2021-09-30.") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PayloadRefused(f"{file} cannot be read ({error.strerror}); check the path.") from error
