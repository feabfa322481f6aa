"""Personal data in free text: placeholders for what citizens write of themselves and of others."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import partial

from transforms.text import nfc

EMAIL = "[thư điện tử]"
IDENTITY_CARD = "[số giấy tờ]"
PLATE = "[biển số]"
PHONE = "[số điện thoại]"
PERSON = "[họ tên]"
ADDRESS = "[địa chỉ]"


def redact(text: str) -> str:
    """NFC text with Vietnamese phone numbers, e-mail addresses, identity cards and plates as placeholders.

    Wide digits become plain ones and zero-width characters go, or a number could hide behind them. Dates, amounts,
    coordinates and codes such as HG-2020-000123 stay. Idempotent. Takes time linear in the length of the text:
    every pattern is bounded and anchored behind.
    """
    return _replaced(nfc(text).translate(_PLAIN), _CANDIDATE, _REDACTIONS)


def redact_report(text: str) -> str:
    """`redact`, and what a citizen says of himself and of neighbours: names and home addresses that are introduced.

    A name is recognised after a title (ông, bà, anh, chị …) where it begins with a Vietnamese family name, and after
    words such as "tôi tên là"; an address after "số nhà", "địa chỉ", "ngụ", "nhà tôi ở" …. Names and addresses that
    nothing introduces are not recognised: the place of a pothole must stay. Not for the press, which names officials.
    """
    return _replaced(redact(text), _INTRODUCTION, _INTRODUCED)


def _replaced(text: str, candidate: re.Pattern[str], rules: list[tuple[re.Pattern[str], str]]) -> str:
    if not candidate.search(text):
        return text
    for pattern, placeholder in rules:
        text = pattern.sub(partial(_replacement, placeholder), text)
    return text


def _replacement(placeholder: str, match: re.Match[str]) -> str:
    groups = match.groupdict()
    return match[0] if groups.get("keep") else (groups.get("named") or "") + placeholder


_ZERO_WIDTH = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF])
_PLAIN = (
    _ZERO_WIDTH
    | {
        code: str(unicodedata.decimal(chr(code)))
        for code in range(128, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) == "Nd"
    }
    | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
)  # wide letters and signs

_CANDIDATE = re.compile(r"@|[0-9](?:[^0-9]*[0-9]){3}")  # the shortest plate has four digits

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
    | [ -]? \d{3} [ -]? (?: NG | NN | QT | CV ) [ -]? \d\d                # 80-011-NG-01: diplomats, foreigners
    | [ -]? (?: NG | NN | QT | CV ) [ -]? \d{3} [ .-]? \d\d               # 80-NG-011-01
    ) (?!\w) (?![.,]\d)"""

_PHONE = rf"""{_START} (?:
      (?: \+84 | \(\+84\) | 0084 ) {_GAP} (?: \(0\) | 0 )? {_GAP} [1-9] (?: {_GAP} \d ){{8,9}}
    | 84 [1-9] \d{{8,9}}
    | \( 0 [1-9] \d{{1,2}} \) (?: {_GAP} \d ){{6,8}}
    | 0 [1-9] (?: {_GAP} \d ){{8,9}}
    ) (?!\d)"""


# Vehicles of the army carry two letters of the unit.
_ARMY_PLATE = r"""(?<!\w) (?: A[ABCDKNPTV] | B[BCHKLPSTV] | H[ABCDEHNQT] | K[ABCDKNPTV] | P[ABCGKMPQTX]
    | Q[ABCHKMPST] | T[CHKMN] | V[TK] ) [ -]? \d\d - \d\d (?!\w) (?![.,/-]\d)"""

_UPPER = "A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ" + "".join(map(chr, range(0x1EA0, 0x1EFA, 2)))  # Ạ Ả … Ỹ
_NAME_WORD = rf"[{_UPPER}][^\W\d_]{{0,7}}"
_NAME = rf"{_NAME_WORD} (?: [ ] {_NAME_WORD} ){{1,4}}"
_FAMILIES = (
    "Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Đoàn Lâm Mai Trương Đào Cao "
    "Hà Tạ Lưu Lương Châu Tô Tống Thái Quách Kiều Danh Thạch Sơn Kim Chung Từ Tăng Diệp La Triệu Văn Hứa Giang Phùng "
    "Vương Chu Doãn Nghiêm Khưu Ông Âu Liêu Viên Tiêu Nhan Mạc Thân Nông Quan Bạch Đồng Khổng Lục Ninh Quang Tôn"
)
_FAMILY = "(?: " + " | ".join(f"{name} | {name.upper()}" for name in _FAMILIES.split()) + " )"
_TITLED_NAME = rf"""(?<!đường[ ]) (?<!phố[ ]) (?<!trường[ ]) (?<!chợ[ ]) (?<!cầu[ ])
    (?P<named> (?<!\w) (?i: ông | bà | anh | chị | cô | chú | bác | dì | cậu | thím | mợ | em | cháu | thầy ) [ ] )
    {_FAMILY} (?: [ ] {_NAME_WORD} ){{1,3}} (?!\w)"""
