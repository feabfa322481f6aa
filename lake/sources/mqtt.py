"""Frigate's messages from an MQTT 5 broker: a persistent session, QoS 1, acknowledged once they are in the lake.

A message is acknowledged when the consumer of `batches` asks for the next batch, which it does after it has committed
the one before. Whatever breaks earlier (the process, the broker, the lake) leaves the message with the broker, which
delivers it again; what was committed already is then a duplicate to the table writer. Back-pressure is TCP's own: while
a batch is being written nothing is read.
"""

from __future__ import annotations

import logging
import ssl
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lake.contracts.profile import Format
from lake.errors import SettingsError, SourceUnreachable
from lake.settings import secret_of
from lake.sources.base import HttpClient, Payload, main
from lake.sources.declared import Source

log = logging.getLogger(__name__)

BATCH_MESSAGES, BATCH_BYTES, BATCH_S = 20_000, 32 << 20, 30.0
IN_FLIGHT = 40_000  # unacknowledged messages the broker may send: two batches
MESSAGE_BYTES = 1 << 20  # the broker keeps back what is larger; Frigate's largest have a few dozen kilobytes
SESSION_S = 7 * 86_400  # how long the broker keeps what is published while nobody listens
KEEPALIVE_S = 300  # a commit may take long, and no ping is answered meanwhile
ANSWER_S = 10.0  # for the answers to a connection and a subscription
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
TICK_S = 0.2
DRAIN_S, QUIET_S = 300.0, 2.0  # a single harvest ends after two seconds without a message
PORTS = {"mqtt": 1883, "mqtts": 8883}
PASSING = {"Server unavailable", "Server busy", "Connection rate exceeded", "Quota exceeded"}
UPDATES = "/tracked_object_update"


def fetch(
    source: Source, *, location: str, since: datetime | None, until: datetime, http: HttpClient
) -> Iterator[list[Payload]]:
    """Batches of what the broker has kept for this source's session, until it is quiet. See `Subscription.batches`."""
    with Subscription(source, location) as subscription:
        yield from subscription.batches(for_s=DRAIN_S, quiet_s=QUIET_S)


