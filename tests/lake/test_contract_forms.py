"""Forms fit the tables they fill, and no header or answer can be taken for another."""

from __future__ import annotations

import importlib
import re

import pyarrow as pa
import pytest

from lake.contracts.base import TIMESTAMP, Contract
from lake.contracts.form import EXAMPLE_SHEET, PERSONAL_HEADERS, SERIAL_HEADERS, FormTable, Kind
from lake.contracts.forms import FORMS
from transforms.cell_values import offered
from transforms.form_sheets import _header
from transforms.text import bare_words

TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "percent": pa.float64(),
    "day": pa.date32(),
    "instant": TIMESTAMP,
    "yes_no": pa.bool_(),
}
TABLES = [table for form in FORMS.values() for table in form.tables]
OWN = [table for table in TABLES if table.table != "indicator__values"]  # which is computed from the form


def contract(table: FormTable) -> Contract:
    module = importlib.import_module(f"lake.contracts.{table.table.split('__')[0]}")
    return next(c for c in vars(module).values() if isinstance(c, Contract) and c.table == table.table)


@pytest.mark.parametrize("table", OWN, ids=lambda table: table.table)
def test_every_column_of_a_table_is_asked_for_with_its_type(table: FormTable) -> None:
    asked = {f.column: (TYPES[f.kind], f.required) for f in table.fields}
    assert asked == {c.name: (c.type, c.required) for c in contract(table).columns}
    assert set(table.key) == set(contract(table).key)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.table}")
def test_no_two_columns_answer_to_one_header(table: FormTable) -> None:
    names: dict[str, str] = {bare_words(name): "" for name in (*PERSONAL_HEADERS, *SERIAL_HEADERS)}
    for f in table.fields:
        for name in (f.header, *f.synonyms):
            assert names.setdefault(_header(name), f.column) == f.column, name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.table)
def test_words_are_told_apart_without_accents_and_are_those_of_the_contract(table: FormTable) -> None:
    for f in table.fields:
        by_word: dict[str, str] = {}
        for word, value in f.words.items():
            assert by_word.setdefault(bare_words(word), value) == value
        assert (f.kind == "choice") == bool(f.words)
        if f.words and table in OWN:
            told = next(c.description for c in contract(table).columns if c.name == f.column)
            assert all(value in told for value in f.words.values())
            assert len(offered(f)) == len(set(f.words.values()))


def test_patterns_fit_their_examples_and_sheet_names_fit_a_workbook() -> None:
    for table in TABLES:
        for f in table.fields:
            assert not f.pattern or re.fullmatch(f.pattern, str(f.example)), f.column
            assert bool(f.pattern) == bool(f.shape_vi and f.shape_en)
        assert len(table.sheet) <= 31
        assert all(rule_column in {f.column for f in table.fields} for rule_column in _columns_of(table))
    assert len(EXAMPLE_SHEET) <= 31


def _columns_of(table: FormTable) -> set[str]:
    return {column for rule in table.rules for column in vars(rule).values()}


@pytest.mark.parametrize(
    "symbol",
    [
        "482/QĐ-UBND",
        "05/BNV-VP",
        "47/2020/NĐ-CP",
        "12/VPCP-TTĐT",
        "123-CV/TU",
        "766/QĐ-TTg",
        "1668/NQ-UBTVQH15",
        "15a/KH",
    ],
)
def test_symbols_of_documents_as_offices_write_them_are_taken(symbol: str) -> None:
    pattern = FORMS["document"].tables[0].field("symbol").pattern
    assert re.fullmatch(pattern, symbol)
    assert not re.fullmatch(pattern, symbol.replace("/", " ").replace("-", " "))
