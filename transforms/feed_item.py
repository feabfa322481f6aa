"""What items of every feed format have in common: times as newsrooms write them, links a browser may follow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from lake.contracts.base import Delivery

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)

# Vietnamese newsrooms write GMT+7, which RFC 822 readers take for an unknown zone.
_OFFSET = re.compile(r"(?:GMT|UTC|ICT)?\s*([+-])(\d{1,2}):?(00|30)?$")

_EARLY_YEAR = re.compile(r"[A-Za-z]{3} 0\d{3}\b")


def instant(written: object, delivery: Delivery) -> datetime | None:
    """UTC instant of an ISO 8601 or RFC 822 time, in the profile's zone where it has no offset; None when it is no
    text, unreadable, before 1990 or more than a day after the harvest."""
    if not isinstance(written, str):
        return None
    for read in (datetime.fromisoformat, _rfc_822):
        try:
            found = read(written.strip())
            if found.tzinfo is None:
                zone = delivery.profile.time_zone if delivery.profile else "UTC"
                found = found.replace(tzinfo=ZoneInfo(zone))
            found = found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        return found if EARLIEST <= found <= delivery.received_at + CLOCK_TOLERANCE else None
    return None


def web_address(origin: str, link: str) -> str | None:
    """The link, absolute, when a browser may follow it: http or https; a javascript: or data: link is null."""
    try:
        url = link if link.startswith(("http://", "https://")) else urljoin(origin, link)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if link and parts.scheme in ("http", "https") and parts.hostname else None


def _rfc_822(written: str) -> datetime:
    if _EARLY_YEAR.search(written):
        raise ValueError("parsedate would read the year 0000 as 2000")
    return parsedate_to_datetime(_OFFSET.sub(lambda at: f"{at[1]}{at[2]:0>2}{at[3] or '00'}", written))
