"""The `ioc` command."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lake.errors import IocError, ServingError, SettingsError
from lake.settings import Settings, load_settings, private_folder
from orchestration.form_commands import check_form, template
from orchestration.kpi_commands import docs, kpi, prove
from orchestration.listen import listen
from orchestration.place_commands import place
from orchestration.privacy_commands import erase
from orchestration.upkeep_commands import backup, restore, upkeep

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Open data lakehouse of an operations centre. All state lives under IOC_HOME (default ./var).",
)
WIDTH = None if sys.stdout.isatty() else 160  # a pipe has no width; 80 would break every table
out = Console(width=WIDTH)
err = Console(stderr=True)
DEMO_SOURCES = Path(__file__).resolve().parents[1] / "lake" / "simulator" / "sources.toml"


class SlugName(StrEnum):
    """Slugs on the command line."""

    ticket = "ticket"
    server = "server"
    media = "media"
    camera = "camera"
    indicator = "indicator"
    place = "place"
    dossier = "dossier"
    document = "document"
    task = "task"
    system = "system"


class ResultFormat(StrEnum):
    """Output formats of `ioc sql`."""

    table = "table"
    csv = "csv"
    json = "json"


def main() -> None:
    """Entry point: every error is one clear sentence on stderr and exit code 1."""
    try:
        app()
    except IocError as error:
        _stop(str(error))
    except Exception as error:
        from orchestration.breakdowns import sentence

        _stop(sentence(error))


@app.command()
def demo() -> None:
    """Run the main job on the built-in synthetic province and show its KPIs."""
    settings = load_settings()
    private_folder(settings.home)
    if not settings.sources_file.exists():
        shutil.copyfile(DEMO_SOURCES, settings.sources_file)
    elif settings.sources_file.read_text(encoding="utf-8") != DEMO_SOURCES.read_text(encoding="utf-8"):
        raise SettingsError(
            f"{settings.sources_file} declares other sources; set IOC_HOME to another folder for the demo."
        )
    _run(settings, ())


@app.command()
def run(
    source: Annotated[list[SlugName] | None, typer.Option(help="only sources of this slug; may be repeated")] = None,
) -> None:
    """Harvest the declared sources, check, build the KPI tables, publish."""
    _run(load_settings(), [slug.value for slug in source or []])


@app.command()
def ingest(
    slug: SlugName,
    locations: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL…")],
    format: Annotated[str | None, typer.Option(help="wire format; the profile's, or the slug's first one")] = None,
    profile: Annotated[str | None, typer.Option(help="shipped profile (boston311, frigate) or a TOML file")] = None,
    source: Annotated[str | None, typer.Option(help="source id to file the rows under")] = None,
    unit: Annotated[
        str | None, typer.Option(help="administrative unit the rows speak for; none means the source itself")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone of its calendar days")] = None,
    build: Annotated[bool, typer.Option(help="build and publish the KPI tables afterwards")] = True,
) -> None:
    """Bring files or addresses into the lake, without declaring them in sources.toml."""
    settings = load_settings()
    with _publishing(settings), _progress():
        from orchestration.adhoc import adhoc_sources
        from orchestration.runs import ingest as ingest_sources

        sources = adhoc_sources(
            slug.value, locations, format=format, profile=profile, identity=source, unit=unit, zone=zone
        )
        outcomes, report = ingest_sources(settings, sources, build=build)
    for outcome in outcomes:
        new = outcome.receipts
        out.print(
            f"{_plain(outcome.source.id)}: offered {sum(r.n_offered for r in new):,}, "
            f"accepted {sum(r.n_accepted for r in new):,}, quarantined {sum(r.n_quarantined for r in new):,}, "
            f"de-duplicated {sum(r.n_deduplicated for r in new):,}"
            + (f"; {outcome.n_known} deliveries were already in the lake" if outcome.n_known else ""),
            highlight=False,
        )
    _finish(report.failures)


@app.command()
def replay(
    source: Annotated[list[str] | None, typer.Option(help="source id; may be repeated; all if not given")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="received then or later, UTC")
    ] = None,
    batch: Annotated[list[str] | None, typer.Option(help="only this delivery (batch_id); may be repeated")] = None,
    build: Annotated[bool, typer.Option(help="build and publish the KPI tables afterwards")] = True,
) -> None:
    """Read payloads of the landing zone again, as today's software and sources.toml would. Fetches nothing."""
    settings = load_settings()
    with _publishing(settings), _progress():
        from orchestration.runs import replay as replay_all

        instant = since.replace(tzinfo=UTC) if since else None
        done, report = replay_all(settings, source or [], since=instant, batches=batch or [], build=build)
    for replayed in done:
        changed = replayed.receipts
        out.print(
            f"{_plain(replayed.source)}: {replayed.n_read:,} deliveries read again, {len(changed):,} differ: "
            f"accepted {sum(r.n_accepted for r in changed):+,}, "
            f"quarantined {sum(r.n_quarantined for r in changed):+,}, "
            f"replaced {sum(r.n_replaced for r in changed):,}",
            highlight=False,
        )
        for note in replayed.notes:
            out.print(f"  {_plain(note)}", highlight=False, soft_wrap=True)
    _finish(report.failures)


