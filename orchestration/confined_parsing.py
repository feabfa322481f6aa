"""Parsers of what strangers wrote, in children that can be killed: one for pages and feeds, one for workbooks, tables,
reports and statistics."""

from __future__ import annotations

from functools import cache

from lake.confinement import ConfinedParser, ParserKilled
from lake.contracts.base import Delivery, Parsed
from lake.contracts.profile import Slug
from transforms import article_text
from transforms import ticket as ticket_of

PAGES = ("transforms.media",)
TABLES = (
    *("transforms.indicator", "transforms.ticket_rows"),
    *("transforms.dossier", "transforms.document", "transforms.task", "transforms.system"),
)
# Seconds of CPU for one payload, and for each MB of it, and MB: the largest feeds allowed take a third, the largest
# workbooks a quarter, and a history of reports in CSV a quarter of what its size grants.
LIMITS = {PAGES: (10, 0, 512), TABLES: (60, 3, 2_048)}


def media(body: bytes, delivery: Delivery) -> Parsed:
    """As `transforms.media.parse`; a page that kills its parser is set aside (reason code parser_killed) alone."""
    try:
        return child(PAGES).parse(body, delivery)
    except ParserKilled as killed:
        if delivery.format != "article":
            raise
        return article_text.rejected(body, "parser_killed", str(killed))


def ticket(body: bytes, delivery: Delivery) -> Parsed:
    """As `transforms.ticket.parse`; addresses are looked up here, by the lake's units. Raises ParserKilled."""
    return ticket_of.located(child(TABLES).parse(body, delivery, "transforms.ticket_rows"), delivery.locate)


def table(slug: Slug, body: bytes, delivery: Delivery) -> Parsed:
    """As `parse` of the slug's transform. Raises ParserKilled, a PayloadRefused, where the payload kills its parser."""
    return child(TABLES).parse(body, delivery, f"transforms.{slug}")


@cache
def child(modules: tuple[str, ...]) -> ConfinedParser:
    """One child of this process for all payloads that the modules read."""
    cpu_s, cpu_s_per_mb, memory_mb = LIMITS[modules]
    return ConfinedParser(*modules, cpu_s=cpu_s, cpu_s_per_mb=cpu_s_per_mb, memory_mb=memory_mb)
