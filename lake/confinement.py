"""Parsers of untrusted bytes in a child process that can be killed; confined_worker.py is the child.

One child serves many payloads, because loading a parser costs more than using it. It holds no secret: pseudonym keys
stay here. What it answers is Arrow and JSON, so a parser that was taken over can lie and nothing more.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from lake.contracts.base import Delivery, Parsed
from lake.errors import PayloadRefused
from lake.sandbox import ENVIRONMENT

WORKER = Path(__file__).with_name("confined_worker.py")
PACKAGES = WORKER.parents[1]
START_S = 60.0  # for loading the parser on a busy machine
MAX_ANSWER_BYTES = 512 << 20
_LENGTH = 8


class ParserKilled(PayloadRefused):
    """The parser ran past its limits on this payload, or broke down."""


class ConfinedParser:
    """`parse(body, delivery) -> Parsed` of modules of ours, in one child; safe to share between threads.

    A payload may take `cpu_s` seconds of CPU and `cpu_s_per_mb` for each MB of it, four times that in all, and
    `memory_mb` more than the loaded parser.
    The child is started when first needed, and anew after it was killed; it ends with this process.
    """

    def __init__(self, *modules: str, cpu_s: int = 10, cpu_s_per_mb: int = 0, memory_mb: int = 512) -> None:
        self._modules = modules
        self._cpu_s = cpu_s
        self._cpu_s_per_mb = cpu_s_per_mb
        self._memory_mb = memory_mb
        self._worker: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def parse(self, body: bytes, delivery: Delivery, module: str = "") -> Parsed:
        """What `parse` of a module, the first if none is named, makes of the payload.

        Keys and what finds addresses stay here. Raises PayloadRefused as the module does, and ParserKilled.
        """
        cpu_s = self._cpu_s + self._cpu_s_per_mb * (len(body) >> 20)
        request = {
            "module": module or self._modules[0],
            "cpu_s": cpu_s,
            "format": delivery.format,
            "received_at": delivery.received_at.isoformat(),
            "origin": delivery.origin,
            "profile": delivery.profile.model_dump_json() if delivery.profile else None,
        }
        with self._lock:
            worker = self._worker or self._start()
            answer = self._exchange(worker, _framed(request, body), 4.0 * cpu_s)
        if answer is None:
            raise ParserKilled(
                f"{delivery.origin} took the parser more than {cpu_s} s or {self._memory_mb} MB, or broke it; "
                "look at what it serves."
            )
        header, _, tables = answer.partition(b"\n")
        told = json.loads(header)
        if "refused" in told:
            raise PayloadRefused(told["refused"])
        if "defect" in told:
            raise ParserKilled(f"{delivery.origin} could not be parsed ({told['defect']}); please report it.")
        frames: dict[str, pl.DataFrame] = {}
        for name, n_bytes in told["tables"]:
            frames[name], tables = pl.read_ipc_stream(tables[:n_bytes]), tables[n_bytes:]
        rejected = frames.pop("rejected")
        return Parsed(rows=frames, rejected=rejected)

    def close(self) -> None:
        """End the child."""
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.wait()
            for pipe in (self._worker.stdin, self._worker.stdout):
                if pipe is not None:
                    pipe.close()
            self._worker = None

    def _start(self) -> subprocess.Popen[bytes]:
        limits = {"modules": self._modules, "memory_mb": self._memory_mb}
        self._worker = subprocess.Popen(
            [sys.executable, "-I", "-B", str(WORKER), str(PACKAGES), json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT | {"POLARS_MAX_THREADS": "1"},
            start_new_session=True,
            bufsize=0,
        )
        if self._exchange(self._worker, b"", START_S) is None:
            raise ParserKilled(f"The process of the parser {self._modules[0]} did not start; run `ioc doctor`.")
        return self._worker

    def _exchange(self, worker: subprocess.Popen[bytes], request: bytes, timeout_s: float) -> bytes | None:
        """The child's next answer; None, and no child, where it died, stayed silent or sent too much."""
        deadline = time.monotonic() + timeout_s
        sent = threading.Thread(target=_send, args=(worker.stdin, request), daemon=True)
        sent.start()
        answer = None
        try:
            length = _receive(worker, _LENGTH, deadline)
            size = int.from_bytes(length or b"", "big")
            if length is not None and size <= MAX_ANSWER_BYTES:
                answer = _receive(worker, size, deadline)
        finally:
            if answer is None:
                self.close()
            sent.join()
        return answer


def _framed(header: dict[str, Any], body: bytes) -> bytes:
    told = json.dumps(header).encode()
    return len(told).to_bytes(_LENGTH, "big") + len(body).to_bytes(_LENGTH, "big") + told + body


def _send(pipe: IO[bytes] | None, request: bytes) -> None:
    """In a thread of its own: a child that answers before it has read everything would block us both."""
    with contextlib.suppress(OSError, ValueError):
        left = memoryview(request)
        while left:
            left = left[cast(IO[bytes], pipe).write(left) :]


def _receive(worker: subprocess.Popen[bytes], n_bytes: int, deadline: float) -> bytes | None:
    pipe = cast(IO[bytes], worker.stdout).fileno()
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(received) < n_bytes:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not selector.select(left_s):
                return None
            if not (chunk := os.read(pipe, min(n_bytes - len(received), 1 << 20))):
                return None
            received += chunk
    return bytes(received)
