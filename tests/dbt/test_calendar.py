"""The working calendar is a seed; the library it was made with must still say the same."""

from __future__ import annotations

from datetime import date

import holidays
from tiny_lake import seed

YEARS = range(2020, 2031)


def made_anew() -> list[dict[str, str]]:
    """Rows of `public_holidays` as the library gives them: days off, and Saturdays worked in exchange for one."""

    def code_of(day: date) -> str:
        return (
            "Bộ luật Lao động 2012, Điều 115" if day < date(2021, 1, 1) else "Bộ luật Lao động 2019, Điều 112, khoản 1"
        )

    def basis(day: date, name: str) -> str:
        if name.startswith("Ngày nghỉ (thay cho"):
            return "Hoán đổi ngày làm việc theo thông báo của cơ quan nhà nước"
        if "Văn hóa Việt Nam" in name:
            return "Nghị quyết 80-NQ/TW"
        if "nghỉ bù" in name:
            return code_of(day).removesuffix(", khoản 1") + (", khoản 3" if day.year >= 2021 else "")
        return code_of(day)

    calendar = holidays.country_holidays("VN", years=YEARS, language="vi")
    off = [
        {"day": day.isoformat(), "name_vi": name, "is_working_day": "false", "basis": basis(day, name)}
        for day, name in calendar.items()
    ]
    worked = [
        {
            "day": day.isoformat(),
            "name_vi": "Ngày làm bù",
            "is_working_day": "true",
            "basis": "Hoán đổi ngày làm việc theo thông báo của cơ quan nhà nước",
        }
        for day in calendar.weekend_workdays
        if day.year in YEARS
    ]
    return sorted(off + worked, key=lambda row: row["day"])


def test_holidays_are_those_of_the_library() -> None:
    assert seed("public_holidays") == made_anew()
