"""The words of an address: which of them stand in front of a unit's name, and which units are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.gazetteer import MAX_WORDS, Day, Named
from transforms.place_name import fold, key, syllables

OTHER_MARKS = 0.85  # the letters are right, the tone marks are those of another name
OTHER_TYPE = 0.85  # no unit of that type is so called, but one of another type is: communes became wards

# Words in front of a unit's name, in full and abbreviated, and the type they stand for.
_TYPES = {
    **dict.fromkeys(("tỉnh",), "Tỉnh"),
    **dict.fromkeys(("thành phố", "tp", "t p"), "Thành phố"),
    **dict.fromkeys(("quận", "q"), "Quận"),
    **dict.fromkeys(("huyện", "h"), "Huyện"),
    **dict.fromkeys(("thị xã", "tx", "t x"), "Thị xã"),
    **dict.fromkeys(("thị trấn", "tt", "t t"), "Thị trấn"),
    **dict.fromkeys(("phường", "p", "f"), "Phường"),
    **dict.fromkeys(("xã", "x"), "Xã"),
    **dict.fromkeys(("đặc khu",), "Đặc khu"),
}
# Words in front of what is no unit: hamlets, streets, rivers, schools. What they name often is called like a unit.
_OTHERS = {
    *("ấp", "khu vực", "kv", "khóm", "tổ", "tổ dân phố", "tdp", "khu phố", "kp", "khu", "thôn", "xóm", "đội", "buôn"),
    *("đường", "đ", "đường tỉnh", "đường huyện", "đường xã", "đt", "đh", "hẻm", "ngõ", "ngách", "kiệt", "số", "số nhà"),
    *("quốc lộ", "ql", "tỉnh lộ", "tl", "hương lộ", "hl", "đại lộ", "cầu", "chợ", "kênh", "rạch", "sông", "chùa"),
    *("trường", "tiểu học", "thcs", "thpt", "bệnh viện", "trạm", "công ty", "công viên", "khu dân cư", "kdc"),
    *("khu công nghiệp", "kcn", "cụm công nghiệp", "nhà máy", "ubnd tỉnh", "ubnd huyện", "ubnd thành phố"),
}
_LEVELS = {
    **dict.fromkeys(("Xã", "Phường", "Thị trấn", "Đặc khu"), frozenset({"commune"})),
    **dict.fromkeys(("Quận", "Huyện", "Thị xã"), frozenset({"district"})),
    "Tỉnh": frozenset({"province"}),
    "Thành phố": frozenset({"district", "province"}),
}
_TYPES_FOLDED = {fold(word): type_vi for word, type_vi in _TYPES.items()}
_OTHERS_FOLDED = {fold(word) for word in _OTHERS}
_POSTCODE = re.compile(r"\d{5,6}")
_COUNTRY = {"viet nam", "vietnam", "vn"}

_SEGMENT = re.compile(r"[,;|/()\[\]\n]")
_GLUED = re.compile(r"\b([PpQqFf])(\d{1,2})\b")  # P5, Q1
_WORD = re.compile(r"([^\W_]+(?:['’ʼ`´][^\W_]+)*)(\.?)|(\s[-–—]\s)")


@dataclass(frozen=True)
class Mention:
    """A place where the text names a unit.

    `type_vi`: what the word in front says, None without one. `words` as written, lower case. `fits`: the units so
    called with how well each fits, 0..1; none where the name is not known.
    """

    type_vi: str | None
    words: str
    fits: tuple[tuple[Named, float], ...]

    @property
    def levels(self) -> frozenset[str]:
        """Levels the unit may have."""
        if self.type_vi is not None:
            return _LEVELS[self.type_vi]
        return frozenset(named.unit.level for named, _ in self.fits)


@dataclass(frozen=True)
class _Word:
    text: str  # lower case
    folded: str
    has_dot: bool  # `P.` is an abbreviation where `p` may be anything
    is_first: bool  # of its segment, or behind a dash


def mentions(text: str, day: Day) -> Iterator[Mention]:
    """Every unit the text names, in its order.

    A name is taken with a type in front of it; without one only at the beginning of a segment or right behind
    another unit, because `12 Nguyễn Trãi` is a street in one town and a ward in another. A segment in which nothing
    is found, no house, hamlet or street either, is a mention of something unknown; so are words right behind a name.
    """
    for segment in _SEGMENT.split(_GLUED.sub(r"\1 \2", text)):
        words = _words(segment)
        found = list(_in_segment(words, day))
        yield from found
        plain = " ".join(word.folded for word in words)
        if words and not found and plain not in _COUNTRY and not _is_no_unit(words):
            yield Mention(None, " ".join(word.text for word in words), ())


def _words(segment: str) -> list[_Word]:
    words: list[_Word] = []
    is_first = True
    for text, dot, dash in (match.groups() for match in _WORD.finditer(segment)):
        if dash:
            is_first = True
        elif folded := fold(text):
            words.append(_Word(text.lower(), folded, bool(dot), is_first))
            is_first = False
    return words


def _is_no_unit(words: list[_Word]) -> bool:
    return words[0].folded[0].isdigit() or _other_at(words, 0) > 0


def _in_segment(words: list[_Word], day: Day) -> Iterator[Mention]:
    at = 0
    is_open = True  # whether a name may stand here without a type
    is_behind = False  # right behind a unit's name, so that what follows may belong to it: Bình Định | Bắc
    while at < len(words):
        is_open = is_open or words[at].is_first
        is_behind = is_behind and not words[at].is_first
        n_mark, type_vi = _type_at(words, at)
        if type_vi and (named := _named(words, at + n_mark, day, type_vi)):
            n_words, mention = named
            at, is_open, is_behind = at + n_mark + n_words, True, True
            yield mention
        elif is_open and (named := _named(words, at, day, None)):
            n_words, mention = named
            at, is_behind = at + n_words, True
            yield mention
        elif n_other := _other_at(words, at):
            at = _behind_other(words, at + n_other, day)
            is_open, is_behind = True, False
        elif type_vi and _is_certain(words, at, n_mark):
            end = _name_end(words, at + n_mark)
            if end > at + n_mark:
                yield Mention(type_vi, " ".join(word.text for word in words[at + n_mark : end]), ())
            at, is_open, is_behind = max(end, at + n_mark), True, False
        elif is_behind:
            end = _name_end(words, at)
            rest = " ".join(word.text for word in words[at:end])
            if fold(rest) not in _COUNTRY and not _POSTCODE.fullmatch(rest):
                yield Mention(None, rest, ())
            at, is_open, is_behind = end, False, False
        else:
            at, is_open = at + 1, False


def _type_at(words: list[_Word], at: int) -> tuple[int, str | None]:
    """(number of words, type) of the type that stands at `at`. `Xà` and `quán` are no types: their marks differ."""
    for n in (2, 1):
        spelt = " ".join(word.text for word in words[at : at + n])
        if len(words) >= at + n and (spelt in _TYPES or (spelt.isascii() and spelt in _TYPES_FOLDED)):
            return n, _TYPES_FOLDED[fold(spelt)]
    return 0, None


def _other_at(words: list[_Word], at: int) -> int:
    """Number of words at `at` that announce a hamlet, a street …; 0 for none."""
    for n in (3, 2, 1):
        spelt = " ".join(word.text for word in words[at : at + n])
        if len(words) >= at + n and (spelt in _OTHERS or (spelt.isascii() and spelt in _OTHERS_FOLDED)):
            return n
    return 0


def _behind_other(words: list[_Word], at: int, day: Day) -> int:
    """Where the name of a hamlet or street ends: behind its number, else where a type or a new segment begins."""
    if at < len(words) and words[at].folded[0].isdigit():
        at += 1
        return at + 1 if at < len(words) and len(words[at].folded) == 1 and not _type_at(words, at)[1] else at
    while at < len(words) and not words[at].is_first:
        n_mark, type_vi = _type_at(words, at)
        if type_vi and (_named(words, at + n_mark, day, type_vi) or _is_certain(words, at, n_mark)):
            return at
        at += 1
    return at


def _is_certain(words: list[_Word], at: int, n_mark: int) -> bool:
    """Whether a type is meant although no known name follows: one letter alone is one with a dot only."""
    return len(words[at].text) > 1 or n_mark > 1 or words[at].has_dot


def _name_end(words: list[_Word], at: int) -> int:
    end = at
    while end < len(words) and end - at < MAX_WORDS and (end == at or not words[end].is_first):
        if _type_at(words, end)[1] and end > at:
            break
        end += 1
    return end


def _named(words: list[_Word], at: int, day: Day, type_vi: str | None) -> tuple[int, Mention] | None:
    """(number of words, mention) of the longest name at `at`; with a type given, one of that type if there is any."""
    loose: tuple[int, Mention] | None = None
    for n in range(min(MAX_WORDS, len(words) - at), 0, -1):
        name = " ".join(word.text for word in words[at : at + n])
        name_key = key(name)
        if type_vi is None and (name_key.isdigit() or len(name_key) < 2):
            continue
        fits = day.by_key.get(name_key, ())
        of_type = [named for named in fits if named.name.type_vi == type_vi]
        if type_vi is None or of_type:
            if found := tuple((named, _spelling(name, named)) for named in of_type or fits):
                return n, Mention(type_vi, name, found)
        elif loose is None and not name_key.isdigit():
            same_level = [named for named in fits if named.unit.level in _LEVELS[type_vi]]
            if found := tuple((named, OTHER_TYPE * _spelling(name, named)) for named in same_level):
                loose = n, Mention(type_vi, name, found)
    return loose


def _spelling(written: str, named: Named) -> float:
    """1 where the tone marks are those of the name, or none are written; a numeral has none."""
    spelt = syllables(written)
    if spelt == named.spelt or all(not marks and "đ" not in letters for letters, marks in spelt):
        return 1.0
    return OTHER_MARKS
