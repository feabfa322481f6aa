"""Names of Vietnamese administrative units: the type in front of them, and a key that survives careless typing."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from transforms.text import folded

# Written types by level, longest first where one begins like another.
TYPES = {
    "province": ("Thành phố", "Tỉnh"),
    "district": ("Thành phố", "Thị xã", "Quận", "Huyện"),
    "commune": ("Thị trấn", "Đặc khu", "Phường", "Xã"),
}
ABBREVIATED = {"tp": "Thành phố"}  # in official lists; free text has many more, see `address`

_APOSTROPHE = re.compile("['’ʼ`´]")  # Ea H'leo, M'Đrắk
_NOT_WORD = re.compile(r"[\W_]+")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11}


class Name(NamedTuple):
    """A name taken apart: `Phường Vị Tân` is of type Phường, bare name Vị Tân and key `vi tan`."""

    type_vi: str
    bare: str
    key: str

    @property
    def full(self) -> str:
        """Type and name, the type spelt as the law spells it."""
        return f"{self.type_vi} {self.bare}"


def fold(text: str) -> str:
    """Words without diacritics, lower case, parted by single spaces: `Thị trấn Một Ngàn` -> `thi tran mot ngan`."""
    return _NOT_WORD.sub(" ", folded(_APOSTROPHE.sub("", text)).lower()).strip()


def key(bare: str) -> str:
    """Folded bare name, a numeral in one way: `III`, `03` and `3` are the same ward."""
    folded = fold(bare)
    if folded in _ROMAN:
        return str(_ROMAN[folded])
    return str(int(folded)) if folded.isascii() and folded.isdigit() and len(folded) < 4 else folded


def syllables(text: str) -> tuple[tuple[str, str], ...]:
    """(letters, marks) of each word, so that `Hoà` and `Hòa`, two ways to place one tone mark, are equal.

    đ counts as a letter of its own.
    """
    parts = []
    for word in _NOT_WORD.sub(" ", unicodedata.normalize("NFC", _APOSTROPHE.sub("", text)).lower()).split():
        spread = unicodedata.normalize("NFD", word)
        marks = "".join(sorted(c for c in spread if unicodedata.combining(c)))
        parts.append(("".join(c for c in spread if not unicodedata.combining(c)), marks))
    return tuple(parts)


def taken_apart(name: str, level: str) -> Name | None:
    """A name of a list with its type; None where it begins with no type of its level (or nothing follows it).

    A province is a Tỉnh where nothing is said: lists name the type of the cities only.
    """
    words = name.split()
    return _typed(words, level) or (_named("Tỉnh", words) if level == "province" and words else None)


def parent_key(name: str) -> str:
    """Key of a parent's name whatever its level: `Tp Đà Nẵng` -> `da nang`."""
    words = name.split()
    named = _typed(words, "province") or _typed(words, "district")
    return named.key if named else key(name)


def _typed(words: list[str], level: str) -> Name | None:
    for type_vi in TYPES[level]:
        n = len(type_vi.split())
        if words[n:] and fold(" ".join(words[:n])) == fold(type_vi):
            return _named(type_vi, words[n:])
    if len(words) > 1 and ABBREVIATED.get(fold(words[0])) in TYPES[level]:
        return _named(ABBREVIATED[fold(words[0])], words[1:])
    return None


def _named(type_vi: str, words: list[str]) -> Name:
    bare = " ".join(words)
    return Name(type_vi, bare, key(bare))
