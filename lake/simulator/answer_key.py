"""What a correct harvest of the province must find, counted from the ledgers and never from the wire."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lake.simulator import camera, media, monitoring, ticket
from lake.simulator.camera_files import file_name
from lake.simulator.province import CLOCK, SEED, TIME_ZONE, month_of, months


@dataclass(frozen=True)
class TicketKey:
    """Reports from the first day to the clock, repetitions and spam apart. Months are provincial, as ``2021-09``."""

    n_received: int
    n_resolved: int
    n_overdue: int  # closed after the deadline, or open with the deadline behind the clock
    n_overdue_open: int
    n_duplicates: int
    n_spam: int
    n_events: int  # of all reports
    received_per_month: dict[str, int]  # by time of receipt
    resolved_per_month: dict[str, int]  # by time of closing
    resolved_of_received_per_month: dict[str, int]  # by time of receipt: the cohort
    received_per_unit: dict[str, int]  # by commune code
    received_per_service: dict[str, int]  # by service code
    planted_personal: tuple[str, ...]  # strings that must not be found outside the landing zone
    reporter_personal: tuple[str, ...]  # the same, from the personal fields


@dataclass(frozen=True)
class ServerMonth:
    """Samples of one server in one provincial month; ``n_up`` counts the value 1, ``n_received`` any value."""

    n_expected: int
    n_received: int
    n_up: int


@dataclass(frozen=True)
class ServerKey:
    """Samples of the metric ``up``, one every ``step_s`` seconds in [first day 00:00, clock)."""

    step_s: int
    per_server_month: dict[tuple[str, str], ServerMonth]  # (instance, month)
    per_month: dict[str, ServerMonth]
    n_servers: int


@dataclass(frozen=True)
class MediaKey:
    """Articles by time of publication; weeks are ISO weeks of provincial days, as ``2021-W39``."""

    n_feeds: int
    n_items: int
    n_stories: int  # syndicated copies counted once
    items_per_week: dict[str, int]
    complete_weeks: tuple[str, ...]
    tone_of_article: dict[int, str]  # latent; by the article's number, the last part of its link
    topic_of_article: dict[int, str]  # topic code, by the article's number
    story_of_article: dict[int, int]  # number of the article it repeats, its own where it repeats none
    tone_per_week: dict[tuple[str, str], int]  # (week, tone)


@dataclass(frozen=True)
class FileKey:
    """Lines of one camera file. A duplicate repeats a sound line byte for byte; the other counts leave it out."""

    n_lines: int
    n_duplicate: int
    n_malformed: int  # truncated, not JSON, or of wrong types
    n_impossible: int  # a sound message with times that cannot be
    n_end: int
    n_new: int
    n_update: int
    n_stats: int


@dataclass(frozen=True)
class CameraDay:
    """One camera on one provincial day. Online minutes are those whose statistics show frames."""

    n_passages: int  # without false positives
    online_minutes: int
    observed_minutes: int  # minutes with statistics, of any camera
    expected_minutes: int


@dataclass(frozen=True)
class CameraKey:
    """Traffic over seven days up to the clock. Every passage lies in one minute, so in one day and hour."""

    per_camera_day: dict[tuple[str, date], CameraDay]
    files: dict[str, FileKey]  # by file name
    n_passages: int
    n_false_positives: int
    n_plates: int  # passages whose end message has a licence plate, false positives left out
    passages_per_label: dict[str, int]
    passages_per_direction: dict[str, int]


@dataclass(frozen=True)
class AnswerKey:
    """Expected totals of each source."""

    ticket: TicketKey
    server: ServerKey
    media: MediaKey
    camera: CameraKey


def answer_key(seed: int = SEED) -> AnswerKey:
    """The key to the province of this seed; takes about two seconds the first time."""
    return AnswerKey(_tickets(seed), _servers(seed), _media(seed), _cameras(seed))


def _tickets(seed: int) -> TicketKey:
    everything = ticket.ledger(seed)
    tickets = [t for t in everything if t.verdict is None]
    closed = [t for t in tickets if t.closed_at is not None]
    people = [t.reporter for t in everything]
    return TicketKey(
        n_received=len(tickets),
        n_resolved=len(closed),
        n_overdue=sum(t.is_overdue for t in tickets),
        n_overdue_open=sum(t.is_overdue and t.closed_at is None for t in tickets),
        n_duplicates=sum(t.verdict == "duplicate" for t in everything),
        n_spam=sum(t.verdict == "spam" for t in everything),
        n_events=sum(len(t.events) for t in everything),
        received_per_month=dict(Counter(month_of(t.requested_at) for t in tickets)),
        resolved_per_month=dict(Counter(month_of(t.closed_at) for t in closed if t.closed_at)),
        resolved_of_received_per_month=dict(Counter(month_of(t.requested_at) for t in closed)),
        received_per_unit=dict(Counter(t.commune.code for t in tickets)),
        received_per_service=dict(Counter(t.service.code for t in tickets)),
        planted_personal=tuple(text for t in everything for text in t.planted),
        reporter_personal=tuple(text for p in people for text in (p.phone, p.email, p.device_id, p.account_id)),
    )


def _servers(seed: int) -> ServerKey:
    data = monitoring.ledger(seed)
    columns = {}
    for month, start, end in months():
        first, last = (int(moment.timestamp()) - monitoring.FIRST_SAMPLE_S for moment in (start, end))
        columns[month] = data.up[:, first // monitoring.STEP_S : last // monitoring.STEP_S]
    return ServerKey(
        step_s=monitoring.STEP_S,
        per_server_month={
            (server.labels["instance"], month): _count(values[row : row + 1])
            for row, server in enumerate(data.servers)
            for month, values in columns.items()
        },
        per_month={month: _count(values) for month, values in columns.items()},
        n_servers=len(data.servers),
    )


def _count(values: camera.Floats) -> ServerMonth:
    return ServerMonth(values.size, int((~np.isnan(values)).sum()), int((values == 1).sum()))


def _media(seed: int) -> MediaKey:
    items = media.ledger(seed)
    weeks = [_week(item.published_at.astimezone(TIME_ZONE).date()) for item in items]
    mondays = [media.FIRST_MONDAY + timedelta(weeks=n) for n in range(media.WEEKS)]
    return MediaKey(
        n_feeds=media.SITES,
        n_items=len(items),
        n_stories=len({item.story for item in items}),
        items_per_week=dict(Counter(weeks)),
        complete_weeks=tuple(_week(day) for day in mondays if day + timedelta(days=7) <= CLOCK.date()),
        tone_of_article={item.number: item.tone for item in items},
        topic_of_article={item.number: media.TOPICS[item.section] for item in items},
        story_of_article={item.number: item.story for item in items},
        tone_per_week=dict(Counter(zip(weeks, (item.tone for item in items), strict=True))),
    )


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _cameras(seed: int) -> CameraKey:
    traffic = camera.ledger(seed)
    tracks, count = traffic.passages, len(traffic.passages)
    genuine = np.flatnonzero(~tracks.is_false_positive[:count])
    days = camera.track_days(tracks.end_s[genuine])
    passages = Counter(zip(tracks.camera[genuine].tolist(), days.tolist(), strict=True))
    online = traffic.is_online & traffic.is_observed
    per_camera_day = {}
    for number, name in enumerate(camera.CAMERAS):
        for index, day in enumerate(camera.DAYS):
            span = camera.minutes_of(day)
            per_camera_day[name, day] = CameraDay(
                n_passages=passages[number, index],
                online_minutes=int(online[number, span].sum()),
                observed_minutes=int(traffic.is_observed[span].sum()),
                expected_minutes=camera.expected_minutes(day),
            )
    labels, directions = tracks.label[genuine].tolist(), tracks.direction[genuine].tolist()
    return CameraKey(
        per_camera_day=per_camera_day,
        files={file_name(plan.day): _file(plan) for plan in traffic.lines},
        n_passages=len(genuine),
        n_false_positives=count - len(genuine),
        n_plates=int(tracks.has_plate[genuine].sum()),
        passages_per_label=dict(Counter(camera.LABELS[label] for label in labels)),
        passages_per_direction=dict(Counter(camera.DIRECTIONS[direction] for direction in directions)),
    )


def _file(plan: camera.Lines) -> FileKey:
    kinds = Counter(plan.kind[~plan.is_duplicate].tolist())
    return FileKey(
        n_lines=len(plan.kind),
        n_duplicate=int(plan.is_duplicate.sum()),
        n_malformed=sum(kinds[kind] for kind in camera.BROKEN),
        n_impossible=kinds[camera.IMPOSSIBLE],
        n_end=kinds[camera.END],
        n_new=kinds[camera.NEW],
        n_update=kinds[camera.UPDATE],
        n_stats=kinds[camera.STATS],
    )
