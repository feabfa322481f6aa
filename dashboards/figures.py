"""Asks named questions of the published figures: one parameterised SQL file each, through one door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import streamlit as st

from lake.errors import ServingError
from lake.rerun import Numbers, from_parts
from lake.sample import Sample, rows_behind
from lake.serving import Published, connect
from lake.settings import Settings

QUERIES = Path(__file__).parent / "queries"
Parameter = str | int | float | date | datetime | list[str] | None


class PublicationMoved(ServingError):
    """A newer publication replaced the one this screen began with; draw the screen again."""


@dataclass(frozen=True)
class Figures:
    """The figures of one publication. A screen is drawn from exactly one."""

    settings: Settings
    published: Published

    def ask(self, question: str, **parameters: Parameter) -> pl.DataFrame:
        """The answer to `queries/<question>.sql` with its `$name` parameters bound.

        Raises ServingError if the file cannot be read or a mart is missing, PublicationMoved if it was replaced.
        """
        return _ask(
            self.published.run_id, str(self.published.file), question, parameters, self.published, self.settings
        )

    def rows_behind(self, figure: Mapping[str, object]) -> list[Sample]:
        """Some masked rows behind a figure. Raises ServingError if the file lacks them, PublicationMoved as `ask`."""
        with connect(self.settings) as con:
            try:
                _same_publication(con, self.published)
                return rows_behind(con, figure)
            except duckdb.Error as error:
                raise ServingError(
                    f"The rows behind the figure cannot be read ({error}); run `ioc run` to publish anew."
                ) from error

    def compute_again(self, figure: Mapping[str, object]) -> Numbers:
        """The numbers of a current figure, rolled up again from the parts in the publication.

        Raises ServingError if the file lacks them or the SQL fails, PublicationMoved as `ask`.
        """
        with connect(self.settings) as con:
            try:
                _same_publication(con, self.published)
                return from_parts(con, figure)
            except duckdb.Error as error:
                raise ServingError(
                    f"The figure cannot be computed again ({error}); run `ioc run` to publish anew."
                ) from error


def _same_publication(con: duckdb.DuckDBPyConnection, expected: Published) -> None:
    current = con.execute("select run_id from main.publication").fetchone()
    if current is None or current[0] != expected.run_id:
        raise PublicationMoved(f"Publication {expected.file.name} was replaced while it was read; reload the page.")


@cache
def sql_of(question: str) -> str:
    """The SQL of a question; a relation of `queries/shared/` that it names stands before it."""
    sql = (QUERIES / f"{question}.sql").read_text(encoding="utf-8")
    shared = {file.stem: file.read_text(encoding="utf-8") for file in sorted((QUERIES / "shared").glob("*.sql"))}
    named = [f"{name} as (\n{body})" for name, body in shared.items() if re.search(rf"\b{name}\b", sql)]
    if not named:
        return sql
    own = re.sub(r"\A(--.*\n)*", "", sql)
    return f"with {', '.join(named)}" + (f", {own[5:]}" if own.startswith("with ") else f"\n{own}")


# Opening the file takes longer than most answers, so it stays open until its successor has been read.
@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(run_id: str, file: str, _published: Published, _settings: Settings) -> duckdb.DuckDBPyConnection:
    con = connect(_settings)
    try:
        _same_publication(con, _published)
    except (duckdb.Error, PublicationMoved):
        con.close()
        raise
    return con


# The publication is part of the key and never changes, so an answer needs no expiry.
@st.cache_data(max_entries=512, show_spinner=False)
def _ask(
    run_id: str,
    file: str,
    question: str,
    parameters: dict[str, Parameter],
    _published: Published,
    _settings: Settings,
) -> pl.DataFrame:
    try:
        with _opened(run_id, file, _published, _settings).cursor() as con:
            con.execute("set TimeZone = 'UTC'")  # a cursor has settings of its own
            return con.execute(sql_of(question), parameters or None).pl()
    except duckdb.Error as error:
        raise ServingError(
            f"The question {question!r} cannot be answered from the published file ({error}); "
            "run `ioc run` to publish anew."
        ) from error
