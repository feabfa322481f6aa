"""The suites: a sound batch passes, each kind of damage is told, and only blocking damage blocks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from lake.contracts import camera, media, server, ticket
from lake.contracts.base import Contract
from lake.errors import ContractViolation
from lake.quality.filled import FILLED, Filled, filled_before
from lake.quality.run import BatchFacts, CheckResult, validate

RECEIVED_AT = datetime(2021, 9, 30, 10, tzinfo=UTC)
N = 200
Frames = dict[str, pl.DataFrame]


def frame(contract: Contract, **columns: Any) -> pl.DataFrame:
    """N rows of the contract's shape; a column not given is null."""
    length = pl.DataFrame({"row": range(N)})
    values = [
        pl.Series(name, columns[name], dtype=dtype)
        if isinstance(columns.get(name), list)
        else pl.lit(columns.get(name), dtype=dtype).alias(name)
        for name, dtype in contract.polars_schema.items()
    ]
    return length.with_columns(values).drop("row")


def minutes_ago() -> list[datetime]:
    return [RECEIVED_AT - timedelta(minutes=i) for i in range(N)]


def good(slug: str) -> Frames:
    ids = [f"id-{i}" for i in range(N)]
    match slug:
        case "ticket":
            rows = frame(
                ticket.REQUESTS,
                request_id=ids,
                status=["open", "closed"] * (N // 2),
                description="Đèn đường hỏng",
                requested_at=minutes_ago(),
                updated_at=minutes_ago(),
                lat=9.78,
                long=105.47,
                is_closed_before_requested=False,
            )
            events = frame(
                ticket.EVENTS,
                request_id=ids,
                seq=1,
                event_type="opened",
                occurred_at=minutes_ago(),
                is_out_of_order=False,
            )
            services = frame(
                ticket.SERVICES, service_code=ids, listed_at=RECEIVED_AT, service_name="Rác thải", service_type="batch"
            )
            return {"ticket__requests": rows, "ticket__events": events, "ticket__services": services}
        case "server":
            series = frame(server.SERIES, series_id=ids, metric=["up", "node_load1"] * (N // 2), labels="{}")
            values = [1.0, float("nan")] * (N // 2)
            samples = frame(server.SAMPLES, series_id=ids, sampled_at=minutes_ago(), value=values)
            hosts = frame(
                server.HOSTS,
                host=ids,
                exported_at=RECEIVED_AT,
                name=ids,
                status="enabled",
                group_names=[["Máy chủ"]] * N,
                template_names=[[]] * N,
                interfaces="[]",
                n_interfaces=1,
            )
            return {"server__series": series, "server__samples": samples, "server__hosts": hosts}
        case "media":
            rows = frame(
                media.ARTICLES,
                article_id=ids,
                feed_id="https://news.example/rss",
                headline="Hậu Giang",
                published_at=minutes_ago(),
                is_published_at_missing=False,
            )
            others = [c for c in vars(media).values() if isinstance(c, Contract) and c != media.ARTICLES]
            return {"media__articles": rows, **{other.table: frame(other).clear() for other in others}}
        case _:
            events = frame(
                camera.EVENTS,
                camera_id="ql1a-01",
                event_id=ids,
                event_type="end",
                sent_at=minutes_ago(),
                start_at=minutes_ago(),
                end_at=minutes_ago(),
                label="motorcycle",
                top_score=0.9,
                speed_km_h=41.5,
            )
            status = frame(
                camera.STATUS, camera_id="ql1a-01", reported_at=minutes_ago(), camera_fps=5.0, is_online=True
            )
            plates = frame(camera.PLATES, camera_id="ql1a-01", event_id=ids, read_at=minutes_ago())
            signals = frame(
                camera.SIGNALS, camera_id="ql1a-01", topic="Device/IO/Port", item=ids, sent_at=minutes_ago()
            )
            flags = {column.name: False for column in camera.COUNTS.columns if column.name.startswith("is_")}
            counts = frame(
                camera.COUNTS,
                **flags,
                station_id="t1",
                lane="1",
                direction="all",
                vehicle_class="all",
                n_vehicles=12,
                record_id="interval",
                started_at=minutes_ago(),
                ended_at=minutes_ago(),
            )
            registry = frame(
                camera.REGISTRY,
                camera_id=ids,
                installed_on=RECEIVED_AT.date(),
                lat=9.78,
                long=105.47,
                is_retired_before_installed=False,
                stated_at=RECEIVED_AT,
            )
            return {
                "camera__events": events,
                "camera__status": status,
                "camera__plates": plates,
                "camera__signals": signals,
                "camera__counts": counts,
                "camera__registry": registry,
            }


def facts(n_offered: int = N, n_quarantined: int = 0, *, is_first: bool = True) -> BatchFacts:
    return BatchFacts(n_offered, n_quarantined, RECEIVED_AT, is_first)


def failures(results: list[CheckResult], severity: str) -> set[tuple[str, str | None]]:
    return {(r.suite, r.column_name) for r in results if not r.is_success and r.severity == severity}


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["ticket", "server", "media", "camera"])
def test_sound_batch_is_not_held_back(slug: str) -> None:
    results = validate(slug, good(slug), facts=facts())
    assert [r for r in results if not r.is_success] == []
    assert {r.suite for r in results} >= {
        f"{slug}__delivery",
        *(table for table, rows in good(slug).items() if rows.height),
    }
    assert {r.severity for r in results} == {"blocking", "warning"}


def put(table: str, column: str, *values: Any) -> Callable[[Frames], Frames]:
    """Damage: the first rows of `column` get `values`."""

    def damage(frames: Frames) -> Frames:
        held = frames[table]
        head = pl.Series(column, values, dtype=held.schema[column])
        return {**frames, table: held.with_columns(pl.concat([head, held[column][len(values) :]]))}

    return damage


def again_undated(frames: Frames) -> Frames:
    """Damage: a request is there twice and its source gives no `updated_at`."""
    return again(REQUESTS)(put(REQUESTS, "updated_at", None)(frames))


def again(table: str) -> Callable[[Frames], Frames]:
    """Damage: the first row is there twice."""
    return lambda frames: {**frames, table: pl.concat([frames[table], frames[table].head(1)])}


LATER = RECEIVED_AT + timedelta(minutes=11)
LONG_AGO = datetime(1999, 12, 31, tzinfo=UTC)
EVENTS, STATUS, REQUESTS = "camera__events", "camera__status", "ticket__requests"
PLATES, SIGNALS, COUNTS, REGISTRY = "camera__plates", "camera__signals", "camera__counts", "camera__registry"
SAMPLES, SERIES, ARTICLES = "server__samples", "server__series", "media__articles"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "damage", "suite", "column"),
    [
        ("ticket", again(REQUESTS), REQUESTS, "request_id, updated_at"),
        ("ticket", put(REQUESTS, "request_id", " \t"), REQUESTS, "request_id"),
        ("ticket", put(REQUESTS, "status", "reopened"), REQUESTS, "status"),
        ("ticket", again("ticket__services"), "ticket__services", "service_code, listed_at"),
        ("server", again("server__hosts"), "server__hosts", "host, exported_at"),
        ("server", put("server__hosts", "status", "lạ"), "server__hosts", "status"),
        ("ticket", put(REQUESTS, "requested_at", LATER), REQUESTS, "requested_at"),
        ("ticket", put(REQUESTS, "requested_at", LONG_AGO), REQUESTS, "requested_at"),
        ("ticket", put(REQUESTS, "lat", 105.47), REQUESTS, "lat"),
        ("ticket", put(REQUESTS, "long", -180.5), REQUESTS, "long"),
        ("server", again(SERIES), SERIES, "series_id"),
        ("server", put(SERIES, "metric", ""), SERIES, "metric"),
        ("server", again(SAMPLES), SAMPLES, "series_id, sampled_at"),
        ("server", put(SAMPLES, "sampled_at", LATER), SAMPLES, "sampled_at"),
        ("server", put(SAMPLES, "value", 2.0), "server__samples.up", "value"),
        ("server", put(SAMPLES, "value", float("nan")), "server__samples.up", "value"),
        ("media", put(ARTICLES, "article_id", ""), ARTICLES, "article_id"),
        ("media", put(ARTICLES, "headline", "  "), ARTICLES, "headline"),
        ("media", put(ARTICLES, "published_at", *[LATER] * 11), ARTICLES, "published_at"),
        ("camera", again(EVENTS), EVENTS, "camera_id, event_id, event_type, sent_at"),
        ("camera", put(EVENTS, "camera_id", ""), EVENTS, "camera_id"),
        ("camera", put(EVENTS, "event_id", ""), EVENTS, "event_id"),
        ("camera", put(EVENTS, "event_type", "gone"), EVENTS, "event_type"),
        ("camera", put(EVENTS, "sent_at", LATER), EVENTS, "sent_at"),
        ("camera", put(EVENTS, "start_at", LONG_AGO), EVENTS, "start_at"),
        ("camera", put(EVENTS, "top_score", 90.0), EVENTS, "top_score"),
        ("camera", put(EVENTS, "plate_confidence", 1.01), EVENTS, "plate_confidence"),
        ("camera", again(STATUS), STATUS, "camera_id, reported_at"),
        ("camera", put(STATUS, "camera_id", " "), STATUS, "camera_id"),
        ("camera", put(STATUS, "reported_at", LATER), STATUS, "reported_at"),
        ("camera", again(PLATES), PLATES, "camera_id, event_id, read_at"),
        ("camera", put(PLATES, "plate_confidence", 93.0), PLATES, "plate_confidence"),
        ("camera", put(SIGNALS, "topic", ""), SIGNALS, "topic"),
        ("camera", put(COUNTS, "started_at", LONG_AGO), COUNTS, "started_at"),
        ("camera", again(REGISTRY), REGISTRY, "camera_id, installed_on"),
    ],
)
def test_damaged_batch_is_blocked(slug: str, damage: Callable[[Frames], Frames], suite: str, column: str) -> None:
    results = validate(slug, damage(good(slug)), facts=facts())
    assert failures(results, "blocking") == {(suite, column)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "damage", "suite", "column"),
    [
        ("ticket", put(REQUESTS, "closed_at", LATER), REQUESTS, "closed_at"),
        ("ticket", put(REQUESTS, "expected_at", LONG_AGO), REQUESTS, "expected_at, requested_at"),
        ("ticket", put("ticket__events", "occurred_at", LATER), "ticket__events", "occurred_at"),
        ("ticket", put("ticket__services", "service_type", "lạ"), "ticket__services", "service_type"),
        ("server", put("server__hosts", "n_interfaces", 0), "server__hosts", "n_interfaces"),
        ("ticket", put(REQUESTS, "updated_at", LATER), REQUESTS, "updated_at"),
        ("ticket", again_undated, REQUESTS, "request_id, updated_at"),
        ("ticket", put(REQUESTS, "description", " "), REQUESTS, "description"),
        (
            "ticket",
            put(REQUESTS, "is_closed_before_requested", *[True] * 3),
            REQUESTS,
            "is_closed_before_requested",
        ),
        ("media", again(ARTICLES), ARTICLES, "article_id, feed_id, modified_at"),
        ("media", put(ARTICLES, "published_at", LATER), ARTICLES, "published_at"),
        (
            "media",
            put(ARTICLES, "is_published_at_missing", *[True] * 41),
            ARTICLES,
            "is_published_at_missing",
        ),
        ("camera", put(EVENTS, "label", "kangaroo"), EVENTS, "label"),
        ("camera", put(EVENTS, "speed_km_h", 412.0), EVENTS, "speed_km_h"),
        ("camera", put(EVENTS, "end_at", LONG_AGO), EVENTS, "end_at, start_at"),
        ("camera", put(STATUS, "camera_fps", -1.0), STATUS, "camera_fps"),
        ("camera", put(COUNTS, "vehicle_class", "rickshaw"), COUNTS, "vehicle_class"),
        ("camera", put(COUNTS, "is_speed_impossible", *[True] * (N // 2)), COUNTS, "is_speed_impossible"),
        ("camera", put(COUNTS, "is_out_of_order", True), COUNTS, "is_out_of_order"),
        ("camera", put(COUNTS, "observed_pct", 0.0), COUNTS, "observed_pct"),
        ("camera", put(REGISTRY, "lat", 105.47), REGISTRY, "lat"),
        ("camera", put(REGISTRY, "is_retired_before_installed", True), REGISTRY, "is_retired_before_installed"),
    ],
)
def test_odd_batch_is_reported_but_not_blocked(
    slug: str, damage: Callable[[Frames], Frames], suite: str, column: str
) -> None:
    results = validate(slug, damage(good(slug)), facts=facts())
    assert failures(results, "warning") == {(suite, column)}
    assert failures(results, "blocking") == set()


@pytest.mark.slow
def test_detector_that_is_wrong_more_often_than_right_is_blocked() -> None:
    damage = put(COUNTS, "is_count_impossible", *[True] * (N // 2 + 1))
    results = validate("camera", damage(good("camera")), facts=facts())
    assert failures(results, "blocking") == {(COUNTS, "is_count_impossible")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "n", "slug", "table"),
    [
        ("is_closed_before_requested", 2, "ticket", REQUESTS),
        ("is_published_at_missing", 40, "media", ARTICLES),
    ],
)
def test_tolerated_share_is_not_reported(column: str, n: int, slug: str, table: str) -> None:
    results = validate(slug, put(table, column, *[True] * n)(good(slug)), facts=facts())
    assert all(r.is_success for r in results)
    assert [r.observed[:14] for r in results if r.column_name == column] == [f"{n} of 200 unexpected"[:14]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "blocking", "warning"),
    [
        (facts(1000, 10), 0, 0),
        (facts(1000, 11), 0, 1),
        (facts(1000, 50), 0, 1),
        (facts(1000, 51), 1, 1),
    ],
)
def test_harvest_that_went_to_quarantine_does_not_pass_as_success(
    given: BatchFacts, blocking: int, warning: int
) -> None:
    results = validate("media", good("media"), facts=given)
    failed = [r.severity for r in results if not r.is_success]
    assert (failed.count("blocking"), failed.count("warning")) == (blocking, warning)


def test_first_harvest_without_rows_is_blocked_and_a_quiet_hour_is_not() -> None:
    empty = {name: rows.clear() for name, rows in good("camera").items()}
    first = validate("camera", empty, facts=facts(0))
    assert [r.expectation for r in first if not r.is_success and r.severity == "blocking"] == [
        "expect_records_offered",
        "expect_rows_in_first_batch",
    ]
    later = validate("camera", empty, facts=facts(0, is_first=False))
    assert [(r.expectation, r.severity) for r in later if not r.is_success] == [("expect_records_offered", "warning")]
    known = validate("camera", empty, facts=facts(500, is_first=False))
    assert all(r.is_success for r in known)


DEADLINE = next(f for f in FILLED["ticket"] if f.column == "expected_at")
CLOSED_AT = next(f for f in FILLED["ticket"] if f.column == "closed_at")


def still_filled(n_rows: int, shares: dict[Filled, float], **columns: Any) -> dict[str | None, bool]:
    """Verdicts by column on the first rows of a sound batch of tickets with `columns` set."""
    rows = good("ticket")[REQUESTS].head(n_rows).with_columns(**{name: pl.lit(v) for name, v in columns.items()})
    given = BatchFacts(N, 0, RECEIVED_AT, is_first=False, filled_before=shares)
    others = {name: rows.clear() for name, rows in good("ticket").items()}
    results = validate("ticket", others | {REQUESTS: rows.clear() if n_rows == 0 else rows}, facts=given)
    return {r.column_name: r.is_success for r in results if r.expectation == "expect_column_still_filled"}


@pytest.mark.parametrize(
    ("n_rows", "share", "is_success"),
    [(N, 1.0, False), (2, 1.0, False), (1, 1.0, True), (0, 1.0, True), (N, 0.07, False), (N, 0.06, True), (N, 0, True)],
)
def test_column_that_is_suddenly_empty_is_told_from_one_that_is_often_empty(
    n_rows: int, share: float, is_success: bool
) -> None:
    assert still_filled(n_rows, {DEADLINE: share}) == {"expected_at": is_success}


def test_column_is_missed_only_where_it_could_be_filled() -> None:
    assert still_filled(N, {CLOSED_AT: 0.99}, status="open") == {"closed_at": True}
    assert still_filled(N, {CLOSED_AT: 0.99}, status="closed") == {"closed_at": False}


def test_one_filled_row_is_enough() -> None:
    frames = put(REQUESTS, "expected_at", RECEIVED_AT)(good("ticket"))
    given = BatchFacts(N, 0, RECEIVED_AT, is_first=False, filled_before={DEADLINE: 1.0})
    assert failures(validate("ticket", frames, facts=given), "blocking") == set()


@pytest.mark.parametrize(
    ("slug", "contracts"),
    [
        ("ticket", [ticket.REQUESTS]),
        ("server", [server.SERIES]),
        ("media", [media.ARTICLES]),
        ("camera", [camera.EVENTS, camera.COUNTS, camera.REGISTRY]),
    ],
)
def test_watched_columns_are_optional_ones_of_the_contract(slug: str, contracts: list[Contract]) -> None:
    for filled in FILLED[slug]:
        (contract,) = [c for c in contracts if c.table == filled.table]
        assert filled.column in set(contract.names) - set(contract.required)


def test_history_is_that_of_the_newest_other_batches_of_the_source() -> None:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as lake; create schema lake.ops; create schema lake.raw;")
        con.execute(
            "create table lake.ops.batches (batch_id text, source text, table_name text, n_accepted int, "
            "committed_at int)"
        )
        columns = ", ".join(f'"{name}" text' for name in ticket.REQUESTS.names)
        con.execute(f"create table lake.raw.ticket__requests ({columns}, source text, batch_id text)")
        for n in range(30):
            source = "other" if n == 28 else "s"
            con.execute("insert into lake.ops.batches values (?, ?, 'ticket__requests', 1, ?)", [f"b{n}", source, n])
            con.execute(
                "insert into lake.raw.ticket__requests (status, expected_at, source, batch_id) values "
                "('open', ?, ?, ?)",
                ["x" if n >= 18 else None, source, f"b{n}"],
            )
        shares = filled_before(con, "ticket", "s", ["b29"])
    # Of b8 to b27 the last ten are filled; b28 is another source's, b29 the new one; none is closed.
    assert shares[DEADLINE] == 0.5
    assert CLOSED_AT not in shares


@pytest.mark.slow
def test_verdict_says_how_many_values_were_looked_at_and_shows_the_wrong_ones() -> None:
    frames = put(REQUESTS, "lat", 105.47, None)(good("ticket"))
    [result] = [r for r in validate("ticket", frames, facts=facts()) if r.column_name == "lat"]
    assert (result.n_checked, result.observed) == (199, "1 of 199 unexpected (0.50%), e.g. 105.47")


@pytest.mark.parametrize(
    "frames",
    [
        {},
        {"camera__events": good("camera")["camera__events"]},
        {**good("camera"), "camera__faces": pl.DataFrame()},
        {**good("camera"), "camera__status": good("camera")["camera__status"].drop("camera_fps")},
    ],
)
def test_forgotten_table_or_column_is_not_taken_for_a_clean_one(frames: Frames) -> None:
    with pytest.raises(ContractViolation):
        validate("camera", frames, facts=facts())


@pytest.mark.slow
def test_expectation_that_cannot_be_evaluated_counts_as_failed() -> None:
    # top_score as text makes the range comparison itself fail
    frames = good("camera")
    frames["camera__events"] = frames["camera__events"].with_columns(pl.lit("high").alias("top_score"))
    [result] = [r for r in validate("camera", frames, facts=facts()) if r.column_name == "top_score"]
    assert not result.is_success
    assert result.severity == "blocking"
    assert result.observed.startswith("not evaluated")


@pytest.mark.slow
def test_great_expectations_is_not_loaded_before_there_are_rows_to_check() -> None:
    script = """
import sys
from tests.lake.test_quality import facts, good, validate
empty = {name: rows.clear() for name, rows in good("camera").items()}
validate("camera", empty, facts=facts(5, is_first=False))
print("great_expectations" in sys.modules)
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
