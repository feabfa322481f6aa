"""What the command line says when something breaks that is no IocError."""

from __future__ import annotations

import errno
import traceback
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg

from lake.errors import IocError
from lake.settings import Settings, load_settings, private_folder

LOG = "errors.log"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sentence(error: Exception) -> str:
    """One sentence of what happened and one of what to do. The traceback of a defect goes to `logs/errors.log`."""
    if isinstance(error, OSError):
        return _refused(error)
    first_line = str(error).strip().partition("\n")[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"DuckDB ran out of memory ({first_line}); raise IOC_MEMORY_LIMIT or close other programs."
    if isinstance(error, duckdb.OperationalError):
        return f"DuckDB could not go on ({first_line}); run `ioc doctor`, then the command again."
    if isinstance(error, psycopg.OperationalError):
        return f"The catalogue database broke off ({first_line}); run `ioc doctor`, then the command again."
    return _defect(error)


def _refused(error: OSError) -> str:
    what = error.filename2 or error.filename or "the lake"
    if error.errno in DISK_FULL:
        return f"The disk is full or a file-size limit was met at {what}; free some space, then run the command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"This user may not read or write {what}; correct its owner or mode, or set IOC_HOME to another folder."
    return f"The system refused an operation on {what} ({error.strerror or error}); run `ioc doctor`."


def _defect(error: Exception) -> str:
    told = "".join(traceback.format_exception(error))
    try:
        log = _keep(load_settings(), told)
    except (IocError, OSError):  # without a home to write to, the terminal is the only place left
        return f"This is a defect of the program; please report it.\n{told}"
    return f"This is a defect of the program ({type(error).__name__}); please report it with the end of {log}."


def _keep(settings: Settings, told: str) -> Path:
    log = private_folder(settings.home / "logs") / LOG
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{told}\n")
    return log
