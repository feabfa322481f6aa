"""Dagster's web server behind a guard: `python -m orchestration.webserver` takes the options of `dagster-webserver`.

Dagster's server has no login and runs any mutation sent to it, even as the query string of an image's address. On
loopback the browser of the person at this machine is its only way in, so what a browser sends for a foreign page is
refused: another host name (DNS rebinding), another origin, another site.
"""

from __future__ import annotations

from typing import Any

from dagster_webserver import cli
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = ["localhost", "127.0.0.1"]


class SameOrigin:
    """Refuses, with 403, requests and WebSockets that a page of another origin sends; following a link is no such."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket, or hand it on."""
        if scope["type"] in ("http", "websocket") and _is_foreign(scope):
            answer = PlainTextResponse("Sent by a page of another origin; open Dagster's own address.", 403)
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        return True
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not (is_link and scope.get("method") == "GET")


def main() -> None:
    """Run `dagster-webserver` with the guard in front of its application."""
    name = "create_app_from_workspace_process_context"
    build = vars(cli)[name]  # a KeyError the day Dagster renames it, rather than a server without its guard

    def guarded(*arguments: Any, **options: Any) -> Starlette:
        app: Starlette = build(*arguments, **options)
        app.add_middleware(SameOrigin)
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
        return app

    vars(cli)[name] = guarded
    cli.main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
