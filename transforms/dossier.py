"""Filled forms of one-stop dossiers -> `dossier__dossiers` and `dossier__procedures`."""

from __future__ import annotations

from lake.contracts.base import Delivery, Parsed
from lake.contracts.dossier import DOSSIERS, PROCEDURES
from lake.contracts.forms.dossier import DOSSIER
from transforms import form


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One filled form -> rows and rejects, as `form.parse`."""
    return form.parse(body, delivery, form=DOSSIER, contracts=(DOSSIERS, PROCEDURES))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    form.warm_up(DOSSIER)
