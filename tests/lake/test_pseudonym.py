"""Pseudonyms tell equal identifiers and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contracts.pseudonym import token

KEY = bytes(range(32))


def test_token_is_the_keyed_hmac_of_the_normalised_value() -> None:
    expected = hmac.new(KEY, b"95A12345", hashlib.sha256).hexdigest()[:32]
    assert token("95A-123.45", KEY) == token(" 95a 123 45 ", KEY) == expected
    assert token("95A-123.45", bytes(32)) != expected
    assert hashlib.sha256(b"95A12345").hexdigest()[:32] != expected


def test_token_does_not_depend_on_the_unicode_form() -> None:
    plate = "65-MĐ1 123.45"
    assert token(unicodedata.normalize("NFD", plate), KEY) == token(plate.lower(), KEY) == token(plate, KEY)
    assert token("Ấp 1", KEY) == token(unicodedata.normalize("NFD", "Ấp 1"), KEY)


def test_token_refuses_a_short_key_and_an_empty_value() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        token("95A-123.45", b"short")
    with pytest.raises(ValueError, match="identifies nobody"):
        token(" - ", KEY)


@given(st.lists(st.text("0123456789ABCĐ", min_size=1, max_size=9), min_size=2, max_size=50, unique=True))
def test_tokens_keep_different_plates_apart(plates: list[str]) -> None:
    assert len({token(plate, KEY) for plate in plates}) == len(plates)
