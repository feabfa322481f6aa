"""Kills this process at a crash point. Only test launchers import this; production code cannot be told to crash."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from lake import crashpoint

VARIABLE = "IOC_CRASH_AT"  # point:n, the n-th time the point is reached
IN_COMMIT, OUT_OF_COMMIT = b"+", b"-"


def arm(spec: str, marks: Path | None = None) -> None:
    """Die at `spec` (point:n; "" never). `marks` is told whether the process is between first insert and commit."""
    point, _, count = spec.partition(":")
    if point and point not in crashpoint.POINTS:
        raise ValueError(f"{point!r} is no crash point; the points are {', '.join(crashpoint.POINTS)}.")
    left = int(count or 1)
    file = None if marks is None else os.open(marks, os.O_WRONLY | os.O_CREAT)

    def reached(name: str) -> None:
        nonlocal left
        if file is not None:
            _mark(file, name)
        if name == point:
            left -= 1
            if left == 0:
                kill_group()

    crashpoint.install(reached)


def kill_group() -> None:
    """Kill -9 this process and its children (dbt), as a service manager or the kernel's memory killer does."""
    assert os.getpgid(0) == os.getpid(), "the harness starts every worker in a group of its own"
    os.killpg(0, signal.SIGKILL)


def _mark(marks: int, name: str) -> None:
    if (state := {"parquet_write": IN_COMMIT, "after_commit": OUT_OF_COMMIT}.get(name)) is not None:
        os.pwrite(marks, state, 0)
