"""What opens a source stands in sources.toml alone: not in the lake, its catalogue, the landing zone or a log."""

from __future__ import annotations

import json
import logging
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import Server, reply

from lake.catalog import open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import load_sources
from orchestration.harvest import harvest

CANARY = "canary-"
LOGIN = f"{CANARY}user:{CANARY}password"
QUERY = f"token={CANARY}token&apikey={CANARY}apikey&password={CANARY}query&sig={CANARY}sig%3D%3D"
RSS = """<rss version="2.0"><channel><title>Báo</title><item><guid>{0}</guid><title>Tin {0}</title>
<link>/tin/{0}.html</link><pubDate>Thu, 30 Sep 2021 08:00:00 +0700</pubDate></item>{1}</channel></rss>"""
SOURCES = {
    "api": ("ticket", "open311", "/open311/v2"),
    "bad-api": ("ticket", "open311", "/refuses/open311/v2"),
    "csv": ("ticket", "csv", "/rows.csv"),
    "metrics": ("server", "prometheus", "/prometheus"),
    "bad-metrics": ("server", "prometheus", "/refuses/prometheus"),
    "no-metrics": ("server", "prometheus", "/nothing/prometheus"),
    "page": ("server", "openmetrics", "/metrics"),
    "news": ("media", "feed", "/list.opml"),
    "paper": ("media", "feed", "/1.xml"),
    "login-page": ("media", "feed", "/login.html"),
    "camera": ("camera", "ndjson", "/events.ndjson"),
}


def answer(request: BaseHTTPRequestHandler) -> None:
    path = request.path.partition("?")[0]
    series = [{"metric": {"__name__": "up", "instance": "a", "job": "b"}, "values": [[1_700_000_000, "1"]]}]
    documents = {
        "/list.opml": '<opml><body><outline xmlUrl="/1.xml?{0}"/><outline xmlUrl="/login.html?{0}"/>'
        '<outline xmlUrl="/gone.xml?{0}"/></body></opml>'.format(QUERY.replace("&", "&amp;")),
        "/1.xml": RSS.format(1, "<item><title>no link</title></item>"),
        "/login.html": "<!doctype html><title>Login</title>",
        "/rows.csv": "one,two\n1,2\n",
        "/metrics": "up 1\n",
        "/open311/v2/requests.json": json.dumps(
            [
                {"service_request_id": number, "status": "open", "requested_datetime": day}
                for number, day in (("1", "2021-09-01T08:00:00+07:00"), ("2", "hôm qua"))
            ]
        ),
    }
    if path in documents:
        reply(request, documents[path].encode())
    elif path.startswith("/refuses"):
        error = {"status": "error", "error": f"{request.path} is not for {LOGIN}"}
        reply(request, json.dumps(error).encode(), 400, Content_Type="application/json")
    elif "prometheus" in path:
        result = [] if "nothing" in path else series
        data = {"resultType": "matrix", "result": result}
        reply(request, json.dumps({"status": "success", "data": data, "warnings": [request.path]}).encode())
    else:
        reply(request, b"", 404)


def declaration(server: Server) -> str:
    lines = []
    for name, (slug, format, path) in SOURCES.items():
        location = f"{server.url.replace('//', f'//{LOGIN}@')}{path}?{QUERY}"
        profile = 'profile = "boston311"\n' if format == "csv" else ""
        lines.append(
            f'[{name}]\nslug = "{slug}"\nformat = "{format}"\nlocation = "{location}"\n'
            f'name_vi = "x"\nname_en = "x"\nstep_s = 3600\n{profile}'
        )
    return "\n".join(lines)


def test_no_secret_of_an_address_is_written_anywhere(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = answer
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    settings.sources_file.write_text(declaration(server), encoding="utf-8")
    said: list[str | None] = []
    with caplog.at_level(logging.DEBUG), open_catalog(settings) as catalog:
        con = catalog.connect()
        ensure_tables(catalog, con)
        for source in load_sources(settings.sources_file):
            outcome = harvest(catalog, con, source, run_id="run", location=source.location)
            said += [outcome.error]
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake'"
        ).fetchall()
        # Parquet is compressed, so the rows are read.
        held = {name: con.execute(f"select * from lake.{name}").fetchall() for (name,) in names}
        con.close()
    assert len(said) == len(SOURCES) and len([error for error in said if error]) >= 6, said
    assert held["raw.media__articles"] and held["raw.ticket__requests"] and held["raw.server__samples"]
    assert held["raw.quarantine"] and held["ops.objects"] and held["ops.harvests"]
    assert [name for name, rows in held.items() if CANARY in repr(rows)] == []
    assert [text for text in [*map(str, said), *(r.getMessage() for r in caplog.records)] if CANARY in text] == []
    files = [path for path in settings.home.rglob("*") if path.is_file() and path != settings.sources_file]
    landed = [path for path in files if path.is_relative_to(settings.landing) and path.suffix != ".json"]
    assert landed
    # What a source itself sent is kept as it came, here a list of addresses with their keys and a warning.
    written = [path for path in files if path not in landed]
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []
