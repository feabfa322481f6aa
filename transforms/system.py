"""Filled forms on shared systems, staff, downloads, reports, maintenance and backups -> the tables of `system`."""

from __future__ import annotations

from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms.system import SYSTEM
from lake.contracts.system import BACKUPS, DOWNLOADS, INVENTORY, MAINTENANCE, REPORTS, STAFF
from transforms import form


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One filled form -> rows and rejects, as `form.parse`."""
    return form.parse(
        body, delivery, form=SYSTEM, contracts=(INVENTORY, STAFF, DOWNLOADS, REPORTS, MAINTENANCE, BACKUPS)
    )


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    form.warm_up(SYSTEM)
