"""Who has been erased, so that a delivery does not bring them back: keyed digests, never the persons themselves.

The list is `ops.erasures`, and once more `erasures.jsonl` in the secrets folder, because a lake restored from a
backup has forgotten the erasures since. A digest is compared with every group of neighbouring words of a text; that
costs about a second per megabyte, and nothing while nobody has been erased.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import duckdb
import polars as pl
import pyarrow as pa

from lake.contracts.base import Contract
from lake.contracts.pseudonym import token
from lake.contracts.subject import WORD, Kind, Subject, legible
from lake.keys import digest_key, known_pseudonym_keys
from lake.settings import Settings, private_folder

PLACEHOLDER = "[đã xóa]"
LIST = "erasures.jsonl"
TOKEN_COLUMN = "plate_token"  # noqa: S105  # the name of a column
HINT_DIGITS = 4  # of a token, kept in clear: 65,536 tokens share it, and only one in as many needs a digest
_FAR = 4  # characters between two words that are not parts of one identifier
_DELIMITERS = frozenset("\"',;|<>\t\r\n")  # around the number of a report; 42 alone is in every text
_TAIL = 512  # bytes read again with the next piece of a stream
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Entry:
    """One digest of an erased subject: of a way to write it in text, of its token, or of a report's number."""

    kind: Kind
    what: str  # text, token or request
    digest: str
    n_characters: int
    hint: str


def entries(settings: Settings, subject: Subject) -> list[Entry]:
    """What the list keeps of a subject. The tokens of a plate are those of the years whose keys are there."""
    key = _key(settings)
    what = "request" if subject.kind == "request" else "text"
    found = [Entry(subject.kind, what, _digest(key, what, form), len(form), "") for form in subject.forms]
    return found + [
        Entry(subject.kind, "token", _digest(key, "token", value), len(value), value[:HINT_DIGITS])
        for value in tokens(settings, subject)
    ]


def tokens(settings: Settings, subject: Subject) -> list[str]:
    """The pseudonyms of a plate, one per year with a key."""
    if subject.kind != "plate":
        return []
    return [token(subject.value, key) for _, key in sorted(known_pseudonym_keys(settings).items())]


def note(settings: Settings, added: Iterable[Entry]) -> None:
    """Append entries to the list in the secrets folder."""
    known = set(noted(settings))
    with (private_folder(settings.secrets) / LIST).open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(entry)) + "\n" for entry in added if entry not in known)


