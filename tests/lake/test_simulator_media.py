"""The feeds of the synthetic province: their articles equal the answer key, their archives follow RFC 5005."""

import unicodedata
import xml.etree.ElementTree as ET
from calendar import timegm
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urljoin

import feedparser
import httpx
import pytest

from lake.simulator.answer_key import AnswerKey
from lake.simulator.media import Item
from lake.simulator.media import ledger as media_ledger
from lake.simulator.province import CLOCK, TIME_ZONE

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"


def harvest(client: httpx.Client) -> dict[str, feedparser.FeedParserDict]:
    """Every document of every feed by its address, found as a reader would: list, feed, archive."""
    documents = {}
    for outline in ET.fromstring(client.get("/feeds.opml").content).iter("outline"):
        address = urljoin(str(client.base_url) + "/feeds.opml", outline.attrib["xmlUrl"])
        while address:
            answer = client.get(address)
            assert answer.status_code == 200 and len(answer.content) <= 200_000
            parsed = feedparser.parse(answer.content)
            assert not parsed.bozo, parsed.get("bozo_exception")
            assert unicodedata.normalize("NFC", parsed.feed.title) == outline.attrib["title"]
            documents[address] = parsed
            links = {link["rel"]: link["href"] for link in parsed.feed.links}
            address = urljoin(address, links["prev-archive"]) if "prev-archive" in links else ""
    return documents


@pytest.mark.long
@pytest.mark.slow
def test_articles_per_week_equal_the_key(client: httpx.Client, key: AnswerKey) -> None:
    documents = harvest(client)
    entries = [entry for parsed in documents.values() for entry in parsed.entries]
    assert len({entry.id for entry in entries}) == len(entries) == key.media.n_items
    weeks: Counter[str] = Counter()
    numbers = set()
    for entry in entries:
        published = datetime.fromtimestamp(timegm(entry.published_parsed), UTC)
        assert published < CLOCK
        year, week, _ = published.astimezone(TIME_ZONE).isocalendar()
        weeks[f"{year}-W{week:02d}"] += 1
        numbers.add(int(entry.link.rsplit("/", 1)[1].removesuffix(".html")))
        assert entry.title and entry.summary
    assert weeks == key.media.items_per_week
    assert numbers == set(key.media.tone_of_article)
    assert len(key.media.complete_weeks) == 12 and all(weeks[week] > 2000 for week in key.media.complete_weeks)
    versions = Counter(parsed.version for parsed in documents.values())
    assert set(versions) == {"rss20", "atom10"} and versions["rss20"] > versions["atom10"] > 0
    assert key.media.n_stories < key.media.n_items, "there must be syndicated copies"


def test_tones_have_the_published_shares_and_stay_off_the_wire(client: httpx.Client, key: AnswerKey) -> None:
    for week, total in key.media.items_per_week.items():
        if week in key.media.complete_weeks:
            shares = [key.media.tone_per_week[week, tone] / total for tone in ("positive", "negative", "neutral")]
            assert shares == pytest.approx([0.16, 0.09, 0.75], abs=0.001)
    text = client.get("/feeds/3.xml").text + client.get("/feeds/4.xml").text
    assert not any(tone in text for tone in ("positive", "negative", "neutral"))


@pytest.mark.slow
def test_copies_look_alike_and_other_stories_do_not() -> None:
    """Jaccard index over 3-word shingles: the threshold of .5 must tell copies from stories of one theme."""

    def shingles(item: Item) -> set[tuple[str, ...]]:
        words = f"{item.title} {item.summary}".lower().split()
        return set(zip(words, words[1:], words[2:], strict=False))

    items = {item.number: item for item in media_ledger(2021)[:2500]}
    shapes = {number: shingles(item) for number, item in items.items()}

    def alike(a: int, b: int) -> bool:
        return len(shapes[a] & shapes[b]) / len(shapes[a] | shapes[b]) >= 0.5

    copies = [item for item in items.values() if item.story != item.number]
    assert len(copies) > 200 and all(alike(item.number, item.story) for item in copies)
    originals = [item.number for item in items.values() if item.story == item.number][:400]
    pairs = [(a, b) for i, a in enumerate(originals) for b in originals[:i]]
    assert sum(alike(a, b) for a, b in pairs) / len(pairs) < 0.0001


def test_feeds_answer_conditional_requests(client: httpx.Client) -> None:
    first = client.get("/feeds/1.xml")
    assert client.get("/feeds/1.xml", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert client.get("/feeds/1.xml", headers={"If-None-Match": '"other"'}).status_code == 200
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert client.get("/feeds/1.xml", headers=since).status_code == 304
    outdated = {"If-Modified-Since": "Thu, 01 Jul 2021 00:00:00 GMT"}
    assert client.get("/feeds/1.xml", headers=outdated).status_code == 200


def test_archives_follow_rfc_5005(client: httpx.Client) -> None:
    rss = ET.fromstring(client.get("/feeds/1.xml").content)
    links = {link.attrib["rel"]: link.attrib["href"] for link in rss.iter(f"{ATOM}link")}
    address = urljoin("/feeds/1.xml", links["prev-archive"])
    archive = ET.fromstring(client.get(address).content)
    assert archive.find(f"channel/{HISTORY}archive") is not None
    current = next(link for link in archive.iter(f"{ATOM}link") if link.attrib["rel"] == "current")
    assert urljoin(address, current.attrib["href"]) == "/feeds/1.xml"
    assert client.get("/feeds/1/archive/2020-W01.xml").status_code == 404
