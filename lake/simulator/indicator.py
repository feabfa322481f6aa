"""The ledger of socio-economic indicators: monthly values with their vintages, plans, communes, and the reports.

A month is told as an estimate in its own report, provisional in the next and final in the one after; each says a
little else. No figure is the province's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lake.contracts.forms import FORMS
from lake.simulator.filled_forms import Cell, Filled, workbook
from lake.simulator.places import COMMUNES
from lake.simulator.province import closings, generator

FIRST_YEAR = 2019  # so that every reported month has one of the year before it
STATUSES = ("Ước tính", "Sơ bộ", "Chính thức")
Month = tuple[int, int]


@dataclass(frozen=True)
class Indicator:
    """One indicator. ``level`` is its monthly mean in 2019, ``growth`` per year, ``dip`` the loss in the lockdown."""

    code: str
    name: str
    unit: str
    level: float
    growth: float
    dip: float
    digits: int
    plan: float | None = None  # of the year, as a multiple of what the year before brought
    has_communes: bool = False


INDICATORS = (
    Indicator("KTXH-01", "Chỉ số sản xuất công nghiệp so với cùng kỳ", "%", 105, 0.0, 0.14, 1),
    Indicator("KTXH-02", "Giá trị sản xuất công nghiệp", "Tỷ đồng", 2_650, 0.08, 0.24, 0, 1.08),
    Indicator("KTXH-03", "Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ", "Tỷ đồng", 3_200, 0.07, 0.38, 0, 1.09),
    Indicator("KTXH-04", "Kim ngạch xuất khẩu", "Triệu USD", 78, 0.05, 0.22, 1, 1.06),
    Indicator("KTXH-05", "Thu ngân sách nội địa", "Tỷ đồng", 290, 0.06, 0.2, 1, 1.05),
    Indicator("KTXH-06", "Chi ngân sách địa phương", "Tỷ đồng", 520, 0.05, -0.05, 1),
    Indicator("KTXH-07", "Giải ngân vốn đầu tư công", "Tỷ đồng", 230, 0.1, 0.3, 1, 1.25),
    Indicator("KTXH-08", "Chỉ số giá tiêu dùng so với tháng trước", "%", 100.2, 0.0, -0.003, 2),
    Indicator("KTXH-09", "Số hộ kinh doanh đăng ký mới", "Hộ", 420, 0.03, 0.55, 0, 1.04, has_communes=True),
    Indicator("KTXH-10", "Số doanh nghiệp thành lập mới", "Doanh nghiệp", 55, 0.05, 0.5, 0, 1.05),
    Indicator("KTXH-11", "Lượt khách du lịch", "Lượt", 38_000, 0.06, 0.93, 0, 1.1),
    Indicator("KTXH-12", "Sản lượng thủy sản", "Tấn", 6_100, 0.04, 0.06, 0, 1.05),
)
_LOCKDOWN = {(2020, 4): 0.5, (2021, 7): 0.7, (2021, 8): 1.0, (2021, 9): 0.85}

# Planted, besides what is written into cells below.
MISSING_MONTH: Month = (2020, 11)  # no report told of it, nor was it made up for
REVISED = ("KTXH-04", (2021, 2), 1.18)  # indicator, month, estimate over final
UNBALANCED: Month = (2021, 5)  # one commune reports ten times its figure


@lru_cache(maxsize=2)
def finals(seed: int) -> dict[tuple[str, Month], float]:
    """Final value of each indicator and month of the province, without faults."""
    rng = generator(seed, "indicator")
    values: dict[tuple[str, Month], float] = {}
    for indicator in INDICATORS:
        season = 1 + 0.06 * np.sin((np.arange(12) + rng.uniform(0, 12)) / 12 * 2 * np.pi)
        is_rate = indicator.growth == 0
        for at, month in enumerate(_months()):
            noise = float(rng.normal(0, 0.002 if is_rate else 0.025))
            trend = (1 + indicator.growth) ** (at / 12) * (1 if is_rate else float(season[month[1] - 1]))
            value = indicator.level * trend * (1 - indicator.dip * _LOCKDOWN.get(month, 0)) * (1 + noise)
            values[indicator.code, month] = round(value, indicator.digits)
    return values


@lru_cache(maxsize=2)
def communes(seed: int) -> dict[tuple[str, Month], dict[str, int]]:
    """The final value by commune code, for indicators that have communes; whole numbers that add up."""
    rng = generator(seed, "indicator communes")
    weights = rng.uniform(0.5, 1.8, len(COMMUNES))
    found: dict[tuple[str, Month], dict[str, int]] = {}
    for indicator in INDICATORS:
        for month in _months() if indicator.has_communes else ():
            total = int(finals(seed)[indicator.code, month])
            split = rng.multinomial(total, weights / weights.sum()).tolist()
            found[indicator.code, month] = {c.code: n for c, n in zip(COMMUNES, split, strict=True)}
    return found


def _months() -> list[Month]:
    return [(year, month) for year in range(FIRST_YEAR, 2022) for month in range(1, 13) if (year, month) <= (2021, 9)]


def reports(seed: int) -> Iterator[tuple[str, bytes]]:
    """(file name, workbook) of every month but MISSING_MONTH; the first tells of all months before it too."""
    form = FORMS["indicator"]
    for nth, (first, closing) in enumerate(closings()):
        month = first.year, first.month
        told = {_before(month, age): age for age in range(3)}
        if nth == 0:
            told |= {past: 2 for past in _months() if past < _before(month, 2)}
        rows = [row for past in sorted(told) if past != MISSING_MONTH for row in _rows(past, told[past], seed)]
        if nth == 0 or month[1] == 1:
            rows += _plans(first.year, seed)
        for fault_month, plant in _FAULTS.values():
            if fault_month == month:
                plant(rows)
        if month != MISSING_MONTH:
            yield f"ktxh-{first:%Y-%m}.xlsx", workbook(form, [Filled(form.tables[0], closing, rows)])


def _before(month: Month, count: int) -> Month:
    at = month[0] * 12 + month[1] - 1 - count
    return at // 12, at % 12 + 1


def _rows(month: Month, age: int, seed: int) -> Iterator[dict[str, Cell]]:
    """All values of a month as told ``age`` months later; communes are told as estimates and as final values."""
    rng = generator(seed, f"indicator vintage {month} {age}")
    for indicator in INDICATORS:
        final = finals(seed)[indicator.code, month]
        error = 0.0 if age == 2 else float(rng.normal(0, (0.012, 0.004)[age]))
        value = round(final * (1 + error * (0.1 if indicator.growth == 0 else 1)), indicator.digits)
        if (indicator.code, month) == REVISED[:2] and age == 0:
            value = round(final * REVISED[2], indicator.digits)
        if not indicator.has_communes:
            yield _row(indicator, "93", month, "Thực hiện", value, STATUSES[age])
            continue
        split = communes(seed)[indicator.code, month]
        if age == 0:  # what is not in yet is missing in both
            split = {code: int(rng.binomial(n, 0.97)) for code, n in split.items()}
        if age != 1 and _is_told_by_commune(month):
            faulty = dict(split)
            if month == UNBALANCED and age == 2:
                largest = max(split, key=lambda code: split[code])
                faulty[largest] *= 10
            for code, n in faulty.items():
                yield _row(indicator, code, month, "Thực hiện", n, STATUSES[age])
        yield _row(indicator, "93", month, "Thực hiện", sum(split.values()), STATUSES[age])


def _is_told_by_commune(month: Month) -> bool:
    return month >= (2020, 6)


def _plans(year: int, seed: int) -> Iterator[dict[str, Cell]]:
    """Plans of the year for the indicators that have one: so much more than the year before."""
    for indicator in INDICATORS:
        if indicator.plan is None:
            continue
        before = [v for (code, (y, _)), v in finals(seed).items() if code == indicator.code and y == year - 1]
        value = round(sum(before) * indicator.plan, indicator.digits)
        yield _row(indicator, "93", (year, 0), "Kế hoạch", value, "Chính thức")


def _row(
    indicator: Indicator, unit_code: str, month: Month, measure: str, value: float, status: str
) -> dict[str, Cell]:
    year, number = month
    return {
        "indicator_code": indicator.code,
        "indicator_name": indicator.name,
        "unit": indicator.unit,
        "unit_code": unit_code,
        "period": f"{number:02d}/{year}" if number else str(year),
        "measure": measure,
        "value": value,
        "value_status": status,
    }


Rows = list[dict[str, Cell]]


def _estimate(rows: Rows, code: str) -> dict[str, Cell]:
    """The row of the newest month, which later reports tell again."""
    return next(row for row in reversed(rows) if (row["indicator_code"], row["value_status"]) == (code, STATUSES[0]))


def _excel_error(rows: Rows) -> None:
    _estimate(rows, "KTXH-06")["value"] = "#REF!"


def _bad_unit_code(rows: Rows) -> None:
    _estimate(rows, "KTXH-01")["unit_code"] = "9З"  # a Cyrillic letter for the 3


def _english_number(rows: Rows) -> None:
    _estimate(rows, "KTXH-02")["value"] = "2,731.5"


def _missing_as_zero(rows: Rows) -> None:
    row = _estimate(rows, "KTXH-11")
    row["value"], row["value_status"] = 0, "Chưa có số liệu"


# Planted into cells: code -> (month whose report it lies in, how it is written there).
_FAULTS = {
    "excel_error": ((2020, 10), _excel_error),
    "bad_unit_code": ((2021, 1), _bad_unit_code),
    "english_number": ((2021, 4), _english_number),
    "missing_told_as_zero": ((2021, 7), _missing_as_zero),
}
