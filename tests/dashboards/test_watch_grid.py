"""What a cell of the watch grid says: silence is never green."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.views.watch_grid import state_of

AS_OF = datetime(2021, 9, 30, 10, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "last_measured_at": AS_OF - timedelta(minutes=1),
        "as_of": AS_OF,
        "silent_s": 180.0,
        "freshness_s": 900,
        "is_synthetic": True,
        "is_up": True,
        "is_in_maintenance": False,
    }
    return usual | changes


@pytest.mark.parametrize(
    ("changes", "now", "state"),
    [
        ({}, AS_OF, "up"),
        ({"is_up": False}, AS_OF, "down"),
        ({"is_up": False, "is_in_maintenance": True}, AS_OF, "maintenance"),
        ({"last_measured_at": None}, AS_OF, "unknown"),
        ({"last_measured_at": AS_OF - timedelta(minutes=4)}, AS_OF, "unknown"),
        ({"last_measured_at": AS_OF - timedelta(minutes=4), "is_up": False}, AS_OF, "unknown"),
        ({}, AS_OF + timedelta(days=900), "up"),
        ({"is_synthetic": False}, AS_OF + timedelta(minutes=10), "up"),
        ({"is_synthetic": False}, AS_OF + timedelta(minutes=16), "unknown"),
    ],
)
def test_silence_is_never_green(changes: dict[str, Any], now: datetime, state: str) -> None:
    assert state_of(row(**changes), now) == state
