"""The instants a lake works with: the wall clock for real sources, a standing clock for the synthetic province."""

from datetime import UTC, datetime

from lake.simulator.province import CLOCK


def now(*, is_standing: bool) -> datetime:
    """Present instant (aware, UTC) as a source sees it; the synthetic province stands at 30/09/2021 17:00."""
    return CLOCK.astimezone(UTC) if is_standing else datetime.now(UTC)
