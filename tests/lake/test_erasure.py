"""An erased person is nowhere, is still counted, and does not come back with the next delivery."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake import suppression
from lake.catalog import Catalog, open_catalog
from lake.contracts.pseudonym import token
from lake.contracts.subject import Kind, Subject
from lake.erasure import ErasureReport, erase, reapply
from lake.keys import pseudonym_keys
from lake.landing import Landing
from lake.residue import Needles, search
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.sources.declared import declare
from lake.suppression import PLACEHOLDER
from orchestration.harvest import Outcome, harvest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("erasure")]

Lake = tuple[Catalog, duckdb.DuckDBPyConnection]
START_S = 1632978000.0  # 2021-09-30, noon in the province


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_catalog(Settings(home=tmp_path_factory.mktemp("erasure") / "home")) as catalog:
        con = catalog.connect()
        ensure_tables(catalog, con)
        yield catalog, con
        con.close()


def deliver(lake: Lake, source: str, slug: str, folder: Path, name: str, records: Sequence[Any]) -> Outcome:
    catalog, con = lake
    file = folder / name
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    file.write_text("\n".join(lines) + "\n" if slug == "camera" else f"[{','.join(lines)}]")
    format, profile = ("ndjson", "frigate") if slug == "camera" else ("open311", None)
    declared = declare(
        source,
        slug=slug,
        format=format,
        location=str(file),
        name_vi="x",
        name_en="x",
        **({"profile": profile} if profile else {}),
    )
    outcome = harvest(catalog, con, declared, run_id="run", location=str(file))
    assert outcome.error is None
    return outcome


def report(number: str, description: str, **fields: Any) -> dict[str, Any]:
    return {
        "service_request_id": number,
        "status": "open",
        "requested_datetime": "2021-09-01T08:00:00+07:00",
        "updated_datetime": "2021-09-01T09:00:00+07:00",
        "description": description,
        "lat": 9.784567,
        "long": 105.470912,
    } | fields


def passage(number: int, plate: str, **fields: Any) -> dict[str, Any]:
    at = START_S + number
    after = {
        "id": f"{at}-x", "camera": "ql61c", "frame_time": at, "start_time": at, "end_time": at, "label": "car",
        "top_score": 0.9, "recognized_license_plate": plate, "recognized_license_plate_score": 0.9,
    } | fields  # fmt: skip
    return {"type": "end", "before": {}, "after": after}


def erased(lake: Lake, kind: Kind, value: str) -> ErasureReport:
    catalog, con = lake
    return erase(catalog, con, catalog.settings, Subject(kind, value), reason="test", rebuild=list)


def found(lake: Lake, *forms: str) -> list[str]:
    catalog, con = lake
    tokens = [form for form in forms if len(form) == 32]
    return search(catalog, con, catalog.settings, Needles(set(forms) - set(tokens), tokens))


def account(con: duckdb.DuckDBPyConnection, source: str) -> tuple[int, int, int, int]:
    row = con.execute(
        "select sum(n_offered), sum(n_accepted), sum(n_quarantined), sum(n_deduplicated) from lake.ops.batches "
        "where source = ?",
        [source],
    ).fetchone()
    assert row is not None
    offered, accepted, quarantined, deduplicated = map(int, row)
    assert offered == accepted + quarantined + deduplicated
    return offered, accepted, quarantined, deduplicated


def landed_texts(catalog: Catalog, source: str) -> list[bytes]:
    landing = Landing(catalog.settings)
    return [landing.read(landed) for owner, landed in landing.payloads() if owner == source]


def test_erased_plate_is_nowhere_and_redelivery_does_not_bring_it_back(lake: Lake, tmp_path: Path) -> None:
    catalog, con = lake
    pseudonym = token("95A-123.45", pseudonym_keys(catalog.settings, 2021)[2021])
    mine, others = [passage(n, "95A-123.45") for n in range(3)], [passage(n, f"65B-{n:05d}") for n in range(10, 30)]
    broken = '{"type": "end", "after": {"recognized_license_plate": "95a 12345"'
    deliver(lake, "cameras", "camera", tmp_path, "1.ndjson", [*mine, *others, broken])
    assert found(lake, pseudonym)

    report = erased(lake, "plate", "95A 12345")

    assert (report.removed.n_rows, report.removed.n_records, report.removed.n_payloads) == (3, 1, 1)
    assert report.residue == ()
    assert found(lake, pseudonym, "95a12345") == []
    before = account(con, "cameras")
    assert before == (24, 23, 1, 0)
    events = "select count(*), count(plate_token), count(plate_confidence) from lake.raw.camera__events"
    assert con.execute(f"{events} where source = 'cameras'").fetchone() == (23, 20, 20)

    # The same passages in another file, with a new one of the same vehicle: nothing conflicts, nothing returns.
    deliver(lake, "cameras", "camera", tmp_path, "2.ndjson", [*mine, *others, broken, passage(3, "95a-12345")])
    assert account(con, "cameras") == (49, 24, 1, 24)
    assert con.execute(f"{events} where source = 'cameras'").fetchone() == (24, 20, 20)
    assert landed_texts(catalog, "cameras") == []
    assert found(lake, pseudonym, "95a12345") == []
    assert not any(
        "95" in line for line in (catalog.settings.secrets / suppression.LIST).read_text().split('"') if "A" in line
    )


@pytest.mark.long
def test_erased_name_leaves_the_texts_of_others(lake: Lake, tmp_path: Path) -> None:
    catalog, con = lake
    texts = ["hàng xóm Trần Thị Bưởi xả rác", "hàng xóm TRẦN THỊ BƯỞI xả rác", "Tra\u0302\u0300n Thị Bưởi lại xả rác",
             "Trần Thị Bưởi Em không liên quan", "đèn hỏng từ hôm qua"]  # fmt: skip
    records = [report(f"N-{number}", text) for number, text in enumerate(texts)]
    deliver(lake, "names", "ticket", tmp_path, "1.json", records)
    assert found(lake, "trầnthịbưởi")

    report_ = erased(lake, "name", "trần thị bưởi")

    assert report_.residue == ()
    kept = [
        row[0]
        for row in con.execute(
            "select description from lake.raw.ticket__requests where source = 'names' order by request_id"
        ).fetchall()
    ]
    assert kept == [f"hàng xóm {PLACEHOLDER} xả rác"] * 2 + [
        f"{PLACEHOLDER} lại xả rác",
        f"{PLACEHOLDER} Em không liên quan",
        texts[-1],
    ]
    assert landed_texts(catalog, "names") == []

    # The same version delivered again is the same version, not a new one with the name in it.
    deliver(lake, "names", "ticket", tmp_path, "2.json", [*records, report("N-9", "cây đổ")])
    assert account(con, "names") == (11, 6, 0, 5)
    assert landed_texts(catalog, "names") == []
    assert found(lake, "trầnthịbưởi") == []


@pytest.mark.parametrize("written", ["0912345678", "+84 (0)912.345.678"])
def test_erased_phone_leaves_quarantine_and_landing_zone_in_whatever_way_it_is_written(
    lake: Lake, tmp_path: Path, written: str
) -> None:
    catalog, con = lake
    number = "0912345678" if written[0] == "0" else "0912345679"
    source = f"phones-{number[-1]}"
    ways = [number, f"+84 {number[1:4]} {number[4:7]} {number[7:]}", f"{number[:4]}.{number[4:7]}.{number[7:]}"]
    bad = [report(f"P-{n}", "x", phone=way, requested_datetime=f"hôm qua {n}") for n, way in enumerate(ways)]
    good = [report("P-8", "đèn hỏng", phone="0388999000"), report("P-9", f"gọi {ways[1]}")]
    deliver(lake, source, "ticket", tmp_path, "1.json", [*bad, *good])
    deliver(lake, source, "ticket", tmp_path, "2.json", [report("P-7", "cây đổ", phone="0388999000")])
    assert len(landed_texts(catalog, source)) == 2

    report_ = erased(lake, "phone", ways[0] if written[0] == "0" else f"+84 (0){number[1:]}")

    assert report_.residue == ()
    assert (report_.removed.n_records, report_.removed.n_payloads) == (3, 1)
    assert len(landed_texts(catalog, source)) == 1
    raw = con.execute("select count(*), count(raw) from lake.raw.quarantine where source = ?", [source]).fetchone()
    assert raw == (3, 0)
    deliver(lake, source, "ticket", tmp_path, "3.json", [*bad, *good, report("P-6", "x", phone=ways[2])])
    assert account(con, source) == (12, 4, 3, 5)
    assert len(landed_texts(catalog, source)) == 1


def test_erased_report_is_counted_but_says_nothing_of_anybody(lake: Lake, tmp_path: Path) -> None:
    _, con = lake
    told = "nước ngập vào phòng khách nhà có cổng xanh"
    first, second = (
        report("42", told),
        report("42", told, status="closed", updated_datetime="2021-09-02T09:00:00+07:00"),
    )
    deliver(lake, "reports", "ticket", tmp_path, "1.json", [first, report("142", "tổ 42 mất điện từ sáng sớm")])
    deliver(lake, "reports", "ticket", tmp_path, "2.json", [second])
    assert found(lake, "nướcngậpvàophòngkháchnhàcócổngxanh")

    report_ = erased(lake, "request", "42")

    assert report_.residue == ()
    assert (report_.removed.n_rows, report_.removed.n_payloads) == (2, 2)
    rows = "select request_id, status, description, lat, long from lake.raw.ticket__requests where source = 'reports'"
    assert con.execute(f"{rows} order by all").fetchall() == [
        ("142", "open", "tổ 42 mất điện từ sáng sớm", 9.7846, 105.4709),
        ("42", "closed", None, None, None),
        ("42", "open", None, None, None),
    ]
    third = report("42", told, updated_datetime="2021-09-03T09:00:00+07:00")
    deliver(lake, "reports", "ticket", tmp_path, "3.json", [first, second, third])
    assert account(con, "reports") == (6, 4, 0, 2)
    assert con.execute(f"select count(*) from ({rows}) where lat is not null").fetchone() == (1,)
    assert found(lake, "nướcngậpvàophòngkháchnhàcócổngxanh") == []


@pytest.mark.long
def test_interrupted_erasure_is_completed_by_running_it_again(lake: Lake, tmp_path: Path) -> None:
    catalog, _ = lake
    deliver(lake, "broken", "ticket", tmp_path, "1.json", [report("B-1", "nhà Lý Văn Khế ồn ào")])

    def dies() -> Sequence[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(*lake, catalog.settings, Subject("name", "Lý Văn Khế"), reason="test", rebuild=dies)
    assert erased(lake, "name", "Lý Văn Khế").residue == ()
    again = erased(lake, "name", "Lý Văn Khế")
    assert (again.removed.n_rows, again.removed.n_payloads, again.residue) == (0, 0, ())


@pytest.mark.long
def test_erasures_are_applied_to_a_lake_that_has_forgotten_them(lake: Lake, tmp_path: Path) -> None:
    catalog, con = lake
    people = [report("R-1", "nhà Đỗ Thị Mận ồn ào"), report("R-2", "đường ngập", phone="x")]
    cars = [passage(100, "66C-555.55"), passage(101, "66C-666.66")]
    erased(lake, "name", "Đỗ Thị Mận")
    erased(lake, "plate", "66C-555.55")
    con.execute("delete from lake.ops.erasures")  # as a restored backup from before the erasures
    deliver(lake, "restored", "ticket", tmp_path, "1.json", people)
    deliver(lake, "restored-cameras", "camera", tmp_path, "1.ndjson", cars)
    pseudonym = token("66C-555.55", pseudonym_keys(catalog.settings, 2021)[2021])
    assert found(lake, "đỗthịmận") and found(lake, pseudonym)

    removed = reapply(*lake, catalog.settings)

    assert (removed.n_rows, removed.n_payloads) == (2, 2)
    assert found(lake, "đỗthịmận", pseudonym, "66c55555") == []
    assert con.execute("select count(*) from lake.ops.erasures").fetchone() != (0,)


@pytest.mark.long
def test_search_finds_what_an_erasure_has_missed(lake: Lake, tmp_path: Path) -> None:
    catalog, _ = lake
    log = catalog.settings.home / "notes.log"
    for text in (
        "gọi 0377.111.222",
        "\\u0110\\u1ed7 V\\u0103n \\u1ed4i",
        "Đỗ Văn ổi".encode("utf-16-le").decode("latin-1"),
    ):
        log.write_bytes(text.encode("latin-1", "ignore") if "\0" in text else text.encode())
        assert found(lake, "0377111222", "đỗvănổi") == [f"still in the file {log}"], text
    log.unlink()
    assert found(lake, "0377111222", "đỗvănổi") == []
