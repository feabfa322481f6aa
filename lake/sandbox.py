"""An analyst's query in a child process that can be killed; sandbox_worker.py lists the walls around it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from lake.errors import QueryRefused, ServingError

MAX_RESULT_BYTES = 20 * 2**20
MAX_SQL_CHARACTERS = 100_000

WORKER = Path(__file__).with_name("sandbox_worker.py")
# Nothing of the parent's environment, which may hold secrets. One thread and the plain allocator keep
# libraries from reserving address space that would count against the limit.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True)
class QueryResult:
    """`is_truncated`: rows were left out to keep the limits. `elapsed_ms`: wall time of the whole call."""

    table: pa.Table
    is_truncated: bool
    elapsed_ms: int


def run_query(
    serving_file: Path,
    sql: str,
    *,
    max_rows: int = 10_000,
    timeout_s: float = 10.0,
    memory_mb: int = 1536,
) -> QueryResult:
    """Run one SELECT on a serving file and return at most `max_rows` rows and 20 MB of Arrow IPC.

    The child lives for this one query; it is killed `timeout_s` seconds after its start and holds at most
    `memory_mb` MB of address space. Instants come back in UTC. Raises QueryRefused (not one SELECT, failed,
    past a limit) and ServingError (there is no serving file).
    """
    if not serving_file.is_file():
        raise ServingError(f"No data is published at {serving_file}; run `ioc run` first.")
    if not sql.strip():
        raise QueryRefused("The query is empty; write one SELECT.")
    if len(sql) > MAX_SQL_CHARACTERS:
        raise QueryRefused(f"The query is longer than {MAX_SQL_CHARACTERS:,} characters; shorten it.")
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in sql):
        raise QueryRefused("The query holds a NUL or half a surrogate pair, which is no text; remove it.")
    request = {
        "file": str(serving_file.resolve()),
        "sql": sql,
        "max_rows": max_rows,
        "timeout_s": timeout_s,
        "memory_mb": memory_mb,
        "max_bytes": MAX_RESULT_BYTES,
    }
    started = time.monotonic()
    answer, return_code = _ask_worker(json.dumps(request).encode(), started + timeout_s)
    if answer is None:
        raise QueryRefused(f"The query ran past {timeout_s:g} s and was stopped; narrow the period or aggregate first.")
    header, _, stream = answer.partition(b"\n")
    if not header and return_code >= 0:
        raise QueryRefused(f"The query's process failed to start (exit code {return_code}); run `ioc doctor`.")
    if not header:
        raise QueryRefused(
            f"The query's process broke down ({signal.Signals(-return_code).name}), most likely for want of memory "
            f"(it has {memory_mb} MB); narrow the period or simplify the query."
        )
    outcome = json.loads(header)
    if "error" in outcome:
        raise QueryRefused(outcome["error"])
    with pa.ipc.open_stream(io.BytesIO(stream)) as reader:
        table = reader.read_all()
    return QueryResult(table, outcome["is_truncated"], round((time.monotonic() - started) * 1000))


def _ask_worker(request: bytes, deadline: float) -> tuple[bytes | None, int]:
    """(standard output, return code) of a worker; None for the output once the deadline has passed.

    No worker is left running, whichever way this ends.
    """
    with tempfile.TemporaryFile() as standard_input:
        standard_input.write(request)
        standard_input.seek(0)
        with subprocess.Popen(
            [sys.executable, "-I", "-B", str(WORKER)],  # -I: neither PYTHON* variables nor the current folder
            stdin=standard_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
        ) as worker:
            try:
                answer = _read(cast(IO[bytes], worker.stdout).fileno(), deadline)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(worker.pid, signal.SIGKILL)
    return answer, worker.returncode


def _read(pipe: int, deadline: float) -> bytes | None:
    """Everything up to the end of the pipe, None where the deadline comes first."""
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left):
                chunk = os.read(pipe, 2**20)
                if not chunk:
                    return bytes(answer)
                answer += chunk
    return None
