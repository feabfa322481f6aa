"""One page of a publisher -> media__texts: the article's own text, by trafilatura.

It reads hostile markup with libraries in C and takes its time over some: run it in `lake.confinement`.
"""

from __future__ import annotations

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import TEXTS
from transforms.privacy import redact
from transforms.text import clean, what_arrived

MAX_BYTES = 4 << 20
MAX_CHARACTERS = 200_000  # of a text; the longest reportage has a tenth
SHORT = 200  # characters


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One HTML page -> one row of `media__texts`, or one rejected record.

    `url` is `delivery.origin`. Comments of readers, tables, menus and the author are left out. Reason codes: no_text
    (nothing on it reads like a text), oversized_record. The page's own bytes are the rejected record.
    """
    if len(body) > MAX_BYTES:
        return rejected(body, "oversized_record", f"the page has more than {MAX_BYTES >> 20} MB.")
    title, text = _extracted(body)
    if not text:
        return rejected(body, "no_text", f"nothing in {what_arrived(body)} reads like an article.")
    row = (delivery.origin, title or None, redact(text), len(text), len(text) < SHORT, delivery.received_at)
    return Parsed(rows={TEXTS.table: pl.DataFrame([row], schema=TEXTS.polars_schema, orient="row")})


def rejected(body: bytes, reason_code: str, reason: str) -> Parsed:
    """No row, and the page set aside."""
    empty = pl.DataFrame(schema=TEXTS.polars_schema)
    return Parsed(rows={TEXTS.table: empty}, rejected=rejected_frame([(0, reason_code, reason, body)]))


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    _extracted(b"<html lang='vi'><title>x</title><body><article><p>" + b"v\xc4\x83n b\xe1\xba\xa3n. " * 40)
    redact("x")


def _extracted(body: bytes) -> tuple[str, str]:
    """(title, text) of a page, one line a paragraph; "" for what is not there."""
    import trafilatura  # half a second

    found = trafilatura.bare_extraction(body, include_comments=False, include_tables=False, with_metadata=True)
    if not isinstance(found, trafilatura.settings.Document):
        return "", ""
    lines = (clean(line) for line in (found.text or "")[:MAX_CHARACTERS].splitlines())
    return redact(clean(found.title or "")), "\n".join(line for line in lines if line)
