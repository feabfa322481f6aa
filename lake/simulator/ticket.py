"""The ledger of citizens' reports: what was received, what was closed and when, and what personal data it holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from lake.simulator.places import COMMUNES, DISTRICTS, Commune
from lake.simulator.province import CLOCK, add_working_days, generator, is_working_day, local, months
from lake.simulator.ticket_history import CENTRE, Event, history, set_aside
from lake.simulator.ticket_words import (
    CLOSED_NOTES,
    GIVEN_NAMES,
    MIDDLE_NAMES,
    OPEN_NOTES,
    PERSONAL_SENTENCES,
    REQUESTS,
    SERVICES,
    SURNAMES,
    Service,
)

# Two published totals are reproduced: 1,422 received from June 2020 to September 2021, 1,329 of them resolved.
# The split over months is invented; it rises with the Covid wave of July-September 2021.
RECEIVED_PER_MONTH = (45, 58, 66, 70, 74, 76, 72, 70, 48, 74, 72, 88, 92, 152, 186, 179)
OPEN_AT_CLOCK = 93
# Received besides, and counted apart: repetitions of another report, and spam.
DUPLICATES, SPAM = 25, 8
DEADLINE_WORKING_DAYS = 7  # assumption: the province's own time limits are not public

_HOURS = np.arange(6, 22)
_HOUR_WEIGHTS = np.array([2, 4, 8, 9, 8, 6, 3, 4, 7, 8, 7, 5, 4, 5, 4, 2], dtype=float)
_CHANNELS, _CHANNEL_WEIGHTS = ("app", "web", "phone", "counter"), (0.68, 0.14, 0.13, 0.05)
_PERSONAL_KINDS = ("phone", "email", "plate", "id_card")
_LATE_SHARE = 0.09
_WAVE = local(CLOCK.date().replace(month=7, day=1))  # Covid reports multiply from here on


@dataclass(frozen=True)
class Reporter:
    """Synthetic personal data of the person who reported."""

    first_name: str
    last_name: str
    phone: str
    email: str
    device_id: str
    account_id: str


@dataclass(frozen=True)
class Ticket:
    """One report as it stands at the clock. All instants are aware; ``closed_at`` is None while open.

    ``verdict`` is ``duplicate`` (of ``parent_id``) or ``spam`` where it is counted apart.
    """

    request_id: str
    service: Service
    commune: Commune
    requested_at: datetime
    expected_at: datetime
    closed_at: datetime | None
    updated_at: datetime
    description: str
    status_notes: str
    agency: str
    address: str
    point: tuple[float, float] | None
    channel: str
    satisfaction: str | None
    reporter: Reporter
    planted: tuple[str, ...]  # personal strings written into the description
    events: tuple[Event, ...] = ()
    has_photo: bool = False
    parent_id: str | None = None
    verdict: str | None = None

    @property
    def is_overdue(self) -> bool:
        """Closed after its deadline, or still open with the deadline behind the clock."""
        return (self.closed_at or CLOCK) > self.expected_at

    def as_of(self, moment: datetime, told: Callable[[datetime], datetime]) -> "Ticket":
        """The ticket at an earlier moment, its instants as ``told``. What has not happened yet is left out."""
        events = tuple(replace(event, at=told(event.at)) for event in self.events if event.at <= moment)
        is_closed = self.closed_at is not None and self.closed_at <= moment
        is_whole = is_closed and self.updated_at <= moment
        return replace(
            self,
            requested_at=told(self.requested_at),
            expected_at=told(self.expected_at),
            closed_at=told(self.closed_at) if self.closed_at and is_closed else None,
            updated_at=told(self.updated_at) if self.updated_at <= moment else max(event.at for event in events),
            status_notes=self.status_notes if is_closed or self.closed_at is None else OPEN_NOTES[0],
            satisfaction=self.satisfaction if is_whole else None,
            events=events,
        )


@lru_cache(maxsize=2)
def ledger(seed: int) -> tuple[Ticket, ...]:
    """All tickets with their histories, ordered by time of receipt."""
    rng = generator(seed, "ticket history")
    found = [_told(ticket, rng) for ticket in _counted(seed)]
    found[OUT_OF_ORDER] = _swapped(found[OUT_OF_ORDER])
    return tuple(sorted([*found, *_counted_apart(found, rng)], key=lambda ticket: ticket.requested_at))


OUT_OF_ORDER = 300  # planted: the ticket whose first response is dated before its receipt


def _counted(seed: int) -> tuple[Ticket, ...]:
    """The published reports, in the order of receipt."""
    rng = generator(seed, "ticket")
    received = _received(rng)
    is_open = _choose_open(received, rng)
    weights = np.array([3.0 if c.name.startswith(("Phường", "Thị trấn")) else 1.0 for c in COMMUNES])
    weights *= rng.uniform(0.6, 1.6, len(weights))
    counters: dict[int, int] = {}
    tickets = []
    for requested_at, still_open in zip(received, is_open, strict=True):
        number = counters[requested_at.year] = counters.get(requested_at.year, 0) + 1
        commune = COMMUNES[rng.choice(len(COMMUNES), p=weights / weights.sum())]
        request_id = f"HG-{requested_at.year}-{number:06d}"
        tickets.append(_ticket(request_id, requested_at, bool(still_open), commune, rng))
    return tuple(tickets)


def _told(ticket: Ticket, rng: np.random.Generator) -> Ticket:
    """The ticket with its history; what the history tells last was an update too."""
    events = history(
        *(ticket.requested_at, ticket.closed_at, ticket.expected_at, ticket.agency),
        *(ticket.satisfaction, ticket.updated_at, rng),
    )
    has_photo = ticket.channel in ("app", "web") and bool(rng.random() < 0.62)
    return replace(ticket, events=events, has_photo=has_photo)


def _swapped(ticket: Ticket) -> Ticket:
    early = ticket.requested_at - timedelta(hours=3)
    events = [replace(e, at=early) if e.kind == "first_response" else e for e in ticket.events]
    return replace(ticket, events=tuple(events))


def _counted_apart(reports: list[Ticket], rng: np.random.Generator) -> list[Ticket]:
    """Repetitions of other reports soon after them, and spam; dealt with on the same or the next days."""
    recent = [n for n, ticket in enumerate(reports) if ticket.requested_at < CLOCK - timedelta(days=8)]
    found: list[Ticket] = []
    for at, number in enumerate(np.sort(rng.choice(recent, DUPLICATES + SPAM, replace=False)).tolist()):
        parent = reports[number]
        is_spam = at % 4 == 3
        requested_at = parent.requested_at + timedelta(minutes=int(rng.integers(40, 3_000)))
        closed_at = requested_at + timedelta(minutes=int(rng.integers(60, 2_000)))
        verdict = "spam" if is_spam else "duplicate"
        found.append(
            replace(
                parent,
                request_id=f"HG-{requested_at.year}-{900_001 + at:06d}",
                requested_at=requested_at,
                expected_at=local(add_working_days(requested_at.date(), DEADLINE_WORKING_DAYS), 17),
                closed_at=closed_at,
                updated_at=closed_at,
                description="Alo alo, thử xem có ai trả lời không." if is_spam else parent.description,
                status_notes="Không phải phản ánh." if is_spam else f"Trùng với phản ánh {parent.request_id}.",
                agency=CENTRE,
                satisfaction=None,
                reporter=_reporter(rng),
                planted=() if is_spam else parent.planted,
                events=set_aside(requested_at, closed_at, verdict),
                parent_id=None if is_spam else parent.request_id,
                verdict=verdict,
            )
        )
    return found


def _received(rng: np.random.Generator) -> list[datetime]:
    moments: list[datetime] = []
    for (_, start, end), count in zip(months(), RECEIVED_PER_MONTH, strict=True):
        days = [start.date() + timedelta(days=i) for i in range((end - start).days + (end.hour > 0))]
        weights = np.array([1.0 if is_working_day(day) else 0.45 for day in days])
        wanted = len(moments) + count
        while len(moments) < wanted:
            day = days[rng.choice(len(days), p=weights / weights.sum())]
            hour = int(rng.choice(_HOURS, p=_HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()))
            moment = local(day, hour) + timedelta(seconds=int(rng.integers(3600)))
            if moment < CLOCK - timedelta(minutes=20):
                moments.append(moment)
    return sorted(moments)


def _choose_open(received: list[datetime], rng: np.random.Generator) -> np.ndarray:
    """Mostly the newest are still open, with a few stragglers."""
    age_days = np.array([(CLOCK - moment).total_seconds() / 86_400 for moment in received])
    weights = np.exp(-age_days / 6) + 0.004
    chosen = np.zeros(len(received), dtype=bool)
    chosen[rng.choice(len(received), OPEN_AT_CLOCK, replace=False, p=weights / weights.sum())] = True
    return chosen


def _ticket(
    request_id: str, requested_at: datetime, still_open: bool, commune: Commune, rng: np.random.Generator
) -> Ticket:
    weights = np.array([s.weight * (2.6 if s.code == "YTCV" and requested_at >= _WAVE else 1) for s in SERVICES])
    service = SERVICES[rng.choice(len(SERVICES), p=weights / weights.sum())]
    expected_at = local(add_working_days(requested_at.date(), DEADLINE_WORKING_DAYS), 17)
    closed_at = None if still_open else _closed(requested_at, expected_at, rng)
    rated = closed_at is not None and rng.random() < 0.34
    satisfaction = str(rng.choice(["satisfied", "acceptable", "dissatisfied"], p=[0.62, 0.21, 0.17])) if rated else None
    # A rating touches the ticket after it was closed, so the time of the last update is not the time of closing.
    last_change = closed_at or requested_at
    delay = timedelta(hours=float(rng.uniform(0.1, 40)) if rated or closed_at is None else 0)
    updated_at = (last_change + min(delay, (CLOCK - last_change) / 2)).replace(microsecond=0)
    district = DISTRICTS[commune.district_code]
    unit = commune.name[0].lower() + commune.name[1:]
    spot = _spot(commune, rng)
    text, planted = _description(service, unit, spot, rng)
    channel = str(rng.choice(_CHANNELS, p=_CHANNEL_WEIGHTS))
    has_point = channel in ("app", "web") or rng.random() < 0.6
    angle, radius = rng.uniform(0, 2 * np.pi), 0.006 * np.sqrt(rng.random())
    point = round(commune.lat + radius * np.sin(angle), 6), round(commune.long + radius * np.cos(angle), 6)
    return Ticket(
        request_id=request_id,
        service=service,
        commune=commune,
        requested_at=requested_at,
        expected_at=expected_at,
        closed_at=closed_at,
        updated_at=updated_at,
        description=text,
        status_notes=_pick(OPEN_NOTES if closed_at is None else CLOSED_NOTES, rng),
        agency=service.agency.format(unit=unit, district=district),
        address=f"{spot[0].upper()}{spot[1:]}, {unit}, {district}, tỉnh Hậu Giang",
        point=(float(point[0]), float(point[1])) if has_point else None,
        channel=channel,
        satisfaction=satisfaction,
        reporter=_reporter(rng),
        planted=planted,
    )


def _closed(requested_at: datetime, expected_at: datetime, rng: np.random.Generator) -> datetime:
    if rng.random() < _LATE_SHARE:
        closed_at = _office_hours(expected_at + timedelta(days=float(rng.gamma(1.5, 4))), rng)
    else:
        closed_at = _office_hours(requested_at + timedelta(days=float(rng.lognormal(0.8, 0.8))), rng)
        closed_at = min(closed_at, expected_at - timedelta(minutes=int(rng.integers(1, 180))))
    if not requested_at < closed_at < CLOCK:
        closed_at = requested_at + float(rng.uniform(0.1, 0.9)) * (CLOCK - requested_at)
    return closed_at.replace(microsecond=0)


def _office_hours(moment: datetime, rng: np.random.Generator) -> datetime:
    """The moment itself when offices are open, else early on the next morning they are."""
    day = moment.date()
    if is_working_day(day) and 7 <= moment.hour < 17:
        return moment
    if moment.hour >= 17 or not is_working_day(day):
        day = add_working_days(day, 1)
    return local(day, 7) + timedelta(seconds=int(rng.integers(3 * 3600)))


def _spot(commune: Commune, rng: np.random.Generator) -> str:
    """A hamlet (ấp) of a rural commune, a quarter (khu vực) of an urban one."""
    return f"{'khu vực' if commune.name.startswith('Phường') else 'ấp'} {rng.integers(1, 9)}"


def _description(service: Service, unit: str, spot: str, rng: np.random.Generator) -> tuple[str, tuple[str, ...]]:
    sentences = [_pick(service.complaints, rng).format(unit=unit, spot=spot)]
    planted = []
    if rng.random() < 0.2:
        kind = str(rng.choice(_PERSONAL_KINDS, p=[0.5, 0.15, 0.2, 0.15]))
        planted.append(_personal(kind, rng))
        sentences.append(_pick(PERSONAL_SENTENCES[kind], rng).format(value=planted[0]))
    sentences.append(_pick(REQUESTS, rng))
    text = " ".join(filter(None, sentences))
    return text[0].upper() + text[1:], tuple(planted)


def _personal(kind: str, rng: np.random.Generator) -> str:
    """A personal string in the shape people write it, taken from ranges that nobody holds.

    Phones use prefix 095 (no operator has it), identity cards a century digit of 9 (births from 2300 on), e-mail
    the reserved domain example.com.
    """
    if kind == "phone":
        a, b, c = f"095{rng.integers(10)}", f"{rng.integers(1000):03d}", f"{rng.integers(1000):03d}"
        return _pick((f"{a}{b}{c}", f"{a} {b} {c}", f"{a}.{b}.{c}", f"+84 {a[1:]} {b} {c}"), rng)
    if kind == "email":
        return f"nguoidan{rng.integers(10_000):04d}@example.com"
    if kind == "plate":
        digits = f"{rng.integers(100, 1000)}.{rng.integers(10, 100)}"
        return f"95{_pick(('A', 'C', 'B1', 'E1'), rng)}-{digits}"
    return f"0939{rng.integers(100):02d}{rng.integers(1_000_000):06d}"


def _reporter(rng: np.random.Generator) -> Reporter:
    return Reporter(
        first_name=_pick(GIVEN_NAMES, rng),
        last_name=f"{_pick(SURNAMES, rng)} {_pick(MIDDLE_NAMES, rng)}",
        phone=f"095{rng.integers(10_000_000):07d}",
        email=f"taikhoan{rng.integers(100_000):05d}@example.com",
        device_id=f"{rng.integers(2**63):016x}",
        account_id=f"TK{rng.integers(1_000_000):06d}",
    )


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
