"""Records that could not become rows: their bytes, sealed.

`raw` of `raw.quarantine` is sealed (`Vault.open` reads it) and null once erased; `raw_sha256` is its HMAC, by which
the same record is kept once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from lake.settings import Settings
from lake.suppression import Suppression
from lake.vault import Vault


@contextmanager
def sealing(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[None]:
    """For the block SQL on `con` has sealed_record(raw), keyed_digest(raw) and without_erased(text).

    What names an erased person is not kept: its sealed record is null.
    """
    vault, suppression = Vault(settings), Suppression.load(con, settings)

    def sealed_record(raw: bytes) -> bytes | None:
        return None if suppression.holds([raw]) else vault.seal(raw)

    def keyed_digest(raw: bytes) -> str:
        return vault.digest(raw).hexdigest()

    con.create_function("sealed_record", sealed_record, ["blob"], "blob", side_effects=True)
    con.create_function("keyed_digest", keyed_digest, ["blob"], "varchar")
    con.create_function("without_erased", suppression.blank, ["varchar"], "varchar")
    try:
        yield
    finally:
        for name in ("sealed_record", "keyed_digest", "without_erased"):
            con.remove_function(name)
