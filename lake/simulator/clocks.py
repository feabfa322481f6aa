"""Whose time it is in the synthetic province: it stands at CLOCK, or it runs, told in the time of whoever asks.

The ledgers keep the province's own time throughout. What goes out on the wire is ``told`` of an instant of theirs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from lake.simulator.province import CLOCK, TIME_ZONE

WEEK = timedelta(weeks=1)
STORY = timedelta(weeks=4)  # what is left to tell when a running province starts


class StandingClock:
    """The province at CLOCK; its time is told as it is."""

    def now(self) -> datetime:
        """Province time."""
        return CLOCK

    def told(self, moment: datetime) -> datetime:
        """An instant of the province as the wire tells it."""
        return moment

    def of_told_ms(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Province time of instants as asked for, milliseconds since 1970."""
        return moments


@dataclass(frozen=True)
class RunningClock:
    """The province four weeks before CLOCK at ``started_at`` (real, aware), running ``speed`` times as fast since.

    What lies before the start keeps its distances, what comes after it is ``speed`` times as close. Weekdays and
    hours are those of the real start, so rush hours and weekends fall where people expect them. The story ends at
    CLOCK.
    """

    started_at: datetime
    speed: float = 1.0

    @property
    def began_at(self) -> datetime:
        """Province time at the start: the last whole number of weeks before it that leaves STORY to tell."""
        weeks = -((CLOCK - STORY - self.started_at) // WEEK)
        return self.started_at.astimezone(TIME_ZONE) - weeks * WEEK

    @property
    def ends_at(self) -> datetime:
        """The real instant at which the story has been told."""
        return self.told(CLOCK)

    def at(self, real: datetime) -> datetime:
        """Province time at a real instant, CLOCK at most."""
        elapsed = real - self.started_at
        return min(self.began_at + (elapsed * self.speed if elapsed > timedelta() else elapsed), CLOCK)

    def now(self) -> datetime:
        """Province time of this moment."""
        return self.at(datetime.now(TIME_ZONE))

    def told(self, moment: datetime) -> datetime:
        """The real instant of one of the province, in whole seconds."""
        since = moment - self.began_at
        real = self.started_at + (since / self.speed if since > timedelta() else since)
        return real.astimezone(TIME_ZONE).replace(microsecond=0)

    def of_told_ms(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Province time of real instants; what has not come yet lies behind every history."""
        start, began = (int(moment.timestamp() * 1000) for moment in (self.started_at, self.began_at))
        since = moments - start
        province = began + np.where(since > 0, since * self.speed, since).astype(np.int64)
        return np.where(province <= int(self.now().timestamp() * 1000), province, np.iinfo(np.int64).max // 4)


Clock = StandingClock | RunningClock
