"""Words, and text from outside."""

from __future__ import annotations

import re
import string

import pytest

from dashboards.i18n import Words, templates
from dashboards.number_format import Lang
from dashboards.plain_text import escape

FIELD = re.compile(r"{(\w+)}")


def test_both_languages_say_the_same_things_with_the_same_figures() -> None:
    vi, en = templates("vi"), templates("en")
    assert set(vi) == set(en)
    for key in vi:
        assert set(FIELD.findall(vi[key])) == set(FIELD.findall(en[key])), key


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_template_is_empty_or_left_untranslated(lang: Lang) -> None:
    assert all(text.strip() for text in templates(lang).values())
    if lang == "en":
        assert not [key for key, text in templates("en").items() if re.search("[ạảãăâđêôơưàáèéìíòóùúýệộợự]", text)]


def test_a_code_without_label_is_shown_not_hidden() -> None:
    assert Words("vi").coded("slug", "ticket") == "Phản ánh"
    assert Words("vi").coded("slug", "no_such_slug") == "no_such_slug"


def test_name_falls_back_to_the_other_language() -> None:
    assert Words("en").name({"name_vi": "Huyện Vị Thủy"}) == "Huyện Vị Thủy"
    assert Words("vi").name({"name_vi": "Xe máy", "name_en": "Motorcycle"}) == "Xe máy"


def test_values_are_escaped_in_markdown_and_only_there() -> None:
    words = Words("vi")
    assert words.text("brief.silent", names="*a*") == "chưa nhận được dữ liệu từ: *a*"
    assert words.markdown("brief.silent", names="*a*") == r"chưa nhận được dữ liệu từ: \*a\*"


def test_every_ascii_mark_that_markdown_may_read_is_escaped() -> None:
    escaped = escape(string.punctuation)
    for mark in string.punctuation.replace(":", ""):
        assert f"\\{mark}" in escaped


@pytest.mark.parametrize("text", [":smile:", ":+1:", ":100:", ":red[a]", ":material/home:", "x:blue-background[a]"])
def test_streamlit_directives_are_parted(text: str) -> None:
    assert ":\u200b" in escape(text)


def test_a_time_of_day_stays_searchable() -> None:
    assert escape("30/09/2021 17:00") == r"30\/09\/2021 17:00"


def test_line_breaks_and_direction_marks_cannot_change_the_sentence() -> None:
    assert escape("a\n\n# b\u202ec\x00") == r"a \# bc"


def test_non_breaking_spaces_survive() -> None:
    assert escape("1,5\u00a0điểm\u00a0%") == "1\\,5\u00a0điểm\u00a0\\%"
