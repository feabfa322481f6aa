"""Ctrl-C that is not lost, whichever library is at work when it arrives."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt after the block if SIGINT arrived in it, whatever came of the signal inside.

    Dagster keeps the signal back or turns it into a failed step, DuckDB into a RuntimeError; so the signal itself is
    noted, as the interpreter receives it. Only in the main thread.
    """
    receiving, sending = socket.socketpair()
    with receiving, sending:
        for end in (receiving, sending):
            end.setblocking(False)
        before = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            received = b""
            with suppress(BlockingIOError):
                received = receiving.recv(4096)
            if signal.SIGINT in received:
                raise KeyboardInterrupt
