"""Great Expectations on new batches, as Dagster asset checks, with every result kept in `ops.check_results`."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import duckdb
import polars as pl

from lake.contracts import server
from lake.contracts.base import Contract
from lake.errors import SettingsError
from lake.schema import CONTRACTS
from lake.transactions import record
from orchestration.progress import report
from orchestration.resources import LakeResource

SAMPLE_ROWS = 100_000  # rows of a batch a suite looks at; the counts it judges are of the whole batch


def suite_checks(slug: str, key: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """The two checks of a slug: blocking expectations stop the publish, warnings are shown only."""

    @dg.multi_asset_check(
        name=f"{slug}_suite",
        specs=[
            dg.AssetCheckSpec("blocking", asset=key, blocking=True, description="must hold before a publish"),
            dg.AssetCheckSpec("warning", asset=key, description="shown on the quality page"),
        ],
    )
    def suite(context: dg.AssetCheckExecutionContext, lake: LakeResource):  # type: ignore[no-untyped-def]  # Dagster rejects a quoted iterator here
        with lake.session() as session:
            results = validate_new_batches(session.con, slug, context.run.run_id)
        for severity in ("blocking", "warning"):
            failed = [f"{r[0]}: {r[1]}" for r in results if r[2] == severity and not r[3]]
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(list(key)),
                check_name=severity,
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR if severity == "blocking" else dg.AssetCheckSeverity.WARN,
                metadata={"failed": failed, "checked": sum(r[2] == severity for r in results)},
            )

    return [suite]


def validate_new_batches(con: duckdb.DuckDBPyConnection, slug: str, run_id: str) -> list[tuple[str, str, str, bool]]:
    """Run the suite of `slug` on every source's batches that no suite has seen, and keep the results.

    A batch whose run died before its checks is thus checked by the next run. The new batches of one source are
    checked together. Returns (source, expectation, severity, is_success) per expectation.
    """
    waiting = con.execute(
        "select source, list(distinct batch_id) from lake.ops.batches b where slug = ? and batch_id not in "
        "(select batch_id from lake.ops.check_results where batch_id is not null) "
        "group by source having bool_or(n_accepted > 0 or n_quarantined > 0) order by source",
        [slug],
    ).fetchall()
    results: list[tuple[str, str, str, bool]] = []
    for source, batch_ids in waiting:
        report(source, "checking")
        results += _validate(con, slug, source, batch_ids, run_id)
    return results


def _validate(
    con: duckdb.DuckDBPyConnection, slug: str, source: str, batch_ids: list[str], run_id: str
) -> list[tuple[str, str, str, bool]]:
    from lake.quality.filled import filled_before
    from lake.quality.run import BatchFacts, validate  # Great Expectations costs seconds and 270 MB: late

    frames = {
        contract.table: _sample(con, contract, source, batch_ids)
        for contract in CONTRACTS.values()
        if contract.slug == slug
    }
    if slug == "server":  # the suite judges a sample with its series, which is often long known
        known = con.execute(
            f"select {_columns(server.SERIES)} from lake.raw.{server.SERIES.table} where source = ?", [source]
        ).pl()
        frames[server.SERIES.table] = known.join(frames[server.SAMPLES.table], on="series_id", how="semi")
    facts = con.execute(
        "select sum(n_offered), sum(n_quarantined), (select max(as_of) from lake.ops.harvests where source = ?), "
        "not exists (select 1 from lake.ops.batches where source = ? and not list_contains(?, batch_id)) "
        "from lake.ops.batches where list_contains(?, batch_id)",
        [source, source, batch_ids, batch_ids],
    ).fetchone()
    assert facts is not None
    checked = validate(
        slug,
        frames,
        facts=BatchFacts(
            n_offered=int(facts[0]),
            n_quarantined=int(facts[1]),
            received_at=facts[2].astimezone(UTC) if facts[2] else datetime.now(UTC),
            is_first=bool(facts[3]),
            filled_before=filled_before(con, slug, source, batch_ids),
        ),
    )
    now = datetime.now(UTC)
    record(
        con,
        "ops.check_results",
        [
            (
                *(run_id, source, slug, batch_id, c.suite, c.expectation, c.column_name, c.severity),
                *(c.is_success, c.observed, c.n_checked, now),
            )
            for batch_id in batch_ids
            for c in checked
        ],
    )
    return [(source, c.expectation, c.severity, c.is_success) for c in checked]


def _sample(con: duckdb.DuckDBPyConnection, contract: Contract, source: str, batch_ids: list[str]) -> pl.DataFrame:
    """Rows of the batches, at most SAMPLE_ROWS, the same ones on every call."""
    return con.execute(
        f"select {_columns(contract)} from (select * from lake.raw.{contract.table} "
        f"where source = ? and list_contains(?, batch_id)) using sample reservoir({SAMPLE_ROWS} rows) repeatable (7)",
        [source, batch_ids],
    ).pl()


def _columns(contract: Contract) -> str:
    return ", ".join(f'"{name}"' for name in contract.names)


def closed_gates(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Blocking expectations that failed on a batch nobody released: "source: expectation (observed)", once each."""
    return [f"{source}: {gate}" for source, gates in held_back(con).items() for gate in gates]


def held_back(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The same by source, "expectation column (observed)" each."""
    rows = con.execute(
        "select distinct source, expectation, coalesce(column_name, ''), observed from lake.ops.check_results "
        "where severity = 'blocking' and not is_success and batch_id is not null "
        "and batch_id not in (select batch_id from lake.ops.releases) order by all"
    ).fetchall()
    held: dict[str, list[str]] = {}
    for source, expectation, column, observed in rows:
        held.setdefault(source, []).append(f"{' '.join(filter(None, (expectation, column)))} ({observed})")
    return held


def release_source(con: duckdb.DuckDBPyConnection, source: str, reason: str) -> int:
    """Release the batches of `source` that failed a blocking check; returns how many. Raises SettingsError if none."""
    waiting = [
        row[0]
        for row in con.execute(
            "select distinct batch_id from lake.ops.check_results where source = ? and severity = 'blocking' "
            "and not is_success and batch_id not in (select batch_id from lake.ops.releases)",
            [source],
        ).fetchall()
    ]
    if not waiting:
        raise SettingsError(f"No batch of {source!r} is held back; see `ioc status` for the sources.")
    now = datetime.now(UTC)
    record(con, "ops.releases", [(batch, reason, now) for batch in waiting])
    return len(waiting)
