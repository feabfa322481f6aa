"""Servers of someone else: a PostgreSQL on a TCP port, and an object store, as production has them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
from moto.server import ThreadedMotoServer

from lake.postgres_programs import Programs
from lake.postmaster import until

PASSWORD = "p@ss:w'or\\d /9"
S3_KEY_ID, S3_SECRET, BUCKET = "AKIALAKEKEEPER", "s3cr3t/with+signs=and'quote", "ioc-lake"


def debian_binaries() -> Path | None:
    """Folder of the newest PostgreSQL programs of Debian's packages."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return found[-1] if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres_on_tcp(folder: Path) -> Iterator[str]:
    """A PostgreSQL that is not ours, with a password and an empty database `ioc`; its address without the password.

    Debian's if it is installed, else the wheel's. Run by root it becomes `nobody`.
    """
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    programs = Programs(folder)
    if (binaries := debian_binaries()) is None:
        programs.prepare()
        binaries = programs._binaries
    folder.chmod(0o755)
    data, pwfile, port = folder / "server", folder / "pw", free_port()
    data.mkdir(mode=0o700)
    pwfile.write_text(PASSWORD)
    for path in (data, pwfile):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    ids = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile() as log:
        options = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, "stdout": log, "stderr": log, **ids}
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "keeper", "--pwfile", str(pwfile), "--no-sync"]
        subprocess.run([*initdb, "--auth", "scram-sha-256", "--encoding", "UTF8"], check=True, **options)  # type: ignore[call-overload]
        listen = ["-h", "127.0.0.1", "-p", str(port), "-c", "unix_socket_directories=", "-c", "fsync=off"]
        server = subprocess.Popen([str(binaries / "postgres"), "-D", str(data), *listen], **options)  # type: ignore[call-overload]
    try:
        dsn = f"host=127.0.0.1 port={port} user=keeper dbname=postgres"

        def answers() -> bool:
            assert server.poll() is None, "the other PostgreSQL did not start"
            try:
                with psycopg.connect(dsn, password=PASSWORD, autocommit=True) as con:
                    con.execute("create database ioc")
            except psycopg.OperationalError:
                return False
            return True

        assert until(answers, 60.0)
        yield f"127.0.0.1:{port}/ioc"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(data)


@contextmanager
def object_store() -> Iterator[str]:
    """An S3 server on loopback with an empty bucket; its host and port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        s3_client(f"{host}:{port}").create_bucket(Bucket=BUCKET)
        yield f"{host}:{port}"
    finally:
        server.stop()


def s3_client(endpoint: str):  # type: ignore[no-untyped-def]  # boto3 makes its classes at run time
    """A client of the store that knows its keys."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        aws_access_key_id=S3_KEY_ID,
        aws_secret_access_key=S3_SECRET,
        region_name="us-east-1",
    )
