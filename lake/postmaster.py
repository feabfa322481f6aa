"""The server process of a PostgreSQL data folder: found, stopped, and told from what a killed one leaves behind.

PostgreSQL trusts the process number in `postmaster.pid`. After kill -9 that number may belong to a dead process
nobody has waited for, or to another program, and the server would refuse to start for good.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

STOP_S = 60.0


def find(data: Path) -> psutil.Process | None:
    """The living server of the folder `data`, or None."""
    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        server = psutil.Process(number)
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
    return server if _works_in(server, data) else None


def stop(server: psutil.Process) -> None:
    """End the server: its clients are cut off, what they committed is written. One that hangs is killed."""
    for number, patience_s in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(psutil.NoSuchProcess):
            server.send_signal(number)
        if until(lambda: not is_alive(server), patience_s):
            return


def clear(data: Path) -> None:
    """Make the folder of a dead server fit for the next start: end its orphaned children, forget its number."""
    orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
    for orphan in orphans:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    until(lambda: not any(map(is_alive, orphans)), 10.0)
    (data / "postmaster.pid").unlink(missing_ok=True)


def is_alive(process: psutil.Process) -> bool:
    """Neither gone nor waiting for its parent to notice its end."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], bool], patience_s: float) -> bool:
    """Whether `condition` came true within `patience_s` seconds."""
    ends_at = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.02)
    return True


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Every process of a server has the data folder as its working folder, which names it better than a number."""
    try:
        return is_alive(process) and Path(process.cwd()).samefile(data)
    except (OSError, psutil.Error):
        return False
