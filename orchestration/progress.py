"""Where long work reports how far it is. The command line listens; a scheduled run does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], None]
_listeners: list[Listener] = []


def report(subject: str, message: str) -> None:
    """Tell the listeners what `subject` (a source or a stage) is doing now."""
    for listener in _listeners:
        listener(subject, message)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener(subject, message)` on every report inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
