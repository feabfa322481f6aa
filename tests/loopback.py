"""A real HTTP server on loopback for tests of connectors: behaviour is a function a test replaces."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Handler = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers every GET with `answer`; `seen` lists the paths asked for, `headers` what came with them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Handler = lambda request: reply(request, b"ok")
        outer = self

        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append(self.path)
                outer.headers.append(dict(self.headers))
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, documents: dict[str, bytes]) -> None:
        """Answer paths (without query) from a dictionary, others with 404."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            body = documents.get(urlsplit(request.path).path)
            reply(request, body or b"", 404 if body is None else 200)

        self.answer = answer

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def reply(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """A whole answer; header names are written with underscores."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def query(request: BaseHTTPRequestHandler) -> dict[str, str]:
    """Query parameters of a request."""
    return dict(parse_qsl(urlsplit(request.path).query))
