"""The cameras of a province that runs: Frigate's messages of every real minute, week after week the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import numpy as np

from lake.simulator.camera import MINUTES, START_S, STATS_SECOND, ledger
from lake.simulator.clocks import RunningClock
from lake.simulator.frigate import Messages
from lake.simulator.province import SEED

KEPT = timedelta(hours=3)
FIRST = timedelta(minutes=30)  # told at the start, so that the first harvest finds something
_MINUTE = timedelta(minutes=1)
_WEEK_MINUTES, _DAY_MINUTES = 7 * 1440, 1440


Tell = Callable[[datetime, list[str]], object]  # (minute, its messages); may raise OSError


class LiveCameras:
    """Tells the minutes that have passed, to a folder (`MinuteFiles`) or to a broker (`live_broker.Publisher`)."""

    def __init__(self, clock: RunningClock, tell: Tell, *, seed: int = SEED) -> None:
        self._clock, self._tell = clock, tell
        self._traffic = ledger(seed)
        self._messages = Messages(self._traffic)
        tracks = self._traffic.passages
        self._start_s, self._end_s = tracks.start_s[: len(tracks)], tracks.end_s[: len(tracks)]

    def run(self, stop: Event) -> None:
        """Tell every minute as it ends, until ``stop`` or the end of the story. Raises OSError."""
        minute = _whole(datetime.now(UTC)) - FIRST
        while not stop.is_set() and minute < self._clock.ends_at:
            while minute + _MINUTE <= datetime.now(UTC):
                self._tell(minute, self.messages(minute))
                minute += _MINUTE
            stop.wait((minute + _MINUTE - datetime.now(UTC)).total_seconds())

    def messages(self, minute: datetime) -> list[str]:
        """What passed in one real minute (aware, UTC), and the statistics of its twelfth second."""
        first, last = (self._clock.at(moment).timestamp() for moment in (minute, minute + _MINUTE))
        lines = []
        for at_s in range(int(first // 60) * 60, int(last - 1e-6) // 60 * 60 + 60, 60):
            ledger_minute = _ledger_minute(at_s)
            shift_s = at_s - (START_S + ledger_minute * 60)
            bounds = START_S + ledger_minute * 60 + np.array([0, 60])
            low, high = np.searchsorted(self._end_s, bounds).tolist()
            for track in range(low, high):
                end_s = float(self._end_s[track]) + shift_s
                if first <= end_s < last:
                    told_s = minute.timestamp() + (end_s - first) / (last - first) * 60
                    length_s = float(self._end_s[track] - self._start_s[track])
                    lines.append(self._messages.passage(track, told_s - length_s, told_s))
        stats_s = int(minute.timestamp()) + STATS_SECOND
        lines.append(self._messages.statistics(_ledger_minute(int(first)), stats_s))
        return lines


class MinuteFiles:
    """A file for every minute, written under another name and renamed when it is whole.

    Those older than KEPT go, because every harvest looks at all of them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, minute: datetime, messages: list[str]) -> Path:
        """Raises OSError."""
        path = self._folder / f"events-{minute:%Y%m%dT%H%M}.ndjson"
        aside = path.with_suffix(".part")
        aside.write_text("\n".join(messages) + "\n", encoding="utf-8")
        oldest = f"events-{datetime.now(UTC) - KEPT:%Y%m%dT%H%M}.ndjson"
        for old in self._folder.glob("events-*.ndjson"):
            if old.name < oldest:
                old.unlink()
        return aside.replace(path)


def _ledger_minute(at_s: int) -> int:
    """The minute of the ledger's week that tells of a minute of the province; the last evening is the one before."""
    minute = (at_s - START_S) // 60 % _WEEK_MINUTES
    return minute if minute < MINUTES else minute - _DAY_MINUTES


def _whole(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
