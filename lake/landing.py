"""Landing zone: every payload exactly as received, content-addressed, before anything reads it.

`landing/<source>/<first two hex>/<sha256>` holds the bytes, `<sha256>.json` beside it says where they came from.
A file appears by rename only, so a half-written one is never seen.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from lake.contracts.profile import Format
from lake.errors import PayloadRefused
from lake.settings import Settings, private_folder
from lake.sources.base import Payload

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Landed:
    """One payload in the landing zone."""

    sha256: str
    path: Path
    n_bytes: int
    origin: str
    format: Format
    received_at: datetime


class Landing:
    """The landing zone of one lake."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.landing
        self._scratch = settings.scratch
        self._max_bytes = settings.max_payload_mb << 20

    def keep(self, source: str, payload: Payload) -> Landed:
        """Store the payload's bytes and manifest; the same bytes again cost nothing. Raises PayloadRefused."""
        private_folder(self._folder)
        private_folder(self._scratch)
        descriptor, draft_name = tempfile.mkstemp(dir=self._scratch, prefix="landing-")
        draft = Path(draft_name)
        digest = hashlib.sha256()
        try:
            with os.fdopen(descriptor, "wb") as out, _open(payload) as incoming:
                while chunk := incoming.read(CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            sha256 = digest.hexdigest()
            path = self._folder / source / sha256[:2] / sha256
            n_bytes = draft.stat().st_size
            landed = Landed(sha256, path, n_bytes, payload.origin, payload.format, payload.received_at)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._manifest(source, landed)
                draft.rename(path)
                _sync_folder(path.parent)
            return landed
        finally:
            draft.unlink(missing_ok=True)

    def read(self, landed: Landed) -> bytes:
        """The payload in memory, decompressed if gzip. Raises PayloadRefused past the size limit or if truncated."""
        with self._plain(landed) as stream:
            body = stream.read(self._max_bytes + 1)
        if len(body) > self._max_bytes:
            raise self._too_large(landed)
        return body

    @contextmanager
    def plain_file(self, landed: Landed) -> Iterator[Path]:
        """Path of the decompressed payload, for readers that stream. Never hand a compressed file to an engine:
        a few megabytes may unpack to terabytes. Raises PayloadRefused as `read`."""
        with landed.path.open("rb") as file:
            is_gzip = file.read(2) == GZIP_MAGIC
        if not is_gzip:
            if landed.n_bytes > self._max_bytes:
                raise self._too_large(landed)
            yield landed.path
            return
        with tempfile.NamedTemporaryFile(dir=self._scratch, prefix="plain-") as plain:
            with self._plain(landed) as stream:
                n_bytes = 0
                while chunk := stream.read(CHUNK):
                    n_bytes += len(chunk)
                    if n_bytes > self._max_bytes:
                        raise self._too_large(landed)
                    plain.write(chunk)
            plain.flush()
            yield Path(plain.name)

    @contextmanager
    def _plain(self, landed: Landed) -> Iterator[BinaryIO]:
        with landed.path.open("rb") as file:
            is_gzip = file.read(2) == GZIP_MAGIC
            file.seek(0)
            try:
                if is_gzip:
                    with gzip.GzipFile(fileobj=file) as stream:
                        yield stream  # type: ignore[misc]  # GzipFile is a BinaryIO in all that is used here
                else:
                    yield file
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise PayloadRefused(
                    f"{landed.origin} is a damaged or truncated gzip file ({error}); deliver it again whole."
                ) from error

    def _manifest(self, source: str, landed: Landed) -> None:
        manifest = {
            "source": source,
            "origin": landed.origin,
            "format": landed.format,
            "received_at": landed.received_at.isoformat(),
            "sha256": landed.sha256,
            "n_bytes": landed.n_bytes,
        }
        draft = landed.path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.rename(landed.path.with_suffix(".json"))

    def _too_large(self, landed: Landed) -> PayloadRefused:
        return PayloadRefused(
            f"{landed.origin} unpacks to more than {self._max_bytes >> 20} MB; "
            "split it, or raise IOC_MAX_PAYLOAD_MB if it is right."
        )


@contextmanager
def _open(payload: Payload) -> Iterator[BinaryIO]:
    if isinstance(payload.body, Path):
        try:
            with payload.body.open("rb") as file:
                yield file
        except OSError as error:
            raise PayloadRefused(f"{payload.origin} cannot be read ({error.strerror}); check the file.") from error
    else:
        yield io.BytesIO(payload.body)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
