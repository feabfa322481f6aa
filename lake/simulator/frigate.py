"""The camera ledger as lines: Frigate's `frigate/events` and `frigate/stats` messages, one JSON document each.

Shapes after docs.frigate.video/integrations/mqtt (Frigate 0.14). To limit volume most tracks are told by their
`end` message alone, six in a hundred also by `new` and two in a hundred by `update`.
"""

from collections.abc import Iterator

import numpy as np

from lake.simulator.camera import (
    CAMERAS,
    DIRECTIONS,
    END,
    IMPOSSIBLE,
    LABELS,
    NEW,
    NOT_JSON,
    START_S,
    STATS,
    STATS_SECOND,
    TRUNCATED,
    UPDATE,
    WRONG_TYPE,
    Lines,
    Traffic,
)
from lake.simulator.province import generator

_TYPES = {END: "end", NEW: "new", UPDATE: "update"}
_FRAME_S = 0.2  # five frames a second
_SHAPES = 256  # distinct outlines, shared by all tracks
_ALPHABET = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz"))
_SPEED_KM_H = {"motorcycle": 42, "car": 52, "truck": 46, "bus": 47, "bicycle": 14}
_PLATE_SERIES = {"motorcycle": ("95B1", "95E1", "65B1"), "bus": ("95B",), "truck": ("95C", "65C")}
_CAR_SERIES = ("95A", "65A", "83A")
_TEN_YEARS_S = 315_360_000
_NOISE = (
    "{at:.3f}: Socket error on client frigate, disconnecting.",
    "<html><head><title>502 Bad Gateway</title></head><body>{at:.3f}</body></html>",
    "[{at:.3f}] ERROR   : Unable to publish to frigate/events: client is not connected",
)


