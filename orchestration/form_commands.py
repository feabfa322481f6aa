"""The commands `ioc template` and `ioc check-form`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from string import ascii_uppercase
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lake.errors import SettingsError

SHOWN_ERRORS = 20  # on the terminal; the workbook holds more


class FormName(StrEnum):
    """Slugs that have a form."""

    dossier = "dossier"
    document = "document"
    task = "task"
    system = "system"
    indicator = "indicator"
    media = "media"


def template(
    slug: FormName,
    out: Annotated[Path | None, typer.Option(help="file to write; bieu-mau-SLUG.xlsx if not given")] = None,
) -> None:
    """Write the empty form of a slug as an Excel workbook. A file that exists is left alone."""
    from lake.contracts.forms import FORMS
    from transforms.form_template import template as empty_form

    path = out or Path(f"bieu-mau-{slug.value}.xlsx")
    try:
        with path.open("xb") as file:  # somebody's filled form may bear the name
            file.write(empty_form(FORMS[slug.value]))
    except FileExistsError:
        raise SettingsError(f"{path} exists already; name another file with --out.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); name another file with --out.") from error
    Console(soft_wrap=True, highlight=False).print(f"Đã ghi biểu mẫu / form written: {escape(str(path))}")


def check_form(
    slug: FormName,
    file: Annotated[Path, typer.Argument(help="filled form: .xlsx, .xls, .ods or .csv")],
    out: Annotated[Path | None, typer.Option(help="write the list of errors to this .xlsx")] = None,
) -> None:
    """Check a filled form cell by cell without taking it in; exit 1 if there is an error."""
    from orchestration.forms import errors_of
    from transforms.form_errors import error_sheet

    if out is not None and out.resolve() == file.resolve():
        raise SettingsError(f"{out} is the form itself; name another file with --out.")
    try:
        body = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror}); check the path.") from error
    n_rows, errors = errors_of(slug.value, body, file.name, datetime.now(UTC))
    screen = Console(soft_wrap=True, highlight=False)
    if errors:
        table = Table("Trang tính", "Ô", "Cột", "Giá trị", "Lý do / reason", box=None)
        for e in errors[:SHOWN_ERRORS]:
            table.add_row(*map(escape, (e.sheet, e.cell, e.header, e.value, f"{e.vi}\n{e.en}")))
        screen.print(table)
    n_bad = len({(e.sheet, e.cell.lstrip(ascii_uppercase)) for e in errors})
    screen.print(
        f"{n_rows} dòng, {n_bad} dòng có lỗi, {len(errors)} lỗi / {n_rows} rows, {n_bad} with errors, "
        f"{len(errors)} errors." + (f" {len(errors) - SHOWN_ERRORS} not shown." if len(errors) > SHOWN_ERRORS else "")
    )
    if out is not None:
        try:
            out.write_bytes(error_sheet(errors))
        except OSError as error:
            raise SettingsError(f"{out} cannot be written ({error.strerror}); name another file.") from error
        screen.print(f"Danh sách lỗi / list of errors: {escape(str(out))}")
    if errors:
        raise typer.Exit(1)
