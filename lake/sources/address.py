"""Addresses of sources: what of them may be written down, and how one is made from another."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit

from lake.errors import SourceUnreachable

MASK = "***"
# Names of query parameters that hold a secret, in any case; a secret in the path cannot be told from a path.
_SECRET = re.compile(
    r"token|secret|passw|pwd|passphrase|api[_-]?key|access[_-]?key|signature|credential|jwt"
    r"|^(key|sig|sid|pass|auth|authorization|session|sessionid|code)$",
    re.IGNORECASE,
)
_USER = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)([^/?#]*)@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=?&;#]+)=([^&;#]*)")
_SHORTEST = 4  # masking a shorter secret in a sentence would mask the sentence


def is_url(location: str) -> bool:
    """Whether a location is fetched over HTTP; anything else is a local file or folder."""
    return location.lower().startswith(("http://", "https://"))


def origin(location: str) -> str:
    """A location as it may be kept and shown: no user and password, `***` for the values of secret parameters.

    Anything else stays as written, so a source keeps its name when its key changes. Of an address that cannot be
    taken apart only the scheme is left.
    """
    if not _is_readable(location):
        return f"{location.partition(':')[0]}://{MASK}"
    return _PARAMETER.sub(_masked, _USER.sub(r"\1", location))


def shown(location: str) -> str:
    """A location fit for a sentence: `origin` without its query."""
    return re.split(r"[?#]", origin(location), maxsplit=1)[0]


def without_secrets(text: str, location: str) -> str:
    """`text` with the secrets of `location` masked: some servers repeat in their errors what they were asked."""
    for secret in sorted(_secrets(location), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def below(location: str, path: str) -> str:
    """The address of `path` under `location`, which may have a query (a key, a jurisdiction): it is kept."""
    cut = re.search(r"[?#]|$", location)
    end = cut.start() if cut else len(location)
    return f"{location[:end].rstrip('/')}{path}{location[end:]}"


def linked(document: str, link: str) -> str:
    """The address a link in `document` (URL or file) names. Raises SourceUnreachable when it is none."""
    try:
        address = urljoin(document, link)
    except ValueError:
        address = ""
    if not address or not _is_readable(address):
        raise SourceUnreachable(f"{shown(link)} is not an address; correct it where it is listed.")
    return address


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are readable URLs with scheme, host and port in common."""
    if not (is_url(one) and is_url(other) and _is_readable(one) and _is_readable(other)):
        return False
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)


def _is_readable(location: str) -> bool:
    if not is_url(location):
        return True
    try:
        parts = urlsplit(location)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # most often a password with an unescaped / or [
        return False


def _masked(parameter: re.Match[str]) -> str:
    name, value = parameter.groups()
    return f"{name}={MASK}" if value and _SECRET.search(unquote(name)) else parameter[0]


def _secrets(location: str) -> set[str]:
    user = _USER.match(location)
    found = user[2].split(":", 1) if user else []
    found += [value for name, value in _PARAMETER.findall(location) if _SECRET.search(unquote(name))]
    return {form for secret in found for form in (secret, unquote(secret)) if len(form) >= _SHORTEST}
