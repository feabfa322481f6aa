"""Staging of filled forms: the newest report of each record, days by the provincial calendar."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from tiny_lake import TinyLake

from lake.contracts import document, dossier, system, task
from lake.contracts.base import Contract

pytestmark = pytest.mark.long
CONTRACTS = [c for m in (dossier, document, task, system) for c in vars(m).values() if isinstance(c, Contract)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> TinyLake:
    lake = TinyLake(Path(tmp_path_factory.mktemp("forms")))
    lake.declare("s", "dossier", "2021-10-01 00:00")
    for hash_, filed_at, reported_at, received_at, returned_at in (
        ("b", "2021-08-31 17:00:00+00", "2021-09-15 16:59:59+00", "2021-10-02 00:00:00+00", None),
        ("a", "2021-08-31 17:00:00+00", "2021-09-30 16:59:59+00", "2021-10-01 00:00:00+00", "2021-09-20 17:30:00+00"),
    ):
        row = {
            "source": "s",
            "dossier_id": "A1",
            "procedure_code": "1.012818.H19",
            "agency": "Sở A",
            "channel": "online",
        }
        times = {
            "filed_at": filed_at,
            "reported_at": reported_at,
            "received_at": received_at,
            "returned_at": returned_at,
        }
        lake.insert("raw.dossier__dossiers", [row | times | {"record_hash": hash_, "batch_id": "b"}])
    chosen = [f"stg_{contract.table}" for contract in CONTRACTS]
    done = lake.dbt("build", "--select", "stg_ops__sources", "stg_ops__batches", *chosen)
    assert isinstance(done.result, RunExecutionResult), done.exception
    assert [(r.node.name, r.message) for r in done.result.results if r.status not in ("success", "pass")] == []
    return lake


def test_every_table_of_the_forms_has_its_staging_model(built: TinyLake) -> None:
    for contract in CONTRACTS:
        rows = built.query(f"describe lake.staging.stg_{contract.table}")
        assert {str(row["column_name"]) for row in rows} >= {"source", "n_versions", "reported_on", *contract.names}


def test_the_newest_report_of_a_dossier_stands_although_an_older_one_came_later(built: TinyLake) -> None:
    (row,) = built.query("select * from lake.staging.stg_dossier__dossiers")
    days = {name: str(row[name]) for name in ("filed_on", "returned_on", "due_on", "reported_on")}
    assert days == {
        "filed_on": "2021-09-01",
        "returned_on": "2021-09-21",
        "due_on": "None",
        "reported_on": "2021-09-30",
    }
    assert row["n_versions"] == 2
