"""Landing zone: every payload exactly as received, content-addressed, before anything reads it.

`landing/<source>/<first two hex>/<digest>` holds the bytes, `<digest>.json` beside it says where they came from.
A file appears by rename only, so a half-written one is never seen. Where deliveries hold personal data the bytes are
packed (lz4) and sealed, and the digest is keyed: it tells whether the same bytes came again, and nothing to who lacks
the key.
Of a payload erased at a person's request only the empty file `<digest>.erased` stays.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from lake import crashpoint
from lake.ahead import one_ahead
from lake.contracts import camera, dossier, indicator, media, place, server, ticket
from lake.contracts.profile import Format
from lake.disk import sync
from lake.errors import LakeError, PayloadRefused
from lake.settings import Settings, private_folder
from lake.sources.base import Payload
from lake.sources.declared import FORMATS
from lake.vault import Vault

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
BOMB_BYTES, BOMB_RATIO = 64 << 20, 200  # gzip past both is a bomb: text packs to a tenth, hardly to a fiftieth
ERASED = ".erased"
PACKER = pa.Codec("lz4")  # two thirds of zstd's time; deliveries stay for days, not years
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # how they were packed before
PLAIN = "plain-"  # temporary files of opened payloads
ABANDONED_S = 60  # a plain file nobody holds is swept after it
SEALED = {
    format
    for contract in (
        *(ticket.REQUESTS, camera.EVENTS, camera.STATUS, server.SERIES, server.SAMPLES, server.HOSTS),
        *(media.ARTICLES, media.TEXTS, media.POSTS),
        indicator.VALUES,
        *(place.UNITS, place.BOUNDARIES),
        dossier.DOSSIERS,  # as all filled forms
    )
    if contract.holds_personal_data
    for format in contract.formats or FORMATS[contract.slug]
}


@dataclass(frozen=True)
class Landed:
    """One payload in the landing zone. `sha256` is keyed (HMAC) where payloads of the format are sealed."""

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
        self._vault = Vault(settings)
        self._at_hand: dict[str, BinaryIO] = {}  # files just sealed, still open: their reading follows
        _sweep(self._scratch)

    def keep(self, source: str, payload: Payload) -> Landed:
        """Store the payload's bytes and manifest; the same bytes again cost nothing, erased ones stay away.

        Raises PayloadRefused when a file cannot be read, LakeError when the landing zone cannot be written.
        """
        private_folder(self._folder)
        private_folder(self._scratch)
        is_sealed = payload.format in SEALED
        descriptor, draft_name = tempfile.mkstemp(dir=self._scratch, prefix="landing-")
        draft = Path(draft_name)
        plain: BinaryIO | None = None
        try:
            with os.fdopen(descriptor, "wb") as out, _open(payload) as file:
                incoming = _Incoming(file, payload.origin, self._vault.digest() if is_sealed else hashlib.sha256())
                if is_sealed:
                    plain = _plain_draft(self._scratch) if isinstance(payload.body, Path) else None
                    self._seal(incoming, out, plain)
                else:
                    shutil.copyfileobj(incoming, out, CHUNK)
                out.flush()
                os.fsync(out.fileno())
            crashpoint.reach("landing_write")
            landed = self._landed(source, incoming, payload)
            if not landed.path.exists() and not landed.path.with_suffix(ERASED).exists():
                landed.path.parent.mkdir(parents=True, exist_ok=True)
                self._manifest(source, landed)
                draft.rename(landed.path)
                crashpoint.reach("landing_rename")
                sync(landed.path.parent)
                if plain is not None:
                    self._at_hand[landed.sha256], plain = plain, None
            return landed
        except OSError as error:
            if incoming.error is not None:
                raise incoming.error from error
            raise LakeError(
                f"The landing zone could not be written ({error}); free space or correct its rights, then run again."
            ) from error
        finally:
            draft.unlink(missing_ok=True)
            if plain is not None:
                plain.close()

    def ids(self, source: str) -> set[str]:
        """Names of the payloads of `source` that are here."""
        return {path.name for path in (self._folder / source).glob("??/*") if not path.suffix}

    def pending(self, source: str, known: Set[str]) -> list[Landed]:
        """Payloads of `source` that are here but not in `known`, oldest first: a run was killed before it read them."""
        paths = (self._folder / source / name[:2] / name for name in self.ids(source) - known)
        return sorted((_landed_at(path) for path in paths), key=lambda landed: landed.received_at)

    def find(self, source: str, sha256: str) -> Landed | None:
        """The payload of that name; None where its retention or an erasure took it away."""
        path = self._folder / source / sha256[:2] / sha256
        try:
            return _landed_at(path) if path.exists() else None
        except FileNotFoundError:  # between the two looks
            return None

    def is_erased(self, source: str, sha256: str) -> bool:
        """Whether the payload was taken away at a person's request."""
        return (self._folder / source / sha256[:2] / sha256).with_suffix(ERASED).exists()

    def payloads(self) -> Iterator[tuple[str, Landed]]:
        """(source, payload) of everything that is here."""
        for manifest in sorted(self._folder.glob("*/??/*.json")):
            path = manifest.with_suffix("")
            if path.exists():
                yield manifest.parents[1].name, _landed_at(path)

    def forget(self, landed: Landed) -> None:
        """Remove the bytes and the manifest for good; only the digest stays, so that they are not kept again."""
        if (plain := self._at_hand.pop(landed.sha256, None)) is not None:
            plain.close()
        landed.path.with_suffix(ERASED).touch(mode=0o600)
        landed.path.unlink(missing_ok=True)
        landed.path.with_suffix(".json").unlink(missing_ok=True)
        sync(landed.path.parent)

    def read(self, landed: Landed) -> bytes:
        """The payload in memory, opened and decompressed. Raises PayloadRefused past the size limit or if truncated."""
        return b"".join(self.chunks(landed))

    def chunks(self, landed: Landed) -> Iterator[bytes]:
        """The payload piece by piece, opened and decompressed. Raises PayloadRefused as `read`."""
        with self._opened(landed) as file:
            yield from self._unpacked(landed, file)

    @contextmanager
    def plain_file(self, landed: Landed) -> Iterator[Path]:
        """Path of the opened, decompressed payload, for readers that stream: a temporary file that goes with the block
        and may be changed.

        Never hand a compressed file to an engine: a few megabytes may unpack to terabytes. Raises as `read`.
        """
        with self._opened(landed) as file:
            if landed.format in SEALED and not _is_gzip(file):
                self._check_size(landed)
                yield Path(file.name)
                return
            with _plain_draft(self._scratch) as plain:
                for chunk in self._unpacked(landed, file):
                    plain.write(chunk)
                plain.flush()
                yield Path(plain.name)

    @contextmanager
    def _opened(self, landed: Landed) -> Iterator[BinaryIO]:
        """The bytes as received. Those that were sealed lie in a temporary file, which goes with the block."""
        try:
            stored = landed.path.open("rb")
        except FileNotFoundError:
            raise PayloadRefused(
                f"{landed.origin} was erased or removed from the landing zone; ask its source for a new delivery."
            ) from None
        with stored:
            if landed.format not in SEALED:
                yield stored
                return
            with self._at_hand.pop(landed.sha256, None) or _plain_draft(self._scratch) as opened:
                if not opened.tell():
                    self._open_sealed(stored, opened)
                opened.flush()
                opened.seek(0)
                yield opened

    def _seal(self, incoming: _Incoming, out: BinaryIO, plain: BinaryIO | None) -> None:
        """Seal what comes in, packed because sealing and the disk cost by size; copy it to `plain`."""
        chunks = iter(lambda: incoming.read(CHUNK), b"")
        with _plain_draft(self._scratch) as packed:
            # A frame for each chunk takes three quarters of the time of one stream, and is read by the same readers.
            for chunk in chunks if plain is None else one_ahead(chunks):
                packed.write(PACKER.compress(chunk, asbytes=True))
                if plain is not None:
                    plain.write(chunk)
            packed.seek(0)
            self._vault.seal_stream(packed, out)

    def _open_sealed(self, stored: BinaryIO, plain: BinaryIO) -> None:
        with _plain_draft(self._scratch) as packed:
            self._vault.open_stream(stored, packed)
            packed.seek(0)
            packing = "zstd" if packed.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC else PACKER.name
            with pa.CompressedInputStream(packed.name, packing) as unpacker:
                shutil.copyfileobj(unpacker, plain, CHUNK)

    def _unpacked(self, landed: Landed, file: BinaryIO) -> Iterator[bytes]:
        if not (is_gzip := _is_gzip(file)):
            self._check_size(landed)
        stream = gzip.GzipFile(fileobj=file) if is_gzip else file
        n_bytes = 0
        try:
            while chunk := stream.read(CHUNK):
                n_bytes += len(chunk)
                is_bomb = is_gzip and n_bytes > max(BOMB_BYTES, BOMB_RATIO * landed.n_bytes)
                if n_bytes > self._max_bytes or is_bomb:
                    raise self._too_large(landed)
                yield chunk
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise PayloadRefused(
                f"{landed.origin} is a damaged or truncated gzip file ({error}); deliver it again whole."
            ) from error

    def _landed(self, source: str, incoming: _Incoming, payload: Payload) -> Landed:
        digest = incoming.digest.hexdigest()
        path = self._folder / source / digest[:2] / digest
        return Landed(digest, path, incoming.n_bytes, payload.origin, payload.format, payload.received_at)

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

    def _check_size(self, landed: Landed) -> None:
        """Of bytes that are not packed."""
        if landed.n_bytes > self._max_bytes:
            raise self._too_large(landed)

    def _too_large(self, landed: Landed) -> PayloadRefused:
        return PayloadRefused(
            f"{landed.origin} unpacks to more than {self._max_bytes >> 20} MB, or to {BOMB_RATIO} times its size; "
            "split it, or raise IOC_MAX_PAYLOAD_MB and deliver it unpacked if it is right."
        )


