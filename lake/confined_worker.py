"""The child process of lake/confinement.py: runs parsers of ours, behind the walls of lake/sandbox_worker.py.

Started by its path with two arguments: the folder our packages lie in, and JSON of `modules`, `memory_mb`.
It loads the parsers, shuts the doors (no network, no file, no process, no other user's data), says so by an empty
answer, and then answers payloads until its input ends. Its limits of memory count from what loading has taken, those
of CPU from the beginning of each payload.
"""

from __future__ import annotations

import contextlib
import ctypes
import encodings
import importlib
import io
import json
import os
import pkgutil
import resource
import sys
from datetime import datetime
from importlib.machinery import BuiltinImporter, FrozenImporter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

if TYPE_CHECKING:
    from lake.contracts.base import Parsed

_LENGTH = 8
_FIRST = {"format": "article", "received_at": "2020-01-01T00:00:00+00:00", "origin": "", "profile": None}


def main() -> None:
    """Serve payloads from standard input."""
    folder, limits = sys.argv[1], json.loads(sys.argv[2])
    sys.path.insert(0, folder)
    from lake.sandbox_worker import leave_network, shut_doors

    libc = ctypes.CDLL(None, use_errno=True)
    leave_network(libc)
    modules = {name: importlib.import_module(name) for name in limits["modules"]}
    for module in modules.values():
        module.warm_up()
        _parsed(module, _FIRST, b"")  # whatever it says, all that an answer needs is loaded now
    held = _load_the_rest()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    address_space = _address_space() + (limits["memory_mb"] << 20)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    os.nice(10)
    shut_doors(libc)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _answer(answers, b"")
    while len(lengths := requests.read(2 * _LENGTH)) == 2 * _LENGTH:
        header = json.loads(requests.read(int.from_bytes(lengths[:_LENGTH], "big")))
        body = requests.read(int.from_bytes(lengths[_LENGTH:], "big"))
        used = resource.getrusage(resource.RUSAGE_SELF)
        until_s = int(used.ru_utime + used.ru_stime) + 1 + header["cpu_s"]
        resource.setrlimit(resource.RLIMIT_CPU, (until_s, resource.RLIM_INFINITY))  # SIGXCPU ends the process
        _answer(answers, _parsed(modules[header["module"]], header, body))
    del held


def _load_the_rest() -> list[ZoneInfo]:
    """Load every encoding and time zone, which Python reads from files when one is first named; the zones, to keep.

    What is imported later is not there, rather than a file that cannot be opened.
    """
    for found in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):  # those of other systems
            importlib.import_module(f"encodings.{found.name}")
    zones = [ZoneInfo(name) for name in available_timezones()]
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter]
    return zones


def _parsed(module: Any, header: dict[str, Any], body: bytes) -> bytes:
    from lake.contracts.base import Delivery
    from lake.contracts.profile import Profile
    from lake.errors import PayloadRefused

    delivery = Delivery(
        format=header["format"],
        profile=Profile.model_validate_json(header["profile"]) if header["profile"] else None,
        received_at=datetime.fromisoformat(header["received_at"]),
        origin=header["origin"],
        pseudonym_keys={},
    )
    try:
        return _tables(module.parse(body, delivery))
    except PayloadRefused as refusal:
        return _line({"refused": str(refusal)})
    except MemoryError:
        os._exit(1)  # what is left of the process cannot be trusted
    except Exception as defect:  # the parser's own: the next payload may be sound
        return _line({"defect": type(defect).__name__})


def _tables(parsed: Parsed) -> bytes:
    sizes, streams = [], []
    for name, frame in (*parsed.rows.items(), ("rejected", parsed.rejected)):
        stream = io.BytesIO()
        frame.write_ipc_stream(stream, compat_level=None)
        sizes.append((name, stream.tell()))
        streams.append(stream.getvalue())
    return _line({"tables": sizes}) + b"".join(streams)


def _line(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode() + b"\n"


def _answer(pipe: IO[bytes], answer: bytes) -> None:
    pipe.write(len(answer).to_bytes(_LENGTH, "big") + answer)
    pipe.flush()


def _address_space() -> int:
    """Bytes of address space in use (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
