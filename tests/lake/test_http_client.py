"""The HTTP client against a real loopback server: what a hostile or failing source must not do to us."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from loopback import Handler, Server, reply

from lake.errors import PayloadRefused, SourceUnreachable
from lake.sources.base import HttpClient


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def http(waits: list[float]) -> Iterator[HttpClient]:
    with HttpClient(sleep=waits.append) as client:
        yield client


def test_body_status_headers_and_query_arrive(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: reply(request, "phản ánh".encode(), ETag='"1"')
    answer = http.get(f"{server.url}/r.json", params={"page": 2}, headers={"If-None-Match": '"0"'})
    assert (answer.body.decode(), answer.status, answer.headers["etag"]) == ("phản ánh", 200, '"1"')
    assert server.seen == ["/r.json?page=2"]
    assert answer.url == f"{server.url}/r.json?page=2"
    assert server.headers[0]["User-Agent"].startswith("ioc-lakehouse/")
    assert server.headers[0]["If-None-Match"] == '"0"'


def test_gzip_answer_is_decoded(server: Server, http: HttpClient) -> None:
    packed = gzip.compress(b"a" * 100_000) + gzip.compress(b"b" * 10)  # two members are one gzip stream
    server.answer = lambda request: reply(request, packed, Content_Encoding="gzip")
    assert http.get(server.url).body == b"a" * 100_000 + b"b" * 10


def test_truncated_gzip_is_not_a_shorter_answer(server: Server, http: HttpClient) -> None:
    packed = gzip.compress(bytes(range(256)) * 500)
    server.answer = lambda request: reply(request, packed[: len(packed) // 2], Content_Encoding="gzip")
    with pytest.raises(PayloadRefused, match="truncated gzip"):
        http.get(server.url)


def test_broken_gzip_and_unasked_encoding_are_refused(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: reply(request, b"not gzip at all", Content_Encoding="gzip")
    with pytest.raises(PayloadRefused, match="broken gzip"):
        http.get(server.url)
    server.answer = lambda request: reply(request, b"x", Content_Encoding="br")
    with pytest.raises(PayloadRefused, match="'br'"):
        http.get(server.url)


def test_gzip_bomb_is_refused_before_it_unfolds(server: Server, http: HttpClient) -> None:
    bomb = gzip.compress(bytes(1 << 28), compresslevel=1)
    server.answer = lambda request: reply(request, bomb, Content_Encoding="gzip")
    began = time.monotonic()
    with pytest.raises(PayloadRefused, match=r"more than 1,000,000 bytes"):
        http.get(server.url, max_bytes=1_000_000)
    assert time.monotonic() - began < 2


def test_endless_body_stops_at_the_cap(server: Server, http: HttpClient) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    server.answer = endless
    with pytest.raises(PayloadRefused, match="more than 5,000,000 bytes"):
        http.get(server.url, max_bytes=5_000_000)


def test_busy_server_is_asked_again_with_growing_waits(server: Server, http: HttpClient, waits: list[float]) -> None:
    server.answer = lambda request: reply(request, b"ok", 200 if len(server.seen) == 4 else 503)
    assert http.get(server.url).body == b"ok"
    assert len(waits) == 3
    assert 0.5 <= waits[0] <= 1.0 and 1.0 <= waits[1] <= 1.5 and 2.0 <= waits[2] <= 2.5


def test_attempts_end_and_the_error_says_what_to_do(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: reply(request, b"", 502)
    with pytest.raises(SourceUnreachable, match=r"did not answer \(HTTP 502\); check that it runs"):
        http.get(f"{server.url}/api?token=secret")
    assert len(server.seen) == 4


def test_retry_after_is_honoured(server: Server, http: HttpClient, waits: list[float]) -> None:
    server.answer = lambda request: (
        reply(request, b"ok") if len(server.seen) > 1 else reply(request, b"", 429, Retry_After="7")
    )
    assert http.get(server.url).body == b"ok"
    assert waits == [7.0]


def test_retry_after_beyond_the_deadline_is_not_slept(server: Server, http: HttpClient, waits: list[float]) -> None:
    server.answer = lambda request: reply(request, b"", 429, Retry_After="3600")
    with pytest.raises(SourceUnreachable, match="HTTP 429, asks to wait 3600 s"):
        http.get(server.url)
    assert waits == [] and len(server.seen) == 1


def test_client_errors_are_not_repeated_and_show_the_api_message(server: Server, http: HttpClient) -> None:
    body = b'{"status":"error","error":"parse error"}'
    server.answer = lambda request: reply(request, body, 400, Content_Type="application/json")
    with pytest.raises(SourceUnreachable, match=r'HTTP 400: \{"status":"error","error":"parse error"\}'):
        http.get(server.url)
    assert len(server.seen) == 1


def test_messages_hide_keys_in_the_address(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: reply(request, b"", 404)
    with pytest.raises(SourceUnreachable) as caught:
        http.get(server.url.replace("http://", "http://user:pass@") + "/x?key=secret")
    assert "secret" not in str(caught.value) and "pass" not in str(caught.value)
    assert "/x did not answer (HTTP 404)" in str(caught.value)


def test_api_message_that_repeats_the_key_does_not_show_it(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: reply(
        request, b'{"error": "no such key: s3cret/key, asked by mai:hidden"}', 403, Content_Type="application/json"
    )
    with pytest.raises(SourceUnreachable, match=r"HTTP 403: .*no such key: \*\*\*, asked by mai:\*\*\*") as caught:
        http.get(server.url.replace("http://", "http://mai:hidden@") + "/x?api_key=s3cret%2Fkey")
    assert "s3cret" not in str(caught.value)


def test_key_at_the_cut_of_a_long_api_message_does_not_show_its_half(server: Server, http: HttpClient) -> None:
    body = b'{"error": "' + b"x" * 280 + b' secretsecretsecret"}'
    server.answer = lambda request: reply(request, body, 403, Content_Type="application/json")
    with pytest.raises(SourceUnreachable, match=r"xxx \*") as caught:
        http.get(f"{server.url}/x?token=secretsecretsecret")
    assert "sec" not in str(caught.value)


def test_declared_query_is_sent_as_written_and_kept_beside_parameters(server: Server, http: HttpClient) -> None:
    http.get(f"{server.url}/x?sig=a%2Fb%20c&rss")
    http.get(f"{server.url}/x?sig=a%2Fb", params={"page": 2})
    assert server.seen == ["/x?sig=a%2Fb%20c&rss", "/x?sig=a%2Fb&page=2"]


def test_nobody_listening_is_unreachable(http: HttpClient, waits: list[float]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SourceUnreachable, match=f"http://127.0.0.1:{port}/x did not answer"):
        http.get(f"http://127.0.0.1:{port}/x")
    assert len(waits) == 3


@pytest.mark.parametrize("url", ["ftp://example.org/x", "file:///etc/passwd", "http://", "gopher://x"])
def test_other_schemes_are_refused(http: HttpClient, url: str) -> None:
    with pytest.raises(SourceUnreachable, match="not an http or https address"):
        http.get(url)


def test_connection_cut_in_the_body_is_repeated_not_kept_short(server: Server, http: HttpClient) -> None:
    def cut_once(request: BaseHTTPRequestHandler) -> None:
        if len(server.seen) > 1:
            reply(request, b"0123456789")
            return
        request.send_response(200)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.wfile.write(b"01234")

    server.answer = cut_once
    assert http.get(server.url).body == b"0123456789"
    assert len(server.seen) == 2


def drip(part: str) -> Handler:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if part == "body":
            request.send_response(200)
            request.end_headers()
        try:
            for _ in range(200):
                request.wfile.write(b"x")
                request.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    return answer


@pytest.mark.parametrize("part", ["header", "body"])
def test_slow_drip_ends_at_the_deadline(server: Server, part: str) -> None:
    server.answer = drip(part)
    began = time.monotonic()
    with HttpClient(deadline_s=0.6) as http, pytest.raises(SourceUnreachable, match=r"did not end in time|timed out"):
        http.get(server.url)
    assert time.monotonic() - began < 2


def test_silence_after_accept_ends_at_the_deadline(server: Server) -> None:
    server.answer = lambda request: time.sleep(3)
    began = time.monotonic()
    with HttpClient(deadline_s=0.5) as http, pytest.raises(SourceUnreachable):
        http.get(server.url)
    assert time.monotonic() - began < 2


def redirect(request: BaseHTTPRequestHandler, target: str) -> None:
    reply(request, b"", 302, Location=target)


def test_five_redirects_pass_and_a_sixth_does_not(server: Server, http: HttpClient) -> None:
    def hop(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path[1:])
        reply(request, b"end") if left == 0 else redirect(request, f"/{left - 1}")

    server.answer = hop
    answer = http.get(f"{server.url}/5")
    assert answer.body == b"end" and answer.url == f"{server.url}/0"
    with pytest.raises(SourceUnreachable, match="more than 5 redirects"):
        http.get(f"{server.url}/6")


def test_redirect_to_a_file_is_refused(server: Server, http: HttpClient) -> None:
    server.answer = lambda request: redirect(request, "file:///etc/passwd")
    with pytest.raises(SourceUnreachable, match="not an http or https address"):
        http.get(server.url)


def broken_off(part: str) -> Handler:
    """An answer that does not hold what its headers promise."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if part == "chunk":
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"5\r\n01234\r\n")
        else:
            request.send_header("Content-Length", "1000000")
            request.end_headers()
            request.wfile.write(b"01234")
        request.wfile.flush()
        if part == "reset":
            time.sleep(0.1)  # the client has read what came before the reset
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.close_connection = True
        request.connection.close()

    return answer


