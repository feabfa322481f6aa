"""The MQTT connector against Debian's mosquitto: nothing is acknowledged early, no secret is told."""

from __future__ import annotations

import datetime as dt
import ipaddress
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from broker import PATIENCE_S, Broker, publish
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from frigate_messages import Message, event, plate_update, stats

from lake.errors import SettingsError, SourceUnreachable
from lake.sources.base import Payload
from lake.sources.declared import Source, declare
from lake.sources.mqtt import Subscription

QUIET_S = 0.25
SECRET = "khong-ai-biet-42"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


def mqtt_source(name: str, broker: Broker, **fields: object) -> Source:
    return declare(name, slug="camera", format="mqtt", location=broker.url, name_vi="x", name_en="x", **fields)


def drained(source: Source, n: int = 0, for_s: float = PATIENCE_S) -> list[Payload]:
    """What the broker has for the source: at least `n` messages, however long they take, then until it is quiet."""
    with Subscription(source, source.location) as subscription:
        return taken(subscription, n, for_s)


def taken(subscription: Subscription, n: int, for_s: float = PATIENCE_S) -> list[Payload]:
    payloads: list[Payload] = []
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        payloads += [p for batch in subscription.batches(for_s=for_s, quiet_s=QUIET_S) for p in batch]
        if len(lines(payloads)) >= n:
            return payloads
        assert time.monotonic() < give_up_at, "they never came"


def lines(payloads: list[Payload]) -> list[bytes]:
    return [line for payload in payloads for line in payload.body.splitlines()]  # type: ignore[union-attr]


def bodies(messages: list[Message]) -> list[bytes]:
    return [body for _, body in messages]


def test_what_is_published_while_nobody_listens_is_kept_and_comes_once(broker: Broker) -> None:
    source = mqtt_source("kept", broker)
    assert drained(source) == []
    sent = [event(i) for i in range(50)] + [stats(0)]
    publish(broker, sent)
    assert lines(drained(source, len(sent))) == bodies(sent)
    assert drained(source) == []


def test_broker_can_keep_what_frigate_publishes_with_qos_0(tmp_path: Path) -> None:
    broker = Broker(tmp_path, "allow_anonymous true", "upgrade_outgoing_qos true")
    broker.start()
    try:
        source = mqtt_source("qos0", broker)
        drained(source)
        publish(broker, [event(i) for i in range(20)], qos=0)
        assert len(lines(drained(source, 20))) == 20
    finally:
        broker.stop()


def test_batch_that_was_never_asked_to_be_acknowledged_comes_again(broker: Broker) -> None:
    source = mqtt_source("torn", broker)
    drained(source)
    sent = [event(i) for i in range(20)]
    publish(broker, sent)
    with Subscription(source, source.location, batch_s=0.5) as subscription:
        batches = subscription.batches(for_s=PATIENCE_S)
        first = lines(next(batches))
        assert first == bodies(sent)[: len(first)]
        batches.close()  # the lake could not take it
        assert lines(taken(subscription, len(sent))) == bodies(sent)  # the same process goes on
    assert drained(source) == []


def test_updates_of_tracked_objects_are_a_payload_of_their_own_format(broker: Broker) -> None:
    source = mqtt_source("updates", broker)
    drained(source)
    publish(broker, [event(1), plate_update(1, "95A-123.45"), event(2)])
    payloads = drained(source, 3)
    formats = [payload.format for payload in payloads for _ in lines([payload])]
    assert sorted(formats) == ["frigate_update", "ndjson", "ndjson"]
    assert {payload.origin for payload in payloads} == {broker.url}


def test_document_spread_over_lines_is_one_line(broker: Broker) -> None:
    source = mqtt_source("spread", broker)
    drained(source)
    publish(broker, [("frigate/events", b'{"type":\r\n"end",\n"after": 1}')])
    assert lines(drained(source, 1)) == [b'{"type": "end", "after": 1}']


