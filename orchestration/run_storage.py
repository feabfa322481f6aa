"""Removes old runs from Dagster's storage, which keeps every event for ever."""

from __future__ import annotations

from datetime import datetime

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES

PAGE = 200


def remove_old_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete the finished runs last heard of before `before`, with their events and logs; returns how many."""
    old = dg.RunsFilter(statuses=list(FINISHED_STATUSES), updated_before=before)
    n_removed = 0
    while records := instance.get_run_records(old, limit=PAGE):
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
            instance.compute_log_manager.delete_logs(prefix=[record.dagster_run.run_id])
            n_removed += 1
    return n_removed
