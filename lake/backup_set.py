"""The form of a backup folder: which sets it holds, which of them are finished, and what they name.

`backup.json` says whose folder it is. `files/` and `landing/` are shared by all sets, `<instant>/` is one set with its
`manifest.json` and, written last, `finished`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from lake.errors import LakeError
from lake.settings import private_folder
from lake.store import Digest

FORMAT = 1
OWNER, MANIFEST, FINISHED = "backup.json", "manifest.json", "finished"
SHARED = ("files", "landing")
SET_NAME = re.compile(r"\d{8}T\d{12}Z")
Contents = dict[str, Digest]  # path in the backup folder -> what is there


@dataclass(frozen=True)
class Backup:
    """One finished set. `taken_at` is the instant whose commits are all in it and whose successors are not."""

    folder: Path
    name: str
    taken_at: datetime
    snapshot_id: int
    contents: Contents

    @property
    def n_bytes(self) -> int:
        """Size of all that the set names."""
        return sum(digest.n_bytes for digest in self.contents.values())


def claim(folder: Path, lake_id: str) -> None:
    """Make `folder` the backup folder of one lake: sets are pruned in it. Raises LakeError if it is anything else."""
    private_folder(folder)
    owner = folder / OWNER
    if owner.exists():
        if json.loads(owner.read_text())["lake"] != lake_id:
            raise LakeError(f"{folder} holds the backup of another lake; choose a folder of its own.")
    elif any(folder.iterdir()):
        raise LakeError(f"{folder} is not empty and holds no backup; choose an empty folder.")
    else:
        owner.write_text(json.dumps({"lake": lake_id}))


def finish(done: Backup) -> None:
    """Write the manifest, then, all of it on the disk, the mark that makes the set one."""
    own = done.folder / done.name
    manifest = {
        "format": FORMAT,
        "taken_at": done.taken_at.isoformat(),
        "snapshot_id": done.snapshot_id,
        "contents": {path: asdict(digest) for path, digest in sorted(done.contents.items())},
    }
    (own / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    os.sync()
    draft = own / f".{FINISHED}.draft"
    draft.write_text(digest_file(own / MANIFEST).sha256)
    draft.rename(own / FINISHED)
    os.sync()


def prune(done: Backup) -> None:
    """Remove the other sets and the shared files that only they named."""
    for other in done.folder.iterdir():
        if SET_NAME.fullmatch(other.name) and other.name != done.name:
            (other / FINISHED).unlink(missing_ok=True)
            shutil.rmtree(other)
    for kind in SHARED:
        for file in sorted((done.folder / kind).rglob("*"), reverse=True):
            if file.is_dir():
                if not any(file.iterdir()):
                    file.rmdir()
            elif str(file.relative_to(done.folder)) not in done.contents:
                file.unlink()


def newest(folder: Path) -> Backup | None:
    """The newest finished set. Raises LakeError if its manifest is damaged or of a later format."""
    finished = sorted(folder.glob(f"*/{FINISHED}"))
    if not finished:
        return None
    own = finished[-1].parent
    try:
        content = (own / MANIFEST).read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != finished[-1].read_text():
        raise LakeError(f"{own / MANIFEST} is damaged; use another backup, or remove {own} and take a new one.")
    manifest = json.loads(content)
    if manifest["format"] != FORMAT:
        raise LakeError(f"{own} has backup format {manifest['format']}, this version reads {FORMAT}; use its own one.")
    return Backup(
        folder,
        own.name,
        datetime.fromisoformat(manifest["taken_at"]),
        manifest["snapshot_id"],
        {path: Digest(**digest) for path, digest in manifest["contents"].items()},
    )


def verify(chosen: Backup) -> None:
    """Read everything the set names. Raises LakeError naming what is missing or changed."""
    wrong = []
    for path, expected in chosen.contents.items():
        try:
            is_right = digest_file(chosen.folder / path) == expected
        except OSError:
            is_right = False
        if not is_right:
            wrong.append(path)
    if wrong:
        raise LakeError(
            f"{len(wrong)} of {len(chosen.contents)} files of the backup in {chosen.folder} are missing or changed, "
            f"first {wrong[0]}; use another backup. Nothing was restored."
        )


def digest_file(file: Path) -> Digest:
    """SHA-256 and size of a file."""
    with file.open("rb") as content:
        return Digest(hashlib.file_digest(content, "sha256").hexdigest(), file.stat().st_size)
