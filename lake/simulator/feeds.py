"""The media ledger on the wire: an OPML 2.0 list, RSS 2.0 and Atom 1.0 feeds with RFC 5005 archives.

All addresses inside the documents are relative (RFC 4287 and RFC 3986 allow it), because the simulator's port changes
at every start while its documents must not: a reader resolves them against the address it fetched.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from lake.simulator.clocks import Clock
from lake.simulator.media import SITES, Item, ledger, site_title
from lake.simulator.province import CLOCK, FIRST_DAY, TIME_ZONE, local
from lake.simulator.response import NOT_FOUND, Response

LATEST_ITEMS = 20  # in the subscription document; older ones are in the archive

_HISTORY = "http://purl.org/syndication/history/1.0"
_FEED_PATH = re.compile(r"(\d{1,3})\.xml")
_ARCHIVE_PATH = re.compile(r"(\d{1,3})/archive/(\d{4}-W\d{2})\.xml")
_DISCLAIMER = "Trang tin mô phỏng: mọi nội dung đều được tạo tự động, không phải tin thật."


class Feeds:
    """Serves ``feeds.opml``, ``feeds/{n}.xml`` and ``feeds/{n}/archive/{week}.xml``."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._clock = clock
        self._items: dict[int, list[Item]] = {site: [] for site in range(1, SITES + 1)}
        for item in ledger(seed):
            self._items[item.site].append(item)

    def _published(self, site: int) -> list[Item]:
        """What the site has published by the clock, newest first, in the clock's words."""
        now, told = self._clock.now(), self._clock.told
        return [
            replace(item, published_at=told(item.published_at), updated_at=told(min(item.updated_at, now)))
            for item in reversed(self._items[site])
            if item.published_at <= now
        ]

    def respond(self, path: str) -> Response:
        """``path`` is relative to the server's root."""
        if path == "feeds.opml":
            return Response(200, "text/x-opml; charset=utf-8", _opml().encode(), local(FIRST_DAY))
        relative = path.removeprefix("feeds/")
        feed, archive = _FEED_PATH.fullmatch(relative), _ARCHIVE_PATH.fullmatch(relative)
        found = feed or archive
        if found is None or int(found[1]) not in self._items:
            return NOT_FOUND
        site = int(found[1])
        items = self._published(site)
        latest, older = items[:LATEST_ITEMS], items[LATEST_ITEMS:]
        if archive is None:
            link = f"{site}/archive/{_week(older[0])}.xml" if older else None
            return _document(site, latest, link, is_archive=False)
        if not older or archive[2] != _week(older[0]):
            return NOT_FOUND
        return _document(site, older, None, is_archive=True)


def is_atom(site: int) -> bool:
    """Every third site writes Atom, the others RSS."""
    return site % 3 == 0


def article_id(item: Item) -> str:
    """The guid or atom:id under which the item is published."""
    return f"tag:{_domain(item.site)},2021:{item.number}" if is_atom(item.site) else _link(item)


def _document(site: int, items: list[Item], archive: str | None, *, is_archive: bool) -> Response:
    write, media_type = (_atom, "application/atom+xml") if is_atom(site) else (_rss, "application/rss+xml")
    text = write(site, items, archive, is_archive)
    if site % 50 == 7:  # some publishers' systems decompose letters and marks
        text = unicodedata.normalize("NFD", text)
    modified = max((item.updated_at for item in items), default=CLOCK)
    return Response(200, f"{media_type}; charset=utf-8", text.encode(), modified)


def _opml() -> str:
    outlines = "\n".join(
        f'<outline type="rss" text="{site_title(site)}" title="{site_title(site)}" xmlUrl="feeds/{site}.xml" '
        f'htmlUrl="https://{_domain(site)}/" version="{"ATOM1" if is_atom(site) else "RSS2"}" language="vi"/>'
        for site in range(1, SITES + 1)
    )
    created = format_datetime(local(FIRST_DAY).astimezone(UTC), usegmt=True)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n<head>'
        f"<title>Danh sách trang tin mô phỏng</title><dateCreated>{created}</dateCreated></head>\n"
        f"<body>\n{outlines}\n</body>\n</opml>\n"
    )


def _rss(site: int, items: list[Item], archive: str | None, is_archive: bool) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:fh="{_HISTORY}">\n<channel>\n'
        f"<title>{site_title(site)}</title>\n<link>https://{_domain(site)}/</link>\n"
        f"<description>{_DISCLAIMER}</description>\n<language>vi</language>\n"
        + _history("atom:link", site, archive, is_archive)
        + "".join(_rss_item(item) for item in items)
        + "</channel>\n</rss>\n"
    )


def _rss_item(item: Item) -> str:
    # Publishers differ: some write GMT, some wrap the summary as HTML in CDATA.
    in_gmt = item.site % 2 == 0
    published = format_datetime(item.published_at.astimezone(UTC if in_gmt else TIME_ZONE), usegmt=in_gmt)
    as_html = item.site % 4 == 1
    summary = f"<![CDATA[<p>{escape(item.summary)}</p>]]>" if as_html else escape(item.summary)
    return (
        f"<item>\n<title>{escape(item.title)}</title>\n<link>{_link(item)}</link>\n"
        f'<guid isPermaLink="true">{article_id(item)}</guid>\n<category>{escape(item.section)}</category>\n'
        f"<pubDate>{published}</pubDate>\n<description>{summary}</description>\n</item>\n"
    )


def _atom(site: int, items: list[Item], archive: str | None, is_archive: bool) -> str:
    updated = max((item.updated_at for item in items), default=CLOCK)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="{_HISTORY}" xml:lang="vi">\n'
        f"<title>{site_title(site)}</title>\n<subtitle>{_DISCLAIMER}</subtitle>\n"
        f"<id>tag:{_domain(site)},2021:feed</id>\n<updated>{updated.isoformat()}</updated>\n"
        f"<author><name>{site_title(site)}</name></author>\n"
        f'<link rel="alternate" href="https://{_domain(site)}/"/>\n'
        + _history("link", site, archive, is_archive)
        + "".join(_atom_entry(item) for item in items)
        + "</feed>\n"
    )


def _atom_entry(item: Item) -> str:
    return (
        f'<entry>\n<title>{escape(item.title)}</title>\n<link rel="alternate" href="{_link(item)}"/>\n'
        f'<id>{article_id(item)}</id>\n<category term="{escape(item.section)}"/>\n'
        f"<published>{item.published_at.isoformat()}</published>\n<updated>{_utc(item.updated_at)}</updated>\n"
        f'<summary type="text">{escape(item.summary)}</summary>\n</entry>\n'
    )


def _history(tag: str, site: int, archive: str | None, is_archive: bool) -> str:
    """RFC 5005, section 4: a subscription document points to the archive, the archive to the current document."""
    if is_archive:
        return f'<fh:archive/>\n<{tag} rel="current" href="../../{site}.xml"/>\n'
    earlier = f'<{tag} rel="prev-archive" href="{archive}"/>\n' if archive else ""
    return f'<{tag} rel="self" href="{site}.xml"/>\n{earlier}'


def _week(item: Item) -> str:
    year, week, _ = item.published_at.isocalendar()
    return f"{year}-W{week:02d}"


def _domain(site: int) -> str:
    return f"bao-{site:03d}.example"


def _link(item: Item) -> str:
    return f"https://{_domain(item.site)}/tin/{item.published_at:%Y/%m/%d}/{item.number}.html"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
