"""The register of followed publishers, as an OPML list or a CSV table -> media__outlets."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import polars as pl
from lxml import etree

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.media import OUTLETS
from lake.contracts.profile import Profile
from lake.errors import PayloadRefused
from transforms import csv_records
from transforms.feed_item import web_address
from transforms.text import clean, what_arrived

MAX_OUTLETS = 20_000
REQUIRED = ("outlet_id", "name")
OPTIONAL = ("kind", "url", "feed_url", "owner", "licence", "expected_gap_h")

_Record = tuple[dict[str, str], bytes, csv_records.Fault | None]


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """One register -> a row of `media__outlets` for every publisher in it.

    CSV: a header with outlet_id and name, and any of kind, url, feed_url, owner, licence, expected_gap_h (hours); a
    profile may name its columns otherwise. OPML: every outline with an xmlUrl, which is its id and its feed_url.
    Reason codes: missing_outlet_id, missing_name, bad_url, bad_expected_gap_h, duplicate_outlet, and those of
    `csv_records`. Raises PayloadRefused for what is neither, and past 20,000 publishers.
    """
    is_opml = b"<opml" in body[:4096].lower()
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    seen: set[str] = set()
    for position, (record, raw, unreadable) in enumerate(_outlines(body) if is_opml else _table(body, delivery)):
        if position >= MAX_OUTLETS:
            raise PayloadRefused(f"{delivery.origin} names more than {MAX_OUTLETS:,} publishers; split it.")
        fields = {name: clean(record.get(name, "")) for name in (*REQUIRED, *OPTIONAL)}
        fault = unreadable or _fault(fields, seen, delivery.origin)
        if fault:
            rejects.append((position, *fault, raw))
            continue
        seen.add(fields["outlet_id"])
        gap = fields["expected_gap_h"].replace(",", ".")
        rows.append(
            (
                *(fields["outlet_id"], fields["name"], fields["kind"] or None),
                *(web_address(delivery.origin, fields["url"]), fields["feed_url"] or None),
                *(fields["owner"] or None, fields["licence"] or None, float(gap) if gap else None),
                delivery.received_at,
            )
        )
    if not rows and not rejects:
        raise PayloadRefused(f"{delivery.origin} sent {what_arrived(body)} that names no publisher; check the file.")
    frame = pl.DataFrame(rows, schema=OUTLETS.polars_schema, orient="row")
    return Parsed(rows={OUTLETS.table: frame}, rejected=rejected_frame(rejects))


def _fault(fields: dict[str, str], seen: set[str], origin: str) -> csv_records.Fault | None:
    for name in REQUIRED:
        if not fields[name]:
            return f"missing_{name}", f"{name} is empty."
    if fields["outlet_id"] in seen:
        return "duplicate_outlet", "another publisher in the register has this outlet_id."
    if fields["url"] and web_address(origin, fields["url"]) is None:
        return "bad_url", "url is no http or https address."
    if fields["expected_gap_h"]:
        try:
            gap = float(fields["expected_gap_h"].replace(",", "."))
        except ValueError:
            gap = math.nan
        if not 0 < gap < 10_000:
            return "bad_expected_gap_h", "expected_gap_h is no number of hours between 0 and 10,000."
    return None


def _table(body: bytes, delivery: Delivery) -> Iterator[_Record]:
    profile = delivery.profile
    if profile is None:
        header = body[:65536].decode("utf-8-sig", "replace").splitlines()[:1]
        named = [name.strip().strip('"') for name in header[0].split(",")] if header else []
        if missing := [name for name in REQUIRED if name not in named]:
            raise PayloadRefused(
                f"{delivery.origin} sent {what_arrived(body)}, not a register: it is no OPML list, and its first line "
                f"lacks {' and '.join(missing)}; correct the header or name a profile."
            )
        columns = {name: name for name in (*REQUIRED, *OPTIONAL) if name in named}
        profile = Profile(slug="media", format="outlets", columns=columns)
    for row in csv_records.read(body, profile, delivery.origin):
        yield row.record, row.raw, row.fault


def _outlines(body: bytes) -> Iterator[_Record]:
    """Outlines with a feed; nothing is fetched, no entity expanded, broken markup read as far as it goes."""
    events = etree.iterparse(
        io.BytesIO(body[max(body.find(b"<"), 0) :]),
        tag="outline",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    try:
        for _, element in events:
            told = dict(element.attrib)
            if feed := told.get("xmlUrl", "").strip():
                record = {
                    "outlet_id": feed,
                    "feed_url": feed,
                    "name": told.get("title") or told.get("text") or feed,
                    "url": told.get("htmlUrl", ""),
                    "kind": "news",
                }
                yield record, etree.tostring(element, with_tail=False), None
            element.clear()
    except etree.XMLSyntaxError:
        return
