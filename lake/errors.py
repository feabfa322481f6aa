"""The error tree of the project. Every message is one sentence of what happened and one of what to do next.

IocError
├── SettingsError        the settings or sources.toml cannot be used
├── SourceError          a source could not be harvested
│   ├── SourceUnreachable    no connection, time-out, HTTP error status
│   └── PayloadRefused       bytes arrived but are not the declared format, or break a limit
├── LakeError            the lake refused or failed an operation
│   ├── CatalogError         the catalogue database cannot be started or reached
│   └── ContractViolation    rows handed to a table do not have its shape
├── GateClosed           a blocking quality check failed, so nothing was published
├── ServingError         no serving file is published, or it cannot be read
└── QueryRefused         an analyst's query is not allowed, failed or ran past its limits
"""

import re

ENGINE_WORDS = 300  # characters of an engine's message that a sentence can bear


class IocError(Exception):
    """Base of all errors a user may see; `str(error)` is fit for the screen."""


class SettingsError(IocError):
    """The settings or the declaration of sources cannot be used."""


class SourceError(IocError):
    """A source could not be harvested."""


class SourceUnreachable(SourceError):
    """The source gave no answer, or an HTTP error status."""


class PayloadRefused(SourceError):
    """Bytes arrived, but they are not what the source declares, or break a limit."""


class LakeError(IocError):
    """The lake refused or failed an operation."""


class CatalogError(LakeError):
    """The catalogue database cannot be started or reached."""


class ContractViolation(LakeError):
    """Rows handed to a table do not have the table's shape."""


class GateClosed(IocError):
    """A blocking quality check failed, so nothing was published."""


class ServingError(IocError):
    """No serving file is published, or it cannot be read."""


class QueryRefused(IocError):
    """An analyst's query is not allowed, failed, or ran past its limits."""


def engine_words(error: Exception) -> str:
    """What an engine says went wrong, without the statement it quotes: that is long and may hold rows of the lake."""
    text = str(error)
    own = re.split(r"\b(?:ERROR|FATAL):\s+", text)[-1] if "ERROR:" in text or "FATAL:" in text else text
    return own.split(' query "', 1)[0].strip().splitlines()[0][:ENGINE_WORDS] if own.strip() else type(error).__name__
