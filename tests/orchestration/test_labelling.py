"""Labels and stories on a small real lake: once per version, never under another model's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.simulator.media import TOPICS, Item, ledger
from lake.sources.declared import declare
from orchestration import labelling
from orchestration.harvest import harvest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("labelling")]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("labelling") / "home")) as catalog:
        yield catalog


@pytest.fixture
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


def rss(items: list[Item], *, edited: int = 0) -> str:
    """A feed of the items; the last `edited` of them with a new headline and time of change."""
    entries = "".join(
        f"<entry><id>{i.number}</id><title>{i.title}{' (cập nhật)' * (n >= len(items) - edited)}</title>"
        f"<summary>{i.summary}</summary><published>{i.published_at.isoformat()}</published>"
        f"<updated>{i.published_at.isoformat()[:-6]}+0{6 if n >= len(items) - edited else 7}:00</updated></entry>"
        for n, i in enumerate(items)
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Báo</title><id>f</id>{entries}</feed>'


def test_every_version_is_labelled_once_and_every_article_has_a_story(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "N_TRAINING", 500)
    settings, items = catalog.settings, list(ledger(2021)[:300])
    feed = tmp_path / "feed.xml"
    source = declare("bao", slug="media", format="feed", location=str(feed), name_vi="x", name_en="x")

    def brought(text: str) -> tuple[int, int]:
        feed.write_text(text, encoding="utf-8")
        assert harvest(catalog, con, source, run_id="r", location=str(feed)).error is None
        is_waiting = labelling.is_waiting(con)
        found = labelling.label_new(catalog, con, settings, "r"), labelling.group_new(catalog, con, "r")
        assert is_waiting == any(found) and not labelling.is_waiting(con)
        return found

    assert brought(rss(items[:250])) == (250, 250)
    assert brought(rss(items[:250])) == (0, 0)
    assert brought(rss(items)) == (50, 50)
    assert brought(rss(items, edited=2)) == (2, 0), "an edited article is read again and keeps its story"

    count = "select count(*), count(distinct (article_id, article_hash, task)) from lake.raw.media__labels"
    assert con.execute(count).fetchone() == (604, 604)
    rows = con.execute(
        "select article_id::int, task, label, model_version, is_audited, method, probability "
        "from lake.raw.media__labels order by ingested_at limit 600"
    ).fetchall()
    assert {row[3:5] for row in rows} == {(labelling.model_version(), False)}
    assert labelling.model_version().startswith("synthetic-") and all(0 < row[6] <= 1 for row in rows)
    truth = {(i.number, "sentiment"): i.tone for i in items} | {(i.number, "topic"): TOPICS[i.section] for i in items}
    right = sum(truth[number, task] == label for number, task, label, *_ in rows)
    assert right / len(rows) > 0.95

    stories = dict(con.execute("select article_id::int, story_key from lake.raw.media__stories").fetchall())
    assert len(stories) == 300
    copies = [item for item in items if item.story != item.number]
    assert copies and all(stories[copy.number] == stories[copy.story] for copy in copies)


def test_damaged_model_file_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "N_TRAINING", 200)
    settings = Settings(home=tmp_path)
    sound = labelling.load_model(settings).to_bytes()
    (file,) = settings.models.iterdir()
    for damage in (sound[:1000], b"", b"not a model"):
        file.write_bytes(damage)
        assert labelling.load_model(settings).to_bytes() == sound
        assert file.read_bytes() == sound


def test_process_of_its_own_labels_what_is_waiting(
    catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(rss(list(ledger(2021)[300:320])), encoding="utf-8")
    source = declare("bao-sau", slug="media", format="feed", location=str(feed), name_vi="x", name_en="x")
    assert harvest(catalog, con, source, run_id="r", location=str(feed)).error is None
    assert labelling.is_waiting(con)
    with labelling.labelled_ahead(catalog.settings) as wait:
        assert wait() == 0
    assert not labelling.is_waiting(con)