@pytest.mark.parametrize("part", ["length", "chunk", "reset"])
def test_body_shorter_than_promised_is_no_answer(server: Server, http: HttpClient, part: str) -> None:
    server.answer = broken_off(part)
    with pytest.raises(SourceUnreachable, match="did not answer"):
        http.get(server.url)
    assert len(server.seen) == 4


def test_length_promised_and_not_sent_ends_at_the_deadline(server: Server) -> None:
    def stall(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.wfile.write(b"01234")
        time.sleep(3)

    server.answer = stall
    began = time.monotonic()
    with HttpClient(deadline_s=0.5) as http, pytest.raises(SourceUnreachable):
        http.get(server.url)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("pause_s", [0.05, 1.0])
def test_endless_chunks_end_at_the_deadline_at_any_pace(server: Server, pause_s: float) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"1\r\nx\r\n")
                request.wfile.flush()
                time.sleep(pause_s)
        except OSError:
            pass

    server.answer = endless
    began = time.monotonic()
    with HttpClient(deadline_s=0.6) as http, pytest.raises(SourceUnreachable, match=r"did not end in time|timed out"):
        http.get(server.url)
    assert time.monotonic() - began < 2


def test_threads_keep_their_own_deadline(server: Server) -> None:
    server.answer = lambda request: (time.sleep(0.2), reply(request, request.path.encode()))[0]
    bodies: dict[int, bytes] = {}
    with HttpClient() as http:
        threads = [
            threading.Thread(target=lambda n=n: bodies.__setitem__(n, http.get(f"{server.url}/{n}").body))
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert bodies == {n: f"/{n}".encode() for n in range(8)}
