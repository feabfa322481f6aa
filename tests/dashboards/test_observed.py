"""What a check saw is told in the reader's language, with the reader's numbers; what nobody foresaw as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from dashboards.i18n import LANGS, Words
from dashboards.number_format import Formats
from dashboards.observed import told
from lake.contracts.task import MILESTONES, TASKS
from lake.quality.filled import Filled
from lake.quality.run import BatchFacts, validate

SAID = {
    "0 of 1422 unexpected": "1.422 giá trị, tất cả đạt",
    "3 of 1422 unexpected (0.21%), e.g. reopened, x": "3/1.422 giá trị không đạt (0,21%), ví dụ reopened, x",
    "not evaluated: no column": "Không kiểm tra được: no column",
    "12 rows past 1827 days deleted; oldest left: 2020-06-01": (
        "Đã xóa 12 dòng quá 1.827 ngày; còn lại cũ nhất: 2020-06-01"
    ),
    "pass": "Đạt",
    "Got 2 results, configured to warn if != 0: 99999 (2 rows)": "2 dòng không đạt 99999 (2 rows)",
    "Got 1 result, configured to fail if != 0": "1 dòng không đạt",
}


@pytest.mark.parametrize(("observed", "vi"), SAID.items())
def test_sentence_of_a_known_shape_is_told_in_vietnamese(observed: str, vi: str) -> None:
    assert told(observed, Words("vi"), Formats("vi")) == vi


@pytest.mark.parametrize("lang", LANGS)
def test_other_text_is_shown_as_it_is(lang: str) -> None:
    for text in (None, "", "Binder Error: no such column"):
        assert told(text, Words(lang), Formats(lang)) == text  # type: ignore[arg-type]


def test_every_sentence_on_a_delivery_has_a_shape() -> None:
    frames = {c.table: pl.DataFrame(schema=c.polars_schema) for c in (TASKS, MILESTONES)}
    facts = BatchFacts(9, 3, datetime(2021, 9, 30, tzinfo=UTC), True, {Filled(TASKS.table, TASKS.names[-1]): 0.9})
    found = [result.observed for result in validate("task", frames, facts=facts)]
    assert len(found) >= 4
    for observed in found:
        assert told(observed, Words("vi"), Formats("vi")) != observed, observed
