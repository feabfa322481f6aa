"""The landing zone: bytes exactly as received, whole or not at all, and never more of them than allowed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts.profile import Format
from lake.errors import LakeError, PayloadRefused
from lake.landing import Landed, Landing
from lake.settings import Settings
from lake.sources.base import Payload

NoFileOver = Callable[[int], AbstractContextManager[None]]
NOON = datetime(2021, 9, 30, 5, tzinfo=UTC)
MB = 1 << 20
AWKWARD = {
    "empty": b"",
    "first half of the gzip mark": b"\x1f",
    "not text": bytes(range(256)) * 64,
    "byte order mark and CRLF": "\ufeffsố;ngày\r\n1;30/09/2021\r\n".encode(),
    "without final newline": b'{"a":1}\n{"b":2}',
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", max_payload_mb=8)


@pytest.fixture
def landing(settings: Settings) -> Landing:
    return Landing(settings)


def payload(body: bytes | Path, origin: str = "https://example.vn/feed", format: Format = "ndjson") -> Payload:
    return Payload(body, origin, format, NOON)


def bomb(n_mb: int) -> bytes:
    """A gzip file of several members that unpacks to `n_mb` MB of zeros, without packing them all here."""
    member = gzip.compress(bytes(16 * MB))
    return member * (n_mb // 16)


def unpack(landing: Landing, landed: Landed, way: str) -> bytes:
    if way == "read":
        return landing.read(landed)
    with landing.plain_file(landed) as path:
        return path.read_bytes()


def leftovers(settings: Settings) -> list[str]:
    return [path.name for path in settings.scratch.iterdir()]


def visible(settings: Settings) -> list[Path]:
    return [path for path in settings.landing.rglob("*") if path.is_file()]


@contextmanager
def memory_growth_under(limit_mb: int) -> Iterator[None]:
    """The peak of resident memory during the block lies less than `limit_mb` above its beginning."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _status_kb("VmRSS")
    yield
    growth_mb = (_status_kb("VmHWM") - before) / 1024
    assert growth_mb < limit_mb, f"resident memory grew by {growth_mb:.0f} MB"


def _status_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))


FORMATS = pytest.mark.parametrize("format", ["ndjson", "open311", "csv", "feed"])


@pytest.mark.parametrize("body", AWKWARD.values(), ids=AWKWARD.keys())
@pytest.mark.parametrize("way", ["read", "plain_file"])
@FORMATS
def test_bytes_come_back_exactly(landing: Landing, body: bytes, way: str, format: Format) -> None:
    landed = landing.keep("nguon", payload(body, format=format))
    assert landed.n_bytes == len(body)
    assert unpack(landing, landed, way) == body


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("format", ["ndjson", "open311", "csv"])
def test_what_holds_personal_data_is_not_readable_on_the_disk(
    settings: Settings, landing: Landing, format: Format, pack: Callable[[bytes], bytes]
) -> None:
    body = pack(b"".join(b'{"phone": "0912345678", "plate": "95A-123.45"}\n' for _ in range(1000)))
    landed = landing.keep("nguon", payload(body, format=format))
    written = [path.read_bytes() for path in visible(settings)]
    assert len(written) == 2  # the bytes and their manifest
    assert not any(b"0912345678" in content or body[:40] in content for content in written)
    # A hash without a key tells whoever can guess a record that it is here.
    assert landed.sha256 != hashlib.sha256(body).hexdigest()
    assert Landing(Settings(home=settings.home.parent / "other")).keep(
        "nguon", payload(body, format=format)
    ).sha256 != (landed.sha256)


def test_sealed_bytes_need_the_key_that_lies_elsewhere(settings: Settings, landing: Landing) -> None:
    landed = landing.keep("nguon", payload(b"95A-123.45"))
    (settings.secrets / "vault.key").unlink()
    with pytest.raises(LakeError, match=r"cannot be opened .* secrets/vault\.key"):
        Landing(settings).read(landed)


