"""What a check saw, in the reader's language: the shapes of the sentences that `ops.check_results.observed` holds."""

from __future__ import annotations

import re

from dashboards.i18n import Words
from dashboards.number_format import Formats

# Shape of a sentence -> label `observed.<name>` with the groups as values. Whole numbers are named n…, shares p….
_SHAPES = tuple(
    (name, re.compile(shape, re.DOTALL))
    for name, shape in (
        ("as_expected", r"0 of (?P<n_checked>\d+) unexpected"),
        ("unexpected", r"(?P<n>\d+) of (?P<n_checked>\d+) unexpected \((?P<p_share>[\d.]+)%\), e\.g\. (?P<example>.*)"),
        ("offered", r"(?P<n>\d+) records offered"),
        ("landed", r"(?P<n>\d+) rows landed"),
        ("quarantined", r"(?P<n>\d+) of (?P<n_checked>\d+) records quarantined \((?P<p_share>[\d.]+)%\)"),
        ("emptied", r"empty in (?P<n>\d+) rows, (?P<p_share>[\d.]+)% filled before"),
        ("filled", r"not empty by surprise in (?P<n>\d+) rows, (?P<p_share>[\d.]+)% filled before"),
        ("expired", r"(?P<n>\d+) rows past (?P<n_days>\d+) days deleted; oldest left: (?P<example>.*)"),
        ("not_evaluated", r"not evaluated: (?P<example>.*)"),
        ("passed", r"pass"),
        ("broken", r"Got (?P<n>\d+) results?, configured to (?:warn|fail) if .*?(?:: (?P<example>.*))?"),
    )
)


def told(observed: str | None, words: Words, formats: Formats) -> str | None:
    """The sentence in the reader's language; one of no known shape, such as an engine's message, as it is."""
    for name, shape in _SHAPES if observed else ():
        if found := shape.fullmatch(observed or ""):
            values = {key: _written(key, value, formats) for key, value in found.groupdict().items()}
            return words.text(f"observed.{name}", **values).strip()
    return observed


def _written(name: str, value: str | None, formats: Formats) -> str:
    if value is None:
        return ""
    if name.startswith("n"):
        return formats.count(int(value))
    return formats.percent(float(value) / 100, len(value.partition(".")[2])) if name.startswith("p_") else value
