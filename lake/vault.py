"""Seals raw bytes that hold personal data (age file format), and names them by a keyed digest.

The lake alone, or a backup of it, cannot read what is sealed: the private key lies in the secrets folder. A plain
hash of a short record could be guessed, so what names or compares raw bytes is an HMAC.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import BinaryIO, Protocol

import pyrage

from lake.errors import LakeError
from lake.keys import digest_key, vault_identity
from lake.settings import Settings


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; b"" at the end."""


class Vault:
    """Seals and opens bytes with the keys of one lake."""

    def __init__(self, settings: Settings) -> None:
        self._identity = vault_identity(settings)
        self._recipient = self._identity.to_public()
        self._digest_key = digest_key(settings, "raw bytes")

    def digest(self, data: bytes = b"") -> hmac.HMAC:
        """A running HMAC-SHA256 with the interface of hashlib: deterministic, so it tells equal bytes."""
        return hmac.new(self._digest_key, data, hashlib.sha256)

    def seal(self, data: bytes) -> bytes:
        """The bytes sealed; another result at every call."""
        return bytes(pyrage.encrypt(data, [self._recipient]))

    def open(self, sealed: bytes) -> bytes:
        """The bytes that were sealed. Raises LakeError when the key does not fit or a byte has changed."""
        try:
            return bytes(pyrage.decrypt(sealed, [self._identity]))
        except pyrage.DecryptError as error:
            raise _unopened(error) from error

    def seal_stream(self, incoming: Readable, out: BinaryIO) -> None:
        """Seal a stream of any length in constant memory. Raises OSError when reading or writing fails."""
        try:
            pyrage.encrypt_io(incoming, out, [self._recipient])
        except pyrage.EncryptError as error:  # it wraps whatever the two streams raise
            raise OSError(str(error)) from error

    def open_stream(self, sealed: BinaryIO, out: BinaryIO) -> None:
        """Open a stream of any length in constant memory. Raises LakeError as `open`; `out` is then incomplete."""
        try:
            pyrage.decrypt_io(sealed, out, [self._identity])
        except pyrage.DecryptError as error:
            raise _unopened(error) from error
        except OSError as error:  # a changed byte past the header; a full disk has a number
            if error.errno is not None:
                raise
            raise _unopened(error) from error


def _unopened(error: Exception) -> LakeError:
    return LakeError(
        f"Sealed bytes cannot be opened ({error}); put back secrets/vault.key of this lake, or restore from a backup."
    )
