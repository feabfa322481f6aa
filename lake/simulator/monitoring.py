"""The ledger of the data centre: 26 servers, when each was down, and when nobody was looking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from lake.simulator.province import CLOCK, FIRST_DAY, generator, local

STEP_S = 300
FIRST_SAMPLE_S = int(local(FIRST_DAY).timestamp())
# One sample per step from the first day on; half-open, so the scrape due at the clock itself is not in yet.
SAMPLES = (int(CLOCK.timestamp()) - FIRST_SAMPLE_S) // STEP_S
_PER_DAY = 86_400 // STEP_S
GAUGE_DAYS = 30  # history of every metric but `up`

Labels = dict[str, str]

_TIERS = (
    ("web", "high", 5),
    ("application", "high", 8),
    ("database", "high", 5),
    ("storage", "medium", 3),
    ("video", "medium", 3),
    ("backup", "low", 2),
)


@dataclass(frozen=True)
class Server:
    """One scrape target."""

    number: int
    tier: str
    criticality: str

    @property
    def labels(self) -> Labels:
        """Target labels, in the order Prometheus writes them (by name)."""
        return {
            "criticality": self.criticality,
            "instance": f"sv-{self.number:02d}.ioc.example:9100",
            "job": "node",
            "tier": self.tier,
        }


@dataclass(frozen=True)
class Spell:
    """Samples ``first`` to ``last`` (exclusive) of one server, or of all when ``server`` is None."""

    server: int | None
    first: int
    last: int

    @property
    def rows(self) -> slice:
        """The servers' rows in the sample matrix."""
        return slice(None) if self.server is None else slice(self.server, self.server + 1)


@dataclass(frozen=True)
class Monitoring:
    """Servers, outages (sampled with value 0) and gaps (no sample at all; a gap hides an outage)."""

    seed: int
    servers: tuple[Server, ...]
    outages: tuple[Spell, ...]
    gaps: tuple[Spell, ...]

    @cached_property
    def up(self) -> npt.NDArray[np.float64]:
        """(servers, SAMPLES) of 1 up, 0 down, NaN no sample."""
        matrix = np.ones((len(self.servers), SAMPLES))
        for outage in self.outages:
            matrix[outage.rows, outage.first : outage.last] = 0
        for gap in self.gaps:
            matrix[gap.rows, gap.first : gap.last] = np.nan
        return matrix

    @cached_property
    def gauges(self) -> dict[str, npt.NDArray[np.float64]]:
        """Metric name -> (servers, samples of the last GAUGE_DAYS days), NaN whenever a server was not up."""
        rng = generator(self.seed, "monitoring gauges")
        count = GAUGE_DAYS * _PER_DAY
        shape = (len(self.servers), count)
        hour = (np.arange(count) % _PER_DAY) / _PER_DAY * 24
        office = 0.4 + np.exp(-(((hour - 10) / 3) ** 2)) + 0.8 * np.exp(-(((hour - 15) / 2.5) ** 2))
        busy = rng.uniform(0.3, 2.2, (shape[0], 1))
        load = np.round(busy * office * rng.lognormal(0, 0.25, shape), 2)
        memory = (
            np.round(16 * 2**30 * (0.75 - 0.2 * busy / 2.2 * office / 2 - rng.uniform(0, 0.05, shape)) / 4096) * 4096
        )
        # A disk grows by a rate of its own; that of one server is full twelve days after the clock.
        size = np.round(rng.uniform(1.1, 2.2, (shape[0], 1)) * 200) * 2**30
        filled = rng.uniform(0.25, 0.6, (shape[0], 1))
        per_day = rng.uniform(0.0002, 0.002, (shape[0], 1))
        filled[FILLING], per_day[FILLING] = 0.62, 0.009
        day = np.arange(count) / _PER_DAY
        disk = np.round(size * (1 - filled - per_day * day - rng.uniform(0, 0.002, shape)) / 4096) * 4096
        is_up = self.up[:, -count:] == 1
        recent = {
            "node_load1": load,
            "node_memory_MemAvailable_bytes": memory,
            "node_filesystem_avail_bytes": disk,
            "node_filesystem_size_bytes": np.broadcast_to(size, shape),
            "instance:node_cpu_utilisation:rate5m": np.minimum(load / 4, 1.0).round(4),
            "instance:node_memory_utilisation:ratio": (1 - memory / (16 * 2**30)).round(4),
        }
        return {name: np.where(is_up, np.asarray(values, dtype=np.float64), np.nan) for name, values in recent.items()}

    @cached_property
    def environment(self) -> dict[str, tuple[list[Labels], npt.NDArray[np.float64]]]:
        """Metric name -> labels and samples of the machine room: three racks' sensors, two UPS."""
        rng = generator(self.seed, "machine room")
        count = GAUGE_DAYS * _PER_DAY
        hour = (np.arange(count) % _PER_DAY) / _PER_DAY * 24
        heat = 23 + 1.2 * np.exp(-(((hour - 14) / 4) ** 2)) + rng.normal(0, 0.15, (3, count))
        hot = count - 9 * _PER_DAY + 170
        heat[1, hot : hot + 30] += 7  # the cooling failed for two hours and a half
        charge = np.full((2, count), 100.0)
        for spell in self.outages:
            first = spell.first - (SAMPLES - count)
            if spell.server is None and first >= 0:  # a power cut
                charge[:, first : spell.last - (SAMPLES - count)] = 42
        racks = [{"chip": f"rack_{n}", "instance": "phong-may.ioc.example", "job": "environment"} for n in (1, 2, 3)]
        units = [{"instance": "phong-may.ioc.example", "job": "nut", "ups": f"ups{n}"} for n in (1, 2)]
        return {
            "node_hwmon_temp_celsius": (racks, np.round(heat, 1)),
            "network_ups_tools_battery_charge": (units, charge),
        }


