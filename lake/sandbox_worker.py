"""The child process of lake/sandbox.py: runs one statement on a serving file, behind every wall there is.

Started by its path in an isolated interpreter, so it imports duckdb and pyarrow and nothing of ours. It reads
one JSON request from standard input (`file`, `sql`, `max_rows`, `timeout_s`, `memory_mb`, `max_bytes`) and
writes one JSON line to standard output: {"error": text}, or {"is_truncated": bool} followed by an Arrow IPC
stream.

The walls, outermost first. The engine's own limits of time and memory are not among them: queries were seen
to run past both.
- the parent's kill at the deadline;
- an empty network name space, where the kernel grants one (always as root);
- resource limits: address space, CPU seconds, files of 0 bytes, no core file; once the serving file is open,
  no further file descriptor (so no file and no socket, whatever library asks) and no process or thread;
- as root, the user becomes `nobody`, once the serving file is open, so that its mode may stay 0600 (a root without
  that capability stays root, and then may start processes, since the kernel exempts root from that limit);
- DuckDB: file opened read-only, external access off, nothing installed or loaded, configuration locked;
- exactly one statement, a SELECT or an EXPLAIN of one.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import math
import os
import re
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
NOBODY = 65534

ONE_SELECT = (
    "Only one SELECT (or EXPLAIN of a SELECT) is run, and this is {found}; "
    "rewrite it as one SELECT on the published tables."
)
OUT_OF_MEMORY = "The query needed more memory than it may use; narrow the period or aggregate first."


class StatementError(Exception):
    """The statement is not run; the text is fit for the screen."""


def main() -> None:
    """Serve the request on standard input and leave."""
    request = json.load(sys.stdin)
    try:
        answer = _answer(request)
    except StatementError as error:
        answer = _line({"error": str(error)})
    except MemoryError:
        answer = _line({"error": OUT_OF_MEMORY})
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    os._exit(0)  # tearing a large query down costs seconds and gives nothing


def _answer(request: dict[str, Any]) -> bytes:
    libc = ctypes.CDLL(None, use_errno=True)
    leave_network(libc)  # before any import that starts a thread: a name space belongs to a thread
    import duckdb
    import pyarrow as pa

    _limit_resources(request)
    connection = _connect(request)
    shut_doors(libc)
    try:
        statement = _only_select(connection, request["sql"])
        return _fetch(connection.execute(statement), request)
    except duckdb.OutOfMemoryException as error:
        raise StatementError(OUT_OF_MEMORY) from error
    except (duckdb.Error, pa.ArrowException, OSError) as error:  # OSError: the engine's refusals while rows stream out
        raise StatementError(f"The query failed; correct it and run it again. {error}") from error


def leave_network(libc: ctypes.CDLL) -> None:
    """Without root a user name space may grant the empty network; if it does not, the other walls stand."""
    if libc.unshare(CLONE_NEWNET) != 0 and os.geteuid() != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _limit_resources(request: dict[str, Any]) -> None:
    address_space = request["memory_mb"] * 2**20
    cpu_s = math.ceil(request["timeout_s"]) + 1  # after the parent's deadline; holds even if the parent is gone
    for limit, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    os.nice(10)  # an analyst's query yields to the dashboards on the same machine


def _connect(request: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        connection = duckdb.connect(
            request["file"],
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "allow_unsigned_extensions": "false",
                "allow_persistent_secrets": "false",
                "python_enable_replacements": "false",
                "threads": "1",
                # The rest of the address space is for libraries and for what the engine does not count.
                "memory_limit": f"{request['memory_mb'] // 3}MB",
                "temp_directory": "",
            },
        )
    except duckdb.Error as error:
        raise StatementError(
            f"The published file cannot be opened; publish it again with `ioc run`. {error}"
        ) from error
    connection.execute("SET TimeZone = 'UTC'")  # not known to `config`, hence the lock after it
    connection.execute("SET lock_configuration = true")
    connection.execute("SELECT 1").to_arrow_reader(1).read_all()  # loads what fetching needs while doors are open
    return connection


def shut_doors(libc: ctypes.CDLL) -> None:
    """From here on the process opens no file or socket, starts no process, and is root no more."""
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):  # root of a container that took the capability away
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        resource.setrlimit(limit, (0, 0))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after the change of user, which clears it


def _only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    import duckdb

    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise StatementError(ONE_SELECT.format(found=f"{len(statements)} statements"))
    [statement] = statements
    if statement.type == duckdb.StatementType.EXPLAIN:
        inner = re.match(r"explain\s+(?:analyze\s+)?(.*)", statement.query, re.IGNORECASE | re.DOTALL)
        if inner is None:
            raise StatementError(ONE_SELECT.format(found="an EXPLAIN with options"))
        _only_select(connection, inner[1])
    elif statement.type != duckdb.StatementType.SELECT:
        raise StatementError(ONE_SELECT.format(found=statement.type.name))
    elif "".join(statement.query.split()) not in "".join(sql.split()):
        # The parser rewrites PRAGMA into a SELECT, so the statement no longer reads as it was written.
        raise StatementError(ONE_SELECT.format(found="PRAGMA"))
    return statement


def _fetch(result: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> bytes:
    """Answer with at most `max_rows` rows and `max_bytes` bytes of Arrow IPC stream."""
    import pyarrow as pa

    left, is_truncated = request["max_rows"], False
    reader = result.to_arrow_reader(min(left + 1, 2048))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            fitting = _fitting(batch.slice(0, left), request["max_bytes"] - sink.tell())
            writer.write_batch(fitting)
            left -= fitting.num_rows
            if is_truncated := fitting.num_rows < batch.num_rows:
                break
    if is_truncated and left == request["max_rows"] > 0:
        size = request["max_bytes"] // 2**20
        raise StatementError(f"One row of the result is larger than {size} MB; select fewer or shorter columns.")
    return _line({"is_truncated": is_truncated}) + sink.getvalue()


def _fitting(batch: pa.RecordBatch, max_bytes: int) -> pa.RecordBatch:
    """The longest head of the batch, by halves, whose message is not larger than `max_bytes`."""
    import pyarrow as pa

    while batch.num_rows and pa.ipc.get_record_batch_size(batch) > max_bytes:
        batch = batch.slice(0, batch.num_rows // 2)
    return batch


def _line(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode() + b"\n"


if __name__ == "__main__":
    main()
