"""Filled forms: a folder people drop workbooks or CSV files into, or one such file; for every slug that has a form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.address import is_url, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import FORMATS, Source

ENDINGS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".csv")
IN_USE = ("~$", ".~lock.", ".")  # what Excel and LibreOffice leave beside a file that is open


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch of all files in the folder, in the order of names, folders within it too; or the single file.

    `since` skips nothing: the lake knows the bytes it already holds, and a file is corrected under its old name.
    Raises SourceUnreachable when nothing is there, PayloadRefused for a URL.
    """
    if is_url(location):
        raise PayloadRefused(f"{shown(location)} is a URL; forms are read from a folder or file, so name one of those.")
    folder = Path(location)
    if not folder.is_dir():
        yield [file_payload(location, source.format, until)]
        return
    files = sorted(path for path in folder.rglob("*") if _is_form(path))
    if not files:
        raise SourceUnreachable(
            f"Folder {location} holds no {', '.join(ENDINGS)} file; put the filled forms there, or correct the path."
        )
    yield [file_payload(str(path), source.format, until) for path in files]


def _is_form(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ENDINGS) and not path.name.startswith(IN_USE)


if __name__ == "__main__":
    slugs = [slug for slug, formats in FORMATS.items() if "form" in formats]
    if len(sys.argv) < 2 or sys.argv[1] not in slugs:
        sys.exit(f"usage: python -m lake.sources.form {{{','.join(slugs)}}} FILE_OR_FOLDER")
    sys.exit(main(next(slug for slug in slugs if slug == sys.argv[1]), fetch, ["--format", "form", *sys.argv[2:]]))
