"""The scheme's tasks from filled forms: read on each source's own schedule."""

import dagster as dg

from lake.contracts import task
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.task__*, checked by the task suite."""
    return raw_source([task.TASKS, task.MILESTONES])