class Subscription:
    """The session of one source at its broker; the client's name is `ioc-<source id>`.

    Two lakes that listen to one broker need different source ids: a broker ends the session of a namesake.
    """

    def __init__(
        self,
        source: Source,
        location: str,
        *,
        batch_s: float = BATCH_S,
        is_stopped: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """`is_stopped` is asked several times a second; when it says yes the batch at hand is the last one."""
        address = urlsplit(location)
        self._host, self._port = address.hostname or "", _port(source, location)
        self._shown = f"{address.scheme}://{self._host}:{self._port}"
        self._source = source
        self._batch_s = batch_s
        self._is_stopped = is_stopped
        self._sleep = sleep
        self._received: list[MQTTMessage] = []
        self._n_bytes = 0
        self._connection = 0  # number of the present connection: packet ids of an older one mean nothing
        self._is_ready = False
        self._is_torn = False  # a batch was handed on and never asked to be acknowledged
        self._refusal = ""
        self._client = Client(CallbackAPIVersion.VERSION2, f"ioc-{source.id}", protocol=MQTTv5, manual_ack=True)
        self._client.connect_timeout = ANSWER_S
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        if source.user is not None:
            self._client.username_pw_set(source.user, _password(source))
        if address.scheme == "mqtts":
            self._client.tls_set_context(_tls(source))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the broker; it keeps the session and every message that was not acknowledged."""
        if self._is_ready:
            while self._client.want_write() and self._client.loop_write() == MQTTErrorCode.MQTT_ERR_SUCCESS:
                pass
            self._client.disconnect()

    def batches(self, *, for_s: float, quiet_s: float | None = None) -> Iterator[list[Payload]]:
        """Batches of one payload of newline JSON: events and statistics, or updates of tracked objects.

        A batch is full at 20,000 messages, 32 MB or after `batch_s`. Asking for the next one acknowledges it. Ends
        after `for_s` seconds, or after `quiet_s` without a message. A lost connection is made again with pauses of half
        a second to half a minute; raises SourceUnreachable if there is none when the time is over, or at once if the
        broker refuses the user or the topics.
        """
        ends_at = time.monotonic() + for_s
        if self._is_torn:  # a broker delivers again to a new connection only
            self._client.disconnect()
            self._is_ready = self._is_torn = False
        while not self._is_stopped():
            if not self._is_ready and not self._connect(ends_at):
                break
            started_at = self._gather(ends_at, quiet_s)
            is_quiet = not self._received
            yield from self._flush()
            now = time.monotonic()
            if now >= ends_at or (is_quiet and quiet_s is not None and now >= started_at + quiet_s):
                break
        if not self._is_ready and not self._is_stopped():
            raise SourceUnreachable(
                f"{self._shown} cannot be reached ({self._refusal}); see that the broker runs, and check the address."
            )

    def _gather(self, ends_at: float, quiet_s: float | None) -> float:
        """Receive until a batch is full, due or final, or the connection is lost; returns when it began."""
        started_at = time.monotonic()
        due_at = min(ends_at, started_at + self._batch_s)
        newest_at, n_received = started_at, 0
        while len(self._received) < BATCH_MESSAGES and self._n_bytes < BATCH_BYTES and not self._is_stopped():
            if not self._receive():
                self._forget()  # the next connection brings it again
                self._is_ready = False
                break
            now = time.monotonic()
            if len(self._received) > n_received:
                newest_at, n_received = now, len(self._received)
            if now >= due_at or (quiet_s is not None and now >= newest_at + quiet_s):
                break
        return started_at

    def _receive(self) -> bool:
        """Wait a moment for messages and read those that are there; whether the connection stands.

        The client reads one packet per turn of its loop, and selecting costs more than reading.
        """
        status = self._client.loop(TICK_S)
        n_before = 0
        while status == MQTTErrorCode.MQTT_ERR_SUCCESS and n_before < len(self._received) < BATCH_MESSAGES:
            n_before = len(self._received)
            status = self._client.loop_read()
        return status == MQTTErrorCode.MQTT_ERR_SUCCESS and self._is_ready

    def _flush(self) -> Iterator[list[Payload]]:
        """Hand the messages on, then acknowledge them, if the connection that brought them is still the present one."""
        messages, connection = self._received, self._connection
        self._forget()
        self._is_torn = True
        lines: dict[Format, list[bytes]] = {"ndjson": [], "frigate_update": []}
        for message in messages:
            # A document must not spread over lines; inside a text JSON has no line end.
            line = b" ".join(message.payload.splitlines())
            lines["frigate_update" if message.topic.endswith(UPDATES) else "ndjson"].append(line)
        received_at = datetime.now(UTC)
        for format, held in lines.items():
            if held:
                yield [Payload(b"\n".join(held) + b"\n", self._shown, format, received_at)]
        self._is_torn = False
        for message in messages:
            if not self._is_ready or connection != self._connection:
                return
            if message.qos:
                self._client.ack(message.mid, message.qos)

    def _connect(self, ends_at: float) -> bool:
        """Connect and subscribe; False when the time is over first. Raises SourceUnreachable for a refusal."""
        pause = FIRST_PAUSE_S
        while not self._is_stopped():
            if self._try_connection():
                return True
            if time.monotonic() + pause >= ends_at:
                return False
            log.warning("%s: %s; next attempt in %.0f s", self._shown, self._refusal, pause)
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        return False

    def _try_connection(self) -> bool:
        self._refusal = "no answer"
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = IN_FLIGHT
        properties.MaximumPacketSize = MESSAGE_BYTES
        try:
            self._client.connect(self._host, self._port, KEEPALIVE_S, clean_start=False, properties=properties)
        except OSError as error:
            self._refusal = error.strerror or type(error).__name__
            return False
        answers_by = time.monotonic() + ANSWER_S
        while not self._is_ready and time.monotonic() < answers_by:
            if self._client.loop(TICK_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        return self._is_ready

    def _forget(self) -> None:
        self._received, self._n_bytes = [], 0

    def _on_connect(
        self, client: Client, userdata: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.getName() in PASSING:
            self._refusal = str(reason)
            return
        if reason.is_failure:
            self._refuse(f"{reason}; correct user, password_file or password_variable in sources.toml")
        self._connection += 1
        if not flags.session_present:
            log.warning("%s has no session of ioc-%s: nothing was kept for it so far.", self._shown, self._source.id)
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        client.subscribe([(topic, options) for topic in self._source.topics])

    def _on_subscribe(
        self,
        client: Client,
        userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        for topic, reason in zip(self._source.topics, reasons, strict=False):
            if reason.is_failure:
                self._refuse(f"{topic}: {reason}; correct topics in sources.toml or the broker's access list")
        self._is_ready = True

    def _on_disconnect(
        self,
        client: Client,
        userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._is_ready = False
        self._refusal = str(reason)

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self._received.append(message)
        self._n_bytes += len(message.payload)

    def _refuse(self, why: str) -> NoReturn:
        raise SourceUnreachable(f"{self._shown} refused {why}.")


def _port(source: Source, location: str) -> int:
    address = urlsplit(location)
    try:
        port = address.port or PORTS.get(address.scheme, 0)
    except ValueError:
        port = 0
    if not address.hostname or not port:
        raise SettingsError(f"Source [{source.id}] has no host or port; write mqtt://host:1883 or mqtts://host:8883.")
    return port


def _password(source: Source) -> str | None:
    """The password of a source, from the file or the environment variable it names. Raises SettingsError."""
    if source.password_variable is not None:
        return secret_of(source.password_variable).get_secret_value()
    if source.password_file is None:
        return None
    try:
        if source.password_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                f"{source.password_file} can be read by others than its owner; run chmod 600 on it, then try again."
            )
        return source.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(
            f"The password_file of [{source.id}] cannot be read ({error.strerror}); correct its path or rights."
        ) from error


def _tls(source: Source) -> ssl.SSLContext:
    """TLS with the broker's certificate and name checked. Raises SettingsError for a ca_file that is none."""
    try:
        return ssl.create_default_context(cafile=source.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"The ca_file of [{source.id}] is no certificate in PEM ({error.strerror or error}); correct its path."
        ) from error


if __name__ == "__main__":
    sys.exit(main("camera", fetch, [*sys.argv[1:], "--format", "mqtt"]))
