"""How payloads of the media slug are parsed: pages of publishers in a child that can be killed, the others here."""

from __future__ import annotations

from functools import cache

import transforms.media
from lake.confinement import ConfinedParser, ParserKilled
from lake.contracts.base import Delivery, Parsed
from transforms import article_text


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """As `transforms.media.parse`; a page that kills its parser is set aside (reason code parser_killed) alone."""
    if delivery.format != "article":
        return transforms.media.parse(body, delivery)
    try:
        return _pages().parse(body, delivery)
    except ParserKilled as killed:
        return article_text.rejected(body, "parser_killed", str(killed))


@cache
def _pages() -> ConfinedParser:
    """One child for all pages of this process."""
    return ConfinedParser("transforms.article_text")
