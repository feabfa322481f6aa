"""The 63 provinces of the years 2008 to June 2025 with their codes in GSO's list of administrative units."""

from __future__ import annotations

from transforms.text import clean

_CODES = {
    "hà nội": "01",
    "hà giang": "02",
    "cao bằng": "04",
    "bắc kạn": "06",
    "tuyên quang": "08",
    "lào cai": "10",
    "điện biên": "11",
    "lai châu": "12",
    "sơn la": "14",
    "yên bái": "15",
    "hòa bình": "17",
    "thái nguyên": "19",
    "lạng sơn": "20",
    "quảng ninh": "22",
    "bắc giang": "24",
    "phú thọ": "25",
    "vĩnh phúc": "26",
    "bắc ninh": "27",
    "hải dương": "30",
    "hải phòng": "31",
    "hưng yên": "33",
    "thái bình": "34",
    "hà nam": "35",
    "nam định": "36",
    "ninh bình": "37",
    "thanh hóa": "38",
    "nghệ an": "40",
    "hà tĩnh": "42",
    "quảng bình": "44",
    "quảng trị": "45",
    "thừa thiên huế": "46",
    "đà nẵng": "48",
    "quảng nam": "49",
    "quảng ngãi": "51",
    "bình định": "52",
    "phú yên": "54",
    "khánh hòa": "56",
    "ninh thuận": "58",
    "bình thuận": "60",
    "kon tum": "62",
    "gia lai": "64",
    "đắk lắk": "66",
    "đắk nông": "67",
    "lâm đồng": "68",
    "bình phước": "70",
    "tây ninh": "72",
    "bình dương": "74",
    "đồng nai": "75",
    "bà rịa vũng tàu": "77",
    "hồ chí minh": "79",
    "long an": "80",
    "tiền giang": "82",
    "bến tre": "83",
    "trà vinh": "84",
    "vĩnh long": "86",
    "đồng tháp": "87",
    "an giang": "89",
    "kiên giang": "91",
    "cần thơ": "92",
    "hậu giang": "93",
    "sóc trăng": "94",
    "bạc liêu": "95",
    "cà mau": "96",
}
# Tone marks stand on either vowel of a pair ("Hoà", "Hòa"); some names are written in several ways.
_SPELLINGS = (("oà", "òa"), ("oá", "óa"), ("đắc ", "đắk "), ("đăk ", "đắk "), ("lắc", "lắk"), ("bắc cạn", "bắc kạn"))
_PREFIXES = ("tp.", "tp ", "t.p ", "thành phố ", "tỉnh ")


def province_code(name: str) -> str | None:
    """The code of a province by its name ("TP. Hồ Chí Minh", "Bà Rịa - Vũng Tàu"); None for any other text."""
    text = clean(name).lower().replace("-", " ").replace("–", " ")
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    for written, meant in _SPELLINGS:
        text = text.replace(written, meant)
    return _CODES.get(" ".join(text.split()))
