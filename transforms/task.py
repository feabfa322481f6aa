"""Filled forms of the scheme's tasks -> `task__tasks` and `task__milestones`."""

from __future__ import annotations

from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms.task import TASK
from lake.contracts.task import MILESTONES, TASKS
from transforms import form


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One filled form -> rows and rejects, as `form.parse`."""
    return form.parse(body, delivery, form=TASK, contracts=(TASKS, MILESTONES))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    form.warm_up(TASK)
