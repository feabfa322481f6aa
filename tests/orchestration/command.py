"""The `ioc` command as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ioc:
    """`ioc` with its own home."""

    home: Path

    def __call__(
        self, *arguments: str, fails: bool = False, timeout_s: float = 400
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ioc")), *arguments],
            env=os.environ | {"IOC_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert (done.returncode != 0) is fails, f"exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert "Traceback" not in done.stderr, done.stderr[-3000:]
        return done

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(self(*arguments).stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        return self.json("sql", query, "--format", "json")
