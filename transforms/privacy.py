"""Personal data: keyed pseudonyms for identifiers, placeholders for what citizens write in free text."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from transforms.text import nfc

MIN_KEY_BYTES = 32
TOKEN_DIGITS = 32

EMAIL = "[thư điện tử]"
IDENTITY_CARD = "[số giấy tờ]"
PLATE = "[biển số]"
PHONE = "[số điện thoại]"


def token(value: str, key: bytes) -> str:
    """Pseudonym of an identifier: first 32 hex digits of HMAC-SHA256(key, value) (RFC 2104).

    The value is normalised first (NFC, upper case, letters and digits only), so 95A-123.45 and 95a12345 are one.
    The key stays outside the lake: all plates that can exist are hashed in half an hour without one.
    Raises ValueError for a key under 32 bytes or a value without a letter or digit.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"A pseudonym key needs at least {MIN_KEY_BYTES} bytes, this one has {len(key)}.")
    normalised = "".join(character for character in nfc(value).upper() if character.isalnum())
    if not normalised:
        raise ValueError("A value without letters or digits identifies nobody and gets no pseudonym.")
    return hmac.new(key, normalised.encode(), hashlib.sha256).hexdigest()[:TOKEN_DIGITS]


def redact(text: str) -> str:
    """NFC text with Vietnamese phone numbers, e-mail addresses, identity cards and plates as placeholders.

    Dates, amounts, coordinates and codes such as HG-2020-000123 stay. Names and addresses are not recognised.
    Idempotent. Takes time linear in the length of the text: every pattern is bounded and anchored behind.
    """
    text = nfc(text)
    if not _CANDIDATE.search(text):
        return text
    for pattern, placeholder in _REDACTIONS:
        text = pattern.sub(partial(_replacement, placeholder), text)
    return text


def _replacement(placeholder: str, match: re.Match[str]) -> str:
    groups = match.groupdict()
    return match[0] if groups.get("keep") else (groups.get("named") or "") + placeholder


_CANDIDATE = re.compile(r"@|[0-9](?:[^0-9]*[0-9]){5}")  # the shortest plate has six digits

_KEEP = r"""(?P<keep> (?<!\w) (?:
      [A-ZĐ]{1,6} - (?:19|20)\d\d - \d+                                  # codes: HG-2020-000123
    | (?:19|20)\d\d - [01]\d - [0-3]\d (?!\d)                            # 2021-09-30
    | [0-3]?\d (?P<slash> [./-]) [01]?\d (?P=slash) (?:19|20)\d\d (?!\d) # 30/09/2021, 05.09.2021
    )) | """
_GAP = r"[ \u00a0.\-]{0,2}"
_START = r"(?<!\w) (?<!\d[.,])"  # not inside a word, nor the decimals of a coordinate
_NOT_MONEY = r"(?! \s* (?: đồng | đ\b | vnđ | vnd | usd | triệu | tỷ | tỉ ) )"

_EMAIL = r"(?<! [\w.+%-] ) [\w.+%-]{1,64} @ [\w-]{1,63} (?: \. [\w-]{1,63} ){1,8}"

_NAMED_CARD = r"""(?P<named>
      (?i: \b (?: cccd | cmnd | cmtnd ) \b | căn[ ]cước | chứng[ ]minh[ ](?: nhân[ ]dân | thư ) | hộ[ ]chiếu )
      [^\d\[\n]{0,30} (?<! [A-Z] ) )
    (?: [A-Z]\d{7} | \d (?: [ .\-]? \d ){8} (?: (?: [ .\-]? \d ){3} )? ) (?!\d)"""

# Twelve digits begin with a province code, 001 to 096 (Circular 59/2021/TT-BCA): other long numbers are case numbers.
_CARD = rf"""{_START} (?: 0\d\d [ .] \d{{3}} [ .] \d{{3}} [ .] \d{{3}} | 0\d{{11}} | \d{{9}} )
    (?!\w) (?![.,]\d) {_NOT_MONEY}"""

_PLATE = r"""(?<!\w) \d\d (?:
      [ .\-]? [A-ZĐ]{1,2} \d? [ .\-]{0,3} \d{3} [. ]? \d\d               # 95A-123.45, 65-B1 123.45, 51F1-234.56
    | -? [A-ZĐ]{1,2} [.\-]? \d{4}                                        # 95A-1234
    | -? [A-ZĐ]{1,2} \d [ .\-]{1,2} \d{4}                                # 65-B1 1234
    | -? [a-zđ]{1,2} \d? - \d{3} [.]? \d\d                               # 95a-123.45
    | -? [a-zđ] \d? \d{3} [.] \d\d                                       # 95a123.45
    ) (?!\w) (?![.,]\d)"""

_PHONE = rf"""{_START} (?:
      (?: \+84 | \(\+84\) | 0084 ) {_GAP} (?: \(0\) | 0 )? {_GAP} [1-9] (?: {_GAP} \d ){{8,9}}
    | 84 [1-9] \d{{8,9}}
    | \( 0 [1-9] \d{{1,2}} \) (?: {_GAP} \d ){{6,8}}
    | 0 [1-9] (?: {_GAP} \d ){{8,9}}
    ) (?!\d)"""


def _outside_codes(pattern: str) -> re.Pattern[str]:
    """A pattern that passes over dates and codes whole; one look at the first character skips most positions."""
    return re.compile(rf"(?= [0-9A-ZĐĂ(+chă] ) (?: {_KEEP} {pattern} )", re.VERBOSE)


# Plates before phones and cards: their digits would pass for part of one.
_REDACTIONS = [
    (re.compile(_EMAIL, re.VERBOSE), EMAIL),
    (_outside_codes(_NAMED_CARD), IDENTITY_CARD),
    (_outside_codes(_PLATE), PLATE),
    (_outside_codes(_PHONE), PHONE),
    (_outside_codes(_CARD), IDENTITY_CARD),
]
