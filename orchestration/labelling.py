"""What is computed of the articles in the lake: their sentiment and topic, and the stories they repeat."""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import sklearn

from lake.catalog import Catalog, open_catalog
from lake.contracts.base import Contract
from lake.contracts.media import LABELS, STORIES
from lake.schema import RECORD_HASH
from lake.settings import Settings, load_settings, private_folder
from lake.simulator import labelled_news, media, media_words
from lake.topics import load_topics
from lake.transactions import transaction
from orchestration.progress import report
from transforms import label_model, near_duplicate, text, text_features
from transforms.label_model import LabelModel, train
from transforms.sentiment import SENTIMENT
from transforms.topic import BY_MODEL, TOPIC, with_keywords

log = logging.getLogger(__name__)

TASKS = (SENTIMENT, TOPIC)
N_TRAINING = 1_000
CHUNK = 10_000  # articles labelled and committed at a time


def model_version() -> str:
    """Name of the model: it changes with the training texts and with the way they are learnt."""
    digest = hashlib.sha256(f"{sklearn.__version__} {N_TRAINING} {labelled_news.TRAINING_SEED} {TASKS}".encode())
    for module in (media, media_words, label_model, text_features, text):
        digest.update(inspect.getsource(module).encode())
    return f"synthetic-{digest.hexdigest()[:12]}"


def load_model(settings: Settings) -> LabelModel:
    """The model of `model_version`, trained if its file is missing or damaged: seconds, once."""
    path = private_folder(settings.models) / f"media-{model_version()}.npz"
    if path.exists():
        try:
            return LabelModel.from_bytes(path.read_bytes())
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("%s is damaged (%s) and is made anew", path, error)
    report("media", "training the first models")
    items = labelled_news.labelled_items(N_TRAINING)
    model = train(
        [article_text(item.headline, item.summary) for item in items],
        {SENTIMENT.name: [item.sentiment for item in items], TOPIC.name: [item.topic for item in items]},
        [item.story for item in items],
        TASKS,
        seed=labelled_news.TRAINING_SEED,
    )
    draft = path.with_suffix(".draft")
    draft.write_bytes(model.to_bytes())
    draft.rename(path)
    return model


def article_text(headline: str, summary: str | None) -> str:
    """What of an article is read by models and compared with others."""
    return f"{headline}. {summary or ''}"


