"""Filled forms of documents received and issued -> `document__documents`."""

from __future__ import annotations

from lake.contracts.base import Delivery, Parsed
from lake.contracts.document import DOCUMENTS
from lake.contracts.forms.document import DOCUMENT
from transforms import form


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One filled form -> rows and rejects, as `form.parse`."""
    return form.parse(body, delivery, form=DOCUMENT, contracts=(DOCUMENTS,))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    form.warm_up(DOCUMENT)
