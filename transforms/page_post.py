"""Posts that pages wrote themselves, from a CSV export or the Graph API's JSON -> media__posts.

Of persons nothing passes: who commented, reacted or wrote on a page is not read at all, and a post by anyone but the
page is left out without its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import POSTS
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import csv_records, json_records
from transforms.feed_item import instant, web_address
from transforms.privacy import redact
from transforms.text import clean, what_arrived

REACTIONS = ("like", "love", "haha", "wow", "sad", "angry")
_EXPORT = Profile(
    slug="media",
    format="posts",
    columns={
        **{name: name for name in ("post_id", "page_id", "message", "description", "link")},
        "created_at": "created_time",
        "n_shares": "shares",
        **{f"n_{kind}": f"react_{kind}" for kind in REACTIONS},
    },
)

_Post = dict[str, Any]  # fields under the contract's names, texts and numbers as written
_Record = tuple[_Post, bytes, csv_records.Fault | None]


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One export or answer -> a row of `media__posts` for every post of a page.

    CSV: columns of `_EXPORT`, or those the profile names. JSON: {"data": [...]} or an array of Graph API posts (id,
    message, created_time, permalink_url, from, shares, reactions summaries). Posts repeated in one payload are kept.
    Reason codes: missing_post_id, bad_created_time, bad_count, not_by_page, not_an_object, those of `csv_records` and
    `json_records`. The raw record of a post that is not the page's own is its id alone.
    Raises PayloadRefused for anything else, and for an error the API answers.
    """
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    is_json = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    for position, (post, raw, fault) in enumerate(_graph(body, delivery) if is_json else _export(body, delivery)):
        row, wrong = _row(post, delivery) if fault is None else ({}, fault)
        if wrong:
            rejects.append((position, *wrong, raw))
        else:
            rows.append(tuple(row[name] for name in POSTS.names))
    frame = pl.DataFrame(rows, schema=POSTS.polars_schema, orient="row")
    return Parsed(rows={POSTS.table: frame}, rejected=rejected_frame(rejects))


def _row(post: _Post, delivery: Delivery) -> tuple[dict[str, object], csv_records.Fault | None]:
    post_id = clean(str(post.get("post_id") or ""))
    if not post_id:
        return {}, ("missing_post_id", "the post has no id.")
    created_at = instant(post.get("created_at"), delivery)
    if created_at is None:
        return {}, ("bad_created_time", "created_time is missing or no time.")
    counts: dict[str, int | None] = {}
    for name in (*(f"n_{kind}" for kind in REACTIONS), "n_reactions", "n_comments", "n_shares"):
        written = post.get(name)
        if written in (None, ""):
            counts[name] = None
        elif str(written).isdecimal() and len(str(written)) < 16:
            counts[name] = int(str(written))
        else:
            return {}, ("bad_count", f"{name} is no whole number.")
    kinds = [counts[f"n_{kind}"] for kind in REACTIONS]
    if counts["n_reactions"] is None and None not in kinds:
        counts["n_reactions"] = sum(filter(None, kinds))
    return {
        "post_id": post_id,
        "page_id": clean(str(post.get("page_id") or "")) or post_id.partition("_")[0],
        "page_name": clean(_text(post.get("page_name"))) or None,
        "message": redact(_lines(post.get("message"))) or None,
        "description": redact(_lines(post.get("description"))) or None,
        "link": web_address(delivery.origin, clean(_text(post.get("link")))),
        "permalink": web_address(delivery.origin, clean(_text(post.get("permalink")))),
        "created_at": created_at,
        **counts,
    }, None


def _export(body: bytes, delivery: Delivery) -> Iterator[_Record]:
    if not body.strip() or body.lstrip()[:1] == b"<":
        raise PayloadRefused(f"{delivery.origin} sent {what_arrived(body)}, not an export of posts; check the file.")
    for row in csv_records.read(body, delivery.profile or _EXPORT, delivery.origin):
        yield row.record, row.raw, row.fault


def _graph(body: bytes, delivery: Delivery) -> Iterator[_Record]:
    is_array = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    try:
        document = json_records.read(body, path=() if is_array else ("data",), number=str)
    except ValueError as error:
        raise PayloadRefused(f"{delivery.origin} sent JSON that cannot be read ({error}); deliver it again.") from error
    if document.records is None:
        is_error = isinstance(document.envelope, dict) and "error" in document.envelope
        told = "an error instead of posts; renew the token" if is_error else "a JSON document without posts; check it"
        raise PayloadRefused(f"{delivery.origin} sent {told}.")
    for record in document.records:
        if record.fault:
            yield {}, record.raw, record.fault
        elif not isinstance(record.value, dict):
            yield {}, record.raw, ("not_an_object", "the post is no JSON object.")
        else:
            yield _of_graph(record.value)


def _of_graph(post: Mapping[str, Any]) -> _Record:
    """Only what is named here is read. The raw record is made of it, so that no commenter comes along."""
    post_id, author = _text(post.get("id")), post.get("from")
    page_id, _, number = post_id.partition("_")
    if not number or (isinstance(author, dict) and _text(author.get("id")) != page_id):
        raw = json.dumps({"id": post_id}).encode()
        if post_id and not number:
            return {}, raw, ("not_by_page", "its id does not name a page.")
        if post_id:
            return {}, raw, ("not_by_page", "someone else than the page wrote it.")
    fields = {
        "post_id": post_id,
        "page_id": page_id,
        "page_name": author.get("name") if isinstance(author, dict) else None,
        "message": post.get("message"),
        "description": post.get("description"),
        "link": post.get("link"),
        "permalink": post.get("permalink_url"),
        "created_at": post.get("created_time"),
        "n_shares": _inside(post, "shares", "count"),
        "n_comments": _inside(post, "comments", "summary", "total_count"),
        "n_reactions": _inside(post, "reactions", "summary", "total_count"),
        # asked for as reactions.type(LIKE).summary(total_count).as(like)
        **{f"n_{kind}": _inside(post, kind, "summary", "total_count") for kind in REACTIONS},
    }
    return fields, json.dumps(fields, ensure_ascii=False).encode("utf-8", "backslashreplace"), None


def _inside(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _lines(value: object) -> str:
    """Text of several lines, each clean."""
    return "\n".join(line for line in map(clean, _text(value).splitlines()) if line)
