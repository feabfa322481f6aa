"""Commands about figures: `ioc kpi`, `ioc prove`, `ioc docs`."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from lake.errors import SettingsError
from lake.settings import load_settings

out = Console(width=None if sys.stdout.isatty() else 160)
NOT_RERUN = 3  # exit code of a proof whose snapshot is gone


def kpi(
    code: Annotated[str | None, typer.Argument(help="KPI code such as F2; all headline KPIs if not given")] = None,
    period: Annotated[str | None, typer.Option(help="2021, 2021-Q3, 2021-09, 2021-W38, 2021-09-30 or all")] = None,
    unit: Annotated[str | None, typer.Option(help="administrative unit code")] = None,
    source: Annotated[str | None, typer.Option(help="source id")] = None,
    boundary: Annotated[
        str | None, typer.Option(help="units of this day (01/07/2025) for every period; else of each period")
    ] = None,
    as_known_on: Annotated[
        str | None, typer.Option(help="show what had been published by the end of this day (30/09/2021)")
    ] = None,
    changes_since: Annotated[
        str | None, typer.Option(help="show figures of past periods replaced since this day, and why")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable list")] = False,
) -> None:
    """Show published KPI values: today's, those known on a day, or those restated since."""
    from orchestration import kpi_history, reading
    from orchestration.terminal import changes_table, headline_table, known_table, values_table

    settings = load_settings()
    filters = {"code": code, "period": period, "unit": unit, "source": source}
    if sum(option is not None for option in (as_known_on, changes_since, boundary)) > 1:
        raise SettingsError("--as-known-on, --changes-since and --boundary answer different questions; give one.")
    if as_known_on:
        rows = kpi_history.as_known_on(settings, kpi_history.parse_day(as_known_on), filters)
        table = known_table
    elif changes_since:
        rows = kpi_history.changes_since(settings, kpi_history.parse_day(changes_since), filters)
        table = changes_table
    elif as_json or boundary or any(filters.values()):
        day = kpi_history.parse_day(boundary) if boundary else None
        rows = reading.kpi_values(settings, **filters, boundary=day)
        table = values_table
    else:
        rows, table = reading.headline(settings), headline_table
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(table(rows))


def prove(
    figure: Annotated[str, typer.Argument(metavar="FIGURE_ID", help="id of a published figure such as HG-7F3K-Q2")],
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable proof")] = False,
) -> None:
    """Prove a published figure: where it comes from, and whether it comes out again.

    Exit code 0: khớp (it agrees), 1: lệch (it differs), 3: its snapshot is kept no longer.
    """
    from orchestration.proof_text import proof_text
    from orchestration.prove import Verdict
    from orchestration.prove import prove as assemble

    proof = assemble(load_settings(), figure)
    if as_json:
        sys.stdout.write(json.dumps(proof, ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(proof_text(proof), markup=False, highlight=False, soft_wrap=True)
    codes = {Verdict.AGREES: 0, Verdict.DIFFERS: 1, Verdict.IMPOSSIBLE: NOT_RERUN}
    raise typer.Exit(codes[Verdict(proof["rerun"]["verdict"])])


def docs(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1")] = 8080,
    serve: Annotated[bool, typer.Option(help="serve the page until interrupted")] = True,
) -> None:
    """Write the data dictionary of the warehouse (models, columns, lineage, tests) and serve it on loopback."""
    from orchestration.documentation import server, write_site

    page = write_site(load_settings())
    if not serve:
        out.print(str(page), soft_wrap=True)
        return
    with server(page, port) as running:
        out.print(f"http://127.0.0.1:{running.server_port}/ (Ctrl-C)", highlight=False)
        running.serve_forever()