_TOLD_NAME = rf"""(?P<named> (?<!\w) (?i:
      (?: tôi | tui | em | mình | cháu | con | cô | chú ) [ ] tên (?: [ ] là )?
    | tên (?: [ ] (?: tôi | tui | em | mình | cháu | con ) )? [ ] là
    | họ [ ] (?: và [ ] )? tên (?: [ ] (?: tôi | em ) )? (?: [ ] là )?
    | người [ ] (?: phản [ ] ánh | gửi | liên [ ] hệ | báo | khiếu [ ] nại | tố [ ] cáo | dân [ ] tên )
    | chủ [ ] (?: hộ | nhà ) (?: [ ] là )? ) [ ]? :? [ ]? )
    {_NAME} (?!\w)"""
_SELF_NAME = rf"""(?P<named> (?<!\w) (?i: tôi | tui | em | mình | cháu ) [ ] là [ ] )
    {_FAMILY} (?: [ ] {_NAME_WORD} ){{1,3}} (?!\w)"""

_HOUSE = r"\d{1,4} [A-Za-zĐđ]? (?: [/-] \d{1,4} [A-Za-zĐđ]? ){0,4} (?!\w)"
_STREET = rf"""(?i: đường | hẻm | ngõ | phố | kiệt ) [ ] (?: \d{{1,4}} (?: /\d{{1,4}} ){{0,2}} (?!\w)
    | {_NAME_WORD} (?: [ ] {_NAME_WORD} ){{0,4}} )"""
_PART = rf"""(?: (?i: số ) (?i: [ ] nhà )? [ ] {_HOUSE} | {_STREET}
    | (?i: tổ | ấp | thôn | khóm | khu [ ] vực | kv | nhà ) [ ]
    (?: \d{{1,4}} [A-Za-z]? (?!\w) | {_NAME_WORD} (?: [ ] {_NAME_WORD} ){{0,3}} ) | {_HOUSE} )"""
_HOUSE_ADDRESS = rf"(?<!\w) (?i: số [ ] nhà | nhà [ ] số ) [ ]? :? [ ]? {_HOUSE} (?: ,? [ ] {_STREET} )?"
_HOME_ADDRESS = rf"""(?P<named> (?<!\w) (?i:
      địa [ ] chỉ (?: [ ] (?: nhà | thường [ ] trú | liên [ ] hệ | của [ ] tôi ) )?
    | (?: ngụ | thường [ ] trú | tạm [ ] trú | cư [ ] trú | trú ) (?: [ ] (?: tại | ở ) )?
    | nhà [ ] (?: tôi | tui | em | mình | cháu ) (?: [ ] (?: ở | tại | là ) )?
    | (?: tôi | tui | em | mình | cháu ) (?: [ ] hiện )? (?: [ ] đang )? [ ] (?: ở | sống [ ] (?: ở | tại ) ) )
    [ ]? :? [ ]? )
    {_PART} (?: ,? [ ] {_PART} ){{0,4}}"""

_INTRODUCTION = re.compile(
    r"(?i)(?<!\w)(?:ông|bà|anh|chị|cô|chú|bác|dì|cậu|thím|mợ|em|cháu|thầy|tôi|tui|mình|con|tên|người|chủ|họ"
    r"|số nhà|nhà|địa chỉ|ngụ|trú|thường|tạm|cư)(?!\w)"
)
_INTRODUCED = [
    (re.compile(pattern, re.VERBOSE), placeholder)
    for pattern, placeholder in (
        (_TOLD_NAME, PERSON),
        (_SELF_NAME, PERSON),
        (_TITLED_NAME, PERSON),
        (_HOUSE_ADDRESS, ADDRESS),
        (_HOME_ADDRESS, ADDRESS),
    )
]


def _outside_codes(pattern: str) -> re.Pattern[str]:
    """A pattern that passes over dates and codes whole; one look at the first character skips most positions."""
    return re.compile(rf"(?= [0-9A-ZĐĂ(+chă] ) (?: {_KEEP} {pattern} )", re.VERBOSE)


# Plates before phones and cards: their digits would pass for part of one.
_REDACTIONS = [
    (re.compile(_EMAIL, re.VERBOSE), EMAIL),
    (_outside_codes(_NAMED_CARD), IDENTITY_CARD),
    (_outside_codes(_PLATE), PLATE),
    (re.compile(_ARMY_PLATE, re.VERBOSE), PLATE),
    (_outside_codes(_PHONE), PHONE),
    (_outside_codes(_CARD), IDENTITY_CARD),
]
