"""Traffic cameras: newline JSON files dropped into a folder by the recorder or a message bridge."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.address import is_url, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

ENDINGS = tuple(f"{ending}{packed}" for ending in (".ndjson", ".jsonl", ".json") for packed in ("", ".gz"))


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch per file, in the order of names; `location` is a folder or a single file, never read here.

    In a folder only *.ndjson, *.jsonl and *.json, plain or .gz, are taken: a writer works under another
    ending (.part, .tmp) or a leading dot and renames when the file is whole. `since` does not skip files,
    because a file may bring late events; the lake knows the bytes it already holds. Raises SourceUnreachable
    when nothing is there, PayloadRefused for a URL.
    """
    if is_url(location):
        raise PayloadRefused(
            f"{shown(location)} is a URL; a camera source reads a folder or file, so name one of those."
        )
    if not Path(location).is_dir():
        yield [file_payload(location, source.format, until)]
        return
    files = [path for path in sorted(Path(location).iterdir()) if _is_whole(path)]
    if not files:
        raise SourceUnreachable(
            f"Folder {location} holds no finished {ENDINGS[0]}, {ENDINGS[2]} or {ENDINGS[4]} file; "
            "check the recorder and the path in sources.toml."
        )
    for path in files:
        yield [file_payload(str(path), source.format, until)]


def _is_whole(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.name.lower().endswith(ENDINGS)


if __name__ == "__main__":
    sys.exit(main("camera", fetch))
