"""`ioc simulate`: the synthetic province on loopback, standing at its clock or running with the real one."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from lake.errors import SettingsError
from lake.settings import Settings, private_folder
from lake.simulator.clocks import RunningClock
from lake.simulator.live import LiveCameras, MinuteFiles, Tell
from lake.simulator.live_broker import Publisher
from lake.simulator.province import FIRST_DAY, TIME_ZONE, local
from lake.simulator.server import Simulator
from lake.sources.declared import MQTT_SCHEMES

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HISTORY_DAYS = 14  # of measurements; reports come with their whole history
TEMPLATE = Path(__file__).resolve().parents[1] / "lake" / "simulator" / "live_sources.toml"


def stand_still(settings: Settings, out: Console, *, port: int) -> None:
    """Serve the province as `ioc demo` reads it, until Ctrl-C or SIGTERM. Raises SettingsError for a taken port."""
    stop = _stop_signal()
    _require_free(port)
    with Simulator(settings.home / "simulator", port=port) as simulator:
        out.print(f"Synthetic province, standing at 30/09/2021 17:00: {simulator.url}\nCtrl-C stops.", highlight=False)
        stop.wait()


def run_with_the_clock(settings: Settings, out: Console, *, speed: float, port: int, broker: str | None = None) -> None:
    """Serve the province as it goes on, until Ctrl-C, SIGTERM or the end of its story.

    Its cameras write files, or publish to the `broker` (mqtt://host:1883). Raises SettingsError for a taken port, a
    broker that does not answer, or where the province was begun at another speed.
    """
    stop = _stop_signal()
    _require_free(port)
    folder = private_folder(private_folder(settings.home) / "simulator-live")
    clock = clock_of(folder, speed)
    cameras = broker or (folder / "camera").as_posix()
    with Simulator(folder, clock=clock, port=port) as simulator, _told(cameras) as tell:
        declaration = folder / "sources.toml"
        declaration.write_text(declaration_of(simulator.url, cameras, clock), encoding="utf-8")
        out.print(
            f"Synthetic province, running: {simulator.url}, cameras at {cameras}\n"
            f"Its sources are declared in {declaration}. To follow it in a lake of its own, in another terminal:\n"
            f"  cp {declaration} {settings.sources_file} && ioc run && ioc serve\n"
            f"The story ends on {clock.ends_at:%d/%m/%Y %H:%M}. Ctrl-C stops.",
            highlight=False,
            soft_wrap=True,
        )
        LiveCameras(clock, tell).run(stop)
        if not stop.is_set():
            out.print(f"The story has been told; remove {folder} to begin anew.", soft_wrap=True)


@contextmanager
def _told(cameras: str) -> Iterator[Tell]:
    """Where the messages of cameras go: to a broker, or into a folder."""
    if cameras.startswith(MQTT_SCHEMES):
        with Publisher(cameras) as publisher:
            yield publisher.publish
    else:
        yield MinuteFiles(Path(cameras)).write


def _stop_signal() -> threading.Event:
    stop = threading.Event()
    for number in STOPPING:
        signal.signal(number, lambda *_: stop.set())
    return stop


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(f"Port {port} is taken ({error.strerror}); choose another with --port.") from error


def clock_of(folder: Path, speed: float) -> RunningClock:
    """The clock the folder was begun with, so that a restart goes on where time is. Raises SettingsError."""
    begun = folder / "began.json"
    if begun.exists():
        told = json.loads(begun.read_text())
        if told["speed"] != speed:
            raise SettingsError(
                f"The province in {folder} runs at speed {told['speed']:g}; use that, or remove the folder."
            )
        return RunningClock(datetime.fromisoformat(told["started_at"]), speed)
    started_at = datetime.now(UTC).replace(microsecond=0)
    begun.write_text(json.dumps({"started_at": started_at.isoformat(), "speed": speed}))
    return RunningClock(started_at, speed)


def declaration_of(url: str, cameras: str, clock: RunningClock) -> str:
    """sources.toml of the running province, whose cameras are in a folder or at a broker; measurements HISTORY_DAYS
    back, reports from the first."""
    measured_from = clock.started_at.astimezone(TIME_ZONE).date().toordinal() - HISTORY_DAYS
    return (
        TEMPLATE.read_text(encoding="utf-8")
        .replace("{url}", url)
        .replace("{camera_format}", "mqtt" if cameras.startswith(MQTT_SCHEMES) else "ndjson")
        .replace("{cameras}", cameras)
        .replace("{first_day}", f"{clock.told(local(FIRST_DAY)):%Y-%m-%d}")
        .replace("{measured_from}", datetime.fromordinal(measured_from).date().isoformat())
    )
