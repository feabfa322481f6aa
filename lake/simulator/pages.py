"""The register of 340 followed publishers, 300 news sites and 40 public pages, and the ledger of the pages' posts."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from lake.simulator.media import FIRST_MONDAY, SITES, WEEKS, ledger, site_title
from lake.simulator.province import CLOCK, generator, local

PAGES = 40
_PER_WEEK = 4.5
SILENT_PAGE, SILENT_SINCE = 23, date(2021, 9, 10)  # planted: a page that stops
NEVER_SEEN_PAGE = 40  # planted: registered with a rhythm, and never brought a post
_HEADER = ("post_id", "page_id", "message", "description", "link", "created_time", "shares")
_REACTIONS = ("like", "love", "haha", "wow", "sad", "angry")


@dataclass(frozen=True)
class Post:
    """One post of a page; ``message`` repeats a headline of the news of that day, ``reactions`` in their order."""

    page: int
    number: int
    message: str
    link: str
    created_at: datetime
    reactions: tuple[int, ...]
    n_shares: int


def page_id(page: int) -> str:
    """A number no page has: eight digits where theirs have fifteen."""
    return f"100010{page:02d}"


@lru_cache(maxsize=2)
def posts(seed: int) -> tuple[Post, ...]:
    """All posts in order of publication, over the weeks of the news."""
    rng = generator(seed, "page posts")
    rates = rng.uniform(0.6, 1.6, PAGES) * _PER_WEEK
    items = ledger(seed)
    times = np.array([item.published_at.timestamp() for item in items])
    found = []
    start, end = local(FIRST_MONDAY), min(CLOCK, local(FIRST_MONDAY) + timedelta(weeks=WEEKS))
    for page in range(1, PAGES + 1):
        last = local(SILENT_SINCE) if page == SILENT_PAGE else end
        count = int(rng.poisson(rates[page - 1] * ((last - start) / timedelta(weeks=1))))
        if page == NEVER_SEEN_PAGE:
            count = 0
        for second in np.sort(rng.choice(int((last - start).total_seconds()) - 60, count, replace=False)).tolist():
            created_at = start + timedelta(seconds=second)
            item = items[max(int(np.searchsorted(times, created_at.timestamp())) - 1, 0)]
            likes = int(rng.lognormal(3.2, 1.0))
            rest = (rng.multinomial(likes // 4, (0.5, 0.15, 0.1, 0.15, 0.1))).tolist()
            link = f"https://trang.example/{page}/{second}"
            found.append(Post(page, 0, item.title, link, created_at, (likes, *rest), likes // 9))
    ordered = sorted(found, key=lambda post: (post.created_at, post.page))
    return tuple(replace(post, number=number) for number, post in enumerate(ordered, start=1))


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, CSV): the register, and the export of the pages' posts."""
    yield "so-dang-ky.csv", _table(("outlet_id", "name", "kind", "url", "feed_url", "expected_gap_h"), _register())
    lines = [_line(post) for post in posts(seed)]
    lines[BAD_COUNT][6] = "1,2K"  # planted: shares as the page shows them
    yield "bai-dang.csv", _table((*_HEADER, *(f"react_{kind}" for kind in _REACTIONS)), lines)


BAD_COUNT = 200


def _line(post: Post) -> list[object]:
    identity = page_id(post.page)
    return [
        *(f"{identity}_{post.number:07d}", identity, post.message, "", post.link, post.created_at.isoformat()),
        *(post.n_shares, *post.reactions),
    ]


def _register() -> Iterator[list[object]]:
    for site in range(1, SITES + 1):
        yield [f"bao-{site:03d}", site_title(site), "news", f"https://bao-{site:03d}.example/", f"feeds/{site}.xml", ""]
    for page in range(1, PAGES + 1):
        gap = 48 if page == NEVER_SEEN_PAGE else ""
        url = f"https://trang.example/{page}"
        yield [f"trang-{page:02d}", f"Trang Mô phỏng {page:02d}", "facebook_page", url, page_id(page), gap]


def _table(header: tuple[str, ...], lines: Iterator[list[object]] | list[list[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue().encode()
