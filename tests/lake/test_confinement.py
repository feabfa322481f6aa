"""Parsers in a child that can be killed: what one payload does to it, no other payload feels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake import confinement
from lake.confinement import ConfinedParser, ParserKilled
from lake.contracts.base import Delivery
from lake.errors import PayloadRefused

HOSTILE = """
import os, socket, subprocess
import polars as pl
from lake.contracts.base import Parsed, rejected_frame
from lake.errors import PayloadRefused

def warm_up():
    parse(b"hello", None)

def parse(body, delivery):
    what = body.decode()
    if what == "spin":
        while True: pass
    if what == "eat":
        held = [bytearray(1 << 20) for _ in range(100_000)]
    if what == "die":
        os._exit(3)
    if what == "lie":
        os.write(1, b"\\xff" * 64)
    if what == "refuse":
        raise PayloadRefused("not this")
    if what == "fail":
        raise KeyError("secret words of the payload")
    told = what
    if what == "open":
        told = attempt(lambda: open("/etc/hostname"))
    if what == "connect":
        told = attempt(lambda: socket.create_connection(("127.0.0.1", 9), 1))
    if what == "start":
        told = attempt(lambda: subprocess.run(["true"]))
    if what == "know":
        told = f"{sorted(os.environ)} {delivery.pseudonym_keys} {delivery.origin} {delivery.received_at}"
    rejected = rejected_frame([(0, "odd", "why", b"raw")]) if what == "odd" else rejected_frame([])
    return Parsed({"t": pl.DataFrame({"told": [told], "n": [len(body)]})}, rejected)

def attempt(action):
    try:
        action()
    except BaseException as error:
        return type(error).__name__
    return "done"
"""


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConfinedParser]:
    folder = tmp_path_factory.mktemp("hostile")
    folder.chmod(0o755)
    (folder / "hostile.py").write_text(HOSTILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confinement, "PACKAGES", folder)
        started = ConfinedParser("hostile", cpu_s=1, memory_mb=200)
        yield started
        started.close()


def told(parser: ConfinedParser, body: bytes) -> str:
    delivery = Delivery("article", None, datetime(2021, 9, 30, tzinfo=UTC), "page 1", {2021: b"key" * 20})
    return str(parser.parse(body, delivery).rows["t"]["told"][0])


def test_frames_and_rejects_come_back_whole(parser: ConfinedParser) -> None:
    delivery = Delivery("article", None, datetime(2021, 9, 30, tzinfo=UTC), "page 1", {})
    result = parser.parse(b"odd", delivery)
    assert result.rows["t"].rows() == [("odd", 3)]
    assert result.rejected.rows() == [(0, "odd", "why", b"raw")]
    large = b"x" * (8 << 20)
    assert parser.parse(large, delivery).rows["t"]["n"][0] == len(large)


@pytest.mark.parametrize("what", [b"spin", b"eat", b"die", b"lie"])
def test_payload_that_kills_the_parser_is_named_and_the_next_one_is_read(parser: ConfinedParser, what: bytes) -> None:
    with pytest.raises(ParserKilled, match="page 1 took the parser more than 1 s or 200 MB"):
        told(parser, what)
    assert told(parser, b"hello") == "hello"


@pytest.mark.parametrize("what", [b"open", b"connect", b"start"])
def test_parser_reaches_neither_files_nor_network_nor_programs(parser: ConfinedParser, what: bytes) -> None:
    assert told(parser, what) != "done"
    assert told(parser, what).endswith("Error")


def test_parser_knows_no_secret(parser: ConfinedParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_S3_SECRET", "x")
    parser.close()
    known = told(parser, b"know")
    assert "IOC_S3_SECRET" not in known and "{}" in known and "page 1 2021-09-30 00:00:00+00:00" in known


def test_refusal_and_defect_are_told_without_the_payloads_words(parser: ConfinedParser) -> None:
    with pytest.raises(PayloadRefused, match=r"^not this$"):
        told(parser, b"refuse")
    with pytest.raises(ParserKilled, match="KeyError") as caught:
        told(parser, b"fail")
    assert "secret" not in str(caught.value)


def test_parser_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    delivery = Delivery("article", None, datetime(2021, 9, 30, tzinfo=UTC), "page 1", {})
    with pytest.raises(ParserKilled, match="did not start"):
        ConfinedParser("no_such_module").parse(b"", delivery)
