"""Whose turn it is: one process at a time holds a source's session with a broker, which ends that of a namesake."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from lake.settings import Settings, private_folder


@contextmanager
def sole_subscriber(settings: Settings, source_id: str) -> Iterator[bool]:
    """Whether no other process of this lake subscribes for the source; if so none will for the block.

    The lock falls with the process that holds it.
    """
    with (private_folder(settings.home / "subscribers") / f"{source_id}.lock").open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
