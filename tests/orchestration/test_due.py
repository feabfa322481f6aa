"""A build may leave out only what would come out the same."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.due import CLOCK, unmoved


def node(kind: str, materialized: str, *parents: str) -> dict[str, Any]:
    return {"resource_type": kind, "config": {"materialized": materialized}, "depends_on": {"nodes": list(parents)}}


NODES = {
    CLOCK: node("model", "view", "s.ops.harvests", "s.ops.batches", "s.ops.sources"),
    "m.tickets": node("model", "table", "s.raw.ticket__requests", CLOCK),
    "m.objects": node("model", "incremental", "s.raw.camera__events", "s.ops.batches"),
    "m.hours": node("model", "table", "m.objects", CLOCK),
    "m.hosts": node("model", "table", "s.raw.server__hosts", "s.ops.sources"),
    "m.rejected": node("model", "table", "s.raw.quarantine"),
    "m.kpi": node("model", "table", "m.tickets", "m.hours", "s.ops.check_results"),
    "m.calendar": node("model", "table", "seed.holidays"),
    "m.view": node("model", "view", "s.raw.ticket__requests"),
    "seed.holidays": node("seed", "seed"),
    "t.view": node("test", "test", "m.view"),
    "t.hours": node("test", "test", "m.hours", "seed.holidays"),
    "t.seed": node("test", "test", "seed.holidays"),
}
SOURCES = sorted({parent for told in NODES.values() for parent in told["depends_on"]["nodes"] if parent[:2] == "s."})
MANIFEST = {
    "nodes": {name: told | {"name": name} for name, told in NODES.items()},
    "sources": {name: dict(zip(("schema", "name"), name.split(".")[1:], strict=True)) for name in SOURCES},
}
ALWAYS = {"m.rejected", "m.kpi"}  # of the accounts, which every run adds to
COULD_RUN = {name for name, told in NODES.items() if told["config"]["materialized"] not in ("view", "seed")}


@pytest.mark.parametrize(
    ("tables", "clocks", "due"),
    [
        ({}, {}, set()),
        ({"ticket__requests": "new"}, {}, {"m.tickets", "t.view"}),
        ({"camera__events": "new"}, {}, {"m.objects", "m.hours", "t.hours"}),
        ({}, {"camera": "later"}, {"m.hours", "t.hours"}),
        ({}, {"ticket": "later"}, {"m.tickets"}),
        ({"server__hosts": "first"}, {}, {"m.hosts"}),
        ({}, {"server": "later"}, set()),
    ],
)
def test_nothing_below_new_rows_or_a_moved_clock_is_left_out(
    tables: dict[str, str], clocks: dict[str, str], due: set[str]
) -> None:
    before = {"tables": {"ticket__requests": "a", "camera__events": "b"}, "clocks": {"ticket": "1", "camera": "2"}}
    now = {"tables": before["tables"] | tables, "clocks": before["clocks"] | clocks}
    assert COULD_RUN - set(unmoved(MANIFEST, before, now)) == due | ALWAYS
