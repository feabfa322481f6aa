"""What was published when: every published KPI value is kept under a figure id, with the reason of its change.

A publication is the serving file that the pointer names, so its history is in that file: readers see a value and its
history appear in the same rename. `ops.kpi_history` in the lake is the durable copy. It gets the rows of a publication
after the rename, and what a crash kept from it comes from the serving file when the next publish begins (`settle`).
So no row is in the history that was not published, and no publication is missing from it.

A value is written down when it differs from what was last published for its key, or is gone; all in sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.catalog import sql_text
from lake.errors import LakeError, engine_words
from lake.figure_id import KEY, LENGTHS, NUMBERS, prefix_of, spelt_sql, symbols_sql
from lake.restatement import BASE, FIRST, RESTATEMENTS, explain
from lake.schema import KPI_HISTORY
from lake.transactions import retried, transaction

_LEFT = (
    *("versions", "current_values", "previous", "unseen", "changed", "stamped", "symbols", "named", "added"),
    *("new_batches", "arrivals"),
)
_DIGESTS = pa.schema([("code", pa.string()), ("code_digest", pa.string())])


@contextmanager
def attached(con: duckdb.DuckDBPyConnection, file: Path | None) -> Iterator[bool]:
    """The serving file `file` read-only under the name BASE for the block; False if there is none that can be used."""
    try:
        if file is None:
            raise duckdb.IOException("nothing published yet")
        con.execute(f"attach '{sql_text(str(file))}' as {BASE} (read_only)")
    except duckdb.Error:  # absent or damaged: the lake's own history goes on alone
        yield False
        return
    try:
        row = con.execute(
            "select count(*) from duckdb_tables() where database_name = ? and (schema_name, table_name) in "
            "(('kpi', 'kpi_history'), ('kpi', 'kpi_versions'))",
            [BASE],
        ).fetchone()
        yield row == (2,)  # a file of a version without history has neither
    finally:
        con.execute(f"detach {BASE}")


def settle(con: duckdb.DuckDBPyConnection, *, has_base: bool) -> None:
    """Copy into the lake the publications of BASE's history it does not have: their process died after the rename.

    Also what was published since the backup from which the lake has been restored.
    """
    if not has_base:
        return
    missing = f"published_at not in (select distinct published_at from lake.ops.{KPI_HISTORY})"

    def work() -> None:
        if con.execute(f"select 1 from {BASE}.kpi.kpi_history where {missing} limit 1").fetchone():
            with transaction(con):
                con.execute(f"insert into lake.ops.{KPI_HISTORY} by name from {BASE}.kpi.kpi_history where {missing}")

    retried(work)


def append(con: duckdb.DuckDBPyConnection, added: str) -> None:
    """Copy the rows of the publication just made into the lake; `added` is the query that gives them."""

    def work() -> None:
        if con.execute(f"select 1 from ({added}) limit 1").fetchone():
            with transaction(con):
                con.execute(f"insert into lake.ops.{KPI_HISTORY} by name {added}")

    try:
        retried(work)
    except duckdb.Error as error:
        raise LakeError(
            f"The figures are published, but their history is not in the lake yet ({engine_words(error)}); "
            "the next publish brings it there."
        ) from error


@dataclass(frozen=True)
class Stamp:
    """What every row of one publication bears."""

    run_id: str
    snapshot_id: int
    code_commit: str
    published_at: datetime


@dataclass(frozen=True)
class Changes:
    """What a publication adds to the history, and the tables of the serving file that say so.

    Queries over temporary tables, which live until `forget`: a million figures are not carried through Python.
    """

    added: str  # rows for `ops.kpi_history`
    history: str  # `ops.kpi_history` with them
    restatements: str  # figures that replaced another one of a period already over
    values: str  # kpi_values with definition_from and figure_id
    versions: str  # code, definition_from, definition_digest, code_digest, code_commit


def changes(
    con: duckdb.DuckDBPyConnection, stamp: Stamp, code_digests: Mapping[str, str], *, has_base: bool
) -> Changes:
    """Compare `lake.kpi.kpi_values` with the last publication.

    `code_digests` maps KPI codes to a digest of the SQL they are computed by. Call `forget` when all is written.
    """
    _versions(con, code_digests, stamp.code_commit)
    _current(con)
    _previous(con, has_base=has_base)
    _compare(con)
    con.execute(
        "create temp table stamped as select *, ? as run_id, ?::bigint as snapshot_id, ? as code_commit, "
        f"?::timestamptz as published_at, {FIRST!r} as reason from changed",
        [stamp.run_id, stamp.snapshot_id, stamp.code_commit, stamp.published_at],
    )
    explain(con, has_base=has_base)
    _name(con)
    columns = ", ".join(str(row[0]) for row in con.execute(f"describe lake.ops.{KPI_HISTORY}").fetchall())
    con.execute(f"create temp view told as select * from lake.ops.{KPI_HISTORY} union all select {columns} from added")
    figures = (
        "select v.*, coalesce(s.figure_id, p.figure_id) as figure_id from current_values v "
        f"left join added s on {_same('s', 'v')} and not s.is_gone left join previous p on {_same('p', 'v')}"
    )
    return Changes(
        added=f"select {columns} from added order by {', '.join(KEY)}",
        history=f"select {columns} from told",
        restatements=RESTATEMENTS,
        values=figures,
        versions="from versions order by code, definition_from",
    )


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what `changes` left."""
    con.execute("drop view if exists told")
    for table in _LEFT:
        con.execute(f"drop table if exists temp.{table}")


