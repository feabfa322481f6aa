"""Records of one CSV, each with its own lines: one bad row does not cost its neighbours.

Read row by row with the standard reader, because a frame reader pads a cut-off row with nulls in silence.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from lake.contracts.profile import Profile
from lake.errors import PayloadRefused

MAX_LINE_BYTES = 16 << 20
UNREADABLE_SHARE = 0.05  # of lines not in the declared encoding; more, and the declaration is wrong

_FIELD_LIMIT = re.compile("field larger than field limit")  # the standard reader's own, 131,072 characters
_LINE_END = re.compile(r"\r\n?|\n")
_ESCAPED = re.compile("[\udc80-\udcff]")  # what a byte outside the encoding becomes

Fault = tuple[str, str]  # reason code, reason


class Row(NamedTuple):
    """One record under the profile's names, its lines as received, and why it cannot be trusted (None: it can).

    `number` counts records from 1, the header and blank ones too: the row a spreadsheet shows it in.
    Reason codes: bad_encoding, malformed_record, oversized_record, wrong_column_count.
    """

    record: dict[str, str]
    raw: bytes
    number: int
    fault: Fault | None = None


class Cells(NamedTuple):
    """One record as its fields, the header too; `raw`, `number` and `fault` as in Row."""

    fields: list[str]
    raw: bytes
    number: int
    fault: Fault | None = None


def read(body: bytes, profile: Profile, origin: str) -> Iterator[Row]:
    """Rows of a CSV with a header, columns after the profile; blank lines are passed over.

    Raises PayloadRefused where the header, the encoding or the end is not what the profile declares.
    """
    records = cells(body, profile, origin)
    header = next(records, Cells([], b"", 1))
    if header.fault:
        raise PayloadRefused(f"{origin} has no readable header ({header.fault[1]}); check the file.")
    index = _columns(header.fields, profile, origin)
    for fields, raw, number, fault in records:
        if fault:
            yield Row({}, raw, number, fault)
        elif len(fields) == len(header.fields):
            yield Row({column: fields[at] for column, at in index.items()}, raw, number)
        else:
            wrong = ("wrong_column_count", f"the row has {len(fields)} fields, the header {len(header.fields)}.")
            yield Row({}, raw, number, wrong)


def cells(body: bytes, profile: Profile, origin: str) -> Iterator[Cells]:
    """Every record that is not a blank line, in order. Raises PayloadRefused for the encoding and a cut-off end."""
    lines = _Lines(_decoded(body, profile, origin), profile.encoding)
    reader = csv.reader(lines, delimiter=profile.delimiter, strict=True)
    for number in itertools.count(1):
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if lines.is_at_end:
                raise PayloadRefused(
                    f"{origin} ends inside a quoted field, so it was cut off or has a stray quote; deliver it again."
                ) from error
            code = "malformed_record"
            if _FIELD_LIMIT.match(str(error)):
                code = "oversized_record"
                lines.finish_quotes()
            yield Cells([], lines.take(), number, (code, f"the row is not CSV: {error}."))
            continue
        is_sound = lines.is_sound
        raw = lines.take()
        if not is_sound:
            yield Cells([], raw, number, ("bad_encoding", f"the row holds bytes that are not {profile.encoding}."))
        elif row:
            yield Cells(row, raw, number)


def _decoded(body: bytes, profile: Profile, origin: str) -> str:
    """The text; a byte that is not in the encoding becomes half a surrogate pair. Raises PayloadRefused."""
    at = 0
    while at + MAX_LINE_BYTES < len(body):
        at = body.rfind(b"\n", at, at + MAX_LINE_BYTES) + 1
        if not at:
            raise PayloadRefused(f"{origin} has a line of more than {MAX_LINE_BYTES >> 20} MB; check that it is a CSV.")
    encoding = "utf-8-sig" if profile.encoding.lower() in ("utf-8", "utf8") else profile.encoding
    try:
        return body.decode(encoding)
    except LookupError as error:
        raise PayloadRefused(f"{origin} cannot be read ({error}); correct `encoding` in the profile.") from error
    except UnicodeDecodeError as error:
        text = body.decode(encoding, "surrogateescape")
        unreadable = sum(1 for line in _LINE_END.split(text) if not _is_sound(line))
        if unreadable > UNREADABLE_SHARE * (text.count("\n") + 1):
            raise PayloadRefused(f"{origin} cannot be read ({error}); correct `encoding` in the profile.") from error
        return text


def _is_sound(text: str) -> bool:
    return text.isascii() or not _ESCAPED.search(text)


def _columns(header: list[str], profile: Profile, origin: str) -> dict[str, int]:
    """Contract column -> field number. Raises PayloadRefused naming what is missing or there twice."""
    names = [name.strip() for name in header]
    missing = [column for column in profile.columns.values() if column not in names]
    if missing:
        raise PayloadRefused(f"{origin} has no column {', '.join(missing)}; deliver it again, or correct the profile.")
    doubled = [column for column in profile.columns.values() if names.count(column) > 1]
    if doubled:
        raise PayloadRefused(f"{origin} has the column {', '.join(doubled)} twice; deliver it again with one of each.")
    return {column: names.index(field) for column, field in profile.columns.items()}


class _Lines:
    """Lines of a text for the CSV reader, remembering those of the record being read."""

    def __init__(self, text: str, encoding: str) -> None:
        self._text = text
        self._encoding = encoding
        self._at = 0
        self._taken: list[str] = []
        self.is_at_end = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._at >= len(self._text):
            self.is_at_end = True
            raise StopIteration
        end = _LINE_END.search(self._text, self._at)
        start, self._at = self._at, end.end() if end else len(self._text)
        line = self._text[start : self._at]
        self._taken.append(line)
        return line

    @property
    def is_sound(self) -> bool:
        """Whether the lines read since the last call of `take` were in the declared encoding."""
        return all(map(_is_sound, self._taken))

    def finish_quotes(self) -> None:
        """Read on to the end of a quoted field that the reader gave up: its lines are no records."""
        while sum(line.count('"') for line in self._taken) % 2 and next(self, None) is not None:
            pass

    def take(self) -> bytes:
        """The lines read since the last call as received, without the final line break."""
        raw = "".join(self._taken).rstrip("\r\n").encode(self._encoding, "surrogateescape")
        self._taken.clear()
        return raw
