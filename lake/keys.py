"""Keys of one lake, each made once in the secrets folder (mode 0600), outside the lake's files and its backups.

`pseudonym-<year>.key` makes the tokens of events of that year, so what one vehicle did in two years cannot be joined.
Destroying the key of a year makes its tokens anonymous: nobody can try all plates against them any more.
`digest.key` keys the digests of raw bytes and of erased persons; `vault.key` opens sealed bytes (age, X25519).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress

import pyrage

from lake.contracts.pseudonym import MIN_KEY_BYTES
from lake.disk import sync
from lake.errors import SettingsError
from lake.settings import Settings, private_folder

FIRST_YEAR = 2000  # no source tells of events before it
_PSEUDONYM = re.compile(r"pseudonym-(\d{4})\.key")


def pseudonym_keys(settings: Settings, last_year: int) -> dict[int, bytes]:
    """Key of every year from 2000 to `last_year` (UTC), 32 bytes each; those missing are made."""
    return {
        year: _key(settings, f"pseudonym-{year}.key", lambda: secrets.token_bytes(MIN_KEY_BYTES))
        for year in range(FIRST_YEAR, last_year + 1)
    }


def known_pseudonym_keys(settings: Settings) -> dict[int, bytes]:
    """The keys of years that are there; those destroyed are not."""
    files = settings.secrets.glob("pseudonym-*.key")
    return {int(named[1]): file.read_bytes() for file in files if (named := _PSEUDONYM.fullmatch(file.name))}


def digest_key(settings: Settings, purpose: str) -> bytes:
    """Key for digests of one purpose, 32 bytes. If `digest.key` is lost, old bytes delivered again are news."""
    root = _key(settings, "digest.key", lambda: secrets.token_bytes(MIN_KEY_BYTES))
    return hmac.digest(root, purpose.encode(), hashlib.sha256)


def vault_identity(settings: Settings) -> pyrage.x25519.Identity:
    """The private key of what is sealed. If `vault.key` is lost, sealed bytes cannot be read by anyone again."""
    return pyrage.x25519.Identity.from_str(
        _key(settings, "vault.key", lambda: str(pyrage.x25519.Identity.generate()).encode()).decode()
    )


def _key(settings: Settings, name: str, make: Callable[[], bytes]) -> bytes:
    """Content of a key file, made on first use; two processes agree on the one that was first."""
    file = private_folder(settings.secrets) / name
    if not file.exists():
        draft = file.with_suffix(f".{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(make())
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # another process was first
            os.link(draft, file)
        draft.unlink()
        sync(file.parent)
    content = file.read_bytes()
    if len(content) < MIN_KEY_BYTES:
        raise SettingsError(f"The key file {file} is damaged; put back the copy you keep of the secrets folder.")
    return content
