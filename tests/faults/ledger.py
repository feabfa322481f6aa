"""The oracle: what was sent, written down outside the product, and compared as sets with what the lake shows.

The generator makes small deliveries of two sources (camera lines, ticket documents). Every record has an id, the
hour it was sent, the hash of its content, and a class: good, bad or duplicate. The checker reads this ledger and the
lake's public tables, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import duckdb

# Young enough for every rule of retention, old enough for the deliveries of a long night.
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=9)
CAMERA, TICKET = "gate-cameras", "report-desk"
Kind = Literal["good", "bad", "duplicate"]


@dataclass(frozen=True)
class Entry:
    """One record as offered in one delivery. `content` is the SHA-256 of its values; "" for a bad record."""

    source: str
    delivery: str  # name of the file or document
    position: int  # of the record in it
    id: str
    hour: str
    kind: Kind
    content: str


@dataclass(frozen=True)
class Delivery:
    """One file or document, with what the ledger says of it."""

    source: str
    name: str
    body: bytes
    entries: tuple[Entry, ...]


@dataclass
class Ledger:
    """Everything that was sent, kept in a file as it happens."""

    file: Path
    entries: list[Entry] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)  # delivery -> records in it

    def write(self, delivery: Delivery) -> None:
        """Note a delivery before it is sent. The same bytes under another name are not a delivery of their own."""
        with self.file.open("a", encoding="utf-8") as lines:
            for entry in delivery.entries:
                lines.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        self.entries.extend(delivery.entries)
        self.sizes[delivery.name] = len(delivery.entries)


def is_camera(source: str) -> bool:
    """Whether the source delivers camera lines; the others deliver ticket documents."""
    return source.startswith(CAMERA)


class Generator:
    """Endless deliveries of sources: new records, changed ones, one bad one, one sent before."""

    def __init__(
        self,
        seed: int = 1,
        start: datetime = START,
        step: timedelta = timedelta(minutes=15),
        *,
        has_bad: bool = True,  # more than a twentieth of bad records closes the gate of a publication
    ) -> None:
        self._has_bad = has_bad
        self._start, self._step = start, step  # of the deliveries of each source
        self._random = random.Random(seed)
        self._sent: dict[str, list[tuple[str, str, Entry]]] = defaultdict(list)  # (body, id, entry)
        self._n: Counter[str] = Counter()

    def next(self, source: str) -> Delivery:
        """The next delivery of `source`."""
        number = self._n[source]
        self._n[source] += 1
        make = self._camera if is_camera(source) else self._ticket
        ending = "ndjson" if is_camera(source) else "json"
        name = f"{source}-{number:05d}.{ending}"
        sent_at = self._start + self._step * number
        records = make(number, sent_at)
        if not self._has_bad:
            records = [record for record in records if record[1] != "bad"]
        before = self._sent[source]
        if before:
            text, _, entry = self._random.choice(before[-40:])
            records.insert(
                self._random.randrange(len(records)), (text, "duplicate", entry.id, entry.hour, entry.content)
            )
        return self._deliver(source, name, records, remember=True)

    def again(self, deliveries: Sequence[Delivery], name: str, *, shuffled: bool = True) -> Delivery:
        """The records of some deliveries in one other document: each of them is a duplicate of what was sent."""
        source = deliveries[0].source
        texts = [text for d in deliveries for text in _texts(d)]
        records: list[_Record] = [
            (text, "duplicate", e.id, e.hour, e.content)
            for (text, _), e in zip(texts, (e for d in deliveries for e in d.entries), strict=True)
        ]
        if shuffled:
            self._random.shuffle(records)
        return self._deliver(source, name, records, remember=False)

    def _deliver(self, source: str, name: str, records: Sequence[_Record], *, remember: bool) -> Delivery:
        entries = tuple(
            Entry(source, name, position, identity, hour, kind, content)
            for position, (_, kind, identity, hour, content) in enumerate(records)
        )
        texts = [text for text, *_ in records]
        body = "\n".join(texts) + "\n" if is_camera(source) else "[" + ",\n".join(texts) + "]"
        if remember:
            self._sent[source] += [(t, e.id, e) for t, e in zip(texts, entries, strict=True) if e.kind == "good"]
        return Delivery(source, name, body.encode(), entries)

    def _camera(self, number: int, sent_at: datetime) -> list[_Record]:
        records: list[_Record] = []
        hour = sent_at.strftime("%Y-%m-%dT%H")
        for i in range(10):
            at = sent_at.timestamp() + i
            score, speed = round(self._random.uniform(0.5, 1), 3), float(self._random.randrange(0, 90))
            label = self._random.choice(["car", "motorcycle", "bus"])
            after = {"id": f"e{number}-{i}", "camera": f"cam-{i % 3}", "frame_time": at, "start_time": at - 2}
            after |= {"label": label, "top_score": score, "average_estimated_speed": speed, "false_positive": False}
            content = _hash("event", f"cam-{i % 3}", f"e{number}-{i}", "new", at, at - 2, label, score, speed)
            text = json.dumps({"type": "new", "after": after})
            records.append((text, "good", f"event e{number}-{i}", hour, content))
        at, fps = sent_at.timestamp() + 30, float(self._random.randrange(0, 3) * 5)
        stats = {"service": {"last_updated": int(at)}, "cameras": {"cam-0": {"camera_fps": fps}}}
        content = _hash("status", "cam-0", at, fps, fps > 0)
        records.append((json.dumps(stats), "good", f"status cam-0 {at}", hour, content))
        bad = {"type": "new", "after": {"id": f"x{number}", "label": "car", "frame_time": at, "start_time": at}}
        records.append((json.dumps(bad), "bad", f"bad x{number}", hour, ""))
        self._random.shuffle(records)
        return records

    def _ticket(self, number: int, sent_at: datetime) -> list[_Record]:
        records: list[_Record] = []
        hour = sent_at.strftime("%Y-%m-%dT%H")
        for i in range(6):
            request = f"t{number}-{i}" if i else f"t{number // 3}-first"  # the first one changes from time to time
            status = self._random.choice(["open", "closed"])
            text = self._random.choice(["Đèn đường hỏng", "Rác chưa thu gom", "Ổ gà trên đường"])
            values = {"service_request_id": request, "status": status, "description": text}
            values |= {"requested_datetime": _iso(self._start), "updated_datetime": _iso(sent_at)}
            content = _hash("request", request, status, text, self._start.timestamp(), sent_at.timestamp())
            records.append((_json(values), "good", f"request {request} {sent_at.timestamp()}", hour, content))
        bad = {"service_request_id": f"x{number}", "status": "open", "requested_datetime": "hôm qua"}
        records.append((_json(bad), "bad", f"bad {number}", hour, ""))
        self._random.shuffle(records)
        return records


_Record = tuple[str, Kind, str, str, str]  # text, kind, id, hour, content


@dataclass
class Findings:
    """What is wrong: sentences by kind. An empty one means all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)  # content or account that differs from the ledger

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.torn or self.altered)

    def __str__(self) -> str:
        named = {"lost": self.lost, "doubled": self.doubled, "torn": self.torn, "altered": self.altered}
        return "; ".join(f"{len(found)} {name}: {found[:5]}" for name, found in named.items() if found) or "nothing"