def test_a_changed_sealed_byte_is_noticed(landing: Landing) -> None:
    landed = landing.keep("nguon", payload(os.urandom(200_000)))
    damaged = bytearray(landed.path.read_bytes())
    damaged[100_000] ^= 1
    landed.path.write_bytes(damaged)
    with pytest.raises(LakeError, match="cannot be opened"):
        landing.read(landed)


def test_erased_payload_does_not_come_back(settings: Settings, landing: Landing) -> None:
    landed = landing.keep("nguon", payload(b"95A-123.45", "page 1"))
    landing.forget(landed)
    assert landing.keep("nguon", payload(b"95A-123.45", "page 1")) == landed
    assert [path.suffix for path in visible(settings)] == [".erased"]
    assert [path.stat().st_size for path in visible(settings)] == [0]
    assert list(landing.payloads()) == []
    assert landing.ids("nguon") == set()
    with pytest.raises(PayloadRefused, match=r"page 1 was erased or removed .* new delivery"):
        landing.read(landed)


def test_payloads_are_listed_as_they_were_kept(landing: Landing) -> None:
    kept = [("a", landing.keep("a", payload(b"1"))), ("b", landing.keep("b", payload(b"2", format="feed")))]
    assert list(landing.payloads()) == kept


@pytest.mark.parametrize("body", AWKWARD.values(), ids=AWKWARD.keys())
@pytest.mark.parametrize("way", ["read", "plain_file"])
def test_published_bytes_are_kept_as_they_are(settings: Settings, landing: Landing, body: bytes, way: str) -> None:
    landed = landing.keep("bao-chi", payload(body, format="feed"))
    assert landed.path.read_bytes() == body
    assert landed.path == settings.landing / "bao-chi" / landed.sha256[:2] / hashlib.sha256(body).hexdigest()
    assert landed.n_bytes == len(body)
    assert unpack(landing, landed, way) == body


def test_manifest_says_where_the_bytes_came_from(landing: Landing) -> None:
    landed = landing.keep("bao-chi", payload(b"x", "https://báo.vn/tin?a=1"))
    assert json.loads(landed.path.with_suffix(".json").read_text(encoding="utf-8")) == {
        "source": "bao-chi",
        "origin": "https://báo.vn/tin?a=1",
        "format": "ndjson",
        "received_at": "2021-09-30T05:00:00+00:00",
        "sha256": landed.sha256,
        "n_bytes": 1,
    }


@pytest.mark.parametrize("way", ["read", "plain_file"])
@FORMATS
def test_gzip_is_kept_packed_and_read_unpacked(settings: Settings, landing: Landing, way: str, format: Format) -> None:
    packed = gzip.compress(b"first\n") + gzip.compress(b"second\n")  # as `cat a.gz b.gz` makes it
    landed = landing.keep("camera", payload(packed, format=format))
    assert landed.n_bytes == len(packed)
    assert unpack(landing, landed, way) == b"first\nsecond\n"
    assert leftovers(settings) == []


def test_same_bytes_are_kept_once_with_their_first_manifest(settings: Settings, landing: Landing) -> None:
    first = landing.keep("bao-chi", payload(b"same", "first"))
    written_at = first.path.stat().st_mtime_ns
    again = landing.keep("bao-chi", payload(b"same", "second"))
    assert (again.sha256, again.path) == (first.sha256, first.path)
    assert again.path.stat().st_mtime_ns == written_at
    assert json.loads(first.path.with_suffix(".json").read_text())["origin"] == "first"
    assert sorted(visible(settings)) == sorted([first.path, first.path.with_suffix(".json")])
    assert leftovers(settings) == []


def test_same_bytes_of_two_sources_stand_apart(landing: Landing) -> None:
    one, other = landing.keep("a", payload(b"same")), landing.keep("b", payload(b"same"))
    assert one.path != other.path
    assert landing.read(one) == landing.read(other) == b"same"


def test_the_owner_alone_can_enter(settings: Settings, landing: Landing) -> None:
    landing.keep("bao-chi", payload(b"x"))
    assert settings.landing.stat().st_mode & 0o777 == 0o700


