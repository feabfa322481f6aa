"""XML of cameras, read with limits: documents one after another in a file or stream dump, as small element trees.

What stands between two documents is the framing of the stream (multipart headers, pictures) and is passed over.
Names are given without their namespaces: makers bind the same names to several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder  # builds only; expat below reads
from xml.parsers import expat

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms.camera_message import RejectedError
from transforms.text import what_arrived

MAX_DOCUMENT_BYTES = 4 << 20  # a picture in base64 may stand in it
MAX_DOCUMENTS = 200_000
MAX_ELEMENTS, MAX_DEPTH = 50_000, 64

# A declaration and a document type belong to the document they stand before: it is judged with them.
_PROLOGUE = rb"(?:<\?xml[^>]{0,200}>\s{0,20})?(?:<!DOCTYPE.{0,4096}?>\s{0,20})?"


def documents(body: bytes, root: str, delivery: Delivery) -> Iterator[bytes]:
    """The bytes of each `<root>` document to its closing tag, or to the next document where it is cut off.

    Raises PayloadRefused where there is none, or too many.
    """
    opening = re.compile(_PROLOGUE + rb"<(?:[\w.-]+:)?" + root.encode() + rb"[\s/>]", re.DOTALL)
    starts = [found.start() for found in opening.finditer(body)]
    if not starts:
        raise PayloadRefused(
            f"{delivery.origin} is {what_arrived(body)} without any {root}; check what the source writes there."
        )
    if len(starts) > MAX_DOCUMENTS:
        raise PayloadRefused(f"{delivery.origin} holds more than {MAX_DOCUMENTS:,} documents; deliver it in parts.")
    closing = re.compile(rb"</(?:[\w.-]+:)?" + root.encode() + rb"\s*>")
    for start, following in zip(starts, [*starts[1:], len(body)], strict=True):
        end = closing.search(body, start, following)
        yield body[start : end.end() if end else following].rstrip()


def tree(document: bytes) -> Element:
    """The root element, names without namespaces. Raises RejectedError malformed_xml or oversized_record."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise RejectedError("oversized_record", f"the document has more than {MAX_DOCUMENT_BYTES >> 20} MB.")
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = n_elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, n_elements
        depth, n_elements = depth + 1, n_elements + 1
        if depth > MAX_DEPTH or n_elements > MAX_ELEMENTS:
            raise RejectedError(
                "malformed_xml", "the document has more elements, or deeper ones, than any camera writes."
            )
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def doctype(*_: object) -> None:
        raise RejectedError("malformed_xml", "the document declares a document type, which no camera needs.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype  # without one there is no entity to expand
    try:
        parser.Parse(document, True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError) as error:  # LookupError: an encoding nobody knows
        raise RejectedError("malformed_xml", f"the document is not well-formed XML ({error}).") from error


def text(element: Element, path: str) -> str | None:
    """Text of the first element at `path`, trimmed; None where there is none or it is empty."""
    return (element.findtext(path) or "").strip() or None


def _local(name: str) -> str:
    return name.rpartition("}")[2]
