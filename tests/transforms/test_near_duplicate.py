"""Stories: copies with edits found, other articles of the same template left alone, whatever the order of arrival."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lake.simulator.media import ledger
from transforms.near_duplicate import WINDOW, grouped, jaccard, shingles

DAY = datetime(2021, 9, 1, tzinfo=UTC)
SENTENCE = "Sáng nay lãnh đạo tỉnh kiểm tra tiến độ thi công cây cầu nối hai xã trước mùa mưa lũ năm nay"


def documents(*rows: tuple[str, str, float], stories: dict[str, str] | None = None) -> pl.DataFrame:
    """(key, text, days after DAY) rows, with the stories known of some."""
    known = stories or {}
    return pl.DataFrame(
        [(key, text, DAY + timedelta(days=days), known.get(key), known.get(key)) for key, text, days in rows],
        schema={
            "key": pl.String(),
            "text": pl.String(),
            "published_at": pl.Datetime("us", "UTC"),
            "story_key": pl.String(),
            "event_key": pl.String(),
        },
        orient="row",
    )


def story_of(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("key", "story_key").iter_rows())


def edited(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split()
    for index in rng.choice(len(words), max(1, round(share * len(words))), replace=False):
        words[index] = f"thay{rng.integers(1_000)}"
    return " ".join(words)


def recall(texts: Sequence[str], share: float) -> float:
    rng = np.random.default_rng(1)
    rows = [(f"o{n}", text, 0.0) for n, text in enumerate(texts)]
    rows += [(f"c{n}", edited(text, share, rng), 1.0) for n, text in enumerate(texts)]
    story = story_of(grouped(documents(*rows)))
    return float(np.mean([story[f"o{n}"] == story[f"c{n}"] for n in range(len(texts))]))


@pytest.mark.parametrize("share", [0.02, 0.06])
def test_edited_copies_of_real_articles_are_found(shared_data: Callable[[str], Path], share: float) -> None:
    with gzip.open(shared_data("nlp/vntc10.train.jsonl.gz"), "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(400), strict=False)]
    assert recall([text for text in texts if len(text.split()) >= 60], share) >= 0.99


def test_synthetic_copies_are_found_and_stories_of_one_stock_of_sentences_stay_apart() -> None:
    items = ledger(2021)[:2_000]
    rows = [(str(i.number), f"{i.title}. {i.summary}", (i.published_at - DAY) / timedelta(days=1)) for i in items]
    story = story_of(grouped(documents(*rows)))
    copies = [item for item in items if item.story != item.number]
    assert len(copies) > 150 and all(story[str(c.number)] == story[str(c.story)] for c in copies)
    originals = [item for item in items if item.story == item.number]
    assert sum(story[str(o.number)] != str(o.number) for o in originals) < 0.03 * len(originals)


def test_case_marks_and_composition_make_no_other_story() -> None:
    rows = [("a", SENTENCE, 0.0), ("b", SENTENCE.upper(), 0.1), ("c", "Sang nay lanh dao tinh" + SENTENCE[22:], 0.2)]
    assert set(story_of(grouped(documents(*rows))).values()) == {"a"}


def test_half_a_text_is_the_same_event_and_another_story() -> None:
    tail = "người dân địa phương cho biết nhiều năm qua họ phải đi vòng hơn mười cây số mỗi ngày để ra chợ huyện"
    mixed = f"{SENTENCE} và {tail}"
    assert 0.3 <= jaccard(shingles(SENTENCE), shingles(mixed)) < 0.5
    frame = grouped(documents(("a", SENTENCE, 0.0), ("b", mixed, 0.1), ("c", tail, 0.2)))
    assert frame.select("key", "story_key", "event_key", "nearest_key").rows()[:2] == [
        ("a", "a", "a", None),
        ("b", "b", "a", "a"),
    ]


def test_anniversary_text_of_another_week_is_a_new_story() -> None:
    days = WINDOW / timedelta(days=1)
    frame = grouped(documents(("a", SENTENCE, 0.0), ("b", SENTENCE, days), ("c", SENTENCE, 2 * days + 0.1)))
    assert story_of(frame) == {"a": "a", "b": "a", "c": "c"}


def test_article_that_arrives_late_joins_the_story_told_meanwhile() -> None:
    rows = [("late", SENTENCE, 0.0), ("known", SENTENCE, 1.0)]
    frame = grouped(documents(*rows, stories={"known": "known"}))
    assert frame.select("key", "story_key", "nearest_key", "similarity").rows() == [("late", "known", "known", 1.0)]


def test_harvest_by_harvest_gives_the_stories_of_one_go() -> None:
    items = ledger(2021)[:600]
    rows = [(str(i.number), f"{i.title}. {i.summary}", (i.published_at - DAY) / timedelta(days=1)) for i in items]
    whole = story_of(grouped(documents(*rows)))
    first = story_of(grouped(documents(*rows[:300])))
    then = story_of(grouped(documents(*rows, stories=first)))
    assert first | then == whole and len(then) == 300


def test_empty_and_short_texts_are_stories_of_their_own() -> None:
    frame = grouped(documents(("a", "", 0.0), ("b", " ", 0.0), ("c", "Tin vắn", 0.0), ("d", "tin vắn", 0.0)))
    assert story_of(frame) == {"a": "a", "b": "b", "c": "c", "d": "c"}
    assert grouped(documents()).is_empty()
