"""The ledger of the scheme's 29 tasks: milestones, progress, money, and the quarterly reports of their owners."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from lake.contracts.forms import FORMS
from lake.simulator.filled_forms import Cell, Filled, workbook
from lake.simulator.province import CLOCK, add_working_days, end_of, generator
from lake.simulator.task_words import STAGES, TASKS

REPORTS = (date(2020, 12, 31), date(2021, 3, 31), date(2021, 6, 30), CLOCK)
_CONFIDENCES = (  # (at least this share of the planned work is done, word)
    (0.97, "Đúng tiến độ"),
    (0.85, "Nhiều khả năng đạt"),
    (0.7, "Có thể đạt"),
    (0.4, "Có rủi ro"),
    (0.0, "Không thể đạt"),
)


@dataclass(frozen=True)
class Milestone:
    """One milestone; ``done_on`` is when it is reached, also behind the clock."""

    name: str
    weight_pct: int
    due_on: date
    done_on: date


@dataclass(frozen=True)
class Task:
    """One task; work between two milestones grows evenly."""

    number: int
    name: str
    owner: str
    start_on: date
    due_on: date
    budget_vnd: int
    milestones: tuple[Milestone, ...]

    @property
    def done_on(self) -> date:
        """The day it is accepted, also behind the clock."""
        return self.milestones[-1].done_on

    def planned_pct(self, day: date) -> float:
        """Work that should be done by ``day``, per cent."""
        return _grown(self.start_on, [(m.due_on, m.weight_pct) for m in self.milestones], day)

    def earned_pct(self, day: date) -> float:
        """Work that is done by ``day``, per cent."""
        return _grown(self.start_on, [(m.done_on, m.weight_pct) for m in self.milestones], day)


def _grown(start: date, steps: list[tuple[date, int]], day: date) -> float:
    total = 0.0
    for end, weight in steps:
        span = max((end - start).days, 1)
        total += weight * min(max((day - start).days / span, 0), 1)
        start = end
    return round(total)


@lru_cache(maxsize=2)
def ledger(seed: int) -> tuple[Task, ...]:
    """The 29 tasks in their order."""
    rng = generator(seed, "task")
    found = []
    for number, (name, owner, start, end, million) in enumerate(TASKS, start=1):
        start_on, due_on = date(*start, 1), date(*end, 28)
        stages = STAGES[3 if million < 1_000 else 4 if million < 6_000 else 5]
        pace = float(np.clip(rng.normal(1.08, 0.17), 0.85, 1.6))  # 1.2: a fifth more time than planned
        milestones, share = [], 0
        for stage, weight in stages:
            share += weight
            due, done = (start_on + (due_on - start_on) * share / 100 * factor for factor in (1, pace))
            milestones.append(Milestone(stage, weight, due if share < 100 else due_on, add_working_days(done, 1)))
        found.append(Task(number, name, owner, start_on, due_on, million * 1_000_000, tuple(milestones)))
    return tuple(found)


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, workbook) of every quarter."""
    form = FORMS["task"]
    for closing in REPORTS:
        day = end_of(closing).date()
        tasks = [_task_row(task, day) for task in ledger(seed)]
        milestones = [
            _milestone_row(task, number, milestone, day)
            for task in ledger(seed)
            for number, milestone in enumerate(task.milestones, start=1)
        ]
        if day == date(2021, 6, 30):
            _plant(tasks)
        tables = [Filled(form.tables[0], closing, tasks), Filled(form.tables[1], closing, milestones)]
        yield f"nhiem-vu-{day:%Y-%m-%d}.xlsx", workbook(form, tables)


def _task_row(task: Task, day: date) -> dict[str, Cell]:
    planned, earned = task.planned_pct(day), task.earned_pct(day)
    ratio = earned / planned if planned else 1.0
    is_done = task.done_on <= day
    spent = round(task.budget_vnd * (1 if is_done else max(earned - 15, 0) / 100 * 0.9) / 1_000_000) * 1_000_000
    return {
        "task_no": task.number,
        "task_name": task.name,
        "owner_unit": task.owner,
        "start_on": task.start_on,
        "due_on": task.due_on,
        "done_on": task.done_on if is_done else None,
        "planned_pct": planned,
        "earned_pct": earned,
        "budget_planned_vnd": task.budget_vnd,
        "budget_disbursed_vnd": spent,
        "confidence": next(word for least, word in _CONFIDENCES if ratio >= least),
        "evidence_url": f"https://tailieu.example/nghiem-thu-{task.number:02d}.pdf" if is_done else None,
    }


def _milestone_row(task: Task, number: int, milestone: Milestone, day: date) -> dict[str, Cell]:
    is_done = milestone.done_on <= day
    return {
        "task_no": task.number,
        "milestone_no": number,
        "milestone_name": milestone.name,
        "weight_pct": milestone.weight_pct,
        "due_on": milestone.due_on,
        "done_on": milestone.done_on if is_done else None,
        "evidence_url": f"https://tailieu.example/moc-{task.number:02d}-{number}.pdf" if is_done else None,
    }


def _plant(tasks: list[dict[str, Cell]]) -> None:
    """What the owners got wrong in June 2021: done without proof, and a percentage of ten times as much."""
    next(row for row in tasks if row["done_on"])["evidence_url"] = None
    next(row for row in tasks if not row["done_on"])["earned_pct"] = 450
