"""Drops the camera files into a folder once per seed and version: six gzip files, the day under way plain."""

import gzip
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path

from lake.simulator.camera import DAYS, Lines, ledger
from lake.simulator.frigate import Messages
from lake.simulator.province import CLOCK
from lake.sources.declared import SIMULATOR_MARKER

VERSION = 1  # raise it whenever the bytes change, so that folders written before are written anew
_CHUNK_LINES = 2000


def file_name(day: date) -> str:
    """``events-2021-09-24.ndjson.gz``; the file of the clock's day is still growing and therefore plain."""
    return f"events-{day.isoformat()}.ndjson{'' if day == CLOCK.date() else '.gz'}"


def are_dropped(folder: Path, seed: int) -> bool:
    """Whether the folder's marker says that these very files are there."""
    marker = folder / SIMULATOR_MARKER
    return marker.is_file() and marker.read_text() == _state(folder, seed)


def drop_camera_files(folder: Path, seed: int) -> None:
    """Write the files unless the folder's marker says that these very files are there (seed, version, sizes).

    Each file appears whole (written aside, then renamed); names that begin with a dot are the simulator's own.
    Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if are_dropped(folder, seed):
        return
    traffic = ledger(seed)
    messages = Messages(traffic)
    # zlib releases the interpreter lock: one thread formats while the other compresses.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda plan: _write(folder / file_name(plan.day), plan, messages), traffic.lines))
    marker = folder / SIMULATOR_MARKER
    aside = _aside(marker)
    aside.write_text(_state(folder, seed))
    aside.replace(marker)


def _write(path: Path, plan: Lines, messages: Messages) -> None:
    aside = _aside(path)
    lines = messages.lines(plan)
    with aside.open("wb") as raw:
        # No name and no time in the header: the same lines give the same bytes.
        packed = gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) if path.suffix == ".gz" else None
        while chunk := list(islice(lines, _CHUNK_LINES)):
            (packed or raw).write(("\n".join(chunk) + "\n").encode())
        if packed:
            packed.close()
    aside.replace(path)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _state(folder: Path, seed: int) -> str:
    files = [folder / file_name(day) for day in DAYS]
    sizes = {path.name: path.stat().st_size if path.is_file() else None for path in files}
    return json.dumps({"seed": seed, "version": VERSION, "bytes": sizes}, indent=1)


if __name__ == "__main__":
    drop_camera_files(Path(sys.argv[1]), int(sys.argv[2]))
