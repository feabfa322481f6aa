"""Payloads read again on a small real lake: what can be read now comes in, nothing is doubled, the accounts stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from command import Ioc

from lake.catalog import Catalog, open_catalog
from lake.contracts.base import Delivery, Parsed
from lake.errors import SettingsError
from lake.landing import Landing
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import Source, declare
from orchestration import delivery
from orchestration.harvest import harvest
from orchestration.replay import Replayed, replay, replayable, unknown_batches

pytestmark = pytest.mark.xdist_group("replay")  # one lake for all tests of this module

LEFT_OUT = ("It is left out, because how to read it is not known; declare it in sources.toml.",)
LINES = "id,state,at\n1,open,2021-09-01 08:00\n2,done,2021-09-01 09:00\n3,odd,2021-09-01 10:00\n"
PROFILE: dict[str, Any] = {
    "slug": "ticket",
    "format": "csv",
    "time_zone": "Asia/Ho_Chi_Minh",
    "columns": {"request_id": "id", "status": "state", "requested_at": "at"},
    "status": {"open": "open"},
}
BETTER = PROFILE | {"status": {"open": "open", "done": "closed"}}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("replay") / "home")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    con = catalog.connect()
    ensure_tables(catalog, con)
    yield con
    con.close()


@dataclass
class Bench:
    """One source of the lake; every test has its own."""

    catalog: Catalog
    con: duckdb.DuckDBPyConnection
    file: Path
    n_runs: int = 0

    def source(self, identity: str, slug: str = "ticket", format: str = "csv", **fields: Any) -> Source:
        return declare(identity, slug=slug, format=format, location=str(self.file), name_vi="x", name_en="x", **fields)

    def harvest(self, source: Source, content: str | bytes) -> None:
        self.file.write_bytes(content.encode() if isinstance(content, str) else content)
        harvest(self.catalog, self.con, source, run_id="run", location=source.location)

    def replay(self, source: Source, **chosen: Any) -> Replayed:
        self.n_runs += 1
        return replay(self.catalog, self.con, source, run_id=f"replay {self.n_runs}", **chosen)

    def rows(self, statement: str, source: Source) -> list[tuple[Any, ...]]:
        return self.con.execute(statement, [source.id]).fetchall()

    def accounts(self, source: Source) -> tuple[int, int, int, int]:
        """(offered, accepted, quarantined, de-duplicated), after seeing that they add up and none is below zero."""
        ((offered, accepted, quarantined, deduplicated),) = self.rows(
            "select sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
            "from lake.ops.batches where source = ?",
            source,
        )
        assert offered == accepted + quarantined + deduplicated and min(accepted, quarantined, deduplicated) >= 0
        ((in_force,),) = self.rows(
            "select count(*) from lake.raw.quarantine where source = ? and replayed_at is null", source
        )
        assert in_force == quarantined
        return offered, accepted, quarantined, deduplicated

    def last_snapshot(self) -> Any:
        return self.con.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()


@pytest.fixture
def bench(catalog: Catalog, con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Bench:
    return Bench(catalog, con, tmp_path / "delivered")


def test_a_record_that_can_be_read_now_leaves_the_quarantine_and_is_counted_once(bench: Bench) -> None:
    bench.harvest(bench.source("fixed", profile=PROFILE), LINES)
    source = bench.source("fixed", profile=BETTER)
    assert bench.accounts(source) == (3, 1, 2, 0)
    (receipt,) = bench.replay(source).receipts
    assert (receipt.n_offered, receipt.n_accepted, receipt.n_quarantined, receipt.n_replaced) == (0, 1, -1, 0)
    assert bench.accounts(source) == (3, 2, 1, 0)
    found = "select request_id, status from lake.raw.ticket__requests where source = ? order by all"
    assert bench.rows(found, source) == [("1", "open"), ("2", "closed")]
    marked = (
        "select reason, replayed_by, replayed_at is null from lake.raw.quarantine where source = ? order by position"
    )
    (_, by, is_in_force), (_, by_none, stays) = bench.rows(marked, source)
    assert (by, is_in_force, by_none, stays) == (receipt.batch_id, False, None, True)
    before = bench.last_snapshot()
    assert bench.replay(source).receipts == ()
    assert bench.last_snapshot() == before  # not even an empty commit
    bench.harvest(source, LINES)  # the bytes are known in today's reading too
    assert bench.accounts(source) == (3, 2, 1, 0)


def test_a_value_that_was_misread_is_replaced_and_not_doubled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def misread(body: bytes, delivery_: Delivery) -> Parsed:
        parsed = parse(body, delivery_)
        rows = dict(parsed.rows)
        rows["ticket__requests"] = rows["ticket__requests"].with_columns(pl.col("requested_at") + timedelta(hours=7))
        return replace(parsed, rows=rows)

    parse = delivery.PARSE["ticket"]
    source = bench.source("misread", profile=BETTER)
    with monkeypatch.context() as patch:
        patch.setitem(delivery.PARSE, "ticket", misread)  # type: ignore[arg-type]  # a dict behind the Mapping
        bench.harvest(source, LINES)
    found = (
        "select request_id, requested_at, received_at, ingested_at from lake.raw.ticket__requests "
        "where source = ? order by all"
    )
    before = bench.rows(found, source)
    (receipt,) = bench.replay(source).receipts
    assert (receipt.n_accepted, receipt.n_replaced) == (0, 2)
    after = bench.rows(found, source)
    assert [row[1] for row in after] == [row[1] - timedelta(hours=7) for row in before]
    assert [row[2:] for row in after] == [row[2:] for row in before]  # no newer version than what came since
    assert bench.accounts(source) == (3, 2, 1, 0)
    assert bench.replay(source).receipts == ()


def test_a_column_that_an_older_version_left_empty_is_filled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = BETTER | {"columns": BETTER["columns"] | {"address": "where"}}
    source = bench.source("filled", profile=shape, unit_code="93")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "locator", lambda *_: None)  # the version that did not read addresses
        bench.harvest(source, 'id,state,at,where\n1,open,2021-09-01 08:00,"ấp 3, xã Vị Tân, TP Vị Thanh"\n')
    found = "select unit_code, located_code, is_located_surely from lake.raw.ticket__requests where source = ?"
    assert bench.rows(found, source) == [(None, None, None)]
    bench.replay(source)
    assert bench.rows(found, source) == [(None, "31333", True)]
    assert bench.accounts(source) == (1, 1, 0, 0)
    assert bench.replay(source).receipts == ()


def test_a_state_that_came_back_stays_the_newest(bench: Bench) -> None:
    source = bench.source("returning", profile=PROFILE)
    for state in ("open", "done", "open"):
        bench.harvest(source, f"id,state,at\n1,{state},2021-09-01 08:00\n2,open,2021-09-01 08:00\n")
    assert bench.accounts(source) == (6, 2, 1, 3)
    better = bench.source("returning", profile=BETTER)
    bench.replay(better)
    versions = bench.rows(
        "select status from lake.raw.ticket__requests where source = ? and request_id = '1' order by received_at",
        source,
    )
    assert versions == [("open",), ("closed",), ("open",)]
    assert bench.accounts(source) == (6, 4, 0, 2)
    assert bench.replay(better).receipts == ()


def test_a_record_that_was_accepted_since_leaves_the_quarantine_as_a_duplicate(bench: Bench) -> None:
    bench.harvest(bench.source("late", profile=PROFILE), LINES)
    better = bench.source("late", profile=BETTER)
    bench.harvest(better, LINES + "4,open,2021-09-01 11:00\n")
    assert bench.accounts(better) == (7, 3, 2, 2)
    bench.replay(better)
    assert bench.accounts(better) == (7, 3, 1, 3)


def test_payloads_refused_as_a_whole_are_tried_again_and_the_others_named(bench: Bench) -> None:
    renamed = PROFILE | {"columns": PROFILE["columns"] | {"status": "trạng thái"}}
    source = bench.source("refused", profile=renamed)
    bench.harvest(source, LINES)
    bench.harvest(source, "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>")
    assert bench.rows("select count(*) from lake.ops.batches where source = ?", source) == [(0,)]
    done = bench.replay(better := bench.source("refused", profile=BETTER))
    assert (done.n_read, [r.n_accepted for r in done.receipts], done.failures) == (1, [2], ())
    assert bench.accounts(better) == (3, 2, 1, 0)
    (note,) = done.notes
    assert note.startswith("1 payloads are refused as before, first: ") and "an HTML page, not a CSV" in note
    assert bench.replay(better).receipts == ()


def test_a_reading_that_fails_today_leaves_what_there_was(bench: Bench) -> None:
    bench.harvest(bench.source("worse", profile=BETTER), LINES)
    worse = bench.source("worse", profile=BETTER | {"columns": BETTER["columns"] | {"status": "trạng thái"}})
    (failure,) = (done := bench.replay(worse)).failures
    assert failure.startswith("worse: the delivery ") and "trạng thái" in failure and done.n_read == 0
    assert bench.accounts(worse) == (3, 2, 1, 0)


def test_lost_payloads_are_told_and_what_they_brought_stays(bench: Bench) -> None:
    source = bench.source("lost", profile=PROFILE)
    for day in (1, 2):
        bench.harvest(source, LINES.replace("2021-09-01", f"2021-09-0{day}"))
    expired, erased = bench.rows("select sha256 from lake.ops.objects where source = ? order by received_at", source)
    landing = Landing(bench.catalog.settings)
    landed = landing.find("lost", expired[0])
    assert landed is not None
    landed.path.unlink()
    landed.path.with_suffix(".json").unlink()
    forgotten = landing.find("lost", erased[0])
    assert forgotten is not None
    landing.forget(forgotten)
    before = bench.accounts(source)
    done = bench.replay(bench.source("lost", profile=BETTER))
    assert done.notes == (
        "1 deliveries stay as they were read: their payloads were removed by the retention.",
        "1 deliveries stay as they were read: a payload was erased at a person's request.",
    )
    assert (done.n_read, done.receipts, bench.accounts(source)) == (0, (), before)


def test_rows_past_their_retention_do_not_come_back(bench: Bench) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=800)).timestamp()  # camera events are kept for 730 days
    line = (
        '{{"type":"end","before":{{}},"after":{{"id":"{0}","camera":"c","frame_time":{0},"start_time":{0},'
        '"end_time":{0},"label":"car"}}}}\n'
    )
    source = bench.source("old", "camera", "ndjson", profile="frigate")
    bench.harvest(source, "".join(line.format(at) for at in (long_ago, datetime.now(UTC).timestamp())))
    before = bench.accounts(source)
    assert before[1] == 2
    bench.con.execute("delete from lake.raw.camera__events where source = 'old' and sent_at < now() - interval 1 year")
    assert bench.replay(source).receipts == ()
    assert bench.rows("select count(*) from lake.raw.camera__events where source = ?", source) == [(1,)]
    bench.con.execute("delete from lake.raw.camera__events where source = 'old'")  # lost otherwise, so it comes back
    bench.replay(source)
    assert bench.rows("select count(*) from lake.raw.camera__events where source = ?", source) == [(1,)]


def test_only_the_chosen_deliveries_are_read_again(bench: Bench) -> None:
    source = bench.source("chosen", profile=PROFILE)
    for day in (1, 2):
        bench.harvest(source, LINES.replace("2021-09-01", f"2021-09-0{day}"))
    better = bench.source("chosen", profile=BETTER)
    ((batch_id,), _) = bench.rows(
        "select batch_id from lake.ops.batches where source = ? group by 1 order by min(committed_at)", source
    )
    assert bench.replay(better, since=datetime.now(UTC)).n_read == 0
    assert bench.replay(better, batches=[batch_id]).n_read == 1
    assert bench.accounts(source) == (6, 3, 3, 0)
    assert len(bench.replay(better).receipts) == 1
    assert bench.accounts(source) == (6, 4, 2, 0)


def test_what_cannot_be_read_without_its_profile_is_left_out_and_said(bench: Bench) -> None:
    bench.harvest(bench.source("profiled", profile=PROFILE), LINES)
    bench.harvest(feed := bench.source("plain", "media", "feed"), "<rss><channel></channel></rss>")
    sources, (left_out,) = replayable(bench.con, [], ["profiled", "plain"])
    assert (left_out.source, left_out.notes) == ("profiled", LEFT_OUT)
    assert [(source.id, source.format) for source in sources] == [("plain", feed.format)]
    with pytest.raises(SettingsError, match="No source named other is known"):
        replayable(bench.con, [feed], ["other"])
    assert unknown_batches(bench.con, ["plain"], ["abc"]) == ["abc"]


def test_the_command_says_what_changed(ioc: Ioc, tmp_path: Path) -> None:
    file, profile = tmp_path / "a.csv", tmp_path / "mine.toml"
    file.write_text(LINES)
    text = (
        'slug = "ticket"\nformat = "csv"\n[columns]\nrequest_id = "id"\nstatus = "state"\nrequested_at = "at"\n'
        '[status]\nopen = "open"\n'
    )
    profile.write_text(text)
    ioc("ingest", "ticket", str(file), "--profile", str(profile), "--source", "mine", "--no-build")
    profile.write_text(text + 'done = "closed"\n')
    (ioc.home / "sources.toml").write_text(
        f'[mine]\nslug = "ticket"\nformat = "csv"\nlocation = "{file}"\nprofile = "{profile}"\n'
        'name_vi = "x"\nname_en = "x"\n'
    )
    said = ioc("replay", "--source", "mine", "--no-build").stdout
    assert "mine: 1 deliveries read again, 1 differ: accepted +1, quarantined -1, replaced 0" in said
