"""The running province's cameras at an MQTT 5 broker, published as Frigate publishes them."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessageInfo, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from lake.errors import SettingsError

EVENTS, STATISTICS = "frigate/events", "frigate/stats"
PORT = 1883
IN_FLIGHT = 1_000
LEAVING_S = 10.0  # for what the broker has not acknowledged yet


class Publisher:
    """Publishes with QoS 1; messages of a time without the broker wait and follow when it is back.

    The broker keeps them for sessions it knows: what is published before the first harvest is kept for nobody.
    """

    def __init__(self, url: str) -> None:
        """`url`: mqtt://host:1883, without a login. Raises SettingsError where nobody answers there."""
        address = urlsplit(url)
        if address.scheme != "mqtt" or not address.hostname:
            raise SettingsError(f"{url} is no address of a broker; write mqtt://127.0.0.1:{PORT}.")
        self._last: MQTTMessageInfo | None = None
        self._client = Client(CallbackAPIVersion.VERSION2, "ioc-simulator", protocol=MQTTv5)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        try:
            self._client.connect(address.hostname, address.port or PORT)
        except OSError as error:
            raise SettingsError(f"No broker answers at {url} ({error.strerror or error}); start it first.") from error

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last is not None:
            self._last.wait_for_publish(LEAVING_S)
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, minute: datetime, messages: list[str]) -> None:
        """Hand the messages of a minute on: passages, and the statistics, which come last."""
        for number, message in enumerate(messages, 1):
            topic = STATISTICS if number == len(messages) else EVENTS
            self._last = self._client.publish(topic, message, qos=1)
