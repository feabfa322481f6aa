"""dbt's `adapter` as the SQL linter sees it: a dispatched macro is a call of a function of its name."""

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    """Text in place of what the engine's own macro would give."""
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
