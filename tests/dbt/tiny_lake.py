"""A real DuckLake on a DuckDB-file catalogue, the writer's own tables in it, and `dbt build` run over it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from duckdb_extensions import import_extension

from lake.schema import create_tables

PROJECT = Path(__file__).parents[2] / "dbt_project"
Row = Mapping[str, object]


def utc(text: str) -> datetime:
    """'2021-09-30 10:00' -> aware instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cache
def parsed_project() -> Manifest:
    """The project's manifest, parsed once: it names no lake, and parsing costs as much as building a tiny one."""
    flags = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet", "--no-partial-parse"]
    parsed = dbtRunner().invoke(["parse", *flags])
    assert isinstance(parsed.result, Manifest), parsed.exception
    return parsed.result


class TinyLake:
    """A lake in `folder`; every call opens it anew, because dbt needs the catalogue file for itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = f"ducklake:{folder / 'catalog.ducklake'}"
        self.files = folder / "files"
        self.extensions = folder.parent / "extensions"  # shared by the lakes of a test session
        for path in (self.files, self.extensions):
            path.mkdir(parents=True, exist_ok=True)
        with self.open() as con:
            create_tables(con)

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the lake attached as `lake`."""
        con = duckdb.connect(config={"extension_directory": str(self.extensions)})
        try:
            con.execute("set TimeZone = 'UTC'")
            for name in ("ducklake", "postgres_scanner"):
                try:
                    con.execute(f"load {name}")
                except duckdb.IOException:
                    import_extension(name, con=con)
            con.execute(f"attach '{self.catalog}' as lake (data_path '{self.files}/', metadata_schema 'dl')")
            yield con
        finally:
            con.close()

    def insert(self, table: str, rows: Sequence[Row] | pl.DataFrame) -> None:
        """Append rows to `schema.table`; columns left out are null."""
        frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
        with self.open() as con:
            con.register("frame", frame)
            con.execute(f"insert into lake.{table} by name select * from frame")

    def declare(self, source: str, slug: str, as_of: str | None, **fields: object) -> None:
        """Declare a source and record one successful harvest whose clock stood at `as_of` (UTC); None: no harvest."""
        declared = {
            "source": source,
            "slug": slug,
            "format": "test",
            "name_vi": source,
            "name_en": source,
            "unit_code": "93",
            "time_zone": "Asia/Ho_Chi_Minh",
            "is_synthetic": True,
            "freshness_s": 86_400,
            "step_s": 60,
        }
        self.insert("ops.sources", [declared | fields])
        if as_of is None:
            return
        instant = utc(as_of)
        harvest = {"harvest_id": f"h-{source}", "run_id": "r1", "source": source, "slug": slug, "status": "ok"}
        self.insert(
            "ops.harvests",
            [harvest | {"started_at": instant, "finished_at": instant, "as_of": instant, "n_payloads": 1}],
        )

    def dbt(self, *arguments: str) -> dbtRunnerResult:
        """Run dbt in this process on this lake; its target and log folders lie beside the lake."""
        environment = {
            "IOC_DBT_CATALOG": self.catalog,
            "IOC_DBT_DATA_PATH": f"{self.files}/",
            "IOC_DBT_EXTENSIONS": str(self.extensions),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        flags = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--no-use-colors", "--quiet"]
        with mock.patch.dict(os.environ, environment):
            try:
                manifest = parsed_project().deepcopy()  # type: ignore[no-untyped-call]
                return dbtRunner(manifest=manifest).invoke([*arguments, *flags])
            finally:
                # dbt keeps the catalogue file open otherwise
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]

    def query(self, sql: str) -> list[dict[str, object]]:
        """Rows of a query as dictionaries."""
        with self.open() as con:
            return con.execute(sql).pl().to_dicts()


def seed(name: str) -> list[dict[str, str]]:
    """Rows of a seed file."""
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
