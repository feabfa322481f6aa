"""What is no fault of the lake's own errors still ends in one sentence, and a defect is not lost."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import duckdb
import psycopg
import pytest

from orchestration import cli
from orchestration.breakdowns import sentence


def test_home_that_cannot_be_made_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IOC_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr(sys, "argv", ["ioc", "demo"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: The system refused an operation on ")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/lake/x"), "at /lake/x; free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "/lake/x"), "may not read or write /lake/x; correct"),
        (duckdb.OutOfMemoryException("Out of Memory Error: 2 GB used\nmore"), "used); raise IOC_MEMORY_LIMIT"),
        (duckdb.IOException("IO Error: could not write"), "could not write); run `ioc doctor`"),
        (psycopg.OperationalError("server closed the connection\nunexpectedly"), "connection); run `ioc doctor`"),
    ],
)
def test_error_of_the_machine_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    monkeypatch.setenv("IOC_HOME", str(tmp_path))
    assert told in sentence(error)
    assert "\n" not in sentence(error)
    assert list(tmp_path.iterdir()) == []


def test_defect_keeps_its_traceback_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(tmp_path / "home"))
    log = tmp_path / "home" / "logs" / "errors.log"
    with duckdb.connect() as con, pytest.raises(duckdb.BinderException) as wrong:
        con.execute("select nothing")
    assert sentence(wrong.value).endswith(f"the end of {log}.")
    assert sentence(ZeroDivisionError("second")).startswith("This is a defect")
    kept = log.read_text(encoding="utf-8")
    assert kept.index("BinderException") < kept.index("ZeroDivisionError: second")
    assert "con.execute(" in kept


def test_defect_without_a_log_is_told_on_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IOC_HOME", str(tmp_path / "file"))
    assert sentence(ZeroDivisionError("told")).endswith("ZeroDivisionError: told\n")
