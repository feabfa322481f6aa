"""Copies a lake to a folder while writers go on, and rebuilds it from there in an empty home.

`files/` and `landing/` of the folder are shared by all its sets: what they hold never changes, so only what is new is
copied. `<instant>/` is one set: the catalogue, the declarations, the publication, `manifest.json` with the SHA-256 of
everything, and `finished`, written last. A set without it is torn and is never restored. When a set is finished, older
ones go, and with them what only they named: what was erased from the lake must not live on here.

The secrets folder is left out. Who has a backup and the keys can read what is sealed and try plates against tokens, so
the owner keeps a copy of `secrets/` in another place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from lake import catalog_dump, checksums, retention, serving
from lake.backup_set import Backup, Contents, claim, digest_file, finish, newest, prune, verify
from lake.catalog import METADATA_SCHEMA, Catalog, open_catalog
from lake.checksums import Damage
from lake.erasure import Removed, reapply
from lake.errors import LakeError, ServingError
from lake.schema import ensure_tables
from lake.settings import Settings, private_folder
from lake.store import Digest, LakeFile, Store, catalogue, copy_file, live_files, open_store
from lake.upkeep import LOCK

DUMP = "catalog.dump"
DECLARATIONS = ("sources.toml", retention.FILE)


def backup(catalog: Catalog, settings: Settings, folder: Path) -> Backup:
    """Write a new set to `folder` and return it. No upkeep and no erasure runs meanwhile; writers and readers do.

    Raises LakeError when a file of the lake is damaged (the older set then stays) or the folder cannot be written.
    """
    _refuse_inside(settings, folder)
    with catalog.lock(LOCK), _telling(folder):
        claim(folder, _identity(catalog))
        before = newest(folder)
        copied = _Copied(folder, before.contents if before else {})
        checksums.record_new(catalog)
        taken_at = datetime.now(UTC)
        own = private_folder(folder / f"{taken_at:%Y%m%dT%H%M%S%fZ}")
        with _frozen(catalog) as con:
            row = con.execute(f"select max(snapshot_id) from {METADATA_SCHEMA}.ducklake_snapshot")
            snapshot_id = int((row.fetchone() or (0,))[0])
            files, known = live_files(con), checksums.known(con)
            catalog_dump.dump(con, catalog.dsn, own / DUMP)
        copied.contents[f"{own.name}/{DUMP}"] = digest_file(own / DUMP)
        with open_store(settings) as store:
            for file in files:
                copied.lake_file(store, file, known.get(file.address))
        # After the catalogue: every payload of a committed batch landed before.
        for payload in sorted(settings.landing.rglob("*")):
            if payload.is_file() and payload.suffix != ".draft":
                copied.payload(payload, f"landing/{payload.relative_to(settings.landing)}")
        for name in DECLARATIONS:
            if (settings.home / name).exists():
                copied.own(settings.home / name, f"{own.name}/{name}")
        with catalog.lock("publish"):  # a publish removes the files of older publications
            for part in _publication(settings):
                copied.own(part, f"{own.name}/serving/{part.name}")
        done = Backup(folder, own.name, taken_at, snapshot_id, copied.contents)
        finish(done)
        prune(done)
    return done


@dataclass(frozen=True)
class Restored:
    """The set a lake was rebuilt from, and what of it was erased again."""

    backup: Backup
    erased: Removed

    @property
    def is_published(self) -> bool:
        """Whether its publication was restored too. One that may name an erased person is not."""
        return not (self.erased.n_rows or self.erased.n_records or self.erased.n_payloads)


def restore(folder: Path, settings: Settings) -> Restored:
    """Rebuild the lake of the newest finished set of `folder` in the home of `settings`.

    The home must be empty but for `secrets/`: put the copy of that folder there first, it holds the keys and the list
    of erasures. Everything is read and compared with the manifest before anything is written; whoever was erased
    since the backup is erased again. Raises LakeError.
    """
    if not folder.is_dir() or (chosen := newest(folder)) is None:
        raise LakeError(f"{folder} holds no finished backup; name the folder `ioc backup` wrote to.")
    _refuse_occupied(settings)
    verify(chosen)
    own = folder / chosen.name
    with _telling(settings.home):
        with open_store(settings) as store:
            for path in chosen.contents:
                kind, _, rest = path.partition("/")
                if kind == "files":
                    store.put(folder / path, rest)
                elif kind == "landing":
                    private_folder(settings.landing)
                    copy_file(folder / path, settings.landing / rest)
        with open_catalog(settings) as catalog:
            catalog_dump.load(catalog, own / DUMP)
            for name in DECLARATIONS:
                if f"{own.name}/{name}" in chosen.contents:
                    copy_file(own / name, settings.home / name)
            done = Restored(chosen, _erase_again(catalog, settings))
            if done.is_published:
                published = [Path(path) for path in chosen.contents if path.startswith(f"{own.name}/serving/")]
                for file in sorted(published, key=lambda file: file.name == serving.POINTER):  # the pointer last
                    copy_file(folder / file, private_folder(settings.serving) / file.name)
        os.sync()
    return done


class _Copied:
    """Copies into the backup folder what is not there yet, and remembers what it saw."""

    def __init__(self, folder: Path, before: Mapping[str, Digest]) -> None:
        self.contents: Contents = {}
        self._folder = folder
        self._before = before

    def lake_file(self, store: Store, file: LakeFile, sha256: str | None) -> None:
        """A Parquet file; refuses one that is not what its writer committed."""
        path = f"files/{file.address}"
        if Path(file.address).is_absolute():
            raise LakeError(f"{file.address} lies outside the lake's folder; insert its rows instead, and drop it.")
        if (there := self._there(path, file.n_bytes)) and sha256 in (None, there.sha256):
            self.contents[path] = there
            return
        try:
            digest = store.fetch(file.address, self._folder / path)
        except FileNotFoundError:
            raise LakeError(str(Damage(file.address, file.table, "missing"))) from None
        if digest.n_bytes != file.n_bytes or sha256 not in (None, digest.sha256):
            (self._folder / path).unlink()
            raise LakeError(str(Damage(file.address, file.table, "changed")))
        self.contents[path] = digest

    def payload(self, source: Path, path: str) -> None:
        """A landed payload or its manifest; content-addressed, so never another one under the same name and size."""
        try:
            there = self._there(path, source.stat().st_size)
            self.contents[path] = there or copy_file(source, self._folder / path)
        except FileNotFoundError:
            return  # removed since it was listed

    def own(self, source: Path, path: str) -> None:
        """A file that belongs to this set alone."""
        self.contents[path] = copy_file(source, self._folder / path)

    def _there(self, path: str, n_bytes: int) -> Digest | None:
        before = self._before.get(path)
        file = self._folder / path
        is_there = before is not None and before.n_bytes == n_bytes and file.exists()
        return before if is_there and file.stat().st_size == n_bytes else None


def _identity(catalog: Catalog) -> str:
    """A lake keeps the id of its first schema wherever it moves."""
    with catalogue(catalog) as con:
        row = con.execute(f"select schema_uuid::text from {METADATA_SCHEMA}.ducklake_schema where schema_id = 0")
        return str((row.fetchone() or ("",))[0])


@contextmanager
def _frozen(catalog: Catalog) -> Iterator[psycopg.Connection]:
    """A connection whose transaction sees the catalogue as it is now, until the block ends."""
    with catalogue(catalog) as con:
        con.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        con.read_only = True
        yield con


@contextmanager
def _telling(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(f"{place} cannot be used ({error}); see that it may be written and has room.") from error


def _publication(settings: Settings) -> list[Path]:
    try:
        return [serving.published(settings).file, settings.serving / serving.POINTER]
    except ServingError:
        return []


def _refuse_occupied(settings: Settings) -> None:
    if settings.home.exists() and (found := sorted({p.name for p in settings.home.iterdir()} - {"secrets"})):
        raise LakeError(
            f"{settings.home} is not empty ({', '.join(found[:5])}); set IOC_HOME to an empty folder, "
            "with nothing but the copy of secrets/ in it."
        )


def _refuse_inside(settings: Settings, folder: Path) -> None:
    if folder.resolve().is_relative_to(settings.home):
        raise LakeError(f"{folder} lies in the lake's own home; choose a folder on another disk.")


def _erase_again(catalog: Catalog, settings: Settings) -> Removed:
    con = catalog.connect()
    try:
        ensure_tables(catalog, con)
        return reapply(catalog, con, settings)
    finally:
        con.close()
