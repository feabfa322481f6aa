"""Named points of the write path. Production code passes them; the fault tests kill the process there.

Nothing happens at a point unless a test has called `install`; no setting and no environment variable does.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "after_fetch",  # a batch has arrived, nothing of it is on the disk
    "landing_write",  # part of a payload is in the scratch folder
    "landing_rename",  # the payload has its name, its folder is not yet synced
    "parquet_write",  # rows of one raw table are written in the open transaction
    "before_commit",  # everything of the batch is written, nothing is visible
    "after_commit",  # the batch is visible, its writer has not been told
    "mid_dbt",  # models are being built
    "before_publish_rename",  # the new serving file is complete, the pointer names the one before
    "after_publish_rename",  # the pointer names the new one
    "mid_compaction",  # small files are merged, old ones still there
    "mid_expiry",  # snapshots are expired, their files still there
)


def _pass(name: str) -> None:
    """What happens outside the tests."""


_handler: Callable[[str], None] = _pass


def reach(name: str) -> None:
    """Say that the process has come to the point `name`, one of POINTS."""
    _handler(name)


def install(handler: Callable[[str], None]) -> None:
    """For tests: call `handler` with the name of every point that is reached in this process from now on."""
    global _handler  # noqa: PLW0603  # one process, one handler
    _handler = handler
