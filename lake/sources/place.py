"""Official code lists and boundary files: one document per source, a file, a folder of files, or an address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lake.errors import SourceUnreachable
from lake.sources.address import is_url, origin
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

ENDINGS = {"csv": (".csv",), "markdown": (".md",), "geojson": (".geojson", ".json")}


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch per document. A folder gives its files of the declared format in order of their names.

    A list is small and says what holds now, so it is fetched whole whatever `since` is. Raises SourceError.
    """
    if is_url(location):
        yield [Payload(http.get(location).body, origin(location), source.format, until)]
    elif Path(location).is_dir():
        files = sorted(f for f in Path(location).iterdir() if f.suffix.lower() in ENDINGS[source.format])
        if not files:
            raise SourceUnreachable(
                f"Folder {location} holds no {' or '.join(ENDINGS[source.format])} file; put the lists there."
            )
        for file in files:
            yield [file_payload(str(file), source.format, until)]
    else:
        yield [file_payload(location, source.format, until)]


if __name__ == "__main__":
    raise SystemExit(main("place", fetch))