class Messages:
    """Writes any line of the plan; the same (kind, subject) always gives the same bytes."""

    def __init__(self, traffic: Traffic) -> None:
        tracks = traffic.passages
        rng = generator(traffic.seed, "frigate")
        count = len(tracks.camera)
        self._online, self._listed = traffic.is_online, traffic.is_listed
        self._camera = [CAMERAS[index] for index in tracks.camera.tolist()]
        self._start_s, self._end_s = tracks.start_s.tolist(), tracks.end_s.tolist()
        self._label = [LABELS[index] for index in tracks.label.tolist()]
        self._zone = [DIRECTIONS[index] for index in tracks.direction.tolist()]
        self._false_positive = ["true" if flag else "false" for flag in tracks.is_false_positive.tolist()]
        self._suffix = _ALPHABET[rng.integers(36, size=(count, 6))].view("U6").ravel().tolist()
        self._top_score = rng.uniform(0.72, 0.98, count).round(4).tolist()
        self._speed = rng.normal(1, 0.16, count).clip(0.4, 1.7).tolist()
        self._angle = (np.where(tracks.direction == 0, 90, 270) + rng.integers(-12, 13, count)).tolist()
        self._plate_score = np.where(tracks.has_plate, rng.uniform(0.8, 0.999, count).round(4), 0).tolist()
        self._plate_number = rng.integers(10_000, 100_000, count).tolist()
        self._shape = [_shape(rng) for _ in range(_SHAPES)]
        self._states = [_camera_states(camera, number, rng) for number, camera in enumerate(CAMERAS)]

    def lines(self, plan: Lines) -> Iterator[str]:
        """The file's lines in order, without line ends."""
        for kind, subject in zip(plan.kind.tolist(), plan.subject.tolist(), strict=True):
            if kind in _TYPES:
                yield self._event(kind, subject)
            elif kind == STATS:
                yield self.statistics(subject, START_S + subject * 60 + STATS_SECOND)
            elif kind == IMPOSSIBLE:
                yield self._impossible(subject)
            elif kind == NOT_JSON:
                yield _NOISE[subject % len(_NOISE)].format(at=self._end_s[subject])
            elif kind == TRUNCATED:
                line = self._event(END, subject)
                yield line[: len(line) * (10 + subject % 85) // 100]
            elif kind == WRONG_TYPE:
                yield self._wrong_type(subject)

    def passage(self, track: int, start_s: float, end_s: float) -> str:
        """The end message of a track at another time than its own."""
        return self._message(END, track, start_s, (end_s - _FRAME_S, end_s))

    def _event(self, kind: int, track: int) -> str:
        start_s, end_s = self._start_s[track], self._end_s[track]
        if kind == END:
            return self.passage(track, start_s, end_s)
        frame_s = start_s if kind == NEW else (start_s + end_s) / 2
        return self._message(kind, track, start_s, (frame_s - _FRAME_S * (kind == UPDATE), frame_s))

    def _impossible(self, track: int) -> str:
        """An end message before its start, at the epoch, in milliseconds, or ten years ahead."""
        start_s, end_s = self._start_s[track], self._end_s[track]
        flaw = track % 4
        if flaw == 0:
            end_s = start_s - 3600
        elif flaw == 1:
            start_s, end_s = 0.0, end_s - start_s
        elif flaw == 2:
            start_s, end_s = start_s * 1000, end_s * 1000
        else:
            start_s, end_s = start_s + _TEN_YEARS_S, end_s + _TEN_YEARS_S
        return self._message(END, track, start_s, (end_s, end_s))

    def _wrong_type(self, track: int) -> str:
        flaw = track % 3
        line = self._event(END, track)
        if flaw == 0:
            return line.replace(f'"start_time":{self._start_s[track]:.6f}', '"start_time":"n/a"')
        before = line[: line.index(',"after":')]
        return before + (',"after":"end of track"}' if flaw == 1 else ',"after":null}')

    def _message(self, kind: int, track: int, start_s: float, frames_s: tuple[float, float]) -> str:
        """``frames_s``: time of the frame before and of the present one; an object ends with its last frame."""
        before_s, after_s = frames_s
        end_time = f"{after_s:.6f}" if kind == END else "null"
        camera, label, zone = self._camera[track], self._label[track], self._zone[track]
        outline, shape = self._shape[track % _SHAPES]
        top = self._top_score[track]
        score = round(top - 0.03, 4)
        speed = round(_SPEED_KM_H[label] * self._speed[track], 1)
        plate, plate_score = "null", "null"
        if kind == END and self._plate_score[track]:
            plate, plate_score = f'"{self._plate(track)}"', f"{self._plate_score[track]}"
        # `before` and `after` share all but the frame, the end and the plate.
        head = f'{{"id":"{start_s:.6f}-{self._suffix[track]}","camera":"{camera}","frame_time":'
        middle = (
            f',"snapshot":{{"frame_time":{before_s:.6f},{outline},"score":{score},"attributes":[]}},"label":"{label}",'
            f'"sub_label":null,"top_score":{top},"false_positive":{self._false_positive[track]},'
            f'"start_time":{start_s:.6f},"end_time":'
        )
        tail = (
            f',"score":{score},{shape},"current_zones":["{zone}"],"entered_zones":["{zone}"],"thumbnail":null,'
            '"has_snapshot":true,"has_clip":false,"active":true,"stationary":false,"motionless_count":0,'
            f'"position_changes":1,"attributes":{{}},"current_attributes":[],"current_estimated_speed":{speed},'
            f'"average_estimated_speed":{speed},"velocity_angle":{self._angle[track]},"recognized_license_plate":'
        )
        return (
            f'{{"type":"{_TYPES[kind]}","before":{head}{before_s:.6f}{middle}null{tail}null,'
            f'"recognized_license_plate_score":null}},"after":{head}{after_s:.6f}{middle}{end_time}{tail}{plate},'
            f'"recognized_license_plate_score":{plate_score}}}}}'
        )

    def _plate(self, track: int) -> str:
        series = _PLATE_SERIES.get(self._label[track], _CAR_SERIES)
        number = self._plate_number[track]
        return f"{series[number % len(series)]}-{number // 100}.{number % 100:02d}"

    def statistics(self, minute: int, at_s: int) -> str:
        """The cameras' state in a minute of the ledger, told at ``at_s``."""
        online, listed = self._online[:, minute].tolist(), self._listed[:, minute].tolist()
        cameras = ",".join(
            states[1 + (minute + number) % (len(states) - 1)] if online[number] else states[0]
            for number, states in enumerate(self._states)
            if listed[number]
        )
        service = f'{{"uptime":{minute * 60},"version":"0.14.1","last_updated":{at_s}}}'
        return f'{{"cameras":{{{cameras}}},"service":{service}}}'


def _shape(rng: np.random.Generator) -> tuple[str, str]:
    """An outline in pixels of a 1280x720 frame: for the snapshot, and for the object (with its ratio)."""
    left, top = int(rng.integers(0, 1000)), int(rng.integers(60, 500))
    width, height = int(rng.integers(60, 260)), int(rng.integers(50, 200))
    box = f'"box":[{left},{top},{left + width},{top + height}],"area":{width * height}'
    region = f'"region":[{max(left - 80, 0)},{max(top - 60, 0)},{left + 320},{top + 320}]'
    return f"{box},{region}", f'{box},"ratio":{round(width / height, 4)},{region}'


def _camera_states(camera: str, number: int, rng: np.random.Generator) -> tuple[str, ...]:
    """A camera's entry in the statistics: offline first, then several ways to be online."""

    def state(fps: float, detection: float) -> str:
        return (
            f'"{camera}":{{"camera_fps":{fps},"process_fps":{fps},"skipped_fps":0.0,"detection_fps":{detection},'
            f'"detection_enabled":true,"pid":{400 + number},"capture_pid":{500 + number},"ffmpeg_pid":{600 + number}}}'
        )

    online = [state(round(float(rng.uniform(4.8, 5.1)), 1), round(float(rng.uniform(0, 12)), 1)) for _ in range(7)]
    return state(0.0, 0.0), *online
