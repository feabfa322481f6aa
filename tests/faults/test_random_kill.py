"""Killed at any moment: the same promises, and proof that the kills fell where it hurts."""

from __future__ import annotations

import time

import pytest
from harness import Lab, Tally, is_in_commit
from promises import Promises

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
DELAY_S = 0.6  # after an acknowledgement; or the time of one harvest where the machine is slower
DELAY_IN_COMMIT_S = 0.1
SHARE_IN_COMMIT = 4  # at least one kill of so many must fall into a commit, or the test has shown nothing


def test_random_kills_lose_double_and_tear_nothing(own_lab: Lab, is_full: bool, promises: Promises) -> None:
    lab, wanted = own_lab, 100 if is_full else 5
    tally = Tally("kill -9 at random, 0 to 600 ms after an acknowledgement")
    told = lab.harvest(lab.new(4)).wait()
    lab.acknowledge(told)
    delay_s = max(DELAY_S, told[-1]["at"] - told[-2]["at"])
    tries = 0
    while tally.times < wanted or tally.in_commit * SHARE_IN_COMMIT < wanted:
        tries += 1
        assert tries <= 2 * wanted, f"only {tally.in_commit} of {tally.times} kills fell into a commit"
        marks = lab.folder / f"{tries}.mark"
        waiting = lab.waiting(n_known=0)
        worker = lab.harvest([*waiting, *lab.new(8 - len(waiting))], marks=str(marks))
        worker.wait_for(1)
        tally.restart_s = max(tally.restart_s, time.monotonic() - worker.started_at)
        # The moment of the kill is the experiment. A commit is a short part of a harvest, so every other kill
        # waits for the next one to begin.
        if tries % 2:
            while not is_in_commit(marks) and not worker.has_ended():
                time.sleep(0.001)
            time.sleep(lab.random.uniform(0, DELAY_IN_COMMIT_S))
        else:
            time.sleep(lab.random.uniform(0, delay_s))
        was_alive = not worker.has_ended()
        worker.kill()
        lab.acknowledge(worker.wait())
        if was_alive:
            tally.times += 1
            tally.in_commit += is_in_commit(marks)
        tally.add(lab.check())
    tally.orphans = lab.orphans()
    lab.drain(tally)
    promises.keep(tally)
