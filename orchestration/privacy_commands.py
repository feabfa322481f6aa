"""The command `ioc erase`: removes a person from the lake and says honestly whether anything is left."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from lake.contracts.subject import Subject, guess_kind
from lake.errors import SettingsError
from lake.settings import load_settings

out = Console()
err = Console(stderr=True)


class KindName(StrEnum):
    """Kinds of subjects on the command line."""

    phone = "phone"
    plate = "plate"
    email = "email"
    id_card = "id_card"
    name = "name"
    request = "request"


def erase(
    subject: Annotated[str, typer.Argument(help="phone, plate, e-mail, card, full name or report number, as written")],
    reason: Annotated[str, typer.Option(help="why; kept, so do not name the person")],
    kind: Annotated[KindName | None, typer.Option(help="what SUBJECT is; guessed if not given, but for names")] = None,
) -> None:
    """Erase a person everywhere and keep them out; exit 1 if something is left. Stop `ioc serve` first."""
    from lake import erasure
    from orchestration import due
    from orchestration.resources import open_session
    from orchestration.runs import ingest

    settings = load_settings()
    try:
        whom = Subject(guess_kind(subject) if kind is None else kind.value, subject)
    except ValueError as error:
        raise SettingsError(f"{error} Write it otherwise, or say what it is with --kind.") from None

    def rebuild() -> list[str]:
        # The marts follow the accounts, and an erasure changes no account.
        (settings.dbt_target / due.BUILT).unlink(missing_ok=True)
        return list(ingest(settings, [], build=True)[1].failures)

    with open_session(settings) as session:
        report = erasure.erase(session.catalog, session.con, settings, whom, reason=reason, rebuild=rebuild)
    removed = report.removed
    out.print(
        f"Erased as {whom.kind}: {removed.n_rows:,} rows blanked, {removed.n_records:,} quarantined records and "
        f"{removed.n_payloads:,} payloads removed, {removed.n_log_entries:,} log entries. "
        "Backups made before still hold them; `ioc restore` erases again.",
        highlight=False,
    )
    for finding in report.residue:
        err.print(f"[bold red]Left:[/] {escape(finding)}", soft_wrap=True, highlight=False)
    if report.residue:
        raise typer.Exit(1)
    out.print("Nothing of it was found in the lake's files, the serving files, the logs or the catalogue.")
