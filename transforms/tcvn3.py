"""Vietnamese in TCVN3 ("ABC" fonts), as workbooks of the 1990s and 2000s hold it: text -> Unicode.

The fonts drew Vietnamese letters over Latin-1 characters, so a program that knows nothing of them reads "S¶n xuÊt" for
"Sản xuất". Capitals with tone marks were another font over the same characters, so they come out as small letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LETTERS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_TABLE = {start + nth: letter for start, letters in _LETTERS.items() for nth, letter in enumerate(letters)}

# Characters TCVN3 uses and Vietnamese in Unicode does not, and the other way round.
_LEGACY = re.compile(r"[¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇËÎÏÑÖ×ØÜÞßäåæçëîïñö÷øûüþ]")
_UNICODE = re.compile(r"[ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9]")
_HIGH = re.compile(r"[\xa1-\xff]")


def is_legacy(texts: Iterable[str]) -> bool:
    """Whether texts that belong together are in TCVN3: more of them show its characters than Unicode's."""
    n_legacy = n_unicode = 0
    for text in texts:
        if _UNICODE.search(text):
            n_unicode += 1
        elif _LEGACY.search(text):
            n_legacy += 1
    return n_legacy > n_unicode


def decode(text: str) -> str:
    """A text in TCVN3 as Unicode; one that holds Unicode letters already stays as it is."""
    if not _HIGH.search(text) or _UNICODE.search(text):
        return text
    return text.translate(_TABLE)
