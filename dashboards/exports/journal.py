"""The journal of exports: one line of JSON per export, only ever appended, in the lake's home folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime

from lake.errors import ServingError
from lake.settings import Settings

NAME = "exports.jsonl"


def note(settings: Settings, entry: Mapping[str, object]) -> None:
    """Write down who takes what out. Raises ServingError if that is impossible: then nothing is handed out either."""
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
    try:
        descriptor = os.open(settings.home / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())  # one write: lines of two readers never mix
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ServingError(
            f"The export was not made: its journal {NAME} cannot be written ({error.strerror}). "
            "Give the dashboards' user the right to write there, or free space."
        ) from error
