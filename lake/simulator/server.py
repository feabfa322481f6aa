"""The synthetic province on loopback: one HTTP server for all routes, and the folders of what comes as files."""

import subprocess
import sys
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from lake.simulator import camera_files
from lake.simulator.camera_files import are_dropped, drop_camera_files
from lake.simulator.clocks import Clock, StandingClock
from lake.simulator.delivered import FOLDERS, deliver
from lake.simulator.feeds import Feeds
from lake.simulator.open311 import Open311
from lake.simulator.openmetrics import exporter_page
from lake.simulator.prometheus import Prometheus
from lake.simulator.province import SEED
from lake.simulator.response import NOT_FOUND, Parameters, Response

ROOT = Path(__file__).parents[2]
_SCHEME = "simulator:"
CAMERAS = f"{_SCHEME}/camera"
_LARGEST_FORM_BYTES = 100_000


class Simulator:
    """The province as a context manager; requests are answered from threads until it is left.

    ``folder`` holds what is delivered as files, a folder for each source. ``url`` is ``http://127.0.0.1:PORT`` on a
    ``port``, a free one if 0, and exists only inside the context. The same seed gives the same bytes on every route
    and in every file while the clock stands.
    """

    url: str

    def __init__(self, folder: Path, *, seed: int = SEED, clock: Clock | None = None, port: int = 0) -> None:
        self._folder = folder.resolve()
        self._seed = seed
        self._clock = clock or StandingClock()
        self._port = port
        self._delivered: set[str] = set()
        self._ahead: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Simulator":
        """Serve. Raises OSError."""
        self._routes = _Routes(self._seed, self._clock)
        self._server = _Server(self._routes, self._port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._ahead is not None:
            self._ahead.kill()
            self._ahead.wait()

    def write_ahead(self) -> None:
        """Begin to write the cameras' files in a process of its own, unless they are there; `resolve` waits for it."""
        folder = self._folder / "camera"
        if not are_dropped(folder, self._seed):
            command = [sys.executable, "-m", camera_files.__name__, str(folder), str(self._seed)]
            self._ahead = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def resolve(self, location: str) -> str:
        """Where a declared location is served.

        Of what is delivered as files, such as ``simulator:/camera`` and paths below it, it is an absolute path; the
        files are written when first asked for, unless they are there (the cameras' in about 5 s). Any other
        ``simulator:/path`` is a URL whose ledger is made now, so that no request waits for it; a location without the
        scheme is returned as it is. Raises OSError.
        """
        if not location.startswith(_SCHEME):
            return location
        path = location.removeprefix(_SCHEME).lstrip("/")
        place, _, rest = path.partition("/")
        if place != "camera" and place not in FOLDERS:
            self._routes.make(place)
            return f"{self.url}/{path}"
        folder = self._folder / place
        if place == "camera" and self._ahead is not None:
            self._ahead.wait()  # where it failed the files are written here
        if place not in self._delivered:
            (drop_camera_files if place == "camera" else deliver)(folder, self._seed)
            self._delivered.add(place)
        return str(folder / rest)


class _Routes:
    """Chooses who answers. Ledgers are made when first needed, one at a time."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed, self._clock = seed, clock
        self._making = Lock()

    @cached_property
    def _open311(self) -> Open311:
        return Open311(self._seed, self._clock)

    @cached_property
    def _prometheus(self) -> Prometheus:
        return Prometheus(self._seed, self._clock)

    @cached_property
    def _feeds(self) -> Feeds:
        return Feeds(self._seed, self._clock)

    def make(self, place: str) -> None:
        """Make the ledger behind a route, unless it is made or there is none."""
        with self._making:
            if place == "open311":
                _ = self._open311
            elif place == "prometheus":
                _ = self._prometheus
            elif place in ("feeds", "feeds.opml"):
                _ = self._feeds

    def respond(self, path: str, parameters: Parameters) -> Response:
        place, _, rest = path.lstrip("/").partition("/")
        if place == "open311" and rest.startswith("v2/"):
            with self._making:
                open311 = self._open311
            return open311.respond(rest.removeprefix("v2/"), parameters)
        if place == "prometheus":
            with self._making:
                prometheus = self._prometheus
            return prometheus.respond(rest, parameters)
        if place == "metrics" and not rest:
            with self._making:
                return exporter_page(self._seed)
        if place in ("feeds", "feeds.opml"):
            with self._making:
                feeds = self._feeds
            return feeds.respond(path.lstrip("/"))
        return NOT_FOUND


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, routes: _Routes, port: int) -> None:
        self.routes = routes
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news; anything else is a defect to be seen."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as socketserver passes it


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Simulator/1"
    protocol_version = "HTTP/1.1"  # keep connections: a harvest makes hundreds of requests
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._send(self.server.routes.respond(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))))

    def do_POST(self) -> None:
        """Prometheus accepts a query as a form, to allow long ones."""
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_FORM_BYTES or not parts.path.startswith("/prometheus/"):
            self.close_connection = True  # the body stays unread
            self._send(Response(405, "text/plain; charset=utf-8", b"Method Not Allowed\n"))
            return
        form = self.rfile.read(int(length)).decode("utf-8", "replace")
        self._send(self.server.routes.respond(parts.path, dict(parse_qsl(f"{parts.query}&{form}"))))

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the harvester reports what it asked for, and the terminal belongs to its progress bars."""

    def _send(self, response: Response) -> None:
        is_unchanged = response.last_modified is not None and self._has(response)
        self.send_response(304 if is_unchanged else response.status)
        if response.last_modified is not None:
            self.send_header("ETag", response.etag)
            self.send_header("Last-Modified", format_datetime(response.last_modified.astimezone(UTC), usegmt=True))
        if not is_unchanged:
            self.send_header("Content-Type", response.media_type)
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if not is_unchanged:
            self.wfile.write(response.body)

    def _has(self, response: Response) -> bool:
        """Whether the client's copy is current; an entity tag outranks a date (RFC 9110, section 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or response.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        since = self.headers.get("If-Modified-Since")
        if since is None or response.last_modified is None:
            return False
        try:
            return response.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False
