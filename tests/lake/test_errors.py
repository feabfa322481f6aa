"""What an engine says becomes part of a sentence; the statements it quotes do not."""

from __future__ import annotations

import duckdb
import pytest

from lake.errors import engine_words

REFUSED = (
    "TransactionContext Error: Failed to commit: Failed to commit DuckLake transaction.\n"
    'Failed to flush changes into DuckLake: Failed to execute query "INSERT INTO "dl".ducklake_file_column_stats '
    "VALUES (19, 3, 'Nguyễn Văn A', '0912345678');\nUPDATE x\": ERROR:  could not extend file \"base/1/2\": "
    "No space left on device\nHINT:  Check free disk space.\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (REFUSED, 'could not extend file "base/1/2": No space left on device'),
        ('IO Error: Cannot open file "a.parquet": Read-only file system', None),
        ("Failed to execute query \"INSERT INTO t VALUES ('0912345678')", "Failed to execute"),
        ("", "Error"),
    ],
)
def test_rows_in_a_quoted_statement_stay_out_of_the_sentence(text: str, words: str | None) -> None:
    assert engine_words(duckdb.Error(text)) == (text if words is None else words)
    assert "0912345678" not in engine_words(duckdb.Error(text))
