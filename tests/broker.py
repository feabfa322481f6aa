"""Debian's mosquitto as a test's own broker: on a free port, its sessions on disk, stopped and started at will."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
PATIENCE_S = 300  # a busy machine is no reason to fail


class Broker:
    """A broker that is up after `start`; what it holds for absent clients outlives `stop`."""

    def __init__(self, folder: Path, *lines: str, tls: bool = False) -> None:
        if PROGRAM is None:
            pytest.skip("mosquitto is not installed (Debian: apt-get install mosquitto)")
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"{'mqtts' if tls else 'mqtt'}://127.0.0.1:{self.port}"
        self._config = folder / "mosquitto.conf"
        config = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 0",
            *(["user root"] if os.geteuid() == 0 else []),
            *(lines or ("allow_anonymous true",)),
        ]
        self._config.write_text("\n".join(config) + "\n", encoding="utf-8")
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        self._running = subprocess.Popen(
            [PROGRAM, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at:
            assert self._running.poll() is None, "mosquitto ended at once"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("mosquitto does not answer")

    def stop(self) -> None:
        """As an administrator would: it writes its sessions to the disk first."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(PATIENCE_S)
            self._running = None


def publish(broker: Broker, messages: list[tuple[str, bytes]], qos: int = 1) -> None:
    """Publish; returns when the broker has all of them (QoS 1), or they are on their way (QoS 0)."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    sent = [client.publish(topic, payload, qos=qos) for topic, payload in messages]
    for message in sent:
        message.wait_for_publish(PATIENCE_S)
        assert message.is_published()
    client.disconnect()
    client.loop_stop()