def test_broker_that_is_down_is_named_when_the_time_is_over(tmp_path: Path) -> None:
    source = mqtt_source("down", Broker(tmp_path))
    with pytest.raises(SourceUnreachable, match=r"mqtt://127.0.0.1:\d+ cannot be reached \(Connection refused\)"):
        drained(source, for_s=0.1)


def test_lost_connection_is_made_again_after_growing_pauses(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            broker.start()

    source = mqtt_source("again", broker)
    try:
        with Subscription(source, source.location, sleep=sleep) as subscription:
            assert list(subscription.batches(for_s=PATIENCE_S, quiet_s=0.1)) == []
    finally:
        broker.stop()
    assert pauses == [0.5, 1.0, 2.0]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Path]]:
    """(a broker with TLS, a certificate of its own and one user, the folder with its files)."""
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0o755)
    certificate(folder)
    users = folder / "users"
    users.write_text(f"ioc:{SECRET}\n")
    broker = Broker(
        folder,
        "allow_anonymous false",
        f"password_file {users}",
        f"certfile {folder / 'broker.pem'}",
        f"keyfile {folder / 'broker.key'}",
        tls=True,
    )
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True, capture_output=True)
    broker.start()
    yield broker, folder
    broker.stop()


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "broker.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "broker.key").write_bytes(private)


def password_file(folder: Path, content: str, mode: int = 0o600) -> str:
    file = folder / "mqtt-password"
    file.write_text(content)
    file.chmod(mode)
    return str(file)


def test_password_comes_from_a_file_and_the_broker_is_known_by_its_certificate(
    closed: tuple[Broker, Path], tmp_path: Path
) -> None:
    broker, folder = closed
    own = {"user": "ioc", "ca_file": str(folder / "broker.pem")}
    assert drained(mqtt_source("tls", broker, password_file=password_file(tmp_path, f"{SECRET}\n"), **own)) == []
    with pytest.raises(SourceUnreachable) as refused:
        drained(mqtt_source("tls", broker, password_file=password_file(tmp_path, "not-it-at-all"), **own))
    assert "Not authorized" in str(refused.value)
    assert "not-it-at-all" not in str(refused.value)


def test_password_may_come_from_the_environment(closed: tuple[Broker, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    broker, folder = closed
    source = mqtt_source(
        "env", broker, user="ioc", password_variable="CAMERA_BROKER", ca_file=str(folder / "broker.pem")
    )
    monkeypatch.delenv("CAMERA_BROKER", raising=False)
    with pytest.raises(SettingsError, match="CAMERA_BROKER is not set"):
        drained(source)
    monkeypatch.setenv("CAMERA_BROKER", SECRET)
    assert drained(source) == []


def test_broker_with_an_unknown_certificate_gets_no_password(closed: tuple[Broker, Path], tmp_path: Path) -> None:
    source = mqtt_source("stranger", closed[0], user="ioc", password_file=password_file(tmp_path, SECRET))
    with pytest.raises(SourceUnreachable, match="cannot be reached"):
        drained(source, for_s=0.1)


def test_password_file_others_can_read_is_refused(closed: tuple[Broker, Path], tmp_path: Path) -> None:
    file = password_file(tmp_path, SECRET, mode=0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Subscription(mqtt_source("loose", closed[0], user="ioc", password_file=file), closed[0].url)


@pytest.mark.parametrize(
    ("format", "location", "reason"),
    [
        ("mqtt", f"mqtt://ioc:{SECRET}@broker.example:1883", "do not belong in the address"),
        ("mqtt", "delivered/camera", "takes mqtt://host:1883"),
        ("ndjson", "mqtt://broker.example", "takes mqtt://host:1883"),
        ("mqtt", "ftp://broker.example", "neither with http"),
    ],
)
def test_address_that_cannot_be_meant_is_refused_without_its_password(format: str, location: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as refused:
        declare("x", slug="camera", format=format, location=location, name_vi="x", name_en="x")
    assert SECRET not in str(refused.value)