FILLING = 23  # row of the server whose disk fills up


@lru_cache(maxsize=2)
def ledger(seed: int) -> Monitoring:
    """What happened in the data centre from the first day to the clock."""
    rng = generator(seed, "monitoring")
    kinds = [(tier, criticality) for tier, criticality, count in _TIERS for _ in range(count)]
    servers = tuple(Server(number, *kind) for number, kind in enumerate(kinds, start=1))
    outages, gaps = [], []
    for server in range(len(servers)):
        for _ in range(rng.poisson(9)):  # failures: minutes to a working day
            outages.append(_spell(server, rng.lognormal(2.0, 1.0), rng))
        for start in sunday_nights():  # maintenance every second month, server after server
            first = maintenance_slot(start, server)
            outages.append(Spell(server, first, first + int(rng.integers(2, 7))))
        for _ in range(rng.poisson(3)):  # the target fell out of the scrape configuration
            gaps.append(_spell(server, rng.lognormal(3.2, 0.8), rng))
    outages.append(_spell(None, 14, rng))  # a power cut
    gaps.extend(_spell(None, length, rng) for length in (3, 11, 40, 75))  # Prometheus itself was down
    return Monitoring(seed, servers, tuple(outages), tuple(gaps))


def sample_time(index: int) -> datetime:
    """The instant of the sample at ``index``."""
    return local(FIRST_DAY) + timedelta(seconds=index * STEP_S)


def _spell(server: int | None, length: float, rng: np.random.Generator) -> Spell:
    first = int(rng.integers(0, SAMPLES - 1))
    return Spell(server, first, min(first + 1 + round(length), SAMPLES))


def maintenance_slot(start: int, server: int) -> int:
    """First sample of the maintenance of the server in row ``server``, on the night that begins with ``start``."""
    return start + server // 3


def sunday_nights() -> list[int]:
    """First sample of 01:00 on every eighth Sunday."""
    return [index for day in range(6, SAMPLES // _PER_DAY, 56) if (index := day * _PER_DAY + 12) < SAMPLES]
