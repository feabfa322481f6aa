"""What stands behind the figures, read from dbt's manifest after a build: SQL, lineage, words, tests, commit.

The tables of schema `proof` go into the serving file, so that a figure can be proven there without the project.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from lake.rerun import FIGURES, is_member, knows
from lake.serving import Evidence
from lake.settings import Settings
from orchestration import dbt_build
from orchestration.descriptions import bilingual

_TABLES = {
    "models": ("model", "layer", "kind", "materialized", "description_vi", "description_en", "path", "compiled_sql"),
    "columns": ("model", "column_name", "data_type", "description_vi", "description_en"),
    "lineage": ("child", "parent"),
    "tests": ("test", "model", "column_name", "description_en"),
    "kpi_models": ("code", "model"),
}
Node = Mapping[str, Any]


def evidence(con: duckdb.DuckDBPyConnection, settings: Settings) -> Evidence:
    """The evidence of the build that is in the lake. A manifest without SQL (nothing built yet) gives less of it."""
    manifest = json.loads(dbt_build.manifest(settings).read_text(encoding="utf-8"))
    for name, sql in dbt_build.compiled(settings).items():  # a build leaves out what did not change
        if name in manifest["nodes"]:
            manifest["nodes"][name]["compiled_code"] = sql
    codes = con.execute("select distinct code from lake.seeds.kpi_definitions").fetchall()
    return of_manifest(manifest, [str(code) for (code,) in codes], _commit())


def of_manifest(manifest: Mapping[str, Any], codes: Sequence[str], code_commit: str) -> Evidence:
    """The evidence for the KPIs `codes` that dbt's manifest, as a build leaves it, holds."""
    nodes: dict[str, Node] = {**manifest["sources"], **manifest["nodes"]}
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    for node in nodes.values():
        if node["resource_type"] in ("model", "seed", "source"):
            rows["models"].append(_model(node))
            rows["columns"] += _columns(node)
            rows["lineage"] += [(_name(node), _name(nodes[parent])) for parent in _parents(node)]
        elif node["resource_type"] == "test":
            of = (p for p in _parents(node) if nodes[p]["resource_type"] in ("model", "seed", "source"))
            attached = [node["attached_node"]] if node.get("attached_node") else of
            rows["tests"] += [
                (node["name"], _name(nodes[p]), node.get("column_name"), node["description"]) for p in attached
            ]
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    sql = {_name(node): node.get("compiled_code") or "" for node in models}
    # An incremental model compiles to other SQL when it is built whole; its source is the same.
    own = sql | {_name(node): node["raw_code"] for node in models if node["config"]["materialized"] == "incremental"}
    rows["kpi_models"] = [
        (code, model) for model in sql if is_member(model) for code in codes if knows(sql[model], code)
    ]
    above = _above(rows["lineage"])
    return Evidence(
        code_commit=code_commit,
        code_digests={code: _digest(own, above, [m for c, m in rows["kpi_models"] if c == code]) for code in codes},
        relations=tuple(
            (str(nodes[parent]["schema"]), str(nodes[parent]["name"]))
            for node in nodes.values()
            if node["resource_type"] == "model" and _name(node) == FIGURES
            for parent in _parents(node)
            if nodes[parent]["schema"] == "intermediate"
        ),
        tables={("proof", name): _table(columns, rows[name]) for name, columns in _TABLES.items()},
    )


def _model(node: Node) -> tuple[Any, ...]:
    return (
        _name(node),
        node["schema"],
        node["resource_type"],
        node["config"].get("materialized"),
        *bilingual(node["description"]),
        node["original_file_path"],
        node.get("compiled_code"),
    )


def _columns(node: Node) -> list[tuple[Any, ...]]:
    return [
        (_name(node), name, column.get("data_type"), *bilingual(column["description"]))
        for name, column in node["columns"].items()
    ]


def _name(node: Node) -> str:
    return f"{node['schema']}.{node['name']}"


def _parents(node: Node) -> list[str]:
    return [str(parent) for parent in dict.fromkeys(node.get("depends_on", {}).get("nodes", ()))]


def _above(lineage: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    above: dict[str, list[str]] = {}
    for child, parent in lineage:
        above.setdefault(child, []).append(parent)
    return above


def _digest(sql: Mapping[str, str], above: Mapping[str, list[str]], members: Iterable[str]) -> str:
    """Of the SQL of all models a KPI comes from: those of its theme up to the raw tables, and the roll-up."""
    waiting, seen = list(members), {FIGURES}
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            waiting += above.get(model, ())
    return hashlib.sha256("\n".join(sql.get(model, "") for model in sorted(seen)).encode()).hexdigest()[:16]


def _commit() -> str:
    """Commit of the project's checkout, `+` when files differ from it; else the digest of the dbt files."""
    try:
        asked = ["git", "-C", str(dbt_build.PROJECT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return dbt_build.project_digest()[:12]
    return done.stdout.strip() if done.returncode == 0 else dbt_build.project_digest()[:12]


def _table(columns: Iterable[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in columns])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
