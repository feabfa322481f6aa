"""Socio-economic statistics: a file, a folder of files or an address, delivered as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lake.contracts.profile import Format
from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources import form
from lake.sources.address import is_url, origin, shown
from lake.sources.base import HttpClient, Payload, file_payload, main
from lake.sources.declared import Source

ENDINGS: dict[Format, tuple[str, ...]] = {
    "gso": (".xls", ".xlsx"),
    "jsonstat": (".json", ".jsonstat"),
    "px": (".px",),
    "sdmx": (".xml",),
    "worldbank": (".csv", ".json"),
    "form": form.ENDINGS,
}
MAX_PAGES = 1_000  # of an answer of the World Bank; one holds 32,500 values at most


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """One batch. A folder gives the files whose names end as the format's do, in the order of names, unread.

    Files that begin with a dot or, as a spreadsheet program's lock files do, with ~$ are left out. Of a World Bank
    address every page of the answer is fetched. `since` skips nothing: a publication may be corrected at any time,
    and the lake knows the bytes it already holds. Raises SourceUnreachable when nothing is there, PayloadRefused for
    an answer with more pages than 1,000.
    """
    if is_url(location):
        yield list(_answers(source, location, until, http))
    elif Path(location).is_dir():
        endings = ENDINGS[source.format]
        files = [path for path in sorted(Path(location).iterdir()) if _is_whole(path, endings)]
        if not files:
            raise SourceUnreachable(
                f"Folder {location} holds no {' or '.join(endings)} file; check path and format in sources.toml."
            )
        yield [file_payload(str(path), source.format, until) for path in files]
    else:
        yield [file_payload(location, source.format, until)]


def _is_whole(path: Path, endings: tuple[str, ...]) -> bool:
    return path.is_file() and not path.name.startswith((".", "~$")) and path.name.lower().endswith(endings)


def _answers(source: Source, location: str, until: datetime, http: HttpClient) -> Iterator[Payload]:
    answer = http.get(location)
    yield Payload(answer.body, origin(location), source.format, until)
    n_pages = _pages(answer.body) if source.format == "worldbank" else 1
    if n_pages > MAX_PAGES:
        raise PayloadRefused(f"{shown(location)} has {n_pages:,} pages; add &per_page=20000 to the address.")
    for page in range(2, n_pages + 1):
        answer = http.get(location, params={"page": page})
        yield Payload(answer.body, f"{origin(location)}#page={page}", source.format, until)


def _pages(body: bytes) -> int:
    """How many pages the World Bank's answer has; 1 where it is none: it is landed, and parsing refuses it."""
    try:
        answer = json.loads(body.decode("utf-8-sig"))
        return int(answer[0]["pages"])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return 1


if __name__ == "__main__":
    sys.exit(main("indicator", fetch))
