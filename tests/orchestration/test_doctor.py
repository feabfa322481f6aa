"""`ioc doctor` says which declared server is not there, and asks nothing of those that are."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from loopback import Server

from lake.settings import Settings
from orchestration.doctor import _reachability

ENTRY = '[{0}]\nslug = "{1}"\nformat = "{2}"\nlocation = "{3}"\nname_vi = "x"\nname_en = "x"\n'


def test_a_broker_or_server_that_is_not_there_is_named(server: Server, tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        entries = [
            ENTRY.format("here", "ticket", "open311", server.url),
            ENTRY.format("file", "camera", "ndjson", "a.ndjson"),
        ]
        (tmp_path / "sources.toml").write_text("".join(entries))
        settings = Settings(home=tmp_path)
        assert _reachability(settings) == "1 servers answer" and server.seen == []
        broken = ENTRY.format("broker", "camera", "mqtt", f"mqtt://127.0.0.1:{port}")
        (tmp_path / "sources.toml").write_text("".join([*entries, broken]))
        with pytest.raises(OSError, match=rf"^broker .127.0.0.1:{port}: Connection refused. cannot be reached; "):
            _reachability(settings)
