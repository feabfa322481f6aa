"""Figures on news and servers, counted again without SQL: from the generator's ledger and real CloudWatch files."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tiny_lake import TinyLake, utc

from lake.contracts.base import Delivery
from lake.contracts.profile import Profile
from lake.simulator import media
from lake.simulator.province import SEED, TIME_ZONE
from transforms.server import parse

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("dbt")]

AS_OF = "2021-08-16 10:00"
TONES = ("positive", "negative", "neutral")
ITEMS = [item for item in media.ledger(SEED) if item.published_at < utc(AS_OF)]  # six weeks
NAB = ("ec2_cpu_utilization_24ae8d.csv", "ec2_cpu_utilization_825cc2.csv", "ec2_cpu_utilization_ac20cd.csv")
CLOUDWATCH = Profile(
    slug="server",
    format="csv",
    columns={"sampled_at": "timestamp", "value": "value"},
    labels={"__name__": "cpu_utilization", "job": "cloudwatch"},
)


def feed(item: media.Item) -> str:
    return f"feed-{item.site}"


def predicted(item: media.Item) -> str:
    """A model that overlooks two of five negative articles and takes one neutral article of fifteen for negative."""
    if item.tone == "negative" and item.number % 5 < 2:
        return "neutral"
    return "negative" if item.tone == "neutral" and item.number % 15 == 0 else item.tone


def day(item: media.Item) -> date:
    return item.published_at.astimezone(TIME_ZONE).date()


def sample() -> list[media.Item]:
    """The 400 articles of every complete week whose hashes come first, of which nobody labelled every seventh."""
    drawn = []
    weeks: dict[date, list[media.Item]] = {}
    for item in ITEMS:
        weeks.setdefault(day(item) - timedelta(days=day(item).weekday()), []).append(item)
    for week, items in weeks.items():
        if week + timedelta(days=6) < utc(AS_OF).astimezone(TIME_ZONE).date():
            items.sort(key=lambda i: hashlib.md5(f"bc {feed(i)} {i.number}".encode()).hexdigest())
            drawn += items[:400]
    return [item for item in drawn if item.number % 7]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> TinyLake:
    files = [shared_data(f"metrics/nab_aws/{name}") for name in NAB]
    lake = TinyLake(tmp_path_factory.mktemp("independent"))
    lake.declare("bc", "media", AS_OF)
    lake.declare("nhan", "media", AS_OF)
    lake.declare("nab", "server", "2026-01-01 00:00", step_s=300, time_zone="UTC", is_synthetic=False)
    for file in files:
        rows = parse(file.read_bytes(), Delivery("csv", CLOUDWATCH, utc("2026-01-01 00:00"), file.name, {})).rows
        for table, frame in rows.items():
            if table != "server__hosts":
                lake.insert(f"raw.{table}", frame.with_columns(source=pl.lit("nab")))
    keyed = [{"source": "bc", "feed_id": feed(i), "article_id": str(i.number)} for i in ITEMS]
    lake.insert(
        "raw.media__articles",
        [
            key
            | {"url": f"https://bao.example/{i.number}", "headline": i.title, "published_at": i.published_at}
            | {"is_published_at_missing": False, "record_hash": str(i.number)}
            # the first 100 were there when the feeds were first read; what came later was found 10 to 49 minutes late
            | {"received_at": i.published_at + timedelta(minutes=10 + i.number % 40)}
            for key, i in zip(keyed, ITEMS, strict=True)
        ],
    )
    told = {"article_hash": "h", "task": "sentiment", "model_version": "v", "probability": 0.9, "is_abstained": False}
    told |= {"method": "model", "is_audited": False, "ingested_at": utc(AS_OF)}
    lake.insert(
        "raw.media__labels",
        [k | told | {"label": predicted(i), "published_at": i.published_at} for k, i in zip(keyed, ITEMS, strict=True)],
    )
    lake.insert(
        "raw.media__stories",
        [
            k | {"story_key": str(i.story), "event_key": str(i.story), "published_at": i.published_at}
            for k, i in zip(keyed, ITEMS, strict=True)
        ],
    )
    lake.insert(
        "raw.media__human_labels",
        [
            {"source": "nhan", "feed_id": feed(i), "article_id": str(i.number), "labeller_code": "a", "label": i.tone}
            | {"is_blind": True, "labelled_at": utc(AS_OF), "reported_at": utc(AS_OF), "received_at": utc(AS_OF)}
            for i in ITEMS
            if i.number % 7
        ],
    )
    figures = ("int_kpi__media_parts", "int_kpi__media_periods", "int_kpi__data_centre_periods")
    assert lake.dbt("seed").success
    assert lake.dbt("run", "--select", *(f"+{model}" for model in figures)).success
    return lake


def whole(lake: TinyLake, code: str) -> dict[str, object]:
    """The figure over the whole history."""
    parts = lake.query(
        "select sum(numerator) as numerator, sum(denominator) as denominator "
        f"from lake.intermediate.int_kpi__media_parts where code = '{code}'"
    )
    return parts[0]


def period(lake: TinyLake, code: str, model: str = "media") -> dict[str, object]:
    (row,) = lake.query(
        f"select * from lake.intermediate.int_kpi__{model}_periods where code = '{code}' and grain = 'all'"
    )
    return row


def test_tones_and_stories_equal_a_count_of_the_ledger(lake: TinyLake) -> None:
    tones = Counter(map(predicted, ITEMS))
    for code, tone in (("M2P", "positive"), ("M2N", "negative"), ("M2U", "neutral")):
        assert tuple(whole(lake, code).values()) == (tones[tone], len(ITEMS))
    assert tuple(whole(lake, "M4").values()) == (tones["positive"] - tones["negative"], len(ITEMS))
    assert whole(lake, "M1S")["numerator"] == len({item.story for item in ITEMS})


def test_audit_equals_a_count_of_the_sample(lake: TinyLake) -> None:
    audited = sample()
    matrix = np.array([[sum(i.tone == t and predicted(i) == p for i in audited) for p in TONES] for t in TONES])
    n, hits = int(matrix.sum()), int(matrix.trace())
    chance = (matrix.sum(0) * matrix.sum(1)).sum() / n**2
    f1 = 2 * matrix.diagonal() / (matrix.sum(0) + matrix.sum(1))
    accuracy = period(lake, "M5")
    assert (accuracy["numerator"], accuracy["denominator"]) == (hits, n)
    assert period(lake, "M5F")["value"] == pytest.approx(f1.mean())
    assert period(lake, "M5K")["value"] == pytest.approx((hits / n - chance) / (1 - chance))
    found = period(lake, "M5R")
    assert (found["numerator"], found["denominator"]) == tuple(map(int, (matrix[1, 1], matrix[1].sum())))
    (verdict,) = lake.query("select verdict, n_audited from lake.marts.dim_audits")
    assert verdict == {"verdict": "khong_dat", "n_audited": n}  # it overlooks too many negative articles


def test_corrected_shares_solve_the_confusion_and_hold_the_truth(lake: TinyLake) -> None:
    audited = sample()
    matrix = np.array([[sum(i.tone == t and predicted(i) == p for i in audited) for p in TONES] for t in TONES])
    raw, true = Counter(map(predicted, ITEMS)), Counter(item.tone for item in ITEMS)
    seen = np.array([raw[tone] for tone in TONES]) / len(ITEMS)
    shares = np.clip(np.linalg.solve((matrix / matrix.sum(1, keepdims=True)).T, seen), 0, 1)
    for code, tone, share in zip(("M3P", "M3N", "M3U"), TONES, shares / shares.sum(), strict=True):
        row = period(lake, code)
        assert row["value"] == pytest.approx(share)
        assert row["value_low"] <= true[tone] / len(ITEMS) <= row["value_high"]  # type: ignore[operator]
        assert row["value_high"] - row["value_low"] < 0.06  # type: ignore[operator]
    assert abs(seen[1] - true["negative"] / len(ITEMS)) > 0.005  # raw shares tell another story


def test_bursts_equal_a_score_by_hand(lake: TinyLake) -> None:
    first = int(min(i.published_at for i in ITEMS).timestamp() // 3600)
    present = int(utc(AS_OF).timestamp() // 3600)
    counts = Counter(int(i.published_at.timestamp() // 3600) for i in ITEMS if predicted(i) == "negative")
    z = {}
    for hour in range(first + 4 * 168, present):
        earlier = [counts[hour - 168 * week] for week in (1, 2, 3, 4)]
        z[hour] = (counts[hour] - np.mean(earlier)) / max(np.std(earlier, ddof=1), np.mean(earlier) ** 0.5, 1)
    lasting = [min(z[hour], z[hour - 1]) for hour in z if hour - 1 in z]
    row = period(lake, "M8")
    assert row["value"] == pytest.approx(max(lasting))
    assert (row["numerator"], row["denominator"]) == (sum(x >= 3 for x in lasting), len(lasting))


def test_delay_leaves_out_what_the_feeds_held_at_first(lake: TinyLake) -> None:
    seen = {i.number: i.published_at + timedelta(minutes=10 + i.number % 40) for i in ITEMS}
    feeds: dict[str, list[media.Item]] = {}
    for item in ITEMS:
        feeds.setdefault(feed(item), []).append(item)
    delays = [
        (seen[item.number] - item.published_at).total_seconds() / 60
        for items in feeds.values()
        for item in items
        if item.published_at >= min(seen[other.number] for other in items)
    ]
    row = period(lake, "M7")
    assert row["numerator"] == len(delays) < len(ITEMS)
    assert row["value"] == pytest.approx(np.quantile(delays, 0.9))


def test_percentile_of_real_processors(lake: TinyLake, shared_data: Callable[[str], Path]) -> None:
    """Numenta's CloudWatch files, three servers of two weeks at five minutes."""
    values = []
    for name in NAB:
        with shared_data(f"metrics/nab_aws/{name}").open(encoding="utf-8") as file:
            values += [float(row["value"]) / 100 for row in csv.DictReader(file)]
    row = period(lake, "S6C", "data_centre")
    assert (row["numerator"], row["denominator"]) == (len(values), 3)
    assert row["value"] == pytest.approx(np.quantile(values, 0.95))
