"""Traffic cameras: files dropped into a folder by a recorder, a message bridge or a counter; brokers by `mqtt`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from lake.contracts.profile import Format
from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources import mqtt
from lake.sources.address import is_url, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

PLAIN_ENDINGS: Mapping[Format, tuple[str, ...]] = {
    "onvif": (".xml",),
    "isapi": (".xml",),
    "counts": (".csv", ".txt"),
    "registry": (".xlsx", ".xls", ".ods", ".csv"),
}
JSON_ENDINGS = (".ndjson", ".jsonl", ".json")
SINGLE_EVENTS: frozenset[Format] = frozenset({"onvif", "isapi", "axis"})  # a file of these holds one event or few
FILES_PER_BATCH = 500


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """Batches of files in the order of names; `location` is a folder or a single file, never read here.

    A batch is one file, of formats with an event per file up to 500. In a folder only the endings of the format are
    taken (*.ndjson, *.jsonl, *.json; *.xml; *.csv, *.txt; workbooks), plain or .gz: a writer works under another ending
    (.part, .tmp) or a leading dot and renames when the file is whole. `since` does not skip files, because a file may
    bring late events; the lake knows the bytes it already holds. A broker is left to `mqtt.fetch`.
    Raises SourceUnreachable when nothing is there, PayloadRefused for a URL.
    """
    if source.format == "mqtt":
        yield from mqtt.fetch(source, location=location, since=since, until=until, http=http)
        return
    if is_url(location):
        raise PayloadRefused(
            f"{shown(location)} is a URL; a camera source reads a folder or file, so name one of those."
        )
    if not Path(location).is_dir():
        yield [file_payload(location, source.format, until)]
        return
    endings = _endings(source.format)
    files = [path for path in sorted(Path(location).iterdir()) if _is_whole(path, endings)]
    if not files:
        raise SourceUnreachable(
            f"Folder {location} holds no finished {', '.join(endings[:-1])} or {endings[-1]} file; "
            "check the recorder and the path in sources.toml."
        )
    size = FILES_PER_BATCH if source.format in SINGLE_EVENTS else 1
    for start in range(0, len(files), size):
        yield [file_payload(str(path), source.format, until) for path in files[start : start + size]]


def _endings(format: Format) -> tuple[str, ...]:
    return tuple(f"{e}{packed}" for e in PLAIN_ENDINGS.get(format, JSON_ENDINGS) for packed in ("", ".gz"))


def _is_whole(path: Path, endings: tuple[str, ...]) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.name.lower().endswith(endings)


if __name__ == "__main__":
    sys.exit(main("camera", fetch))
