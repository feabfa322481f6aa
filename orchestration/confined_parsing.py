"""Parsers of what strangers wrote, in children that can be killed: pages and feeds; workbooks and statistics."""

from __future__ import annotations

from functools import cache

from lake.confinement import ConfinedParser, ParserKilled
from lake.contracts.base import Delivery, Parsed
from transforms import article_text

# (seconds of CPU, MB) for one payload: the largest feeds allowed take a third, the largest workbooks a quarter.
LIMITS = {"transforms.media": (10, 512), "transforms.indicator": (60, 2_048)}


def media(body: bytes, delivery: Delivery) -> Parsed:
    """As `transforms.media.parse`; a page that kills its parser is set aside (reason code parser_killed) alone."""
    try:
        return child("transforms.media").parse(body, delivery)
    except ParserKilled as killed:
        if delivery.format != "article":
            raise
        return article_text.rejected(body, "parser_killed", str(killed))


def indicator(body: bytes, delivery: Delivery) -> Parsed:
    """As `transforms.indicator.parse`. Raises ParserKilled, a PayloadRefused, where the payload kills its parser."""
    return child("transforms.indicator").parse(body, delivery)


@cache
def child(module: str) -> ConfinedParser:
    """One child of this process for all payloads that a module reads."""
    cpu_s, memory_mb = LIMITS[module]
    return ConfinedParser(module, cpu_s=cpu_s, memory_mb=memory_mb)