def check(con: duckdb.DuckDBPyConnection, ledger: Ledger, whole: Collection[str]) -> Findings:
    """Compare the lake with the ledger: all records of the deliveries `whole` must be there, none twice, none torn.

    Reads one snapshot, so it may run beside writers. Sources the ledger does not name are left out.
    """
    con.execute("begin")
    try:
        state = _read(con, {entry.source for entry in ledger.entries})
    finally:
        con.execute("rollback")
    findings = Findings()
    _check_batches(state, ledger, findings)
    _check_records(state, ledger, whole, findings)
    return findings


def drained(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> Findings:
    """`check` when all is delivered, and the accounts by source and hour: offered = accepted + quarantined + dedup."""
    findings = check(con, ledger, list(ledger.sizes))
    accounts = con.execute(
        "select b.source, o.origin, sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) "
        "from lake.ops.batches b join (select distinct batch_id, origin from lake.ops.objects) o using (batch_id) "
        "group by all"
    ).fetchall()
    hours = {entry.delivery: entry.hour for entry in ledger.entries if entry.kind != "duplicate"}
    seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for source, origin, offered, accepted, quarantined, deduplicated in accounts:
        if (name := _name(origin)) in ledger.sizes:
            seen[source, hours.get(name, name)] += Counter(
                offered=int(offered), kept=int(accepted) + int(quarantined), dedup=int(deduplicated)
            )
    sent: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entry in ledger.entries:
        sent[entry.source, hours.get(entry.delivery, entry.delivery)]["offered"] += 1
    for key, counts in sent.items():
        if seen[key]["offered"] != counts["offered"] or counts["offered"] != seen[key]["kept"] + seen[key]["dedup"]:
            findings.altered.append(f"{key}: sent {counts['offered']}, accounts say {dict(seen[key])}")
    records = len({(e.source, e.id) for e in ledger.entries})
    if (kept := sum(counts["kept"] for counts in seen.values())) != records:
        findings.altered.append(f"{records} records were sent, {kept} kept")
    return findings


@dataclass(frozen=True)
class _State:
    rows: list[tuple[str, str, str, str]]  # source, batch, id, content
    quarantined: list[tuple[str, str, str, int]]  # source, batch, delivery, position
    accounts: dict[str, tuple[int, int, int]]  # batch -> accepted, quarantined, least deduplicated
    objects: dict[str, str]  # batch -> delivery


def _read(con: duckdb.DuckDBPyConnection, sources: Collection[str]) -> _State:
    def all_of(statement: str) -> list[tuple]:
        return con.execute(f"{statement} where list_contains(?, source)", [list(sources)]).fetchall()

    rows = []
    for source, batch, camera, event, kind, sent_at, start_at, label, score, speed in all_of(
        "select source, batch_id, camera_id, event_id, event_type, epoch(sent_at), epoch(start_at), label, top_score, "
        "speed_km_h from lake.raw.camera__events"
    ):
        rows.append(
            (
                source,
                batch,
                f"event {event}",
                _hash("event", camera, event, kind, sent_at, start_at, label, score, speed),
            )
        )
    for source, batch, camera, at, fps, is_online in all_of(
        "select source, batch_id, camera_id, epoch(reported_at), camera_fps, is_online from lake.raw.camera__status"
    ):
        rows.append((source, batch, f"status {camera} {at}", _hash("status", camera, at, fps, is_online)))
    for source, batch, request, status, text, requested, updated in all_of(
        "select source, batch_id, request_id, status, description, epoch(requested_at), epoch(updated_at) "
        "from lake.raw.ticket__requests"
    ):
        rows.append(
            (source, batch, f"request {request} {updated}", _hash("request", request, status, text, requested, updated))
        )
    quarantined = all_of("select source, batch_id, origin, position from lake.raw.quarantine")
    accounts = con.execute(
        "select batch_id, sum(n_accepted)::int, sum(n_quarantined)::int, min(n_deduplicated)::int "
        "from lake.ops.batches where list_contains(?, source) group by all",
        [list(sources)],
    ).fetchall()
    objects = all_of("select batch_id, origin from lake.ops.objects")
    return _State(
        rows,
        [(source, batch, _name(origin), position) for source, batch, origin, position in quarantined],
        {batch: tuple(counts) for batch, *counts in accounts},
        {batch: _name(origin) for batch, origin in objects},
    )


def _check_batches(state: _State, ledger: Ledger, findings: Findings) -> None:
    """A batch is whole or absent: its rows, its quarantine, its accounts and its objects agree."""
    accepted = Counter(batch for _, batch, *_ in state.rows)
    quarantined = Counter(batch for _, batch, *_ in state.quarantined)
    for batch in {*accepted, *quarantined, *state.accounts, *state.objects}:
        told = state.accounts.get(batch)
        if told is None or batch not in state.objects:
            findings.torn.append(f"{batch}: rows without accounts, or accounts without objects")
        elif (accepted[batch], quarantined[batch]) != told[:2] or told[2] < 0:
            findings.torn.append(f"{batch}: {accepted[batch]} + {quarantined[batch]} rows, accounts say {told}")
    for name, n in Counter(state.objects.values()).items():
        if n > 1 and name in ledger.sizes:
            findings.doubled.append(f"{name} is in {n} batches")


def _check_records(state: _State, ledger: Ledger, whole: Collection[str], findings: Findings) -> None:
    """The records of `whole` deliveries are there; each is in one class and once; nothing else is there."""
    content = {(e.source, e.id): e.content for e in ledger.entries}
    bad_at = {(e.source, e.delivery, e.position): (e.source, e.id) for e in ledger.entries if not e.content}
    rows = Counter((source, identity) for source, _, identity, _ in state.rows)
    for source, _, identity, found in state.rows:
        if content.get((source, identity)) != found:
            findings.altered.append(f"{source} {identity}")
    quarantined = Counter(bad_at.get((source, name, position)) for source, _, name, position in state.quarantined)
    if quarantined.pop(None, 0):
        findings.altered.append("a record was quarantined that is not bad")
    for key, n in (rows + quarantined).items():
        if n > 1:
            findings.doubled.append(f"{key} {n} times")
    wanted = {(e.source, e.id) for e in ledger.entries if e.delivery in set(whole)}
    findings.lost += [f"{source} {identity}" for source, identity in sorted(wanted - {*rows, *quarantined})]


def _texts(delivery: Delivery) -> Iterable[tuple[str, int]]:
    if is_camera(delivery.source):
        texts = delivery.body.decode().splitlines()
    else:
        texts = [_json(record) for record in json.loads(delivery.body)]
    return [(text, position) for position, text in enumerate(texts)]


def _name(origin: str) -> str:
    return urlsplit(origin).path.rsplit("/", 1)[-1]


def _hash(*values: object) -> str:
    return hashlib.sha256("|".join(map(str, values)).encode()).hexdigest()


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
