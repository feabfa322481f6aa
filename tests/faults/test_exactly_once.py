"""Whatever is delivered, however often and in whatever order: every record once, and the same figures."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import Forks, Lab, Tally, opened_lab
from ledger import CAMERA, TICKET, Delivery, Generator, drained
from loopback import Server
from promises import Promises

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
OVERLAP = 0.05  # of the records come again in a document with other bytes


def test_three_shuffled_deliveries_leave_every_record_once(own_lab: Lab, is_full: bool, promises: Promises) -> None:
    lab, n = own_lab, 40 if is_full else 5
    made = [lab.generator.next(source) for source in (CAMERA, TICKET) for _ in range(n)]
    overlapping = [
        lab.generator.again(
            lab.random.sample(of_source, max(1, round(n * OVERLAP))), f"{source}-again-{number}.{ending}"
        )
        for source, ending in ((CAMERA, "ndjson"), (TICKET, "json"))
        for of_source in ([d for d in made if d.source == source],)
        for number in range(2)
    ]
    deliveries = [lab.send(delivery) for delivery in [*made, *overlapping] * 3]
    lab.random.shuffle(deliveries)
    # Two processes deliver at once, so that the same bytes race with themselves.
    workers = [lab.harvest(deliveries[i::2]) for i in range(2)]
    for worker in workers:
        lab.acknowledge(worker.wait(900.0))
    tally = Tally("every batch three times, shuffled, 5 % again in other documents", times=len(deliveries))
    tally.add(drained(lab.con, lab.ledger))
    promises.keep(tally)


@pytest.mark.long
def test_late_and_disordered_data_give_the_same_figures_bit_by_bit(
    tmp_path: Path, forks: Forks, is_full: bool, promises: Promises
) -> None:
    n = 24 if is_full else 6
    start = datetime(2021, 9, 27, 16, tzinfo=UTC)  # the clock of a synthetic source stands at 30/09/2021 17:00
    generator = Generator(start=start, step=timedelta(hours=48 / n))
    made = [generator.next(source) for _ in range(n) for source in (CAMERA, TICKET)]
    disordered = random.Random(2).sample(made, len(made))
    figures = [_figures(tmp_path / name, forks, order) for name, order in (("ordered", made), ("late", disordered))]
    assert sum(map(len, figures[0].values())) > 50, "the comparison must be of something"
    differing = {
        table: sorted(map(str, set(figures[0][table]) ^ set(figures[1][table])))[:4]
        for table in figures[0]
        if figures[0][table] != figures[1][table]
    }
    assert differing == {}
    promises.keep(
        Tally(
            "data up to 48 h late and out of order",
            note=f"{sum(map(len, figures[0].values()))} rows of {len(figures[0])} KPI tables and marts bit-equal",
            times=len(made),
        )
    )


def _figures(folder: Path, forks: Forks, deliveries: list[Delivery]) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every KPI table and mart after the deliveries and a real build, without the marks of the ingest."""
    server = Server()
    try:
        with opened_lab(folder, forks, server) as lab:
            jobs = [lab.send(d) | {"declared": "simulator:/standing-clock"} for d in deliveries]
            lab.acknowledge(lab.harvest(jobs).wait(900.0))
            assert not drained(lab.con, lab.ledger)
            (built,) = lab.start("build").wait(900.0)
            assert built["code"] == 0, built["said"]
            tables = lab.con.execute(
                "select schema_name || '.' || table_name, list(column_name order by column_index) "
                "from duckdb_columns() where database_name = 'lake' and schema_name in ('kpi', 'marts') group by all"
            ).fetchall()
            return {
                table: lab.con.execute(
                    f"select {', '.join(c for c in columns if c not in OF_INGEST)} from lake.{table} order by all"
                ).fetchall()
                for table, columns in tables
            }
    finally:
        server.close()


OF_INGEST = {
    "batch_id",
    "example_origin",  # the port of the test's own server
    "quarantined_at",
    "ingested_at",
    "received_at",
    "last_success_at",
    "harvest_id",
    "started_at",
    "finished_at",
}
