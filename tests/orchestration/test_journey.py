"""The main job end to end on the synthetic province, held against the generator's own answer key."""

from __future__ import annotations

from datetime import datetime

import pytest
from command import Ioc

from lake.catalog import open_catalog
from lake.settings import Settings
from lake.simulator.answer_key import AnswerKey, answer_key

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def key() -> AnswerKey:
    return answer_key()


def whole(demo: Ioc, code: str) -> dict[str, object]:
    (row,) = demo.json("kpi", code, "--period", "all", "--unit", "93", "--json")
    return row


def test_published_resolution_rate_is_reproduced_exactly(demo: Ioc, key: AnswerKey) -> None:
    rate = whole(demo, "F2")
    assert (rate["numerator"], rate["denominator"]) == (1329, 1422)
    assert round(100 * rate["value"], 1) == 93.5  # type: ignore[operator]
    assert rate["as_of"] == "2021-09-30T10:00:00+00:00"
    assert whole(demo, "F1O")["value"] == key.ticket.n_overdue


def test_published_claims_are_judged(demo: Ioc) -> None:
    verdicts = {row["id"]: row["verdict"] for row in demo.sql("select id, verdict from kpi.published_check")}
    assert verdicts["A1"] == "lam_tron"  # 93.4599 % was published as 93.5 %
    assert verdicts["A2"] == "mau_thuan"  # 30 a day for 92 days is 2,760, more than all 1,422 reports


def test_availability_is_bounded_by_missing_samples(demo: Ioc, key: AnswerKey) -> None:
    months = key.server.per_month.values()
    received, expected = sum(m.n_received for m in months), sum(m.n_expected for m in months)
    up = sum(m.n_up for m in months)
    coverage, availability = whole(demo, "S1"), whole(demo, "S2")
    assert (coverage["numerator"], coverage["denominator"]) == (received, expected)
    assert (availability["numerator"], availability["denominator"]) == (up, expected)
    assert availability["value_low"] == pytest.approx(up / expected)
    assert availability["value_high"] == pytest.approx((up + expected - received) / expected)


def test_articles_per_week_equal_the_key(demo: Ioc, key: AnswerKey) -> None:
    rows = demo.json("kpi", "M1", "--json")
    counted = {row["period_start"]: row["value"] for row in rows if row["grain"] == "week"}
    assert counted == {
        datetime.strptime(f"{week}-1", "%G-W%V-%u").date().isoformat(): n_items  # noqa: DTZ007  # a day, no instant
        for week, n_items in key.media.items_per_week.items()
    }
    assert all(key.media.items_per_week[week] > 2000 for week in key.media.complete_weeks)


def test_cameras_equal_the_key(demo: Ioc, key: AnswerKey) -> None:
    online, days = whole(demo, "C1"), key.camera.per_camera_day.values()
    assert online["numerator"] == sum(day.online_minutes for day in days)
    assert online["denominator"] == sum(day.expected_minutes for day in days)
    (passages,) = demo.sql("select sum(n_passages)::bigint as n from marts.fct_camera_hours")
    assert passages["n"] == key.camera.n_passages


def test_nothing_is_lost_or_doubled(demo: Ioc, key: AnswerKey) -> None:
    status = {row["source"]: row for row in demo.json("status", "--json")}
    for row in status.values():
        assert row["offered"] == row["accepted"] + row["quarantined"] + row["deduplicated"]
        assert row["last_success_at"] is not None
        assert row["last_error"] is None
    assert status["phan-anh"]["accepted"] == 1422
    assert status["may-chu"]["accepted"] == sum(month.n_received for month in key.server.per_month.values())
    assert status["bao-chi"]["accepted"] == key.media.n_items
    assert status["camera"]["quarantined"] == sum(
        file.n_malformed + file.n_impossible for file in key.camera.files.values()
    )


def test_second_run_adds_nothing_and_publishes_the_same_figures(demo: Ioc) -> None:
    def accepted() -> dict[str, int]:
        return {row["source"]: row["accepted"] for row in demo.json("status", "--json")}

    digest = (
        "select count(*) as n, md5(string_agg(v::varchar, chr(10) order by v::varchar)) as digest from kpi.kpi_values v"
    )
    before, figures = accepted(), demo.sql(digest)
    demo("run")
    assert accepted() == before
    assert demo.sql(digest) == figures


def test_personal_data_never_reaches_the_lake_or_the_serving_file(demo: Ioc, key: AnswerKey) -> None:
    with open_catalog(Settings(home=demo.home)) as catalog:
        con = catalog.connect()
        texts = con.sql(
            "select concat_ws(' ', columns(* exclude (ingested_at))) from lake.raw.ticket__requests"
        ).fetchall()
        con.close()
    stored = "\n".join(" ".join(row) for row in texts)
    assert "[số điện thoại]" in stored
    planted = {*key.ticket.planted_personal, *key.ticket.reporter_personal}
    assert [text for text in planted if text in stored] == []


def test_checks_are_kept_with_the_publication(demo: Ioc) -> None:
    suites = {row["slug"] for row in demo.sql("select distinct slug from ops.check_results where slug is not null")}
    assert suites == {"ticket", "server", "media", "camera", "dossier", "document", "task", "system", "indicator"}
    (failed,) = demo.sql("select count(*) as n from ops.check_results where severity = 'blocking' and not is_success")
    assert failed["n"] == 0


def test_reading_commands_refuse_what_they_do_not_know(demo: Ioc) -> None:
    assert "known:" in demo("kpi", "F99", fails=True).stderr
    assert "2021-Q3" in demo("kpi", "F2", "--period", "last week", fails=True).stderr
    assert "SELECT" in demo("sql", "drop table kpi.kpi_values", fails=True).stderr
    assert "root" not in demo("sql", "select * from read_csv('/etc/passwd')", fails=True).stdout


def test_doctor_is_content(demo: Ioc) -> None:
    assert "fail" not in demo("doctor").stdout