@app.command()
def sql(
    query: str,
    format: Annotated[ResultFormat, typer.Option(help="how to print the result")] = ResultFormat.table,
) -> None:
    """Run one SELECT on the published serving file (10 s, 10,000 rows)."""
    from lake.sandbox import run_query
    from lake.serving import published
    from orchestration import query_output

    result = run_query(published(load_settings()).file, query)
    if format is ResultFormat.json:
        query_output.write_json(result.table, sys.stdout)
    elif format is ResultFormat.csv:
        query_output.write_csv(result.table, sys.stdout)
    else:
        names, rows = query_output.rows(result.table)
        table = Table(*map(_plain, names))
        for row in rows:
            table.add_row(*(_plain(query_output.cell(value)) for value in row))
        out.print(table)
    if result.is_truncated:
        err.print("The result was cut; add a LIMIT or aggregate to see it whole.")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable list, one element per source")] = False,
) -> None:
    """Accounts and freshness of every source: offered = accepted + quarantined + de-duplicated."""
    from lake.landing import Landing
    from orchestration import reading
    from orchestration.resources import declared, open_session
    from orchestration.terminal import status_table

    settings = load_settings()
    with open_session(settings) as session:
        rows = reading.status(session.con, Landing(settings), declared(settings))
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(status_table(rows))


@app.command()
def release(
    source: str,
    reason: Annotated[str, typer.Option(help="why the data may be published although a check failed")],
) -> None:
    """Accept the batches of a source that failed a blocking check; the reason is kept."""
    from orchestration.checks import release_source
    from orchestration.resources import open_session

    with open_session(load_settings()) as session:
        n = release_source(session.con, source, reason)
    out.print(f"{n} batches of {_plain(source)} released; run `ioc run` to publish.", highlight=False)


@app.command()
def serve() -> None:
    """Serve the dashboards and Dagster on loopback until interrupted."""
    from orchestration.service import serve as serve_all

    serve_all(load_settings(), out)


@app.command()
def doctor() -> None:
    """Check what the lake needs on this machine, each line with what to do if it fails."""
    from orchestration.doctor import examine

    table = Table("", "Check", "Finding", box=None)
    findings = list(examine(load_settings()))
    for finding in findings:
        table.add_row("[green]ok[/]" if finding.is_ok else "[red]fail[/]", finding.check, _plain(finding.text))
    out.print(table)
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def simulate(
    live: Annotated[bool, typer.Option("--live", help="run with the real clock instead of standing still")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=1_000, help="province time per real time, with --live")] = 1.0,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="on 127.0.0.1")] = 8710,
    broker: Annotated[str | None, typer.Option(help="mqtt://host:1883 the cameras publish to, with --live")] = None,
) -> None:
    """Serve the synthetic province on 127.0.0.1 until Ctrl-C or SIGTERM; nothing of it is a real figure."""
    from orchestration.simulate import run_with_the_clock, stand_still

    if live:
        run_with_the_clock(load_settings(), out, speed=speed, port=port, broker=broker)
    else:
        stand_still(load_settings(), out, port=port)


for command in (kpi, prove, docs, template, check_form, listen, upkeep, backup, restore, erase):
    app.command()(command)
app.add_typer(place, name="place")


def _stop(reason: str) -> NoReturn:
    err.print(f"[bold red]Error:[/] {_plain(reason)}", soft_wrap=True, highlight=False)
    sys.exit(1)


def _run(settings: Settings, slugs: Sequence[str]) -> None:
    with _publishing(settings), _progress():
        from orchestration.runs import run as run_all

        report = run_all(settings, slugs)
    if report.published:
        from orchestration import reading
        from orchestration.terminal import headline_table

        out.print(headline_table(reading.headline(settings)))
    _finish(report.failures)


def _finish(failures: Sequence[str]) -> None:
    for failure in failures:
        err.print(f"[bold red]Failed:[/] {_plain(failure)}", soft_wrap=True, highlight=False)
    if failures:
        raise typer.Exit(1)


@contextmanager
def _publishing(settings: Settings) -> Iterator[None]:
    """Ctrl-C in the block is an answer, not a failure: it says whether something was published, exit code 130."""
    from orchestration.interrupts import interruptible

    before = _figures(settings)
    try:
        with interruptible():
            yield
    except KeyboardInterrupt:
        was_published = _figures(settings) != before
        err.print(
            "Interrupted after the publish; it stands."
            if was_published
            else "Interrupted; nothing was published. Run it again to go on."
        )
        raise typer.Exit(130) from None


def _figures(settings: Settings) -> datetime | None:
    """When the published figures were made, which only a publish changes."""
    from lake.serving import published

    try:
        return published(settings).published_at
    except ServingError:
        return None


@contextmanager
def _progress() -> Iterator[None]:
    """One line per source and stage while the block runs."""
    from orchestration.progress import listening

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[message]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as progress:
        tasks: dict[str, int] = {}

        def listen(subject: str, message: str) -> None:
            if subject not in tasks:
                for task in tasks.values():
                    progress.stop_task(task)  # type: ignore[arg-type]
                tasks[subject] = progress.add_task(_plain(subject), message="", total=None)
            progress.update(tasks[subject], message=_plain(message))  # type: ignore[arg-type]

        with listening(listen):
            yield


def _plain(text: str) -> str:
    """Text without meaning to rich's markup or, as escape sequences of harvested data would have, to the terminal."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text).replace("[", r"\[")


if __name__ == "__main__":
    main()
