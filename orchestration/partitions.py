"""Daily partitions of time-partitioned sources: provincial days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

FIRST_DAY = "2020-06-01"  # the centre's first published month
PROVINCIAL_ZONE = "Asia/Ho_Chi_Minh"
PROVINCIAL_DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone=PROVINCIAL_ZONE, end_offset=1)


def day_of(instant: datetime) -> str:
    """Partition key of the provincial day an instant falls on."""
    return instant.astimezone(ZoneInfo(PROVINCIAL_ZONE)).date().isoformat()
