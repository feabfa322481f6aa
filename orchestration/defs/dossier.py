"""One-stop dossiers and procedures from filled forms: read on each source's own schedule."""

import dagster as dg

from lake.contracts import dossier
from orchestration.raw_asset import raw_source


def defs() -> dg.Definitions:
    """Sources → raw.dossier__*, checked by the dossier suite."""
    return raw_source([dossier.DOSSIERS, dossier.PROCEDURES])