def _versions(con: duckdb.DuckDBPyConnection, code_digests: Mapping[str, str], code_commit: str) -> None:
    """`versions`: each dated definition with a digest of its words and parameters, and one of the SQL."""
    digests = pa.table({"code": list(code_digests), "code_digest": list(code_digests.values())}, _DIGESTS)
    con.register("code_digests", digests)
    con.execute(
        "create temp table versions as "
        "with parameters as (select code, string_agg(concat_ws(chr(31), name, value, valid_from, valid_to), chr(30) "
        "order by name, valid_from) as listed from lake.seeds.kpi_parameters group by code) "
        "select d.code, d.valid_from as definition_from, "
        "md5(concat_ws(chr(31), d.formula_vi, d.formula_en, d.numerator_vi, d.denominator_vi, p.listed)) "
        "as definition_digest, c.code_digest, ? as code_commit from lake.seeds.kpi_definitions d "
        "left join parameters p on d.code = p.code left join code_digests c on d.code = c.code",
        [code_commit],
    )
    con.unregister("code_digests")


def _same(a: str, b: str) -> str:
    return " and ".join(f"{a}.{name} is not distinct from {b}.{name}" for name in KEY)


def _current(con: duckdb.DuckDBPyConnection) -> None:
    """`current_values`: what is to be published, each with the first day of the definition it follows."""
    con.execute(
        "create temp table current_values as select v.*, "
        "coalesce(d.definition_from, e.definition_from) as definition_from from lake.kpi.kpi_values v "
        "asof left join versions d on v.code = d.code and v.period_end >= d.definition_from "
        "left join (select code, min(definition_from) as definition_from from versions group by code) e "
        "on v.code = e.code"
    )


def _previous(con: duckdb.DuckDBPyConnection, *, has_base: bool) -> None:
    """`previous`: what was last published for each key; from BASE, and from the history what BASE does not show."""
    columns = f"{', '.join(KEY)}, definition_from, period_end, {', '.join(NUMBERS)}, is_partial, is_synthetic"
    con.execute(
        f"create temp table previous as select figure_id, {columns}, false as is_gone from "
        + (f"{BASE}.kpi.kpi_values" if has_base else f"lake.ops.{KPI_HISTORY} limit 0")
    )
    unseen = f"from current_values a anti join previous b on {_same('a', 'b')}"
    con.execute(f"create temp table unseen as select {', '.join(f'a.{k}' for k in KEY)} {unseen}")
    wanted = f"a semi join unseen b on {_same('a', 'b')}" if has_base else "a"
    con.execute(
        f"insert into previous select figure_id, {columns}, is_gone from lake.ops.{KPI_HISTORY} {wanted} "
        f"qualify row_number() over (partition by {', '.join(KEY)} order by published_at desc) = 1"
    )


def _compare(con: duckdb.DuckDBPyConnection) -> None:
    """`changed`: keys whose value is new, other than the last published one, or gone."""
    differs = " or ".join(f"a.{name} is distinct from b.{name}" for name in NUMBERS)
    columns = f"definition_from, period_end, {', '.join(NUMBERS)}, is_partial, is_synthetic"
    named = ", ".join(f"a.{name}" for name in (*KEY, *columns.split(", ")))
    nulls = ", ".join(f"null::double as {name}" for name in NUMBERS)
    con.execute(
        f"create temp table changed as select {named}, false as is_gone, "
        f"b.figure_id as previous_figure_id, coalesce(b.is_partial or b.grain = 'all', false) as was_open "
        f"from current_values a left join previous b on {_same('a', 'b')} "
        f"where b.code is null or b.is_gone or ({differs}) union all by name "
        f"select {', '.join(f'a.{k}' for k in KEY)}, a.definition_from, a.period_end, {nulls}, a.is_partial, "
        "a.is_synthetic, true as is_gone, a.figure_id as previous_figure_id, false as was_open "
        f"from previous a anti join current_values b on {_same('a', 'b')} where not a.is_gone"
    )


def _name(con: duckdb.DuckDBPyConnection) -> None:
    """`added`: `stamped` with `figure_id`, the shortest spelling no figure of the history and none of these has."""
    row = con.execute(
        "select name_vi from lake.seeds.units where level = 'province' order by valid_from limit 1"
    ).fetchone()
    prefix = prefix_of(row[0]) if row else "XX"
    con.execute(f"create temp table symbols as select rowid as nth, {symbols_sql()} as symbols from stamped")
    con.execute("create temp table named (nth bigint, figure_id varchar)")
    for length in LENGTHS:
        con.execute(
            f"insert into named select nth, figure_id from (select any_value(nth) as nth, "
            f"{spelt_sql(prefix, 'any_value(symbols)', length)} as figure_id from symbols anti join named using (nth) "
            f"group by left(symbols, {length}) having count(*) = 1) "
            f"where figure_id not in (select figure_id from lake.ops.{KPI_HISTORY})"
        )
        if not con.execute("select 1 from symbols anti join named using (nth) limit 1").fetchone():
            con.execute(
                "create temp table added as select s.*, n.figure_id from stamped s join named n on s.rowid = n.nth"
            )
            return
    raise LakeError("Two figures have the same id in full length, which chance does not bring; report it.")
