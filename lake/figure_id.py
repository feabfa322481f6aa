"""Figure ids: short names under which a published figure can be found again, such as `HG-7F3K-Q2`.

An id is the beginning of a SHA-256 over what the figure is: KPI and version of its definition, parameters (grain,
period, unit, source), the lake's snapshot at which this value was first published, and the value with its parts. It is
spelt in Crockford's base32 (no I, L, O, U), six symbols or as many more as keep it apart from the ids given before.
Pure text; the same digest is made in SQL by `digest_sql` for a million figures at once.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from lake.errors import SettingsError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTHS = (6, 8, 10, 12)  # symbols of an id; the shortest that no other figure has
KEY = ("code", "grain", "period_start", "unit_code", "unit_valid_from", "source")
NUMBERS = ("numerator", "denominator", "value", "value_low", "value_high", "ci_low", "ci_high")
_NAMED = ("code", "definition_from", *KEY[1:], "snapshot_id", *NUMBERS)
_HEX_DIGITS = 15  # 60 bits of the hash: twelve symbols of five bits


def symbols(figure: Mapping[str, object]) -> str:
    """The twelve symbols of a figure: keys KEY, `definition_from`, `snapshot_id` and NUMBERS; None for what is null."""
    text = "\x1f".join(_text(figure[name]) for name in _NAMED)
    number = int(hashlib.sha256(text.encode()).hexdigest()[:_HEX_DIGITS], 16)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))


def symbols_sql() -> str:
    """SQL (DuckDB) of `symbols` over columns of those names."""
    parts = (f"printf('%.17g', {name})" if name in NUMBERS else f"{name}::varchar" for name in _NAMED)
    text = ", ".join(f"coalesce({part}, '')" for part in parts)
    digits = f"('0x' || substr(sha256(concat_ws(chr(31), {text})), 1, {_HEX_DIGITS}))::bigint"
    return f"translate(to_base({digits}, 32, 12), '0123456789ABCDEFGHIJKLMNOPQRSTUV', '{ALPHABET}')"


def spelt_sql(prefix: str, column: str, length: int) -> str:
    """SQL of the id with the first `length` symbols of `column`, in groups of four: `HG-7F3K-Q2`."""
    groups = (f"substr({column}, {start + 1}, {min(4, length - start)})" for start in range(0, length, 4))
    return f"concat_ws('-', '{prefix}', {', '.join(groups)})"


def parse(text: str) -> str:
    """What someone typed or read out -> the id: `hg 7f3k q2`, `HG-7F3K-Q2` and `HG7F3KQ2` are the same.

    Raises SettingsError for what cannot be a figure id.
    """
    bare = re.sub(r"[\s–—-]+", "", text).upper()
    prefix, rest = bare[:2], bare[2:].translate(str.maketrans("OIL", "011"))
    if not re.fullmatch(r"[A-Z]{2}", prefix) or len(rest) not in LENGTHS or set(rest) - set(ALPHABET):
        raise SettingsError(f"{text!r} is no figure id; copy one such as HG-7F3K-Q2 from a page or from `ioc kpi`.")
    return "-".join([prefix, *(rest[i : i + 4] for i in range(0, len(rest), 4))])


def prefix_of(jurisdiction: str) -> str:
    """Name of a province -> two letters: `Tỉnh Hậu Giang` -> HG, `Thành phố Cần Thơ` -> CT."""
    name = re.sub(r"^(tỉnh|thành phố)\s+", "", jurisdiction.strip(), flags=re.IGNORECASE)
    initials = "".join(word[0] for word in name.split()).upper().replace("Đ", "D")
    return (re.sub(r"[^A-Z]", "", unicodedata.normalize("NFD", initials)) + "XX")[:2]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".17g")
    return value.isoformat() if isinstance(value, date) else str(value)
