"""`ioc serve`: it answers to this machine's own pages only, and leaves no process behind."""

from __future__ import annotations

import io
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
import psutil
import pytest
from command import Ioc
from rich.console import Console

from lake.errors import SettingsError
from lake.settings import Settings
from orchestration.service import serve

GO = "Ctrl-C stops."


@pytest.mark.parametrize("busy", ["dashboard_port", "dagster_port"])
def test_busy_port_is_named_with_its_setting_before_anything_starts(tmp_path: Path, busy: str) -> None:
    said = io.StringIO()
    with listening() as port:
        settings = Settings(home=tmp_path / "home", **{busy: port, other(busy): free_port()})
        with pytest.raises(SettingsError, match=rf"Port {port} .* set IOC_{busy.upper()} to a free port"):
            serve(settings, Console(file=said))
    assert said.getvalue() == ""
    assert not (tmp_path / "home").exists()


def test_one_port_for_both_servers_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", dashboard_port=4000, dagster_port=4000)
    with pytest.raises(SettingsError, match="IOC_DASHBOARD_PORT and IOC_DAGSTER_PORT are both 4000"):
        serve(settings, Console(file=io.StringIO()))


@pytest.mark.slow
@pytest.mark.long
def test_service_refuses_foreign_pages_and_leaves_no_process(ioc: Ioc) -> None:
    with service(ioc) as (running, port):
        assert_only_own_pages_are_answered(port)
        running.send_signal(signal.SIGTERM)
        assert running.wait(180) == 0
        assert_nothing_is_left(ioc.home)
    with service(ioc) as (running, _):
        running.send_signal(signal.SIGHUP)  # the terminal was closed
        assert running.wait(180) == 0
        assert_nothing_is_left(ioc.home)
    with service(ioc) as (running, _):
        assert len(family(ioc.home)) >= 4
        running.kill()
        assert_nothing_is_left(ioc.home)
    ioc("status")  # the catalogue's server, which nobody could stop, stops with its next user
    assert ioc("doctor").exit_code == 0


def assert_only_own_pages_are_answered(port: int) -> None:
    query = f"http://127.0.0.1:{port}/graphql?query=%7Bversion%7D"
    own = f"localhost:{port}"
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    expected: list[tuple[str, dict[str, str], int]] = [
        ("GET", {}, 200),
        ("GET", {"Host": own, "Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}, 200),
        ("GET", link, 200),
        ("GET", {"Host": "evil.example"}, 400),  # DNS rebinding
        ("GET", {"Host": f"evil.example:{port}"}, 400),
        ("POST", {"Origin": "http://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {**link}, 403),  # a form
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
    ]
    with httpx.Client(trust_env=False, timeout=60) as client:
        for method, headers, status in expected:
            assert client.request(method, query, headers=headers).status_code == status, (method, headers)
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        upgrade |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "http://evil.example"}
        assert client.get(f"http://127.0.0.1:{port}/graphql", headers=upgrade).status_code == 403


@contextmanager
def service(ioc: Ioc) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """(the running service, Dagster's port); both servers have answered, as it says."""
    ports = {"IOC_DASHBOARD_PORT": free_port(), "IOC_DAGSTER_PORT": free_port()}
    environment = os.environ | {"IOC_HOME": str(ioc.home)} | {name: str(port) for name, port in ports.items()}
    command = [str(Path(sys.executable).with_name("ioc")), "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = []
            while not said or said[-1] != GO:
                line = running.stdout.readline()
                assert line, said
                said.append(line.strip())
            for port in ports.values():
                socket.create_connection(("127.0.0.1", port), timeout=10).close()
                assert any(line.endswith(f"http://localhost:{port}") for line in said)
            yield running, ports["IOC_DAGSTER_PORT"]
        finally:
            running.kill()


def family(home: Path) -> list[psutil.Process]:
    """Processes started for a home, whoever their parent is by now."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("IOC_HOME") == str(home):
                found.append(process)
    return found


def assert_nothing_is_left(home: Path) -> None:
    deadline = time.monotonic() + 60
    while left := family(home):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def free_port() -> int:
    with listening() as port:
        return port


def other(busy: str) -> str:
    return "dagster_port" if busy == "dashboard_port" else "dashboard_port"