def test_half_written_payload_is_never_visible(settings: Settings, landing: Landing, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    kept: list[Landed] = []
    writer = threading.Thread(target=lambda: kept.append(landing.keep("camera", payload(pipe))))
    writer.start()
    with pipe.open("wb", buffering=0) as sending:
        for _ in range(3):
            sending.write(bytes(MB))
        assert leftovers(settings)
        assert visible(settings) == []
    writer.join(20)
    assert landing.read(kept[0]) == bytes(3 * MB)
    assert leftovers(settings) == []


def test_killed_landing_leaves_nothing_visible_and_the_next_one_succeeds(
    settings: Settings, landing: Landing, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from lake.landing import Landing
from lake.settings import Settings
from lake.sources.base import Payload
Landing(Settings(home=sys.argv[1])).keep("camera", Payload(Path(sys.argv[2]), "x", "ndjson", datetime.now(UTC)))
"""
    victim = subprocess.Popen([sys.executable, "-c", program, str(settings.home), str(pipe)])
    try:
        with pipe.open("wb", buffering=0) as sending:
            sending.write(bytes(3 * MB))
            assert leftovers(settings)
            victim.kill()
            victim.wait()
    finally:
        victim.kill()
    assert visible(settings) == []
    landed = landing.keep("camera", payload(bytes(3 * MB)))
    assert landing.read(landed) == bytes(3 * MB)


@pytest.mark.parametrize("way", ["read", "plain_file"])
@pytest.mark.parametrize("end", [3, 0.01, 0.5, -1], ids=["in the header", "at 1 %", "half", "without the last byte"])
def test_truncated_gzip_is_refused(settings: Settings, landing: Landing, end: float, way: str) -> None:
    packed = gzip.compress(os.urandom(100_000))
    cut = packed[: end if isinstance(end, int) else int(len(packed) * end)]
    landed = landing.keep("camera", payload(cut, "cam-01.ndjson.gz", "feed"))
    with pytest.raises(PayloadRefused, match=r"cam-01\.ndjson\.gz is a damaged or truncated gzip .* again whole"):
        unpack(landing, landed, way)
    assert landed.path.read_bytes() == cut  # the evidence stays
    assert leftovers(settings) == []


@pytest.mark.parametrize("way", ["read", "plain_file"])
@pytest.mark.parametrize("damage", ["no gzip after the mark", "flipped byte", "wrong checksum", "rubbish at the end"])
def test_damaged_gzip_is_refused(landing: Landing, damage: str, way: str) -> None:
    packed = bytearray(gzip.compress(os.urandom(100_000)))
    if damage == "no gzip after the mark":
        packed = bytearray(b"\x1f\x8b" + b"this is no gzip file at all")
    elif damage == "rubbish at the end":
        packed += b"<html>"
    else:
        packed[5_000 if damage == "flipped byte" else -6] ^= 0xFF
    landed = landing.keep("camera", payload(bytes(packed), "cam-01.gz"))
    with pytest.raises(PayloadRefused, match=r"cam-01\.gz is a damaged or truncated gzip"):
        unpack(landing, landed, way)


@pytest.mark.parametrize("way", ["read", "plain_file"])
def test_bomb_is_refused_before_it_unpacks(settings: Settings, landing: Landing, way: str) -> None:
    packed = bomb(4096)
    assert len(packed) < 5 * MB
    landed = landing.keep("camera", payload(packed, "bomb.gz"))
    with (
        memory_growth_under(40),
        pytest.raises(PayloadRefused, match=r"bomb\.gz unpacks to more than 8 MB, .*IOC_MAX_PAYLOAD_MB"),
    ):
        unpack(landing, landed, way)
    assert leftovers(settings) == []


@pytest.mark.parametrize("way", ["read", "plain_file"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_limit_holds_to_the_byte(landing: Landing, pack: Callable[[bytes], bytes], way: str) -> None:
    just = landing.keep("camera", payload(pack(bytes(8 * MB))))
    assert len(unpack(landing, just, way)) == 8 * MB
    over = landing.keep("camera", payload(pack(bytes(8 * MB + 1)), "over"))
    with pytest.raises(PayloadRefused, match="over unpacks to more than 8 MB"):
        unpack(landing, over, way)


def test_large_file_streams_through(tmp_path: Path) -> None:
    landing = Landing(Settings(home=tmp_path / "home", max_payload_mb=128))
    landing.keep("camera", payload(b"x"))  # the keys are made
    large, packed = tmp_path / "large", tmp_path / "large.gz"
    with large.open("wb") as out:
        out.truncate(64 * MB)
    packed.write_bytes(bomb(64))
    with memory_growth_under(24):
        for file in (large, packed):
            landed = landing.keep("camera", payload(file))
            with landing.plain_file(landed) as path:
                assert path.stat().st_size == 64 * MB


def test_bomb_within_the_limit_is_refused_by_its_ratio(tmp_path: Path) -> None:
    landing = Landing(Settings(home=tmp_path / "home", max_payload_mb=1_000))
    landed = landing.keep("camera", payload(bomb(320)))
    with memory_growth_under(96), pytest.raises(PayloadRefused, match="200 times its size"):
        landing.read(landed)


def test_plain_file_goes_away_with_its_block_and_the_landed_one_stays(settings: Settings, landing: Landing) -> None:
    landed = landing.keep("camera", payload(gzip.compress(b"{}\n")))
    with landing.plain_file(landed) as path:
        assert path.parent == settings.scratch
    assert not path.exists()
    assert landed.path.exists()


@pytest.mark.parametrize("kind", ["absent", "folder", "closed"])
def test_unreadable_file_is_refused_and_leaves_nothing(
    settings: Settings, landing: Landing, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "delivery.ndjson"
    if kind == "folder":
        file.mkdir()
    elif kind == "closed":
        if os.geteuid() == 0:
            pytest.skip("root may read every file")
        file.touch(mode=0)
    with pytest.raises(PayloadRefused, match=r"delivery\.ndjson cannot be read \(.+\); check the file"):
        landing.keep("camera", payload(file, file.name))
    assert visible(settings) == []
    assert leftovers(settings) == []


@FORMATS
@pytest.mark.parametrize("as_file", [False, True], ids=["bytes", "file"])
def test_full_disk_is_not_the_fault_of_the_delivery(
    settings: Settings, landing: Landing, tmp_path: Path, as_file: bool, format: Format, no_file_over: NoFileOver
) -> None:
    file = tmp_path / "delivery"
    file.write_bytes(os.urandom(MB))
    incoming = payload(file if as_file else file.read_bytes(), "delivery", format)
    with no_file_over(200_000), pytest.raises(LakeError, match=r"could not be written .* free space"):
        landing.keep("camera", incoming)
    assert visible(settings) == []
    assert leftovers(settings) == []


def test_full_disk_leaves_nothing_half_written(settings: Settings, landing: Landing, no_file_over: NoFileOver) -> None:
    body = os.urandom(MB)
    with no_file_over(200_000), pytest.raises(LakeError):
        landing.keep("camera", payload(body))
    assert visible(settings) == []
    assert leftovers(settings) == []
    assert landing.read(landing.keep("camera", payload(body))) == body


def test_delivery_that_breaks_off_is_not_the_fault_of_the_disk(
    settings: Settings, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda *_: Broken())
    for format in ("ndjson", "feed"):
        with pytest.raises(PayloadRefused, match=r"usb cannot be read \(Input/output error\)"):
            landing.keep("camera", payload(Path("usb"), "usb", format))
    monkeypatch.undo()
    assert leftovers(settings) == []


def test_opened_payload_of_a_killed_process_is_swept_and_one_in_use_is_not(
    settings: Settings, landing: Landing
) -> None:
    landed = landing.keep("camera", payload(b"95A-123.45"))
    abandoned = settings.scratch / "plain-of-a-killed-process"
    abandoned.write_bytes(b"95A-123.45")
    with landing.plain_file(landed) as used:
        for file in (abandoned, used):
            os.utime(file, (0, 0))
        Landing(settings)
        assert used.exists()
        assert not abandoned.exists()
        assert used.stat().st_mode & 0o077 == 0
    assert leftovers(settings) == []
