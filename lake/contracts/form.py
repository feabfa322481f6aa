"""What a form (biểu mẫu) is: tables as a person fills them in, each column tied to a column of a raw table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from lake.contracts.profile import Slug

Kind = Literal["text", "integer", "decimal", "percent", "day", "instant", "yes_no", "choice"]
Value = str | int | float | bool | date | datetime

TIME_ZONE = "Asia/Ho_Chi_Minh"  # of every time written in a form: the forms are the province's own
VERSION_SHEET = "_bieu_mau"  # hidden sheet of a template: A1 VERSION_MARK, B1 slug, C1 version, lists from column D
VERSION_MARK = "ioc-form"
EXAMPLE_SHEET = "VÍ DỤ - không nhập liệu tại đây"  # 31 characters, as many as a sheet's name may have
GUIDE_SHEET = "Hướng dẫn"

YES, NO = "Có", "Không"

# Columns of exports that are passed over: serial numbers, and what tells of a person. They are never read, so they
# stand in no table, no quarantined record and no list of errors.
SERIAL_HEADERS = ("STT", "TT", "Số thứ tự", "Số TT")
PERSONAL_HEADERS = (
    *("Họ và tên", "Họ tên", "Tên người nộp", "Người nộp", "Người nộp hồ sơ", "Tên người nộp hồ sơ", "Chủ hồ sơ"),
    *("Tên chủ hồ sơ", "Tổ chức, cá nhân", "Tên tổ chức, cá nhân", "Người nhận", "Người nhận kết quả"),
    *("Số điện thoại", "Điện thoại", "SĐT", "Số di động", "Di động", "Email", "E-mail", "Thư điện tử"),
    *("CCCD", "CMND", "Số CCCD", "Số CMND", "CCCD/CMND", "CMND/CCCD", "Số CMND/CCCD", "Số giấy tờ", "Số định danh"),
    *("Địa chỉ", "Địa chỉ người nộp", "Địa chỉ chủ hồ sơ", "Ngày sinh", "Năm sinh", "Giới tính", "Số tài khoản"),
    *("Người xử lý", "Cán bộ xử lý", "Cán bộ thụ lý", "Người tiếp nhận", "Cán bộ tiếp nhận", "Người ký", "Người lập"),
    *("Trích yếu", "Trích yếu nội dung", "Nội dung", "Ghi chú", "Ý kiến"),
)


@dataclass(frozen=True)
class Field:
    """One column of a form.

    `header` is what the template shows, `synonyms` what other exports write; both are compared without accents, case
    and what stands in parentheses. `words` are the answers of a choice (or, for a number, its only words) and what
    the table holds for them; the first word of each value is offered in the template's list. `low` and `high` bound
    numbers. `pattern` is the full shape of a text, told to people by `shape_vi` and `shape_en`. A day without a time
    means its first second, or its last where `is_day_end` (deadlines). Instants and days past the delivery are refused
    unless `may_be_future`. `is_free_text`: phone numbers and the like in it are redacted.
    """

    column: str
    header: str
    kind: Kind
    help_vi: str
    example: Value
    required: bool = False
    synonyms: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    shape_vi: str = ""
    shape_en: str = ""
    max_length: int = 500
    is_day_end: bool = False
    may_be_future: bool = False
    is_free_text: bool = False


@dataclass(frozen=True)
class NotBefore:
    """Where both are known, `later` is not before `earlier`."""

    later: str
    earlier: str


@dataclass(frozen=True)
class AtMost:
    """Where both are known, `column` is not above `limit`."""

    column: str
    limit: str


@dataclass(frozen=True)
class Needs:
    """Where `given` is filled (a yes, where it asks for yes or no), `column` is filled too."""

    column: str
    given: str


Rule = NotBefore | AtMost | Needs


@dataclass(frozen=True)
class FormTable:
    """One table of a form, on a sheet of its own in the template; its rows go to the raw table `table`.

    `key`: columns that no two rows of a delivery share.
    """

    table: str
    sheet: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()

    def field(self, column: str) -> Field:
        """The field of a column. Raises StopIteration where there is none."""
        return next(f for f in self.fields if f.column == column)


@dataclass(frozen=True)
class Form:
    """One form. A change that makes filled copies of an older template unreadable raises `version`."""

    slug: Slug
    version: int
    title_vi: str
    title_en: str
    tables: tuple[FormTable, ...]


# Every table says as of when it holds. The template asks for it once, above the table; a CSV has it as a column.
REPORTED_AT = Field(
    "reported_at",
    "Thời điểm chốt số liệu",
    "instant",
    "Số liệu đúng đến thời điểm này. Chỉ ghi ngày thì hiểu là hết ngày đó.",
    datetime(2021, 9, 30, 17),  # noqa: DTZ001  # as a cell holds it, in provincial time
    required=True,
    synonyms=("Ngày chốt số liệu", "Ngày báo cáo", "Thời điểm báo cáo", "Số liệu tính đến", "Tính đến ngày"),
    is_day_end=True,
)
