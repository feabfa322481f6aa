"""Seeded newline JSON in the shape of `frigate/events`, a week of daily files; synthetic throughout."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DAYS = 7  # unless asked otherwise
FIRST_S = datetime(2021, 9, 20, 17, tzinfo=UTC).timestamp()  # midnight in the province
N_CAMERAS = 60
MALFORMED = 0.002
DUPLICATE = 0.02
LABELS = ("motorcycle", "motorcycle", "motorcycle", "motorcycle", "car", "truck", "bus", "bicycle")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

# Fields and order after docs.frigate.video/integrations/mqtt, `frigate/events`.
OBJECT = (
    '{"id": "%(id)s", "camera": "%(camera)s", "frame_time": %(frame).6f, "snapshot": {"frame_time": %(frame).6f, '
    '"box": [415, 489, 528, 700], "area": 12728, "region": [260, 446, 660, 846], "score": %(score).6f, '
    '"attributes": []}, "label": "%(label)s", "sub_label": null, "top_score": %(score).8f, '
    '"false_positive": %(withdrawn)s, "start_time": %(start).6f, "end_time": %(end)s, "score": %(score).7f, '
    '"box": [424, 500, 536, 712], "area": 23744, "ratio": 2.113207, "region": [264, 450, 667, 853], '
    '"current_zones": ["%(zone)s"], "entered_zones": ["%(zone)s"], "thumbnail": null, "has_snapshot": true, '
    '"has_clip": false, "active": true, "stationary": false, "motionless_count": 0, "position_changes": 2, '
    '"attributes": {}, "current_attributes": [], "current_estimated_speed": %(speed).2f, '
    '"average_estimated_speed": %(speed).2f, "velocity_angle": 180, "recognized_license_plate": %(plate)s, '
    '"recognized_license_plate_score": %(plate_score)s}'
)


@dataclass(frozen=True)
class Written:
    """What was written, for checking that both ways of reading saw the same."""

    n_lines: int
    n_malformed: int
    n_duplicate: int
    n_bytes: int

    @property
    def n_events(self) -> int:
        """Distinct good events."""
        return self.n_lines - self.n_malformed - self.n_duplicate


def write_files(folder: Path, n_lines: int, *, days: int = DAYS, is_packed: bool = False) -> Written:
    """`n_lines` lines over daily files in `folder`, gzip if packed: 2 ‰ cut somewhere, 2 % equal to an earlier line."""
    source = random.Random(1)
    counts = {"malformed": 0, "duplicate": 0}
    n_bytes = 0
    for day in range(days):
        n = n_lines * (day + 1) // days - n_lines * day // days
        name = f"events-{datetime.fromtimestamp(FIRST_S + day * 86_400 + 25_200, UTC):%Y-%m-%d}.ndjson"
        lines = _lines(source, n, FIRST_S + day * 86_400, counts)
        if is_packed:
            path = folder / f"{name}.gz"
            with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as packed:
                packed.writelines(lines)
        else:
            path = folder / name
            with path.open("w", encoding="utf-8") as out:
                out.writelines(lines)
        n_bytes += path.stat().st_size
    return Written(n_lines, counts["malformed"], counts["duplicate"], n_bytes)


def _lines(source: random.Random, n: int, midnight_s: float, counts: dict[str, int]) -> Iterator[str]:
    recent: list[str] = []
    for number in range(n):
        draw = source.random()
        if draw < DUPLICATE and recent:
            counts["duplicate"] += 1
            yield source.choice(recent)
            continue
        line = _message(source, midnight_s + 86_390 * (number + source.random()) / n)
        if draw > 1 - MALFORMED:
            counts["malformed"] += 1
            yield line[: source.randrange(1, len(line) - 2)] + "\n"
            continue
        recent.append(line)
        if len(recent) > 2000:
            del recent[:1000]
        yield line


def _message(source: random.Random, frame: float) -> str:
    start = frame - 1 - 9 * source.random()
    label = source.choice(LABELS)
    kind = source.choice(("new", "update", "end", "end", "end"))
    has_plate = kind == "end" and label != "bicycle" and source.random() < 0.6
    values = {
        "id": f"{start:.6f}-{''.join(source.choices(LETTERS, k=6))}",
        "camera": f"ql1a-{source.randrange(N_CAMERAS) + 1:02d}",
        "frame": frame,
        "start": start,
        "end": f"{frame:.6f}" if kind == "end" else "null",
        "score": 0.5 + source.random() / 2,
        "label": label,
        "withdrawn": "true" if source.random() < 0.01 else "false",
        "zone": source.choice(("huong_di", "huong_ve")),
        "speed": 15 + 45 * source.random(),
        "plate": f'"95A-{source.randrange(1000):03d}.{source.randrange(100):02d}"' if has_plate else "null",
        "plate_score": f"{0.7 + 0.3 * source.random():.6f}" if has_plate else "null",
    }
    after = OBJECT % values
    before = OBJECT % {**values, "frame": frame - 0.4, "end": "null"}
    return f'{{"type": "{kind}", "before": {before}, "after": {after}}}\n'
