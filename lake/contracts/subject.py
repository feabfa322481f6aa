"""The person, vehicle or report an erasure is about, in all the ways it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["phone", "plate", "email", "id_card", "name", "request"]

WORD = re.compile(r"\d+|[^\W\d_]+")  # a run of digits or of letters
_INVISIBLE = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SHAPES: dict[Kind, tuple[str, str]] = {
    "phone": (r"\d{9,10}", "a number of 9 or 10 digits after its 0 or +84"),
    "plate": (r"(?=.*\d{4})(?=.*[^\W\d]).{6,10}", "a plate such as 95A-123.45"),
    "email": (r".{5,}", "an address such as ten@vidu.vn"),
    "id_card": (r"\d{9}|\d{12}|[a-z]\d{7}", "9 or 12 digits, or a letter and 7 digits"),
    "name": (r"[^\W\d]{4,}", "a full name of at least two words"),
    "request": (r".+", "the number of the report as its source writes it"),
}


@dataclass(frozen=True)
class Subject:
    """Whom to erase. `value` is written in any way: 0912 345 678, +84912345678; 95A-123.45, 95a12345."""

    kind: Kind
    value: str

    def __post_init__(self) -> None:
        """Raises ValueError when the value is not of the kind."""
        shape, described = _SHAPES[self.kind]
        value = _significant(self.value) if self.kind == "phone" else squashed(self.value)
        is_shaped = re.fullmatch(shape, value) is not None
        if self.kind == "email":
            is_shaped &= "@" in self.value
        if self.kind == "name":
            is_shaped &= len(WORD.findall(legible(self.value))) > 1
        if not is_shaped:
            raise ValueError(f"{self.value!r} is not {described}.")

    @property
    def forms(self) -> tuple[str, ...]:
        """What `squashed` makes of every way to write it."""
        if self.kind != "phone":
            return (squashed(self.value),)
        number = _significant(self.value)
        return tuple(f"{prefix}{number}" for prefix in ("0", "84", "840", "0084", "00840"))


def guess_kind(value: str) -> Kind:
    """The kind a value looks like; anything not recognised is the number of a report. Names look like nothing."""
    kinds: tuple[Kind, ...] = ("email", "id_card", "phone", "plate")
    if "@" in value:
        return "email"
    for kind in kinds[1:]:
        try:
            Subject(kind, value)
        except ValueError:
            continue
        if kind != "id_card" or not re.match(r"\s*(\+|0[1-9]\d{8}$)", value):
            return kind
    return "request"


def legible(text: str) -> str:
    """Text in one form of Unicode (NFKC: composed letters, plain digits) without invisible characters."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def squashed(value: str) -> str:
    """Its letters and digits alone, in lower case: what all ways to write one identifier have in common."""
    return "".join(WORD.findall(legible(value))).casefold()


def _significant(value: str) -> str:
    """Digits of a phone number after its trunk or country prefix."""
    digits = squashed(value)
    return re.sub(r"^(?:00840|0084|840|84(?=\d{9,10}$)|0)", "", digits)
