"""Records of the tables of a Markdown document: how lists that were published as PDF reach us."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms.csv_records import Row
from transforms.text import plain

MAX_LINE_CHARACTERS = 100_000

_CELL_END = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*:?-+:?\s*")


def read(body: bytes, profile: Profile, origin: str) -> Iterator[Row]:
    """Rows of every table whose header names the profile's columns, in document order, cells as plain text.

    A table that goes on after a page break repeats its header; what stands outside tables is passed over. A row of
    another length than its header gets the fault wrong_column_count. Raises PayloadRefused where the text is not in
    the profile's encoding, has an endless line, or no table has all the columns.
    """
    try:
        text = body.decode("utf-8-sig" if profile.encoding.lower() in ("utf-8", "utf8") else profile.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise PayloadRefused(f"{origin} cannot be read ({error}); correct `encoding` in the profile.") from error
    wanted = set(profile.columns.values())
    header: list[str] = []
    is_found = False
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_LINE_CHARACTERS:
            raise PayloadRefused(f"{origin} has a line of {len(line):,} characters; check that it is Markdown.")
        if not line.lstrip().startswith("|"):
            continue
        cells = _cells(line)
        if wanted <= set(cells):
            header, is_found = cells, True
        elif header and not all(_RULE.fullmatch(cell) for cell in cells):
            raw = line.encode()
            if len(cells) != len(header) or not line.rstrip().endswith("|"):
                fault = ("wrong_column_count", f"the row has {len(cells)} cells, the header {len(header)}.")
                yield Row({}, raw, number, fault)
            else:
                record = {ours: plain(cells[header.index(theirs)]) for ours, theirs in profile.columns.items()}
                yield Row(record, raw, number)
    if not is_found:
        raise PayloadRefused(
            f"{origin} has no table with the columns {', '.join(profile.columns.values())}; "
            "deliver it again, or correct the profile."
        )


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL_END.split(inner)]
