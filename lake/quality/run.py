"""Runs the suites of a slug on a new batch and hands back plain results."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from lake.contracts.base import Contract
from lake.errors import ContractViolation
from lake.quality.expect import Expectation, Severity, Suite
from lake.quality.filled import Filled, is_missed

QUARANTINED_SHARE_LIMITS: tuple[tuple[Severity, float], ...] = (("blocking", 0.05), ("warning", 0.01))


@dataclass(frozen=True)
class BatchFacts:
    """What is known of a batch besides its rows.

    `n_offered` records were in the payloads and `n_quarantined` of them were set aside; `received_at` is the
    instant of the harvest (aware, UTC); `is_first`: the source instance has nothing in the lake yet;
    `filled_before`: how far earlier batches of the source filled each optional column (0..1).
    """

    n_offered: int
    n_quarantined: int
    received_at: datetime
    is_first: bool
    filled_before: Mapping[Filled, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """One expectation's verdict. `n_checked` counts the values (or rows) looked at, nulls left out."""

    suite: str
    expectation: str
    column_name: str | None
    severity: Severity
    is_success: bool
    observed: str
    n_checked: int


def validate(slug: str, frames: Mapping[str, pl.DataFrame], *, facts: BatchFacts) -> list[CheckResult]:
    """Check a batch: the delivery's volume, the columns its source used to fill, then each frame against its suite.

    `frames` maps each raw table of the slug to the batch's rows with at least the contract's columns (an
    empty frame where the batch has none). For `server`, `server__series` holds the series of the batch's
    samples, known ones included. A batch without rows does not load Great Expectations at all. An expectation
    that cannot be evaluated counts as failed. Raises ContractViolation where a table or a column is missing.
    """
    _require_shape(slug, frames)
    results = _check_delivery(slug, facts, n_rows=sum(frame.height for frame in frames.values()))
    results += _check_filled(frames, facts)
    suites: list[Suite] = importlib.import_module(f"lake.quality.{slug}").suites(frames, facts.received_at)
    if suites := [suite for suite in suites if not suite.frame.is_empty()]:
        results += _run(suites)
    return results


def _require_shape(slug: str, frames: Mapping[str, pl.DataFrame]) -> None:
    module = importlib.import_module(f"lake.contracts.{slug}")
    contracts = {value.table: value for value in vars(module).values() if isinstance(value, Contract)}
    for table in contracts.keys() ^ frames.keys():
        raise ContractViolation(
            f"The batch of {slug} has {table} missing or in excess; pass {' and '.join(contracts)}, "
            "with an empty frame where there are no rows."
        )
    for table, frame in frames.items():
        if absent := [name for name in contracts[table].names if name not in frame.columns]:
            raise ContractViolation(
                f"The batch of {table} lacks {', '.join(absent)}; read every column of the contract."
            )


def _check_delivery(slug: str, facts: BatchFacts, *, n_rows: int) -> list[CheckResult]:
    """Volume: counts about payloads, not values of rows, so they are compared here without any data frame."""
    suite, offered, quarantined = f"{slug}__delivery", facts.n_offered, facts.n_quarantined
    # A quiet hour is legal for a source that is known to work, never for one that has given nothing yet.
    severity: Severity = "blocking" if facts.is_first else "warning"
    observed = f"{offered} records offered"
    results = [CheckResult(suite, "expect_records_offered", None, severity, offered > 0, observed, offered)]
    if facts.is_first:
        observed = f"{n_rows} rows landed"
        results.append(CheckResult(suite, "expect_rows_in_first_batch", None, "blocking", n_rows > 0, observed, n_rows))
    share = quarantined / offered if offered else 0.0
    observed = f"{quarantined} of {offered} records quarantined ({share:.2%})"
    for severity, limit in QUARANTINED_SHARE_LIMITS:
        name = f"expect_quarantined_share_at_most_{limit:.0%}".replace("%", "_percent")
        results.append(CheckResult(suite, name, None, severity, share <= limit, observed, offered))
    return results


def _check_filled(frames: Mapping[str, pl.DataFrame], facts: BatchFacts) -> list[CheckResult]:
    """A field that is renamed or dropped: a comparison with earlier batches, which no suite sees."""
    results = []
    for filled, share in facts.filled_before.items():
        missed, n_rows = is_missed(frames[filled.table], filled, share)
        observed = f"{'empty' if missed else 'not empty by surprise'} in {n_rows} rows, {share:.1%} filled before"
        name = "expect_column_still_filled"
        results.append(CheckResult(filled.table, name, filled.column, filled.severity, not missed, observed, n_rows))
    return results


def _run(suites: Sequence[Suite]) -> list[CheckResult]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: no usage event leaves the machine
    gx: Any = importlib.import_module("great_expectations")  # Any: its modules re-export implicitly
    types: Any = importlib.import_module("great_expectations.data_context.types.base")

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = types.ProgressBarsConfig(globally=False)
    results: list[CheckResult] = []
    for suite in suites:
        asset = context.data_sources.add_pandas(suite.name).add_dataframe_asset(suite.name)
        batch = asset.add_batch_definition_whole_dataframe(suite.name).get_batch({"dataframe": suite.frame.to_pandas()})
        outcome = batch.validate(
            gx.ExpectationSuite(
                name=suite.name,
                expectations=[
                    {"type": e.type, "kwargs": e.arguments, "meta": {"severity": e.severity, "position": i}}
                    for i, e in enumerate(suite.expectations)
                ],
            ),
            result_format={"result_format": "BASIC", "partial_unexpected_count": 3},
        )
        # Results come back in another order, and a malformed expectation is dropped with a mere log line.
        found = {result.expectation_config.meta["position"]: result for result in outcome.results}
        results += [_read(suite.name, e, found.get(i)) for i, e in enumerate(suite.expectations)]
    return results


def _read(suite: str, expectation: Expectation, result: Any | None) -> CheckResult:
    """`result`: an ExpectationValidationResult, None where Great Expectations dropped the expectation."""
    arguments = expectation.arguments
    columns = arguments.get("column_list") or [
        arguments[name] for name in ("column", "column_A", "column_B") if name in arguments
    ]
    detail: dict[str, Any] = result.result if result else {}
    n_checked = detail.get("element_count", 0) - (detail.get("missing_count") or 0)
    if detail:
        observed = _observed(detail, n_checked)
    else:
        observed = f"not evaluated: {result.exception_info if result else 'not a valid expectation'}"[:500]
    return CheckResult(
        suite=suite,
        expectation=expectation.type,
        column_name=", ".join(columns),
        severity=expectation.severity,
        is_success=bool(detail and result and result.success),
        observed=observed,
        n_checked=n_checked,
    )


def _observed(detail: Mapping[str, Any], n_checked: int) -> str:
    """`3 of 1422 unexpected (0.21%), e.g. reopened`: what the quality page shows."""
    n_unexpected = detail["unexpected_count"]
    text = f"{n_unexpected} of {n_checked} unexpected"
    if not n_unexpected:
        return text
    examples = ", ".join(str(value)[:80] for value in detail["partial_unexpected_list"][:3])
    return f"{text} ({n_unexpected / n_checked:.2%}), e.g. {examples}"
