"""Ctrl-C is an answer, not a failure: it says that nothing was published, and nothing keeps running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import duckdb
import psutil
import pytest
from command import Ioc
from loopback import Server

from orchestration.interrupts import interruptible

CSV = "service_request_id,requested_datetime,status\n1,2021-09-01T08:00:00+07:00,open\n"
SOURCE = """
[app]
slug = "ticket"
format = "open311"
location = "{url}"
name_vi = "app"
name_en = "app"
"""


def started(ioc: Ioc, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("ioc")), *arguments]
    return subprocess.Popen(
        command, env=os.environ | {"IOC_HOME": str(ioc.home)}, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def interrupted(running: subprocess.Popen[str]) -> str:
    """What the command says to a SIGINT; it leaves no process of its own."""
    family = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=120)[1]
    assert running.returncode == 130, said
    assert psutil.wait_procs(family, timeout=20)[1] == []
    return said


def until(is_reached: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not is_reached():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.long
def test_interrupt_of_a_harvest_says_that_nothing_was_published(ioc: Ioc, server: Server) -> None:
    asked, over = threading.Event(), threading.Event()

    def hold(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        over.wait(120)

    server.answer = hold
    ioc.home.mkdir()
    (ioc.home / "sources.toml").write_text(SOURCE.format(url=server.url), encoding="utf-8")
    running = started(ioc, "run")
    try:
        until(asked.is_set, running)
        said = interrupted(running)
    finally:
        over.set()
        running.kill()
    assert said.rstrip().endswith("Interrupted; nothing was published. Run it again to go on.")
    assert "Failed" not in said
    assert "Traceback" not in said


@pytest.mark.long
@pytest.mark.slow
def test_interrupt_of_the_build_says_that_nothing_was_published(ioc: Ioc, tmp_path: Path) -> None:
    file = tmp_path / "good.csv"
    file.write_text(CSV, encoding="utf-8")
    profile = tmp_path / "profile.toml"
    profile.write_text(
        'slug = "ticket"\nformat = "csv"\ntime_zone = "Asia/Ho_Chi_Minh"\n[columns]\n'
        'request_id = "service_request_id"\nrequested_at = "requested_datetime"\nstatus = "status"\n'
        '[status]\nopen = "open"\n',
        encoding="utf-8",
    )
    running = started(ioc, "ingest", "ticket", str(file), "--profile", str(profile), "--source", "app")

    def is_building() -> bool:
        words: list[set[str]] = []
        for child in psutil.Process(running.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has just ended
                words.append({Path(word).name for word in child.cmdline()})
        return any({"dbt", "build"} <= found for found in words)

    try:
        until(is_building, running)
        said = interrupted(running)
    finally:
        running.kill()
    assert said.rstrip().endswith("Interrupted; nothing was published. Run it again to go on.")
    assert "Failed" not in said
    assert not (ioc.home / "serving" / "current.json").exists()


@pytest.mark.slow
def test_interrupt_that_a_library_takes_for_an_error_is_still_one() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever an earlier test left
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt), interruptible(), duckdb.connect() as con:
            con.execute("select sum(length(md5(i::varchar))) from range(30000000) as r(i)")  # some seconds
    finally:
        signal.signal(signal.SIGINT, before)


def test_interrupt_that_a_library_keeps_back_is_not_lost() -> None:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            os.kill(os.getpid(), signal.SIGINT)
        with interruptible():
            pass  # one signal, one interrupt
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.set_wakeup_fd(-1) == -1
