"""What a route answers, before it becomes bytes on a socket."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Response:
    """Status, body and media type; a response with ``last_modified`` (aware) is cacheable and carries an ETag."""

    status: int
    media_type: str
    body: bytes
    last_modified: datetime | None = None

    @property
    def etag(self) -> str:
        """Strong validator: the same bytes, the same tag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def json_response(content: object, status: int = 200) -> Response:
    """``content`` as UTF-8 JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, "application/json; charset=utf-8", body)


NOT_FOUND = Response(404, "text/plain; charset=utf-8", b"404 page not found\n")
