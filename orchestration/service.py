"""The service: dashboards, Dagster's daemon and its web server, on loopback, until interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from lake.catalog import open_catalog
from lake.errors import IocError
from lake.settings import Settings, private_folder
from orchestration.dbt_build import manifest
from orchestration.runs import dagster_instance

DASHBOARD = Path(__file__).resolve().parents[1] / "dashboards" / "app.py"
STOP_S = 15


class ServiceStopped(IocError):
    """A part of the service ended by itself."""


def serve(settings: Settings, out: Console) -> None:
    """Run all three until Ctrl-C or SIGTERM; if one ends, stop the others and raise ServiceStopped.

    Dagster's web server has no login, so both servers listen on 127.0.0.1 only; publish the dashboards through a
    reverse proxy.
    """
    programs = Path(sys.executable).parent
    definitions = ("-m", "orchestration.definitions")
    dagster_port, port = str(settings.dagster_port), str(settings.dashboard_port)
    commands = {
        "dashboards": [
            *(sys.executable, "-m", "streamlit", "run", str(DASHBOARD)),
            *("--server.address", "127.0.0.1", "--server.port", port, "--server.headless", "true"),
        ],
        "Dagster web server": [
            str(programs / "dagster-webserver"),
            "-h",
            "127.0.0.1",
            "-p",
            dagster_port,
            *definitions,
        ],
        "Dagster daemon": [str(programs / "dagster-daemon"), "run", *definitions],
    }
    environment = os.environ | {
        "IOC_HOME": str(settings.home),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONUNBUFFERED": "1",
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_catalog(settings), dagster_instance(settings):
        manifest(settings)
        logs = private_folder(settings.home / "logs")
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands.items():
                with (logs / f"{name.lower().replace(' ', '-')}.log").open("ab") as log:
                    running[name] = subprocess.Popen(
                        command, env=environment, stdout=log, stderr=log, start_new_session=True
                    )
            out.print(
                f"Dashboards  http://localhost:{port}\nDagster     http://localhost:{dagster_port}\nCtrl-C stops."
            )
            while all(process.poll() is None for process in running.values()):
                time.sleep(1)
            ended = ", ".join(name for name, process in running.items() if process.poll() is not None)
            raise ServiceStopped(f"{ended} ended by itself; see the log in {logs}.")
        except KeyboardInterrupt:
            out.print("Stopping …")
        finally:
            _stop(list(running.values()))


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
