"""The `ioc` command as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from lake.errors import IocError
from orchestration.cli import app


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Ioc:
    """`ioc` with its own home, run in this process: loading Dagster and the suites anew costs half a minute."""

    home: Path

    def __call__(self, *arguments: str, fails: bool = False) -> Done:
        result = CliRunner().invoke(app, arguments, env={"IOC_HOME": str(self.home)})
        error = result.exception
        if error is not None and not isinstance(error, (IocError, SystemExit)):
            raise error
        said = f"Error: {error}\n" if isinstance(error, IocError) else ""
        done = Done(1 if said else result.exit_code, result.stdout, result.stderr + said)
        assert (done.exit_code != 0) is fails, done
        return done

    def in_own_process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The installed command, start to end."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("ioc")), *arguments],
            env=os.environ | {"IOC_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(self(*arguments).stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        return self.json("sql", query, "--format", "json")
