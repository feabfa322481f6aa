"""Pseudonyms: what stands in a table instead of a person's identifier."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

MIN_KEY_BYTES = 32
TOKEN_DIGITS = 32


def token(value: str, key: bytes) -> str:
    """Pseudonym of an identifier: first 32 hex digits of HMAC-SHA256(key, value) (RFC 2104).

    The value is normalised first (NFC, upper case, letters and digits only), so 95A-123.45 and 95a12345 are one.
    The key stays outside the lake: all plates that can exist are hashed in half an hour without one.
    Raises ValueError for a key under 32 bytes or a value without a letter or digit.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"A pseudonym key needs at least {MIN_KEY_BYTES} bytes, this one has {len(key)}.")
    composed = unicodedata.normalize("NFC", value).upper()
    normalised = "".join(character for character in composed if character.isalnum())
    if not normalised:
        raise ValueError("A value without letters or digits identifies nobody and gets no pseudonym.")
    return hmac.new(key, normalised.encode(), hashlib.sha256).hexdigest()[:TOKEN_DIGITS]
