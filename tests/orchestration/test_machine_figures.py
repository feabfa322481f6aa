"""Figures on machines and cameras, counted again in plain Python from the generator's ledgers."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from command import Ioc

from lake.simulator import camera, monitoring, probes, upkeep_plan
from lake.simulator.province import CLOCK, SEED, TIME_ZONE, local
from lake.simulator.system import SYSTEMS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

Parts = tuple[float, float]
STEP_H = monitoring.STEP_S / 3600


def whole(demo: Ioc, code: str) -> dict[str, object]:
    (row,) = demo.json("kpi", code, "--period", "all", "--unit", "93", "--json")
    return row


def parts(row: dict[str, object]) -> tuple[object, object]:
    return row["numerator"], row["denominator"]


def servers_by_sample() -> list[list[tuple[float, bool]]]:
    """Of every server: each sample since its first one as (value or NaN, whether it lies in approved maintenance)."""
    ledger = monitoring.ledger(SEED)
    approved = [w for w in upkeep_plan.windows(SEED) if w.counts]
    found = []
    for server, values in zip(ledger.servers, ledger.up.tolist(), strict=True):
        own = [w for w in approved if w.target in ("*", server.labels["instance"])]
        maintained = {index for window in own for index in range(_sample(window.started_at), _sample(window.ended_at))}
        first = next(index for index, value in enumerate(values) if value == value)
        found.append([(value, index in maintained) for index, value in enumerate(values) if index >= first])
    return found


def _sample(moment: object) -> int:
    return round((moment - monitoring.sample_time(0)) / timedelta(seconds=monitoring.STEP_S))  # type: ignore[operator]


def test_availability_leaves_approved_maintenance_out_once(demo: Ioc) -> None:
    samples = [sample for server in servers_by_sample() for sample in server]
    outside = [value for value, is_maintained in samples if not is_maintained]
    assert len(outside) < len(samples)
    up, missing = outside.count(1.0), sum(value != value for value in outside)
    row = whole(demo, "S2")
    assert (*parts(row), row["n_missing"]) == (up, len(outside), missing)
    assert row["value_high"] == pytest.approx((up + missing) / len(outside))
    budget, allowed = whole(demo, "S5"), len(outside) * (1 - 0.999)
    assert parts(budget) == pytest.approx((allowed - (len(outside) - up), allowed))


def test_incidents_are_runs_of_down_samples_outside_maintenance(demo: Ioc) -> None:
    lengths = []
    for server in servers_by_sample():
        run = 0
        for value, is_maintained in [*server, (1.0, False)]:
            if is_maintained or value != value:
                continue
            if value == 1:
                lengths += [run] if run >= 2 else []
                run = 0
            else:
                run += 1
    up = sum(value == 1 for server in servers_by_sample() for value, _ in server)
    assert parts(whole(demo, "S4")) == pytest.approx((sum(lengths) * STEP_H, len(lengths)))
    assert parts(whole(demo, "S4B")) == pytest.approx((up * STEP_H, len(lengths)))


def test_a_shared_system_is_up_while_one_replica_answers(demo: Ioc) -> None:
    asked = probes.ledger(SEED)
    slots: dict[str, Parts] = {}
    for name in {told["system"] for told in asked.labels}:
        rows = [row for row, told in zip(asked.success, asked.labels, strict=True) if told["system"] == name]
        answered = [[row[at] for row in rows if row[at] == row[at]] for at in range(probes.PROBES)]
        first = next(at for at, values in enumerate(answered) if values)
        slots[name] = (sum(max(values, default=0) for values in answered), probes.PROBES - first)
    assert parts(whole(demo, "S3")) == tuple(map(sum, zip(*slots.values(), strict=True)))
    assert parts(whole(demo, "W1")) == slots["cong-ttdt"]


def test_percentile_of_use_and_the_disk_that_fills(demo: Ioc) -> None:
    gauges = monitoring.ledger(SEED).gauges
    count = gauges["node_filesystem_avail_bytes"].shape[1]
    times = [CLOCK - timedelta(seconds=monitoring.STEP_S * (count - index)) for index in range(count)]
    first = local(CLOCK.date() - timedelta(days=30))
    kept = [i for i, at in enumerate(times) if at >= first and at.timestamp() % 900 == 0]
    used = {
        "S6C": gauges["instance:node_cpu_utilisation:rate5m"],
        "S6M": gauges["instance:node_memory_utilisation:ratio"],
        "S6D": 1 - gauges["node_filesystem_avail_bytes"] / gauges["node_filesystem_size_bytes"],
    }
    for code, matrix in used.items():
        values = np.sort(matrix[:, kept][~np.isnan(matrix[:, kept])])
        place = 0.95 * (len(values) - 1)
        low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
        row = whole(demo, code)
        assert row["value"] == pytest.approx(low + (high - low) * (place % 1), abs=1e-9), code
        assert parts(row) == (len(values), 26), code
    free = gauges["node_filesystem_avail_bytes"][:, kept]
    days = np.array([times[i].astimezone(TIME_ZONE).date().toordinal() for i in kept])
    left = []
    for disk in free:
        told = ~np.isnan(disk)
        present = [day for day in np.unique(days[told]).tolist() if day > days.max() - 30]
        means = [disk[told & (days == day)].mean() for day in present]
        slope = np.polyfit(np.array(present) - present[0], means, 1)[0]
        left += [means[-1] / -slope] if slope < 0 else []
    row = whole(demo, "S7")
    assert (row["numerator"], row["value"]) == (len(left), pytest.approx(min(left), rel=1e-6))


def test_backups_and_drills_are_those_of_the_plan(demo: Ioc) -> None:
    kept = tuple(system.code for system in SYSTEMS if system.is_in_data_centre and system.retired_on is None)
    for code, is_drill in (("S8", False), ("S8R", True)):
        planned = [b for b in upkeep_plan.backups(SEED, kept) if b.is_drill is is_drill]
        assert parts(whole(demo, code)) == (sum(b.is_successful for b in planned), len(planned)), code


def test_vehicles_at_the_border_are_set_against_each_other(demo: Ioc) -> None:
    tracks = camera.ledger(SEED).passages
    border = {camera.CAMERAS.index(name) for name in ("ql1a-01", "ql1a-36", "ql61c-01", "ql61c-24")}
    n_in = n_out = 0
    for track in range(len(tracks)):
        if tracks.camera[track] in border and not tracks.is_false_positive[track]:
            is_out = camera.DIRECTIONS[tracks.direction[track]] == "huong_di"
            n_in, n_out = n_in + (not is_out), n_out + is_out
    assert parts(whole(demo, "C5")) == (n_in - n_out, n_in + n_out)
    plates = whole(demo, "C4")
    bearing = tracks.label[: len(tracks)] != camera.LABELS.index("bicycle")
    assert plates["denominator"] == int((bearing & ~tracks.is_false_positive[: len(tracks)]).sum())
