"""Formulas of an .xlsx without a result: the reader of workbooks shows them as empty cells, and empty is an answer."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from lake.errors import PayloadRefused

MAX_INDEX_BYTES = 4 << 20  # of the list of sheets, which is read as a tree

Place = tuple[int, int]  # row and column from 0

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BROKEN = re.compile(
    rb"""<c\ r="([A-Z]{1,3})([0-9]{1,7})"(?:
      [^<>]*\bt="e"                                              # an error such as \#REF!
    | [^<>]*>\s*<f[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>  # written by a program, never computed
    )""",
    re.VERBOSE,
)


def broken_formulas(body: bytes, origin: str) -> dict[str, frozenset[Place]]:
    """Sheet name -> places of cells that hold an error or a formula never computed. Empty for other zip files.

    The caller has checked what the file unpacks to. Raises PayloadRefused where it is no sound archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
            if not {_BOOK, _LINKS} <= names:
                return {}
            if any(archive.getinfo(part).file_size > MAX_INDEX_BYTES for part in (_BOOK, _LINKS)):
                raise PayloadRefused(f"{origin} names more sheets than a workbook has; save it again.")
            parts = {sheet: part for sheet, part in _parts(archive).items() if part in names}
            return {sheet: frozenset(_places(archive.read(part))) for sheet, part in parts.items()}
    except (zipfile.BadZipFile, ElementTree.ParseError, OSError, zlib.error) as error:
        raise PayloadRefused(f"{origin} cannot be read as a workbook ({error}); save it again.") from error


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> path of its part in the archive."""
    # Python's expat gives up on entities that blow up, and fetches nothing.
    links = ElementTree.fromstring(archive.read(_LINKS))  # noqa: S314
    book = ElementTree.fromstring(archive.read(_BOOK))  # noqa: S314
    targets = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}
    return {
        sheet.get("name", ""): posixpath.normpath(targets.get(sheet.get(_LINK), "/")).lstrip("/")
        for sheet in book.iter(f"{_MAIN}sheet")
    }


def _places(xml: bytes) -> Iterator[Place]:
    for match in _BROKEN.finditer(xml):
        column = 0
        for letter in match[1]:
            column = column * 26 + letter - ord("A") + 1
        yield int(match[2]) - 1, column - 1