def is_waiting(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether `label_new` or `group_new` would find an article."""
    found = con.execute(
        f"select exists (from ({_NEWEST}) a where {_IS_UNLABELLED} or not exists (from lake.raw.{STORIES.table} s "
        "where s.source = a.source and s.feed_id = a.feed_id and s.article_id = a.article_id))",
        {"version": model_version()},
    ).fetchone()
    return bool(found and found[0])


@contextmanager
def labelled_ahead(settings: Settings) -> Iterator[Callable[[], object]]:
    """Label and group in a process of its own during the block; what it yields waits for the end of that.

    What it leaves undone, for whatever reason, `is_waiting` tells, and the next to label does.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.labelling"],
        env=os.environ | {"IOC_HOME": str(settings.home)},
        cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process.wait
        finally:
            process.kill()


def main() -> None:
    """Label and group what is there."""
    settings, run_id = load_settings(), uuid.uuid4().hex
    with open_catalog(settings) as catalog:
        con = catalog.connect()
        label_new(catalog, con, settings, run_id)
        group_new(catalog, con, run_id)
        con.close()


def label_new(catalog: Catalog, con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str) -> int:
    """Label every newest version of an article that the present model has not read; how many articles those were."""
    version, n_labelled = model_version(), 0
    with catalog.lock("media labels"):
        con.execute(
            f"create or replace temp table unlabelled as select source, feed_id, article_id, {RECORD_HASH}, headline, "
            f"summary, published_at from ({_NEWEST}) a where {_IS_UNLABELLED}",
            {"version": version},
        )
        model: LabelModel | None = None
        keywords = {code: topic.keywords for code, topic in load_topics(settings).items()}
        for articles in _chunks(con, "unlabelled"):
            model = model or load_model(settings)
            texts = [article_text(*row) for row in articles.select("headline", "summary").iter_rows()]
            predicted = model.predict(texts, TASKS)
            told = {
                SENTIMENT.name: predicted[SENTIMENT.name].with_columns(method=pl.lit(BY_MODEL)),
                TOPIC.name: with_keywords(predicted[TOPIC.name], texts, keywords),
            }
            rows = pl.concat(
                articles.rename({RECORD_HASH: "article_hash"})
                .hstack(frame)
                .with_columns(task=pl.lit(task), model_version=pl.lit(version), is_audited=pl.lit(False))
                for task, frame in told.items()
            )
            _append(con, LABELS, rows, run_id)
            n_labelled += articles.height
            report("media", f"{n_labelled:,} articles labelled")
        con.execute("drop table unlabelled")
    return n_labelled


def group_new(catalog: Catalog, con: duckdb.DuckDBPyConnection, run_id: str) -> int:
    """Give every article that has none its story, within its source; how many articles those were."""
    n_grouped = 0
    days = near_duplicate.WINDOW.days
    with catalog.lock("media stories"):
        sources = con.execute("select distinct source from lake.raw.media__articles order by source").fetchall()
        for (source,) in sources:
            con.execute(
                "create or replace temp table stories_wanted as "
                f"select a.source, a.feed_id, a.article_id, a.headline, a.summary, a.published_at, s.story_key, "
                f"s.event_key from ({_NEWEST}) a left join (from lake.raw.{STORIES.table} where source = $1) s "
                "on s.feed_id = a.feed_id and s.article_id = a.article_id where a.source = $1",
                [source],
            )
            found = con.execute(
                "with fresh as (select min(published_at) as first_at, max(published_at) as last_at "
                "from stories_wanted where story_key is null) "
                "select w.*, feed_id || ' ' || article_id as key from stories_wanted w, fresh "
                f"where published_at between first_at - interval {days} day and last_at + interval {days} day"
            ).pl()
            con.execute("drop table stories_wanted")
            if found.is_empty():
                continue
            texts = [article_text(*row) for row in found.select("headline", "summary").iter_rows()]
            grouped = near_duplicate.grouped(found.with_columns(text=pl.Series(texts, dtype=pl.String())))
            rows = grouped.join(found.select("key", "source", "feed_id", "article_id", "published_at"), on="key")
            _append(con, STORIES, rows, run_id)
            n_grouped += rows.height
    return n_grouped


# Newest version of every article, as staging takes it.
_NEWEST = f"""
    select * from lake.raw.media__articles
    qualify row_number() over (partition by source, feed_id, article_id
        order by is_published_at_missing, coalesce(modified_at, published_at) desc, received_at desc, {RECORD_HASH}) = 1
"""

# The present model has not read the version `a`.
_IS_UNLABELLED = f"""
    not exists (from lake.raw.{LABELS.table} l where l.source = a.source and l.feed_id = a.feed_id
        and l.article_id = a.article_id and l.article_hash = a.{RECORD_HASH} and l.model_version = $version)
"""


def _chunks(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[pl.DataFrame]:
    """The rows of a temporary table in a fixed order, CHUNK at a time."""
    order = "source, feed_id, article_id"
    start = 0
    while not (rows := con.execute(f"from {table} order by {order} limit {CHUNK} offset {start}").pl()).is_empty():
        yield rows
        start += CHUNK


def _append(con: duckdb.DuckDBPyConnection, contract: Contract, rows: pl.DataFrame, run_id: str) -> None:
    """Add rows to a computed table: nothing was delivered, so the run stands where a batch would."""
    own = rows.select("source", *contract.names).with_columns(
        batch_id=pl.lit(run_id), ingested_at=pl.lit(datetime.now(UTC))
    )
    con.register("computed_rows", own)
    try:
        with transaction(con):
            con.execute(f"insert into lake.raw.{contract.table} by name select * from computed_rows")
    finally:
        con.unregister("computed_rows")


if __name__ == "__main__":
    main()