def noted(settings: Settings) -> list[Entry]:
    """Entries of the list in the secrets folder."""
    file = settings.secrets / LIST
    return [Entry(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


class Suppression:
    """The list, ready to be compared with what arrives."""

    def __init__(self, settings: Settings, known: Iterable[Entry]) -> None:
        self._key = _key(settings)
        self._digests: set[str] = set()
        self._hints: set[str] = set()
        self._lengths: set[int] = set()
        self.n_hits = 0  # subjects met by `applied`
        for entry in known:
            self._digests.add(entry.digest)
            if entry.what == "token":
                self._hints.add(entry.hint)
            else:
                self._lengths.add(entry.n_characters)

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, settings: Settings) -> Suppression:
        """The list as the lake has it."""
        rows = con.execute("select kind, what, digest, n_characters, hint from lake.ops.erasures").fetchall()
        return cls(settings, [Entry(*row) for row in rows])

    @property
    def is_empty(self) -> bool:
        """Whether nobody has been erased."""
        return not self._digests

    def blank(self, text: str) -> str:
        """The text with a placeholder for every erased subject; unchanged where there is none."""
        if not self._lengths:
            return text
        read = legible(text)
        spans = list(self._spans(read))
        for start, end in reversed(spans):
            read = read[:start] + PLACEHOLDER + read[end:]
        return read if spans else text

    def holds(self, pieces: Iterable[bytes]) -> bool:
        """Whether bytes as received name an erased subject, JSON and HTML escapes read, UTF-8 or UTF-16."""
        if not self._lengths:
            return False
        tail = b""
        for piece in pieces:
            if any(next(self._spans(text), None) for text in _texts(tail + piece)):
                return True
            tail = (tail + piece)[-_TAIL:]
        return False

    def is_request(self, request_id: str) -> bool:
        """Whether the report with this number was erased."""
        form = "".join(WORD.findall(legible(request_id))).casefold()
        return len(form) in self._lengths and _digest(self._key, "request", form) in self._digests

    def erased_tokens(self, con: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
        """Tokens of erased plates in a relation with a column `plate_token`."""
        if not self._hints:
            return []
        candidates = con.execute(
            f"select distinct {TOKEN_COLUMN} from {relation} "
            f"where list_contains(?, left({TOKEN_COLUMN}, {HINT_DIGITS}))",
            [sorted(self._hints)],
        ).fetchall()
        return [value for (value,) in candidates if _digest(self._key, "token", value) in self._digests]

    def applied(
        self, con: duckdb.DuckDBPyConnection, contract: Contract, relation: pl.DataFrame | str
    ) -> pl.DataFrame | str:
        """Rows for a raw table without erased subjects: texts and tokens blanked, reports emptied of what is personal.

        SQL must be repeatable on `con`; it is checked for tokens only.
        """
        if self.is_empty:
            return relation
        if isinstance(relation, str):
            return self._without_tokens(con, contract, relation)
        rows = self._without_texts(self._without_requests(relation, contract), contract)
        return self._without_plates(con, contract, rows)

    def _without_plates(self, con: duckdb.DuckDBPyConnection, contract: Contract, frame: pl.DataFrame) -> pl.DataFrame:
        if TOKEN_COLUMN not in contract.names:
            return frame
        con.register("candidate_rows", frame)
        try:
            erased = self.erased_tokens(con, "candidate_rows")
        finally:
            con.unregister("candidate_rows")
        self.n_hits += len(erased)
        is_erased = pl.col(TOKEN_COLUMN).is_in(erased)
        return frame.with_columns(
            pl.when(is_erased).then(None).otherwise(pl.col(name)).alias(name) for name in contract.personal
        )

    def _without_tokens(self, con: duckdb.DuckDBPyConnection, contract: Contract, relation: str) -> str:
        if TOKEN_COLUMN not in contract.names:
            return relation
        if not (erased := self.erased_tokens(con, f"({relation})")):
            return relation
        self.n_hits += len(erased)
        con.execute("set variable erased_tokens = $1", [erased])  # not in the SQL text, which errors quote
        empty = ", ".join(
            f"if(list_contains(getvariable('erased_tokens'), {TOKEN_COLUMN}), null, {name}) as {name}"
            for name in contract.personal
        )
        return f"select * replace ({empty}) from ({relation})"

    def _without_requests(self, frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        if contract.key != ("request_id",):
            return frame
        erased = frame["request_id"].map_elements(self.is_request, return_dtype=pl.Boolean)
        self.n_hits += int(erased.sum())
        return frame.with_columns(pl.when(~erased).then(pl.col(name)).alias(name) for name in contract.personal)

    def _without_texts(self, frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        names = text_columns(contract)
        blanked = frame.with_columns(
            pl.col(name).map_elements(self.blank, return_dtype=pl.String, skip_nulls=True) for name in names
        )
        self.n_hits += sum(int(frame[name].ne_missing(blanked[name]).sum()) for name in names)
        return blanked

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where erased subjects stand in a legible text, left to right."""
        words = [(match[0].casefold(), match.start(), match.end()) for match in WORD.finditer(text)]
        longest = max(self._lengths)
        first = 0
        while first < len(words):
            joined, last = "", first
            while last < len(words) and len(joined) < longest:
                if joined and words[last][1] - words[last - 1][2] >= _FAR:
                    break
                joined += words[last][0]
                if len(joined) in self._lengths and self._is_erased(joined, text, words[first][1], words[last][2]):
                    yield words[first][1], words[last][2]
                    first = last
                    break
                last += 1
            first += 1

    def _is_erased(self, joined: str, text: str, start: int, end: int) -> bool:
        if _digest(self._key, "text", joined) in self._digests:
            return True
        is_whole = (not start or text[start - 1] in _DELIMITERS) and (end == len(text) or text[end] in _DELIMITERS)
        return is_whole and _digest(self._key, "request", joined) in self._digests


def text_columns(contract: Contract) -> list[str]:
    """Columns of a raw table that could hold words of a person: all text but identifiers."""
    return [
        column.name
        for column in contract.columns
        if pa.types.is_string(column.type) and column.name not in {*contract.key, TOKEN_COLUMN}
    ]


def _texts(raw: bytes) -> Iterator[str]:
    text = raw.decode("utf-8", "replace")
    if "\\u" in text:
        text = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    if "&" in text:
        text = html.unescape(text)
    yield legible(text)
    if b"\0" in raw:
        yield legible(raw[: len(raw) // 2 * 2].decode("utf-16-le", "replace"))
        yield legible(raw[1 : (len(raw) - 1) // 2 * 2 + 1].decode("utf-16-le", "replace"))


def _key(settings: Settings) -> bytes:
    return digest_key(settings, "erasures")


def _digest(key: bytes, what: str, form: str) -> str:
    return hmac.digest(key, f"{what}:{form}".encode(), hashlib.sha256).hex()
