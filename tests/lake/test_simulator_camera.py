"""The camera files of the synthetic province: their messages equal the answer key, and damage is mended."""

import gzip
import hashlib
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from lake.simulator import camera_files
from lake.simulator.answer_key import AnswerKey
from lake.simulator.camera import DAYS
from lake.simulator.province import CLOCK, TIME_ZONE
from lake.simulator.server import Simulator


@pytest.mark.long
@pytest.mark.slow
def test_camera_files_equal_the_key(simulator: Simulator, key: AnswerKey) -> None:
    passages: Counter[tuple[str, date]] = Counter()
    online: Counter[tuple[str, date]] = Counter()
    labels: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    folder = Path(simulator.resolve("simulator:/camera"))
    assert sorted(path.name for path in folder.glob("events-*")) == sorted(key.camera.files)
    n_false_positives = n_plates = n_misplaced = 0
    for path in sorted(folder.glob("events-*")):
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
        kinds: Counter[str] = Counter()
        for line in dict.fromkeys(lines):
            kind, content = sort_line(line)
            kinds[kind] += 1
            if kind == "stats":
                at = datetime.fromtimestamp(content["service"]["last_updated"], TIME_ZONE)
                for camera, state in content["cameras"].items():
                    online[camera, at.date()] += state["camera_fps"] > 0
            if kind == "end":
                after = content["after"]
                if after["false_positive"]:
                    n_false_positives += 1
                    continue
                assert (after["camera"], after["id"]) not in seen
                seen.add((after["camera"], after["id"]))
                day = datetime.fromtimestamp(after["end_time"], TIME_ZONE).date()
                passages[after["camera"], day] += 1
                n_misplaced += day.isoformat() not in path.name
                labels[after["label"]] += 1
                n_plates += after["recognized_license_plate"] is not None
                assert after["entered_zones"][0] in key.camera.passages_per_direction
        expected = key.camera.files[path.name]
        assert len(lines) == expected.n_lines
        assert len(lines) - sum(kinds.values()) == expected.n_duplicate > 100
        assert kinds["malformed"] == expected.n_malformed > 10
        assert kinds["impossible"] == expected.n_impossible > 0
        found = (kinds["end"], kinds["new"], kinds["update"], kinds["stats"])
        assert found == (expected.n_end, expected.n_new, expected.n_update, expected.n_stats)
    for camera_day, answer in key.camera.per_camera_day.items():
        assert passages[camera_day] == answer.n_passages
        assert online[camera_day] == answer.online_minutes <= answer.observed_minutes <= answer.expected_minutes
    assert sum(passages.values()) == key.camera.n_passages and labels == key.camera.passages_per_label
    assert (n_false_positives, n_plates) == (key.camera.n_false_positives, key.camera.n_plates)
    assert n_misplaced > 10, "some messages must arrive in a later day's file"
    assert len({camera for camera, _ in passages}) == 60


def sort_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """What a strict reader makes of a line."""
    try:
        content = json.loads(line)
    except ValueError:
        return "malformed", {}
    if "cameras" in content:
        return "stats", content
    after = content["after"]
    if not isinstance(after, dict) or not isinstance(after["start_time"], float):
        return "malformed", {}
    first, last = 1632416400 - 60, CLOCK.timestamp()  # 24/09/2021 00:00 at +07:00
    times = [after["start_time"], after["frame_time"], after["end_time"] or after["start_time"]]
    if not all(first <= at <= last for at in times) or times[2] < times[0]:
        return "impossible", content
    return content["type"], content


@pytest.mark.slow
def test_camera_files_are_written_once_and_restored_when_damaged(simulator: Simulator) -> None:
    folder = Path(simulator.resolve("simulator:/camera"))
    before = {path.name: (path.stat().st_mtime_ns, digest(path)) for path in folder.iterdir()}
    with Simulator(folder.parent) as again:
        again.resolve("simulator:/camera")
        assert {path.name: (path.stat().st_mtime_ns, digest(path)) for path in folder.iterdir()} == before
    (folder / camera_files.file_name(DAYS[2])).write_bytes(b"cut")
    with Simulator(folder.parent) as again:
        again.write_ahead()  # in another process, which is waited for
        again.resolve("simulator:/camera")
        assert {path.name: digest(path) for path in folder.iterdir()} == {n: d for n, (_, d) in before.items()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
