"""The service: dashboards, Dagster's daemon and its web server, on loopback, until interrupted."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from rich.console import Console

from lake.catalog import open_catalog
from lake.errors import IocError, SettingsError
from lake.settings import Settings, private_folder
from orchestration.dbt_build import manifest
from orchestration.listen import listening_sources
from orchestration.runs import dagster_instance

DASHBOARD = Path(__file__).resolve().parents[1] / "dashboards" / "app.py"
HOST = "127.0.0.1"
START_S, STOP_S = 300, 15
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None)


class ServiceStopped(IocError):
    """A part of the service ended by itself or never answered."""


def serve(settings: Settings, out: Console) -> None:
    """Run all three until Ctrl-C, SIGTERM or the end of the terminal; if one ends, stop the others.

    Dagster's web server has no login, so both servers listen on 127.0.0.1 only; publish the dashboards through a
    reverse proxy. Raises SettingsError for a busy port, ServiceStopped when a part ends or does not answer.
    """
    _require_free_ports(settings)
    environment = os.environ | {
        "IOC_HOME": str(settings.home),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONUNBUFFERED": "1",
    }
    running: dict[str, subprocess.Popen[bytes]] = {}
    with _stop_signals(), open_catalog(settings), dagster_instance(settings):
        try:
            manifest(settings)
            logs = private_folder(settings.home / "logs")
            for name, command in _commands(settings).items():
                with (logs / f"{name.lower().replace(' ', '-')}.log").open("ab") as log:
                    running[name] = subprocess.Popen(
                        command,
                        env=environment,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                        preexec_fn=_end_with_parent,  # noqa: PLW1509  # one system call, which needs no lock
                    )
            out.print("Starting …")
            _await_answers(settings, running, logs)
            out.print(
                f"Dashboards  http://localhost:{settings.dashboard_port}\n"
                f"Dagster     http://localhost:{settings.dagster_port}\nCtrl-C stops."
            )
            while True:
                _require_running(running, logs)
                time.sleep(1)
        except KeyboardInterrupt:
            with suppress(OSError):  # the terminal may be gone
                out.print("Stopping …")
        finally:
            _stop(list(running.values()))


def _commands(settings: Settings) -> dict[str, list[str]]:
    definitions = ("-m", "orchestration.definitions")
    listeners = {
        f"listener {source.id}": [str(Path(sys.executable).with_name("ioc")), "listen", source.id]
        for source in listening_sources(settings)
    }
    return {
        "dashboards": [
            *(sys.executable, "-m", "streamlit", "run", str(DASHBOARD)),
            *("--server.address", HOST, "--server.port", str(settings.dashboard_port), "--server.headless", "true"),
        ],
        "Dagster web server": [
            *(sys.executable, "-m", "orchestration.webserver"),
            *("-h", HOST, "-p", str(settings.dagster_port), *definitions),
        ],
        "Dagster daemon": [str(Path(sys.executable).with_name("dagster-daemon")), "run", *definitions],
        **listeners,
    }


def _require_free_ports(settings: Settings) -> None:
    if settings.dashboard_port == settings.dagster_port:
        raise SettingsError(
            f"IOC_DASHBOARD_PORT and IOC_DAGSTER_PORT are both {settings.dagster_port}; change one of them."
        )
    for name, port in (("IOC_DASHBOARD_PORT", settings.dashboard_port), ("IOC_DAGSTER_PORT", settings.dagster_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise SettingsError(
                    f"Port {port} cannot be opened ({error.strerror}); stop the program that uses it, "
                    f"or set {name} to a free port."
                ) from error


@contextmanager
def _stop_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP act as Ctrl-C does, but for a signal that was ignored from the start (`nohup`)."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """In the child: SIGTERM once its parent is gone, though it were killed with SIGKILL."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _await_answers(settings: Settings, running: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + START_S
    waiting = {
        "dashboards": f"http://{HOST}:{settings.dashboard_port}/_stcore/health",
        "Dagster web server": f"http://{HOST}:{settings.dagster_port}/server_info",
    }
    with httpx.Client(trust_env=False, timeout=5) as client:
        while waiting:
            _require_running(running, logs)
            if time.monotonic() > deadline:
                raise ServiceStopped(f"{', '.join(waiting)} did not answer in {START_S} s; see the log in {logs}.")
            waiting = {name: url for name, url in waiting.items() if not _answers(client, url)}
            time.sleep(0.2)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def _require_running(running: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
    if ended := [name for name, process in running.items() if process.poll() is not None]:
        raise ServiceStopped(f"{', '.join(ended)} ended by itself; see the log in {logs}.")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for number in STOPPING:  # a closing terminal sends SIGHUP twice; this takes STOP_S seconds at most
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever of its group is left
        process.wait()
