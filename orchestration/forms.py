"""How the forms are read: slug -> parser of its filled forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms import FORMS
from lake.contracts.profile import Slug
from orchestration import confined_parsing
from transforms import form, indicator_form
from transforms.form import CellError

FORM_SLUGS: tuple[Slug, ...] = ("dossier", "document", "task", "system")
FORM_PARSERS: Mapping[Slug, Callable[[bytes, Delivery], Parsed]] = {
    slug: partial(confined_parsing.table, slug) for slug in FORM_SLUGS
}


def errors_of(slug: str, body: bytes, origin: str, received_at: datetime) -> tuple[int, list[CellError]]:
    """(filled rows, errors in the order of cells) of a filled form. Raises PayloadRefused where it is none."""
    if slug == "indicator":
        records = indicator_form.records(body, origin, received_at)
    else:
        records = form.read(body, FORMS[slug], origin, received_at)
    return len(records), [error for record in records for error in record.errors]
