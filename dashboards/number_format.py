"""Numbers, dates and durations as a Vietnamese or English reader expects them. The one place that formats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

Lang = Literal["vi", "en"]
Grain = Literal["day", "week", "month", "quarter", "year", "all"]
Number = int | float | Decimal

NO_DATA = "—"
NBSP = "\u00a0"
MINUS = "\u2212"
PROVINCE_TIME = ZoneInfo("Asia/Ho_Chi_Minh")

_LOCALE = {"vi": "vi_VN", "en": "en_GB"}
_DAY = {"vi": "dd/MM/y", "en": "d MMM y"}
_POINTS = {"vi": "điểm" + NBSP + "%", "en": "pp"}
_SPANS: tuple[tuple[int, str, str], ...] = (
    (86_400, "ngày", "d"),
    (3_600, "giờ", "h"),
    (60, "phút", "min"),
    (1, "giây", "s"),
)


@dataclass(frozen=True)
class Formats:
    """Formats for one language. Every method takes None and answers with a dash: null is not zero."""

    lang: Lang

    def decimal(self, value: Number | None, digits: int = 0) -> str:
        """A number rounded half up to `digits` decimals: 1.422 or 1.250,5 (vi), 1,422 or 1,250.5 (en)."""
        if value is None:
            return NO_DATA
        rounded = _rounded(value, digits)
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = format_decimal(rounded, format=pattern, locale=_LOCALE[self.lang], decimal_quantization=False)
        return text.replace("-", MINUS)

    def count(self, value: Number | None) -> str:
        """A whole number."""
        return self.decimal(value, 0)

    def percent(self, ratio: Number | None, digits: int = 1) -> str:
        """A ratio as a percentage: 0.9346 → 93,5%.

        Neither 100% nor 0% is ever shown for something that is not exactly that: more decimals are given
        instead, up to three (0.9998 → 99,98%).
        """
        if ratio is None:
            return NO_DATA
        value = Decimal(str(ratio)) * 100
        while digits < 3 and _rounded(value, digits) in (0, 100) and value not in (0, 100):
            digits += 1
        return self.decimal(value, digits) + "%"

    def points(self, difference: Number | None, digits: int = 1) -> str:
        """A difference of two ratios in percentage points: 0.0154 → 1,5 điểm % (vi), 1.5 pp (en)."""
        if difference is None:
            return NO_DATA
        value = Decimal(str(difference)) * 100
        while digits < 3 and value and not _rounded(value, digits):
            digits += 1
        return f"{self.decimal(value, digits)}{NBSP}{_POINTS[self.lang]}"

    def value(self, value: Number | None, *, is_percent: bool, digits: int) -> str:
        """A KPI's value as its definition asks."""
        return self.percent(value, digits) if is_percent else self.decimal(value, digits)

    def day(self, day: date | None) -> str:
        """30/09/2021 (vi), 30 Sep 2021 (en)."""
        if day is None:
            return NO_DATA
        return format_date(day, format=_DAY[self.lang], locale=_LOCALE["en" if self.lang == "en" else "vi"]).replace(
            "Sept", "Sep"
        )

    def instant(self, instant: datetime | None, zone: ZoneInfo = PROVINCE_TIME) -> str:
        """An aware instant as wall-clock time of `zone`: 30/09/2021 17:00."""
        if instant is None:
            return NO_DATA
        local = instant.astimezone(zone)
        return f"{self.day(local.date())} {local:%H:%M}"

    def days(self, first: date | None, last: date | None) -> str:
        """A closed range of days; one date when they are equal."""
        if first == last or last is None or first is None:
            return self.day(first or last)
        return f"{self.day(first)} – {self.day(last)}"

    def period(self, grain: str, first: date, last: date) -> str:
        """The name of a period: Tháng 9/2021, Tuần 38/2021 (ISO week), Quý 3/2021, Năm 2021."""
        vi = self.lang == "vi"
        if grain == "week":
            year, week, _ = first.isocalendar()
            return f"Tuần {week}/{year}" if vi else f"Week {week}/{year}"
        if grain == "month":
            return f"Tháng {first.month}/{first.year}" if vi else format_date(first, "MMMM y", locale="en_GB")
        if grain == "quarter":
            quarter = (first.month + 2) // 3
            return f"Quý {quarter}/{first.year}" if vi else f"Q{quarter} {first.year}"
        if grain == "year":
            return f"Năm {first.year}" if vi else str(first.year)
        return self.days(first, last)

    def duration(self, seconds: Number | None) -> str:
        """A span in its largest whole unit: 2 ngày, 17 giờ, 5 phút (vi); 2 d, 17 h, 5 min (en)."""
        if seconds is None:
            return NO_DATA
        span = max(0, int(seconds))
        for size, vi, en in _SPANS:
            # Up to two days are told in hours: "36 giờ" says more than "1 ngày".
            if span >= (2 * size if size == 86_400 else size):
                return f"{self.count(span // size)}{NBSP}{vi if self.lang == 'vi' else en}"
        return f"0{NBSP}{'phút' if self.lang == 'vi' else 'min'}"


def _rounded(value: Number, digits: int) -> Decimal:
    # str() first: Decimal(0.9345) would carry the binary error and round the wrong way.
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
