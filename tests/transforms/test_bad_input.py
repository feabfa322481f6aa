"""Every format against every kind of damage: refused or put aside in a sentence, never misread, never a breakdown."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from filled_form import example, filled, packed
from gso_book import monthly

import transforms.camera
from lake.confinement import ParserKilled
from lake.contracts.base import Delivery, Parsed
from lake.contracts.forms import FORMS
from lake.contracts.profile import Format, Profile, Slug
from lake.errors import PayloadRefused
from lake.lines import stage_lines
from lake.sources.declared import FORMATS, load_profile
from orchestration.delivery import PARSE, STREAMED

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
KEYS = {year: bytes(32) for year in range(1999, 2027)}
READ = [(slug, format) for slug in FORMATS for format in FORMATS[slug] if format not in STREAMED]
TICKET = {"request_id": "id", "status": "state", "requested_at": "at"}
PROFILES: Mapping[tuple[Slug, Format], Profile] = {
    ("ticket", "csv"): Profile(slug="ticket", format="csv", columns=TICKET, status={"mở": "open"}),
    ("ticket", "excel"): Profile(slug="ticket", format="excel", columns=TICKET, status={"mở": "open"}),
    ("server", "csv"): Profile(
        slug="server", format="csv", columns={"sampled_at": "at", "value": "v"}, labels={"__name__": "t"}
    ),
    ("camera", "ndjson"): load_profile("frigate"),
    ("camera", "counts"): load_profile("metro_i94"),
    ("camera", "registry"): load_profile("camera_registry"),
    ("place", "csv"): load_profile("gso_communes_2020"),
    ("place", "markdown"): load_profile("gso_communes_2025"),
    ("place", "geojson"): load_profile("boundaries_2025"),
}


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
FOREIGN: Mapping[str, bytes] = {
    "HTML": HTML.encode(),
    "HTML with BOM": b"\xef\xbb\xbf" + HTML.encode(),
    "HTML in UTF-16": HTML.encode("utf-16"),
    "XML": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>',
    "cut XML": b'<?xml version="1.0"?><a><b>',
    "JSON error": '{"error": {"code": 500, "message": "Lỗi máy chủ"}}'.encode(),
    "JSON text": b'"not found"',
    "cut JSON": b'{"data": [{"a": 1}, {"a":',
    "nothing": b"",
    "white space": b" \r\n\t ",
    "BOM alone": b"\xef\xbb\xbf",
    "plain words": "Hệ thống đang bảo trì, xin quay lại sau.\n".encode(),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64),
    "other zip": zipped("a.txt"),
    "cut zip": zipped("xl/workbook.xml")[:40],
    "old Office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "noise": bytes(range(256)) * 4,
}
# A page of a newspaper is HTML, and whatever a browser would show of plain words is what it says.
MEANT = {("article", "HTML"), ("article", "HTML with BOM"), ("article", "HTML in UTF-16")}


def read(slug: Slug, format: Format, body: bytes, tmp_path: Path) -> Parsed:
    delivery = Delivery(format, PROFILES.get((slug, format)), NOW, "delivery.x", KEYS)
    if format != "ndjson":
        return PARSE[slug](body, delivery)
    file = tmp_path / "lines"
    file.write_bytes(body)
    with duckdb.connect() as con:
        stage_lines(
            con,
            file,
            fast=transforms.camera.fast_sql(str(file), delivery),
            careful=transforms.camera.careful_sql(delivery),
            variables=transforms.camera.variables(delivery),
        )
        rows = {table: con.execute(sql).pl() for table, sql in transforms.camera.ROWS_SQL.items()}
        return Parsed(rows, con.execute(transforms.camera.REJECTED_SQL).pl())


def n_rows(parsed: Parsed) -> int:
    return sum(frame.height for frame in parsed.rows.values())


@pytest.mark.parametrize(("slug", "format"), READ)
def test_a_file_of_another_kind_becomes_no_row(slug: Slug, format: Format, tmp_path: Path) -> None:
    for kind, body in FOREIGN.items():
        if (format, kind) in MEANT:
            continue
        try:
            parsed = read(slug, format, body, tmp_path)
        except PayloadRefused as refusal:
            assert not isinstance(refusal, ParserKilled), (kind, refusal)
            said = str(refusal)
            assert "; " in said and said.endswith(".") and "\n" not in said and len(said) < 400, (kind, said)
            assert format == "ndjson" or "delivery.x" in said, (kind, said)  # its caller adds the name
        else:
            assert n_rows(parsed) == 0, kind
            assert not parsed.rejected.is_empty() or not body.strip(b"\xef\xbb\xbf \r\n\t"), kind


REQUEST = {"service_request_id": "1", "status": "open", "requested_datetime": "2021-09-01T08:00:00+07:00"}
ITEM = "<item><guid>{0}</guid><title>Tin đường {0}</title><link>https://bao.example/{0}</link></item>"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
OPEN311 = "".join(
    f"<request><service_request_id>{n}</service_request_id><status>open</status><description>Đường {n}</description>"
    "<requested_datetime>2021-09-01T08:00:00+07:00</requested_datetime></request>"
    for n in (1, 2)
)
LOC = "<url><loc>https://bao.example/{0}</loc></url>"
TEXTS: Mapping[tuple[Slug, Format], str] = {
    ("ticket", "open311"): json.dumps([REQUEST, REQUEST | {"service_request_id": "Đ2"}], ensure_ascii=False),
    ("ticket", "open311-xml"): f"{XML}<service_requests>{OPEN311}</service_requests>",
    ("ticket", "csv"): "id,state,at\n1,mở,2021-09-01\n2,mở,2021-09-02\n",
    ("server", "prometheus"): (
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","may":"trạm"},'
        '"value":[1632978000,"1"]},{"metric":{"__name__":"up"},"value":[1632978000,"0"]}]}}'
    ),
    (
        "server",
        "openmetrics",
    ): '# TYPE up gauge\n# HELP up Trạng thái\nup 1 1632978000\nup{a="b"} 2 1632978000\n# EOF\n',
    ("server", "csv"): "at,v,máy\n2021-09-01 00:00:00,1,a\n2021-09-01 00:01:00,2,a\n",
    (
        "media",
        "feed",
    ): f'{XML}<rss version="2.0"><channel><title>Báo</title>{ITEM.format(1)}{ITEM.format(2)}</channel></rss>',
    ("media", "sitemap"): (
        f'{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><!-- Báo -->'
        f"{LOC.format(1)}{LOC.format(2)}</urlset>"
    ),
}
PACKED: Mapping[tuple[Slug, Format], bytes] = {
    ("indicator", "gso"): monthly(),
    **{
        (slug, "form"): packed(filled(form, {table.sheet: [example(table)] for table in form.tables}))
        for slug, form in FORMS.items()
        if (slug, "form") in READ
    },
}


@pytest.mark.parametrize(("slug", "format"), TEXTS)
def test_a_cut_file_is_not_taken_for_a_shorter_one(slug: Slug, format: Format, tmp_path: Path) -> None:
    body = TEXTS[slug, format].encode()
    whole = read(slug, format, body, tmp_path)
    assert n_rows(whole) >= 2 and whole.rejected.is_empty()
    for end in range(1, len(body.rstrip()), 7):
        try:
            parsed = read(slug, format, body[:end], tmp_path)
        except PayloadRefused:
            continue
        # A CSV cut at the end of a line is a shorter CSV: nothing in it says that there should be more.
        assert format == "csv" or n_rows(parsed) == n_rows(whole) or not parsed.rejected.is_empty(), body[:end]


@pytest.mark.parametrize(("slug", "format"), TEXTS)
def test_another_encoding_is_read_or_refused_but_never_misread(slug: Slug, format: Format, tmp_path: Path) -> None:
    text = TEXTS[slug, format]
    whole = read(slug, format, text.encode(), tmp_path)
    if format != "openmetrics":  # which by its standard has no byte order mark, and is refused with one
        with_mark = read(slug, format, text.encode("utf-8-sig"), tmp_path)
        assert all(with_mark.rows[table].equals(frame) for table, frame in whole.rows.items())
    for encoding in ("utf-16", "cp1258"):
        body = text.replace("ở", "ô").replace("ạ", "â").replace("ườ", "ô").encode(encoding)
        try:
            parsed = read(slug, format, body, tmp_path)
        except PayloadRefused:
            continue
        for table, frame in parsed.rows.items():
            assert "\ufffd" not in str(frame.rows()) and frame.height <= whole.rows[table].height, encoding


@pytest.mark.parametrize(("slug", "format"), PACKED)
def test_a_cut_workbook_is_refused(slug: Slug, format: Format, tmp_path: Path) -> None:
    body = PACKED[slug, format]
    assert n_rows(read(slug, format, body, tmp_path)) > 0
    for end in (len(body) // 3, len(body) - 30):
        with pytest.raises(PayloadRefused, match=r"; .*\.$"):
            read(slug, format, body[:end], tmp_path)
