"""What the province delivers as files, each source in a folder of its own, written once per seed and version."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lake.simulator import camera_registry, document, dossier, indicator, pages, system, task
from lake.sources.declared import SIMULATOR_MARKER

VERSION = 2  # raise it whenever the bytes change, so that folders written before are written anew
FOLDERS: Mapping[str, Callable[[int], Iterator[tuple[str, bytes]]]] = {
    "ho-so": dossier.reports,
    "van-ban": document.reports,
    "nhiem-vu": task.reports,
    "he-thong": system.reports,
    "chi-tieu": indicator.reports,
    "danh-muc-camera": camera_registry.reports,
    "bao-chi": pages.reports,
}


def deliver(folder: Path, seed: int) -> None:
    """Fill ``folder`` with the files its name stands for, unless its marker says that these very files are there.

    Each file appears whole (written aside, then renamed). Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / SIMULATOR_MARKER
    if marker.is_file() and marker.read_text() == _state(folder, seed):
        return
    for name, body in FOLDERS[folder.name](seed):
        _write(folder / name, body)
    _write(marker, _state(folder, seed).encode())


def _write(path: Path, body: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_bytes(body)
    aside.replace(path)


def _state(folder: Path, seed: int) -> str:
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    sizes = {path.name: path.stat().st_size for path in files}
    return json.dumps({"seed": seed, "version": VERSION, "bytes": sizes}, indent=1)
