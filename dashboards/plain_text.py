"""Text that came from outside, made harmless for Streamlit's Markdown."""

import re
import unicodedata

_PUNCTUATION = re.compile(r"([!-/;-@\[-`{-~])")
_BREAKING_SPACE = re.compile(r"[^\S\u00a0\u202f]+")
_DIRECTIVE = re.compile(r":(?=[A-Za-z]|[\w+/-]+[:\[])")
_ZERO_WIDTH_SPACE = "\u200b"


def escape(text: str) -> str:
    """`text` so that Streamlit's Markdown shows it letter for letter, on one line.

    CommonMark lets every ASCII punctuation mark be escaped with a backslash. A colon is the exception in
    Streamlit: `:red[…]`, `:material/…:` and `:smile:` are replaced after unescaping, so a colon that could begin
    one is parted from what follows by a zero-width space (17:00 stays as it is, and can be searched for). Control
    and bidirectional marks, which could reorder a sentence, are removed.
    """
    folded = _BREAKING_SPACE.sub(" ", text).strip()
    visible = "".join(c for c in folded if unicodedata.category(c) not in {"Cc", "Cf"})
    return _PUNCTUATION.sub(r"\\\1", _DIRECTIVE.sub(f":{_ZERO_WIDTH_SPACE}", visible))


def plain(markdown: str) -> str:
    """A sentence of ours in Markdown as plain text: bold and links without their marks, escapes undone."""
    unmarked = re.sub(r"(?<!\\)\[((?:[^\]\\]|\\.)*)\]\([^)]*\)", r"\1", markdown)
    unmarked = re.sub(r"(?<!\\)\*\*", "", unmarked)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", unmarked).replace(_ZERO_WIDTH_SPACE, "")