def _landed_at(path: Path) -> Landed:
    said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    received_at = datetime.fromisoformat(said["received_at"])
    return Landed(said["sha256"], path, said["n_bytes"], said["origin"], said["format"], received_at)


class _Incoming:
    """What is being received: counted, digested, and its own failures told from those of the landing zone."""

    def __init__(self, file: BinaryIO, origin: str, digest: Any) -> None:
        self._file = file
        self._origin = origin
        self.digest = digest
        self.n_bytes = 0
        self.error: PayloadRefused | None = None

    def read(self, size: int = CHUNK, /) -> bytes:
        try:
            chunk = self._file.read(size)
        except OSError as error:
            self.error = _unreadable(self._origin, error)
            raise
        self.digest.update(chunk)
        self.n_bytes += len(chunk)
        return chunk


@contextmanager
def _open(payload: Payload) -> Iterator[BinaryIO]:
    if isinstance(payload.body, bytes):
        yield io.BytesIO(payload.body)
        return
    try:
        file = payload.body.open("rb")
    except OSError as error:
        raise _unreadable(payload.origin, error) from error
    with file:
        yield file


def _unreadable(origin: str, error: OSError) -> PayloadRefused:
    return PayloadRefused(f"{origin} cannot be read ({error.strerror}); check the file.")


def _is_gzip(file: BinaryIO) -> bool:
    is_gzip = file.read(2) == GZIP_MAGIC
    file.seek(0)
    return is_gzip


def _plain_draft(scratch: Path) -> BinaryIO:
    """A named temporary file that goes when it is closed; locked until then, so that `_sweep` leaves it alone."""
    plain = tempfile.NamedTemporaryFile(dir=scratch, prefix=PLAIN)  # noqa: SIM115  # whoever asks for it closes it
    fcntl.flock(plain, fcntl.LOCK_EX)
    return plain  # type: ignore[return-value]  # the wrapper is a BinaryIO in all that is used here


def _sweep(scratch: Path) -> None:
    """Remove opened payloads that a killed process left behind."""
    for file in scratch.glob(f"{PLAIN}*"):
        try:
            with file.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - file.stat().st_mtime > ABANDONED_S:
                    file.unlink()
        except (BlockingIOError, FileNotFoundError):
            continue  # in use, or gone meanwhile
