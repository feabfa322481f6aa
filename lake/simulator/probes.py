"""The ledger of probes: whether each replica of the shared systems answered, every five minutes since July 2021."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lake.simulator.monitoring import STEP_S, Labels
from lake.simulator.province import CLOCK, generator, local
from lake.simulator.system import SYSTEMS

FIRST_PROBE = date(2021, 7, 1)
PROBES = (int(CLOCK.timestamp()) - int(local(FIRST_PROBE).timestamp())) // STEP_S
_PER_DAY = 86_400 // STEP_S
_REPLICAS = {"cong-ttdt": 2, "dvc": 2}
# Planted: the exporter did not ask this system from 02:00 to 04:10 on the day, so nobody knows.
GAP_SYSTEM, GAP_DAY, GAP_FIRST, GAP_PROBES = "qlvb", date(2021, 9, 12), 24, 26


@dataclass(frozen=True)
class Probes:
    """A row per replica. Matrices are (replicas, PROBES), NaN where nothing was asked."""

    labels: tuple[Labels, ...]
    success: npt.NDArray[np.float64]
    duration_s: npt.NDArray[np.float64]
    status_code: npt.NDArray[np.float64]
    certificate_expires_s: npt.NDArray[np.float64]


@lru_cache(maxsize=2)
def ledger(seed: int) -> Probes:
    """What the blackbox exporter measured; replicas of a system fail one by one, now and then together."""
    rng = generator(seed, "probes")
    labels: list[Labels] = []
    rows = []
    for system in SYSTEMS:
        if not system.is_probed:
            continue
        together = _down(rng, 1.5)
        replicas = _REPLICAS.get(system.code, 1)
        for replica in range(1, replicas + 1):
            address = system.url if replicas == 1 else system.url.replace(".", f"-{replica}.", 1)
            labels.append({"instance": address, "job": "blackbox", "system": system.code})
            rows.append(np.where(together | _down(rng, 4), 0.0, 1.0))
    success = np.array(rows)
    gap = (GAP_DAY - FIRST_PROBE).days * _PER_DAY + GAP_FIRST
    row = next(n for n, told in enumerate(labels) if told["system"] == GAP_SYSTEM)
    success[row, gap : gap + GAP_PROBES] = np.nan
    is_up = success == 1
    duration = np.where(is_up, np.round(rng.lognormal(-1.6, 0.5, success.shape), 4), 5.0)
    expiries = [datetime(2021, 11, 4, tzinfo=CLOCK.tzinfo), datetime(2022, 3, 1, tzinfo=CLOCK.tzinfo)]
    expires_s = np.array([expiries[told["system"] != "thu-dien-tu"].timestamp() for told in labels])
    return Probes(
        labels=tuple(labels),
        success=success,
        duration_s=np.where(np.isnan(success), np.nan, duration),
        status_code=np.where(np.isnan(success), np.nan, np.where(is_up, 200.0, 0.0)),
        certificate_expires_s=np.where(is_up, expires_s[:, None], np.nan),
    )


def _down(rng: np.random.Generator, spells: float) -> npt.NDArray[np.bool_]:
    """Probes that failed in so many spells, on average, of five minutes to some hours."""
    down = np.zeros(PROBES, dtype=bool)
    for _ in range(rng.poisson(spells)):
        first = int(rng.integers(PROBES))
        down[first : first + 1 + round(rng.lognormal(1.1, 0.9))] = True
    return down
