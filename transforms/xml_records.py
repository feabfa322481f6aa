"""Records of one XML document, each with its own bytes: the children of one element, one by one.

Read with expat, which opens nothing: a document type declaration is refused, so there are no entities to expand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

MAX_RECORD_BYTES = 1 << 20  # a citizen's report has a few thousand
MAX_TEXT = 256  # characters kept of a text beside the records
MAX_DEPTH = 16  # of elements, the root included; GeoReport v2 with its notes needs 6
_PIECE = 1 << 16

Fault = tuple[str, str]  # reason code, reason


class Record(NamedTuple):
    """One record. `fault` says why it cannot be trusted; then `value` is None.

    An element with children is a dictionary by their names without prefix, a name that repeats holding a list; any
    other is its text. Attributes are left out. Reason codes: oversized_record, too_deep.
    """

    tag: str
    value: Any
    raw: bytes
    fault: Fault | None


class Document(NamedTuple):
    """The name of the root element, the texts of its children that are no records, and the records."""

    root: str
    texts: dict[str, str]
    records: list[Record]


def read(body: bytes, *, parent: str | None = None) -> Document:
    """The whole document in `body`. Records are the children of the root, or of its child `parent`.

    Raises ValueError where it is not well-formed, is cut off, or declares a type.
    """
    reader = _Reader(body, parent)
    records = list(reader.read())
    return Document(reader.root, reader.texts, records)


class _Reader:
    """Handlers of the parser and the elements that are open."""

    def __init__(self, body: bytes, parent: str | None) -> None:
        self.root = ""
        self.texts: dict[str, str] = {}
        self._body = body
        self._parent = parent
        self._level = 2 if parent is None else 3  # depth of a record
        self._branch = ""  # child of the root that is open
        self._open: list[_Element] = []  # a record and what is open in it
        self._depth = 0
        self._start = 0
        self._fault: Fault | None = None
        self._ready: list[Record] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._element
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def read(self) -> Iterator[Record]:
        try:
            for start in range(0, len(self._body), _PIECE):
                self._parser.Parse(self._body[start : start + _PIECE], False)
                yield from self._ready
                self._ready.clear()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from None

    def _doctype(self, *_: object) -> None:
        raise ValueError("it has a document type declaration, in which entities may hide")

    def _element(self, name: str, _: object) -> None:
        self._depth += 1
        tag = name.rpartition(":")[2]
        if self._depth == 1:
            self.root = tag
        elif self._depth < self._level:
            self._branch = tag
        elif self._is_recorded:
            self._begin(tag)

    @property
    def _is_recorded(self) -> bool:
        return self._parent is None or self._branch == self._parent

    def _begin(self, tag: str) -> None:
        if self._depth == self._level:
            self._start, self._fault = self._parser.CurrentByteIndex, None
        if self._depth > MAX_DEPTH:
            self._fault = ("too_deep", "The record is nested deeper than any that means something.")
        elif self._parser.CurrentByteIndex - self._start > MAX_RECORD_BYTES:
            self._fault = _OVERSIZED
        if self._fault is None or self._depth == self._level:
            self._open.append(_Element(tag))

    def _text(self, text: str) -> None:
        if self._open:
            if self._fault is None:
                self._open[-1].texts.append(text)
        elif self._depth == 2 and not self._is_recorded:
            self.texts[self._branch] = (self.texts.get(self._branch, "") + text)[:MAX_TEXT]

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        if self._depth >= self._level:
            if self._fault is None:
                element = self._open.pop()
                self._open[-1].children.append((element.tag, element.value))
            return
        at, record = self._parser.CurrentByteIndex, self._open[0]
        # The parser stands behind an empty-element tag, but before an end tag.
        is_behind = record.value == "" and self._body[self._start : at].endswith(b"/>")
        raw = self._body[self._start : at if is_behind else self._body.find(b">", at) + 1]
        if len(raw) > MAX_RECORD_BYTES:
            self._fault = _OVERSIZED
        self._ready.append(Record(record.tag, None if self._fault else record.value, raw, self._fault))
        self._open.clear()


_OVERSIZED: Fault = ("oversized_record", f"The record has more than {MAX_RECORD_BYTES:,} bytes.")


class _Element:
    """An element that is not closed yet."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.texts: list[str] = []
        self.children: list[tuple[str, Any]] = []

    @property
    def value(self) -> Any:
        if not self.children:
            return "".join(self.texts)
        members: dict[str, Any] = {}
        repeated: dict[str, list[Any]] = {}
        for name, value in self.children:
            if name in repeated:
                repeated[name].append(value)
            elif name in members:
                repeated[name] = [members[name], value]
            else:
                members[name] = value
        return members | repeated
