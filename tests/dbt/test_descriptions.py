"""What the data dictionary says: every model and column in Vietnamese and in English, no engine's own dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestration.dbt_build import PROJECT
from orchestration.descriptions import bilingual

# Functions of DuckDB that Spark does not have by that name: models use macros for them.
ENGINE_OWN = re.compile(
    r"\b(epoch_us|epoch_ms|to_timestamp|generate_series|unnest|list_\w+|struct_pack|arg_max|arg_min|strptime|strftime|"
    r"regexp_matches|regexp_full_match|json_extract\w*|quantile_cont|quantile_disc|time_bucket|read_(csv|json|parquet)\w*|asof)\b\s*\(?"
)


def files(suffix: str) -> list[Path]:
    return sorted(PROJECT.joinpath("models").rglob(f"*{suffix}"))


def described() -> Iterator[tuple[str, str]]:
    """(where, description) of every model, seed, source table and described column."""
    for file in [*files(".yml"), *sorted(PROJECT.joinpath("seeds").glob("*.yml"))]:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        tables = [table for source in document.get("sources") or [] for table in source["tables"]]
        for node in [*(document.get("models") or []), *(document.get("seeds") or []), *tables]:
            yield node["name"], node.get("description", "")
            for column in node.get("columns") or []:
                yield f"{node['name']}.{column['name']}", column.get("description", "")


def test_no_model_or_column_lacks_a_language() -> None:
    """Add the Vietnamese of an English sentence to descriptions_vi.csv."""
    missing = {where: text for where, text in described() if None in bilingual(text)}
    assert missing == {}


@pytest.mark.parametrize("text", ["", "Days", "Ngày đầu kỳ"])
def test_one_language_is_not_two(text: str) -> None:
    assert None in bilingual(text)


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("Ngày đầu kỳ / first day of the period", "Ngày đầu kỳ", "first day of the period"),
        ("Giá trị. Xem chú thích. The value. See the note.", "Giá trị. Xem chú thích.", "The value. See the note."),
        ("Source instance", "Nguồn dữ liệu", "Source instance"),
    ],
)
def test_both_languages_are_found(text: str, vietnamese: str, english: str) -> None:
    assert bilingual(text) == (vietnamese, english)


def test_every_model_has_its_yml_and_says_its_grain() -> None:
    models = files(".sql")
    named = {where for where, _ in described()}
    assert {model.stem for model in models} - named == set()
    assert [model.name for model in models if not model.read_text(encoding="utf-8").startswith("-- Grain:")] == []


def test_contracts_bind_all_that_is_published() -> None:
    project = yaml.safe_load(PROJECT.joinpath("dbt_project.yml").read_text(encoding="utf-8"))
    for layer in ("marts", "kpi"):
        assert project["models"]["ioc"][layer]["+contract"] == {"enforced": True}
    for folder in ("marts", "kpi"):
        own = [f.name for f in files(".sql") if folder in f.parts and "contract=" in f.read_text(encoding="utf-8")]
        assert own == []  # none takes itself out


def test_models_do_not_speak_the_dialect_of_one_engine() -> None:
    found = {
        model.stem: sorted({match[1] for match in ENGINE_OWN.finditer(_code(model))})
        for model in files(".sql")
        if ENGINE_OWN.search(_code(model))
    }
    assert found == {}


def _code(model: Path) -> str:
    """SQL without comments and without what macros write."""
    text = re.sub(r"--[^\n]*", "", model.read_text(encoding="utf-8"))
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|'[^']*'", "", text, flags=re.DOTALL)
