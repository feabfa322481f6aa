"""A key in the address of a source opens that source: it must be sent there and stand nowhere else."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import Server, query, reply

from lake.errors import IocError, SettingsError
from lake.sources import camera, media, server, ticket
from lake.sources.address import below, linked, origin, same_host, shown, without_secrets
from lake.sources.base import Fetch, HttpClient, Payload, main
from lake.sources.declared import Source, declare, load_sources
from lake.sources.server import scrape_interval_s

UNTIL = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
CANARIES = {
    "user": "canary-user-1",
    "password": "canary-pass-2",
    "token": "canary-token-3",
    "apikey": "canary-key-4",
    "sig": "canary%2Fsig%3D5",
    "api_key": "canary-key-6",
}
QUERY = "&".join(f"{name}={CANARIES[name]}" for name in ("token", "apikey", "sig", "api_key"))
USER = f"{CANARIES['user']}:{CANARIES['password']}@"


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        ("https://bao.example/rss?page=2&lang=vi#top", "https://bao.example/rss?page=2&lang=vi#top"),
        ("https://mai:p@ss@bao.example:8443/rss", "https://bao.example:8443/rss"),
        ("https://mai@bao.example/@user/rss", "https://bao.example/@user/rss"),
        ("HTTPS://t0ken@bao.example", "HTTPS://bao.example"),
        ("ftp://mai:hush@bao.example/x", "ftp://bao.example/x"),
        ("https://a.vn/x?token=hush", "https://a.vn/x?token=***"),
        ("https://a.vn/x?a=1&KEY=hush&b=2", "https://a.vn/x?a=1&KEY=***&b=2"),
        ("https://a.vn/x?apikey=hush;api_key=hush&api-key=hush", "https://a.vn/x?apikey=***;api_key=***&api-key=***"),
        ("https://a.vn/x?password=hush&pwd=hush&pass=hush", "https://a.vn/x?password=***&pwd=***&pass=***"),
        ("https://a.vn/x?sig=hu%2Fsh%3D&se=2030", "https://a.vn/x?sig=***&se=2030"),
        ("https://a.vn/x?access%5Ftoken=hush", "https://a.vn/x?access%5Ftoken=***"),
        ("https://a.vn/x?X-Amz-Signature=hush&X-Amz-Date=1", "https://a.vn/x?X-Amz-Signature=***&X-Amz-Date=1"),
        ("https://a.vn/x#access_token=hush", "https://a.vn/x#access_token=***"),
        ("https://a.vn/x?signed=1&monkey=2&keyword=x&token=", "https://a.vn/x?signed=1&monkey=2&keyword=x&token="),
        ("/feeds/1.xml?token=hush", "/feeds/1.xml?token=***"),
        ("//mai:hush@a.vn/x", "//a.vn/x"),
        ("simulator:/feeds.opml", "simulator:/feeds.opml"),
        ("https://mai:hu/sh@a.vn/x", "https://***"),
        ("https://mai:hu#sh@a.vn/x", "https://***"),
        ("http://[hush", "http://***"),
    ],
)
def test_origin_keeps_the_name_and_drops_the_secret(declared: str, kept: str) -> None:
    assert origin(declared) == kept
    assert shown(declared) == kept.partition("?")[0].partition("#")[0]
    assert origin(kept) == kept


def test_secrets_are_masked_in_a_sentence_however_they_are_spelt() -> None:
    url = "https://mai:hu%40sh@a.vn/x?sig=a%2Fb%3D%3D&page=1&key=1"
    said = without_secrets("mai: hu@sh, hu%40sh, a/b==, a%2Fb%3D%3D on page 1", url)
    assert said == "mai: ***, ***, ***, *** on page 1"


def test_address_below_another_keeps_its_query() -> None:
    assert below("https://a.vn/p/?key=1#x", "/r.json") == "https://a.vn/p/r.json?key=1#x"
    assert below("https://a.vn", "/r.json") == "https://a.vn/r.json"


def test_login_of_a_feed_does_not_make_its_archive_another_host() -> None:
    assert same_host("https://mai:hush@a.vn/f.xml", linked("https://mai:hush@a.vn/f.xml", "https://a.vn/0.xml"))
    assert not same_host("https://a.vn/f.xml", "http://a.vn/f.xml")
    assert not same_host("https://a.vn/f.xml", "https://a.vn:8443/f.xml")


@pytest.mark.parametrize(
    "location", ["ftp://mai:hush@a.vn/x.csv", "htps://mai:hush@a.vn/", "https:/mai:hush@a.vn", "file:///mai:hush@a"]
)
def test_address_of_another_scheme_is_refused_unseen(tmp_path: Path, location: str) -> None:
    file = tmp_path / "sources.toml"
    fields = 'slug = "media"\nformat = "feed"\nname_vi = "x"\nname_en = "x"\n'
    file.write_text(f'[bao]\n{fields}location = "{location}"\n')
    with pytest.raises(SettingsError, match=r"\[bao\].*location.*neither with http:// nor https://") as caught:
        load_sources(file)
    assert "hush" not in str(caught.value)


def source(slug: str, format: str, location: str) -> Source:
    profile = {"profile": "boston311"} if format == "csv" else {}
    return declare(f"{slug}-secret", slug=slug, format=format, location=location, name_vi="x", name_en="x", **profile)


FETCH: dict[str, Fetch] = {
    "ticket": ticket.fetch,
    "server": server.fetch,
    "media": media.fetch,
    "camera": camera.fetch,
}
PLACES = [
    ("ticket", "open311", "/open311/v2"),
    ("ticket", "open311", "/dump.json"),
    ("ticket", "csv", "/dump.csv"),
    ("server", "prometheus", ""),
    ("server", "prometheus", "/api/v1/query"),
    ("server", "openmetrics", "/metrics"),
    ("media", "feed", "/list.opml"),
    ("media", "feed", "/f.xml"),
    ("camera", "ndjson", "/events.ndjson"),
]


def works(request: BaseHTTPRequestHandler) -> None:
    path = request.path.partition("?")[0]
    if path.endswith(".opml"):
        outlines = "".join(
            f'<outline xmlUrl="{url}?{QUERY.replace("&", "&amp;")}"/>'
            for url in ("/1.xml", f"http://{USER}{request.headers['Host']}/2.xml", "http://canary:p/w@x/", "ftp://x/")
        )
        reply(request, f"<opml><body>{outlines}</body></opml>".encode())
    elif path.endswith(".xml"):
        archive = "/gone.xml" if path == "/f.xml" else f"http://{USER}other.example/"
        link = f'<link rel="prev-archive" href="{archive}?{QUERY.replace("&", "&amp;")}"/>'
        found = path != "/gone.xml"
        reply(request, f"<rss>{link}</rss>".encode() if found else b"", 200 if found else 404)
    elif path.endswith("requests.json"):
        reply(request, b'[{"service_request_id": "1"}]')
    elif path.startswith("/api/v1/"):
        answer = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}}]}}
        reply(request, json.dumps({**answer, "warnings": [f"slow: {request.path}"]}).encode())
    else:
        reply(request, b"[]")


def empty(request: BaseHTTPRequestHandler) -> None:
    reply(request, b'{"status": "success", "data": {"resultType": "matrix", "result": []}}')


def repeats_the_address(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        login = base64.b64decode(request.headers.get("Authorization", "Basic ").split()[1:2][0]).decode()
        error = f"{login} asked {request.path}, token {query(request).get('token')}"
        reply(
            request, json.dumps({"status": "error", "error": error}).encode(), status, Content_Type="application/json"
        )

    return answer


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100")
    request.end_headers()
    request.wfile.write(b"half")


BEHAVIOURS: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "works": works,
    "has nothing": empty,
    "repeats the address, 200": repeats_the_address(200),
    "repeats the address, 400": repeats_the_address(400),
    "repeats the address, 403": repeats_the_address(403),
    "busy": lambda request: reply(request, b"", 503),
    "broken gzip": lambda request: reply(request, b"x", Content_Encoding="gzip"),
    "unasked encoding": lambda request: reply(request, b"x", Content_Encoding="br"),
    "redirect loop": lambda request: reply(request, b"", 302, Location=request.path),
    "redirect to an unreadable address": lambda request: reply(request, b"", 302, Location=f"http://{USER}x:p/"),
    "hangs up": hangs_up,
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize(("slug", "format", "path"), PLACES)
def test_no_secret_of_an_address_leaves_the_connector(
    server: Server, caplog: pytest.LogCaptureFixture, slug: str, format: str, path: str, behaviour: str
) -> None:
    server.answer = BEHAVIOURS[behaviour]
    declared = source(slug, format, server.url.replace("//", f"//{USER}") + f"{path}?{QUERY}")
    said: list[str] = []
    with caplog.at_level(logging.DEBUG), HttpClient(sleep=lambda _: None) as http:
        try:
            for batch in FETCH[slug](declared, location=declared.location, since=None, until=UNTIL, http=http):
                said += [payload.origin for payload in batch]
        except IocError as error:
            said += [str(error), "".join(traceback.format_exception_only(error))]
        if slug == "server":
            scrape_interval_s(declared.location, http)
    assert said
    if slug != "camera":
        assert "Authorization" in server.headers[0]
        assert all(secret in server.seen[0] for name, secret in CANARIES.items() if name not in ("user", "password"))
    said += [record.getMessage() for record in caplog.records]
    assert [text for text in said if "canary" in text] == []


def test_connector_that_runs_alone_prints_no_secret(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.answer = works
    location = server.url.replace("//", f"//{USER}") + f"/open311/v2?{QUERY}"
    assert main("ticket", ticket.fetch, [location]) == 0
    server.answer = repeats_the_address(403)
    assert main("ticket", ticket.fetch, [location]) == 1
    assert main("camera", camera.fetch, [location]) == 1
    out, err = capsys.readouterr()
    assert out and err and "canary" not in out + err


def test_feed_keeps_its_name_when_its_key_changes(server: Server) -> None:
    server.answer = works
    names = []
    for key in ("old", "new"):
        declared = source("media", "feed", f"{server.url}/2.xml?page=1&key={key}")
        with HttpClient() as http:
            payloads: list[Payload] = []
            with pytest.raises(IocError):  # its archive lives elsewhere
                for batch in media.fetch(declared, location=declared.location, since=None, until=UNTIL, http=http):
                    payloads += batch
        names += [payload.origin for payload in payloads]
    assert names == [f"{server.url}/2.xml?page=1&key=***"] * 2
