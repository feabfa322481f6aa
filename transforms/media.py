"""Deliveries of the media slug -> rows of its raw tables, each wire format by the module that reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms.media import MEDIA
from lake.contracts.media import HUMAN_LABELS, RESPONSES
from transforms import article_text, form, json_feed, outlet, page_post, sitemap, syndication


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One payload -> the rows of its format, as the module's `parse` says, and what cannot be rows.

    feed: RSS, Atom, RDF (`syndication`) or JSON Feed (`json_feed`), whichever arrived, -> `media__articles`.
    sitemap: -> `media__articles` (entries with the news extension) and `media__addresses` (the others).
    article: one page -> `media__texts` (`article_text`); run it where it can be killed.
    registry: OPML or CSV -> `media__outlets` (`outlet`). posts: CSV or JSON -> `media__posts` (`page_post`).
    form: a filled form -> `media__human_labels` and `media__responses`.
    Raises PayloadRefused for anything else.
    """
    if (read := _READERS.get(delivery.format)) is not None:
        return read(body, delivery)
    is_json = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return json_feed.parse(body, delivery) if is_json else syndication.parse(body, delivery)


_READERS: dict[str, Callable[[bytes, Delivery], Parsed]] = {
    "sitemap": sitemap.parse,
    "article": article_text.parse,
    "outlets": outlet.parse,
    "posts": page_post.parse,
    "form": partial(form.parse, form=MEDIA, contracts=(HUMAN_LABELS, RESPONSES)),
}


def warm_up() -> None:
    """Load everything `parse` needs, for a process that may open no file afterwards."""
    article_text.warm_up()
    syndication.warm_up()
