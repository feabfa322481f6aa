"""Records of one JSON document, each with its own bytes: one bad record does not cost its neighbours.

`json.loads` alone loses the bytes of a record, the first of two equal keys and, for one byte that is no UTF-8 or one
nesting past Python's recursion limit, the whole document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

MAX_CHARACTERS = 1 << 20  # of a record; a citizen's report has a few thousand

_BLANK = re.compile(r"[ \t\n\r]*")
# Possessive: no step back is kept, so a text of any length takes no memory.
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)

Fault = tuple[str, str]  # reason code, reason


class Record(NamedTuple):
    """One element of the array. `fault` says why it cannot be trusted; then `value` is None.

    Reason codes: bad_utf8, oversized_record, too_deep, duplicate_key.
    """

    value: Any
    fault: Fault | None
    text: str  # the whole document
    start: int
    end: int

    @property
    def raw(self) -> bytes:
        """The record as received."""
        return self.text[self.start : self.end].encode("utf-8", "surrogateescape")


class Document(NamedTuple):
    """A JSON document: everything but the records, in whose place is an empty list, and the records.

    `records` is None where there is no array at the path; then `envelope` is all there is.
    """

    envelope: Any
    records: list[Record] | None


def read(
    body: bytes, *, path: tuple[str, ...], number: Callable[[str], Any], max_characters: int = MAX_CHARACTERS
) -> Document:
    """The document in `body` (UTF-8, a byte order mark allowed) with the array at `path`, () for the document itself.

    Numbers are made by `number` from their text, and so are NaN, Infinity and -Infinity, which JSON does not have.
    Control characters inside a text are let pass. Raises ValueError where it is no JSON document, or where something
    outside the records cannot be trusted.
    """
    return _Reader(body, number, max_characters).read(path)


class _Reader:
    """A cursor over the text; the standard decoder reads each value."""

    def __init__(self, body: bytes, number: Callable[[str], Any], max_characters: int) -> None:
        try:
            text, self._is_sound = body.decode("utf-8"), True
        except UnicodeDecodeError:
            text, self._is_sound = body.decode("utf-8", "surrogateescape"), False
        self._text = text.removeprefix("\ufeff")
        self._at = 0
        self._max_characters = max_characters
        self._repeated: list[str] = []
        self._records: list[Record] | None = None
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=number,
            parse_int=number,  # Python's own refuses more than 4,300 digits
            parse_constant=number,
            strict=False,
        )

    def read(self, path: tuple[str, ...]) -> Document:
        envelope = self._envelope(path)
        if self._next() != "":
            raise ValueError(f"more follows the end of the document at character {self._at}")
        return Document(envelope, self._records)

    def _envelope(self, path: tuple[str, ...]) -> Any:
        opening = self._next()
        if not path and opening == "[":
            self._records = [self._value() for _ in self._items("]")]
            return []
        if not path or opening != "{":
            return self._trusted()
        members: dict[str, Any] = {}
        for _ in self._items("}"):
            key = self._trusted()
            if not isinstance(key, str) or key in members:
                raise ValueError(f"no key of its own before character {self._at}")
            self._expect(":")
            self._next()
            members[key] = self._envelope(path[1:]) if key == path[0] else self._trusted()
        return members

    def _items(self, closing: str) -> Iterator[None]:
        """Once for every item, the cursor being at its first character; each turn must move it behind the item."""
        self._at += 1
        if self._next() == closing:
            self._at += 1
            return
        while True:
            yield
            if self._next() == closing:
                self._at += 1
                return
            self._expect(",")
            self._next()

    def _next(self) -> str:
        """The next character that is no white space, where the cursor then is; "" at the end."""
        found = _BLANK.match(self._text, self._at)
        assert found is not None  # it may be empty
        self._at = found.end()
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        if self._next() != character:
            raise ValueError(f"no {character!r} at character {self._at}")
        self._at += 1

    def _trusted(self) -> Any:
        record = self._value()
        if record.fault:
            raise ValueError(record.fault[1])
        return record.value

    def _value(self) -> Record:
        start, value, fault = self._at, None, None
        self._repeated.clear()
        try:
            value, self._at = self._decoder.raw_decode(self._text, start)
        except RecursionError:
            self._at = self._closing(start)
            fault = ("too_deep", "The record is nested deeper than any that means something.")
        if not self._is_sound and not _is_text(self._text[start : self._at]):
            fault = ("bad_utf8", "The record holds bytes that are not UTF-8.")
        elif self._at - start > self._max_characters:
            fault = ("oversized_record", f"The record has more than {self._max_characters:,} characters.")
        elif self._repeated:
            fault = ("duplicate_key", f"The key {self._repeated[0][:80]!r} is there twice, so its value is uncertain.")
        return Record(None if fault else value, fault, self._text, start, self._at)

    def _closing(self, start: int) -> int:
        """Where the array or object at `start` ends, found by counting brackets."""
        depth = 0
        for mark in _MARK.finditer(self._text, start):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
            if depth == 0:
                return mark.end()
        raise ValueError(f"the document ends inside the value that opens at character {start}")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            keys = [key for key, _ in pairs]
            self._repeated.append(next(key for key in members if keys.count(key) > 1))
        return members


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
