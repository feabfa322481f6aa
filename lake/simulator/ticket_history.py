"""What happened to each report between its receipt and the clock, as the notes of its history tell it.

Drawn apart from the reports, so that histories move none of their figures. Shares are invented.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from lake.simulator.province import CLOCK

CENTRE = "Trung tâm điều hành đô thị thông minh"
_REASSIGNED_SHARE, _EXTENSION_SHARE, _REOPENED_SHARE = 0.09, 0.04, 0.035
_PROOF_SHARE, _COMPLAINT_SHARE = 0.74, 0.15  # of the closed; of the dissatisfied
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Event:
    """One note: an event type of the centre's vocabulary, when, and the unit that acted."""

    kind: str
    at: datetime
    agency: str


def history(
    requested_at: datetime,
    closed_at: datetime | None,
    expected_at: datetime,
    agency: str,
    satisfaction: str | None,
    updated_at: datetime,
    rng: np.random.Generator,
) -> tuple[Event, ...]:
    """The events of one report in the order of time: the last closing is at `closed_at`, a rating at `updated_at`."""
    end = closed_at or min(updated_at, CLOCK)
    room = (end - requested_at) * 0.9  # everything else lies between receipt and end
    told = [Event("received", requested_at, CENTRE)]

    def add(kind: str, after: timedelta, unit: str) -> None:
        at = min(told[-1].at + after, requested_at + room)
        told.append(Event(kind, max(at.replace(microsecond=0), told[-1].at), unit))

    add("classified", int(rng.integers(2, 40)) * _MINUTE, CENTRE)
    add("routed", int(rng.integers(3, 150)) * _MINUTE, CENTRE)
    if rng.random() < _REASSIGNED_SHARE:
        add("reassigned", float(rng.gamma(2, 6)) * 60 * _MINUTE, agency)
    add("first_response", float(rng.lognormal(1.0, 0.9)) * 60 * _MINUTE, agency)
    if ((closed_at or CLOCK) > expected_at and requested_at < expected_at) or rng.random() < _EXTENSION_SHARE:
        before = max(expected_at - timedelta(days=1), told[-1].at)
        if before < requested_at + room:
            add("extension_requested", before - told[-1].at, agency)
            add("extension_granted", int(rng.integers(20, 300)) * _MINUTE, CENTRE)
    if closed_at is None:
        return tuple(told)
    if rng.random() < _REOPENED_SHARE:
        add("closed", room * 0.3, agency)
        add("reopened", room * 0.2, CENTRE)
    add("resolved", room, agency)
    if rng.random() < _PROOF_SHARE:
        told.append(
            Event("proof_attached", (told[-1].at + (closed_at - told[-1].at) / 2).replace(microsecond=0), agency)
        )
    told.append(Event("closed", closed_at, agency))
    if satisfaction is not None:
        told.append(Event("rated", updated_at, CENTRE))
        if satisfaction == "dissatisfied" and rng.random() < _COMPLAINT_SHARE:
            told.append(Event("complained", updated_at, CENTRE))
    return tuple(told)


def set_aside(requested_at: datetime, closed_at: datetime, verdict: str) -> tuple[Event, ...]:
    """The history of a report that is a duplicate of another, or spam."""
    return (
        Event("received", requested_at, CENTRE),
        Event("classified", _between(requested_at, closed_at), CENTRE),
        Event(verdict, closed_at, CENTRE),
    )


def _between(first: datetime, second: datetime) -> datetime:
    return (first + (second - first) / 2).replace(microsecond=0)
