"""The commands `ioc upkeep`, `ioc backup` and `ioc restore`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lake.settings import load_settings


def upkeep(
    skip: Annotated[list[str] | None, typer.Option(help="step to leave out; may be repeated")] = None,
) -> None:
    """Look for damaged files, delete what is past its time, merge small files, free the disk. Safe while in use."""
    from lake.retention import load_policy
    from lake.upkeep import upkeep as run_upkeep
    from orchestration.resources import open_session
    from orchestration.run_storage import remove_old_runs
    from orchestration.runs import dagster_instance

    settings, now = load_settings(), datetime.now(UTC)
    with open_session(settings) as session:
        done = run_upkeep(session.catalog, session.con, settings, now, skip=skip or ())
    table = Table("Step", "Result", "Seconds", box=None)
    for step in done.steps:
        table.add_row(step.name, "[red]failed[/]" if step.error else escape(step.detail), f"{step.duration_s:.1f}")
    with dagster_instance(settings) as instance:
        n_runs = remove_old_runs(instance, now - timedelta(days=load_policy(settings).logs.days))
    table.add_row("runs", f"{n_runs} old Dagster runs removed", "")
    Console().print(table)
    for failure in done.failures:
        Console(stderr=True).print(f"[bold red]Failed:[/] {escape(failure)}", soft_wrap=True, highlight=False)
    if done.failures:
        raise typer.Exit(1)


def backup(folder: Annotated[Path, typer.Argument(help="folder of this lake's backup alone, on another disk")]) -> None:
    """Copy the lake to a folder while it is in use; the second time only what is new. Keys are not copied."""
    from lake.backup import backup as run_backup
    from lake.catalog import open_catalog

    settings = load_settings()
    with open_catalog(settings) as catalog:
        done = run_backup(catalog, settings, folder)
    Console(soft_wrap=True, highlight=False).print(
        f"{len(done.contents):,} files, {done.n_bytes / 1e6:,.1f} MB, as of {done.taken_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"snapshot {done.snapshot_id}.\nThe keys are not in it: keep a copy of {escape(str(settings.secrets))} "
        "in another, safe place."
    )


def restore(folder: Annotated[Path, typer.Argument(help="folder that `ioc backup` wrote to")]) -> None:
    """Rebuild the lake from a backup in an empty IOC_HOME; put the copy of secrets/ there first."""
    from lake.backup import restore as run_restore

    settings = load_settings()
    has_keys = (settings.secrets / "vault.key").exists()
    done = run_restore(folder, settings)
    out = Console(soft_wrap=True, highlight=False)
    out.print(
        f"{len(done.backup.contents):,} files restored to {escape(str(settings.home))}, as of "
        f"{done.backup.taken_at:%Y-%m-%d %H:%M:%S} UTC; run `ioc run` to go on."
    )
    if not done.is_published:
        out.print(
            f"Erased again: {done.erased.n_rows:,} rows, {done.erased.n_records:,} records, "
            f"{done.erased.n_payloads:,} payloads; nothing is published before the next `ioc run`."
        )
    if not has_keys:
        out.print(
            f"There were no keys in {escape(str(settings.secrets))}: what is sealed stays closed, persons erased since "
            "the backup are back, and tokens differ from now on. If you have the copy, start again with it."
        )
