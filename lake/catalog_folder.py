"""The folder of a home's embedded catalogue: which it is, whom it belongs to, when it may go.

A home names its catalogue by the random id in `catalog.id`; the catalogue names its home in `home.json`. Root keeps
the catalogues of all homes side by side in a folder of the system, so both are needed to tell a moved home from a
copied one, and a catalogue in use from one whose home is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lake import postmaster
from lake.errors import CatalogError
from lake.settings import Settings, private_folder

# A home that was moved, or whose disk is away, looks deleted until it is opened again.
ABANDONED_AFTER_S = 7 * 86_400.0


def base_folder(settings: Settings) -> Path:
    """Where the catalogues lie: inside the home, or, for root, outside it, as another user must be able to enter."""
    return settings.root_catalog_folder if os.geteuid() == 0 else settings.home / "catalog"


def of_home(settings: Settings) -> Path:
    """The catalogue folder of a home that has one. Raises FileNotFoundError."""
    return base_folder(settings) / (settings.home / "catalog.id").read_text().strip()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """One process at a time for the block; the lock falls with the process that holds it."""
    lock = _lock_file(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@dataclass(frozen=True)
class Use:
    """This process's use of a catalogue folder."""

    folder: Path
    users: int  # open file; every user holds it with a shared lock

    def is_last(self) -> bool:
        """Give the folder up; whether nobody else uses it. If so it is closed to newcomers until the use ends."""
        fcntl.flock(self.users, fcntl.LOCK_UN)
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def used(home: Path, base: Path) -> Iterator[Use]:
    """The catalogue folder of `home` under `base` for the block, made if it is missing.

    Folders of homes that are gone are swept on the way. Raises CatalogError for a copied home.
    """
    private_folder(home)
    with locked(base / "lock"):
        remove_abandoned(base)
        folder = base / _identity(home)
        folder.mkdir(mode=0o700, exist_ok=True)
        _claim(home, folder)
        users = _lock_file(folder / "users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield Use(folder, users)
    finally:
        os.close(users)


def remove_abandoned(base: Path, after_s: float = ABANDONED_AFTER_S) -> list[Path]:
    """Remove the catalogues under `base` that were first found without their home `after_s` seconds ago or earlier.

    The caller holds `base/lock`. A folder that a process uses stays; a server that a killed process left is stopped.
    """
    removed = []
    for folder in [owner.parent for owner in base.glob("*/home.json")]:
        mark = folder / "abandoned"
        if not _is_abandoned(folder):
            mark.unlink(missing_ok=True)
            continue
        if not mark.exists():
            mark.touch()
        if time.time() - mark.stat().st_mtime < after_s:
            continue
        users = _lock_file(folder / "users.lock")
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (server := postmaster.find(folder / "data")) is not None:
                postmaster.stop(server)
            shutil.rmtree(folder, onerror=_unless_gone)
            removed.append(folder)
        except BlockingIOError:
            pass  # in use
        finally:
            os.close(users)
    return removed


def _is_abandoned(folder: Path) -> bool:
    """Whether the home named by the folder is gone or has another catalogue; what cannot be known counts as no."""
    owner = _owner(folder)
    if owner is None or not os.path.ismount(owner["mount"]):
        return False
    try:
        return (Path(owner["home"]) / "catalog.id").read_text().strip() != folder.name
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _owner(folder: Path) -> dict[str, str] | None:
    try:
        owner: dict[str, str] = json.loads((folder / "home.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return owner


def _claim(home: Path, folder: Path) -> None:
    """Write the home's place beside the data. Raises CatalogError if the folder's own home still stands elsewhere."""
    owner = _owner(folder)
    if owner is not None and owner["home"] == str(home):
        return
    if owner is not None:
        other = Path(owner["home"])
        with suppress(OSError):
            is_same = other.samefile(home)
            if not is_same and (other / "catalog.id").read_text().strip() == folder.name:
                raise CatalogError(
                    f"{home} is a copy of {other}, and both name the same catalogue; copy a lake with `ioc backup` "
                    f"and `ioc restore`, or delete {home / 'catalog.id'} for an empty one."
                )
    mount = next(parent for parent in (home, *home.parents) if os.path.ismount(parent))
    draft = folder / "home.draft"
    draft.write_text(json.dumps({"home": str(home), "mount": str(mount)}))
    draft.replace(folder / "home.json")


def _identity(home: Path) -> str:
    """Name of the home's catalogue. It lives in the home, so a deleted home never meets an old catalogue."""
    file = home / "catalog.id"
    if not file.exists():
        draft = home / "catalog.id.draft"
        draft.write_text(uuid.uuid4().hex)
        draft.replace(file)
    return file.read_text().strip()


def _lock_file(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


def _unless_gone(_: object, __: str, raised: tuple[type[BaseException], BaseException, object]) -> None:
    """What a server deletes as it ends need not be deleted twice."""
    if not isinstance(raised[1], FileNotFoundError):
        raise raised[1]
