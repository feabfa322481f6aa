"""Every page in both languages, run as Streamlit runs it, on a made-up publication and on an empty home."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.app import PAGES
from dashboards.sql_lab.origin import reads_synthetic
from lake.serving import connect
from lake.settings import load_settings
from tests.dashboards.serving_file import HOSTILE, publish_made_up

APP = Path(__file__).parents[2] / "dashboards" / "app.py"
PATHS = [entry.path for entry in PAGES]
LANGS = ["vi", "en"]


@cache
def page_hash(path: str) -> str:
    """AppTest switches by file only, and these pages are functions: one run tells by what name each is known."""
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    return next(key for key, page in at._registered_pages.items() if page["url_pathname"] == path)


def open_page(path: str, lang: str, **query: str) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120)
    at._page_hash = page_hash(path)
    for key, value in {"lang": lang, **query}.items():
        at.query_params[key] = value
    return at.run()


def said(at: AppTest) -> str:
    blocks = (at.markdown, at.caption, at.title, at.subheader, at.info, at.warning, at.text, at.code)
    texts = [str(block.value) for group in blocks for block in group]
    return "\n".join([*texts, *(f"{metric.label} {metric.value}" for metric in at.metric)]).replace("\\", "")


def table_keys(at: AppTest, name: str) -> set[str]:
    return {table.proto.id for table in at.dataframe if f"-{name}-" in table.proto.id}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", PATHS)
def test_page_draws(path: str, lang: str, made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page(path, lang)
    assert not at.exception
    assert not at.error
    assert len(at.title) == (path != "man-hinh")
    if path not in ("chat-luong", "danh-muc", "sql", "chung-minh", "man-hinh"):
        assert ("Dữ liệu mô phỏng" if lang == "vi" else "Synthetic data") in said(at)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", PATHS)
def test_empty_lake_tells_what_to_run(path: str, lang: str, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(empty_home))
    at = open_page(path, lang)
    assert not at.exception
    assert {"ioc demo", "ioc run"} <= {block.value for block in at.code}


@pytest.mark.parametrize(
    ("path", "lang", "texts"),
    [
        (
            "tong-quan?ky=all",
            "vi",
            [
                "Tỷ lệ phản ánh đã xử lý 93,5%",
                "1.329 phản ánh đã xử lý / 1.422",
                "thiếu 1,5\u00a0điểm\u00a0% (22 phản ánh",
                "30/09/2021 17:00",
                "10 chỉ tiêu có số liệu:** 1 đạt mục tiêu, 1 cần chú ý, 2 chưa đạt",
            ],
        ),
        ("tong-quan?ky=all", "en", ["Resolution rate 93.5%", "1,329 reports resolved / 1,422", "30 Sep 2021 17:00"]),
        ("tong-quan", "vi", ["Tháng 8/2021", "▲ tăng 51,1\u00a0điểm\u00a0% so kỳ trước"]),
        ("tong-quan?dv=934", "vi", ["Không tính theo loại kỳ hoặc đơn vị này"]),
        ("tong-quan?snap=398&ky=all", "vi", ["Đang xem số liệu tại", "Tỷ lệ phản ánh đã xử lý 92,8%"]),
        ("tong-quan?ky=2021-08-01..2021-08-31", "vi", ["91 phản ánh đã xử lý / 91 phản ánh tiếp nhận"]),
        ("tong-quan?ky=2021-13&dv=1", "vi", ["**Kỳ** là “2021-13”", "**Đơn vị** là “1”", "Tháng 8/2021"]),
        ("doi-chieu", "vi", ["**5 lần đối chiếu:** 3 khớp, 1 khớp sau làm tròn, 1 mâu thuẫn", "2.760"]),
        ("chung-minh?id=hg-0000-00", "vi", ["Chưa từng công bố số nào mang mã HG-0000-00"]),
        ("chat-luong?nguon=x", "fr", ["**Ngôn ngữ** là “fr”", "**Phạm vi** là “x”"]),
        ("phan-anh?ky=all", "vi", ["**1.422**", "**1.329**", "**93** phản ánh chưa đóng", "2.760", "Số liệu tính đến"]),
        ("phan-anh?ky=all", "en", ["**1,422**", "**1,329**", "**93** still open", "2,760"]),
        ("phan-anh", "vi", ["**Tháng 8/2021, toàn địa bàn:** tiếp nhận **91**", "91 trong 91 phản ánh"]),
        ("phan-anh?ky=all&dv=934", "vi", ["Huyện Phụng Hiệp:** tiếp nhận **304**", "200 trong 304 phản ánh"]),
        ("phan-anh?ky=all&kenh=app", "vi", ["tiếp nhận **948** phản ánh", "Thẻ chỉ tiêu tính mọi kênh"]),
        ("phan-anh?ky=all&dg=2025&dv=31321", "vi", ["Phường Vị Thanh:** tiếp nhận **", "Địa giới 2025. Sơ đồ ô"]),
        ("phan-anh?ky=2021-10-05", "vi", ["không có phản ánh nào theo bộ lọc đang chọn"]),
        (
            "giao-thong",
            "vi",
            [
                "Tháng 9/2021, 12 camera có tín hiệu:** **11** có hình từ 95%",
                "**1** mất hình",
                "**1** camera trong danh mục",
            ],
        ),
        ("giao-thong?ky=2021-08", "vi", ["Tháng 8/2021 camera không gửi tín hiệu"]),
        ("trung-tam-du-lieu", "vi", ["**23 / 26**", "1 ngừng, 1 không rõ", "≥\u00a099,86%", "01/08/2021 – 31/08/2021"]),
        ("trung-tam-du-lieu?ky=2021-09", "vi", ["01/09/2021 – 29/09/2021", "1 sự cố", "Tính đến 29/09/2021"]),
        (
            "truyen-thong",
            "vi",
            ["**2.100** tin, bài mỗi tuần", "**chưa đo** (12 trên 195 nhãn", "1 nguồn đang im"],
        ),
        ("truyen-thong?ky=2021-08", "vi", ["01/08/2021 – 31/08/2021: 1 ngày vượt giới hạn"]),
        ("truyen-thong?ky=2021-07", "vi", ["01/07/2021 – 31/07/2021: 0 ngày vượt giới hạn"]),
        ("chat-luong", "vi", ["**15 / 20** kiểm tra đạt", "0 kiểm tra chặn không đạt, 5 cảnh báo"]),
    ],
)
def test_page_says(path: str, lang: str, texts: list[str], made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    path, _, query = path.partition("?")
    shown = said(open_page(path, lang, **dict(parse_qsl(query))))
    for text in texts:
        assert text in shown


def test_published_figures_stand_beside_recomputed_ones(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    strip = open_page("phan-anh", "vi", ky="all").dataframe[-1].value
    assert list(strip["published"]) == ["93,5%", "1.422", "1.329", "≈ 30"]
    assert list(strip["recomputed"]) == ["93,5%", "1.422", "1.329", "2,9"]
    assert strip["verdict"].iloc[-1] == "! Mâu thuẫn"


def test_a_real_source_is_not_called_synthetic(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("phan-anh", "vi", nguon="boston", ky="all")
    assert not at.exception
    assert "tiếp nhận **40** phản ánh, đã xử lý **32**" in said(at)
    assert "Mô phỏng" not in said(at)
    assert "Số liệu cũ" in said(at)  # its newest report is years old


def shown_table(at: AppTest, column: str) -> pd.DataFrame:
    """The one table, or the table beneath a chart, that has the column."""
    return next(block.value for block in at.dataframe if column in block.value)


def test_map_and_rankings_of_units_add_up_to_the_reports(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    for boundary, n_units in (("2021", 75), ("2025", 28)):
        at = open_page("phan-anh", "vi", ky="2021-08-01..2021-08-31", dg=boundary)
        communes = shown_table(at, "name_vi")
        assert (len(communes), communes["n_received"].sum()) == (n_units, 91)


def test_a_boundary_to_which_nothing_can_be_restated_says_so(
    made_up_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    assert "không quy đổi được" in said(open_page("phan-anh", "vi", ky="2025-08", dg="2021"))


def test_the_list_of_reports_narrows_down_to_what_is_overdue(
    made_up_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("phan-anh", "vi", ky="all")
    everything = table_keys(at, "feedback-rows")
    at.segmented_control(key="feedback-rows-state").set_value("open").run()
    assert not at.exception
    # A row chosen in one list must not choose whoever stands there in the next.
    assert everything and table_keys(at, "feedback-rows").isdisjoint(everything)
    rows = shown_table(at, "request_id")
    assert set(rows["state"]) == {"Chưa đóng, quá hạn"}
    assert (len(rows), rows["request_id"].iloc[0], rows["overdue_s"].iloc[0]) == (93, "PA-0", 41_187_300)


def test_walkers_are_no_vehicles(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    hours = shown_table(open_page("giao-thong", "vi"), "vehicles_per_hour")
    with connect(load_settings()) as con:
        passed = "select sum(n_passages) from marts.fct_camera_hours where label <> 'person' and month(hour_on) = 9"
        days = "select count(distinct online_on) from marts.fct_camera_days where month(online_on) = 9"
        expected = con.execute(f"select ({passed}) / ({days})").fetchone()
    assert expected == (pytest.approx(hours["vehicles_per_hour"].sum()),)


@pytest.mark.slow
def test_nothing_is_green_on_old_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with duckdb.connect(str(publish_made_up(tmp_path))) as con:
        con.execute("update marts.dim_sources set last_event_at = last_event_at - interval 400 day")
    monkeypatch.setenv("IOC_HOME", str(tmp_path))
    at = open_page("tong-quan", "vi")
    cards = [str(block.value) for block in at.markdown if "Mục tiêu" in str(block.value)]
    assert cards and "Số liệu cũ" in said(at)
    assert not [card for card in cards if ":green[" in card]


@pytest.mark.slow
def test_hostile_names_never_reach_markdown_unescaped(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    for path in PATHS:
        at = open_page(path, "vi", nguon="boston")
        for group in (at.markdown, at.caption, at.info, at.warning, at.subheader):
            assert HOSTILE not in [str(block.value) for block in group]
            assert not any("<b>" in str(block.value) or "**đậm**" in str(block.value) for block in group)


def test_a_server_opens_with_its_last_week(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("trung-tam-du-lieu", "vi")
    at.button(key="watched-down-host-mo-phong-may-chu-may-chu-04").click().run()
    assert not at.exception
    assert "**Ngừng từ:** 30/09/2021 15:00" in said(at)
    assert "Sự cố trong 7 ngày" in said(at)
    week = next(frame.value for frame in at.dataframe if "memory" in frame.value.columns)
    assert list(week["sampled_on"].astype(str))[::7] == ["2021-09-30", "2021-09-23"]


def test_articles_of_one_tone_are_listed_alone(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("truyen-thong", "vi", ky="2021-08")
    assert "120 trên 775 bài" in said(at)
    at.segmented_control(key="article-tone").set_value("negative").run()
    assert "120 trên 175 bài" in said(at)


def test_the_alert_on_the_wall_names_who_answers_for_it(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("man-hinh", "vi", ky="all")
    (alert,) = [str(block.value) for block in at.get("html") if "<section" in str(block.value)]
    assert '<section class="takeover" role="alert"><h2>! ' in alert
    assert "Đơn vị chịu trách nhiệm: " in alert


def test_check_filter_keeps_failures_only(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("chat-luong", "vi")
    assert len(at.dataframe[1].value) == 20
    at.toggle(key="check-failed").set_value(True).run()
    assert list(at.dataframe[1].value["result"]) == ["✗ Không đạt"] * 5


@pytest.mark.slow
def test_data_held_back_are_named_on_the_pages_they_would_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(publish_made_up(tmp_path))) as con:
        con.execute("update ops.check_results set is_success = false where slug = 'ticket' and severity = 'blocking'")
    monkeypatch.setenv("IOC_HOME", str(tmp_path))
    at_time = "của lần công bố 30/09/2021 17:01"
    held = {path: at_time in said(open_page(path, "vi")) for path in ("phan-anh", "chat-luong", "giao-thong")}
    assert held == {"phan-anh": True, "chat-luong": True, "giao-thong": False}


def test_sql_page_runs_one_select_and_refuses_the_rest(made_up_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    at = open_page("sql", "vi")
    at.button(key="sql-run").click().run()
    assert not at.exception
    assert "18 dòng · 5 cột" in said(at)
    assert "Dữ liệu mô phỏng" in said(at)
    at.text_area(key="sql-text").set_value("drop table kpi.kpi_values")
    at.button(key="sql-run").click().run()
    assert not at.exception
    assert "Không chạy được" in said(at)
    assert not at.dataframe


@pytest.mark.parametrize(
    ("sql", "is_synthetic"),
    [
        ("select 1", False),
        ("with u as (from seeds.units) select count(*) from u", False),
        ('select * from "Marts"."FCT_tickets" as t', True),
        ("select (select count(*) from kpi.kpi_values v)", True),
        ("explain select 1 from marts.fct_tickets", True),
        ("from query('from marts.fct_' || 'tickets')", True),
    ],
)
def test_a_result_of_made_up_rows_never_leaves_the_sql_page_unmarked(
    sql: str, is_synthetic: bool, made_up_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    assert reads_synthetic(load_settings(), sql) is is_synthetic


@pytest.mark.parametrize(("code", "verdict"), [("F2", "Khớp"), ("S1", "Lệch")])
def test_a_figure_computed_again_agrees_or_says_that_it_does_not(
    code: str, verdict: str, made_up_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOC_HOME", str(made_up_home))
    with connect(load_settings()) as con:
        asked = "select figure_id from kpi.kpi_values where code = ? and grain = 'all' and unit_code = '93'"
        (figure_id,) = con.execute(asked, [code]).fetchone() or ("",)
    at = open_page("chung-minh", "vi", id=figure_id)
    assert "Mã chỉ tiêu" in said(at)
    at.button[0].click().run()
    assert not at.exception
    assert [verdict in str(block.value) for block in (*at.success, *at.error)] == [True]


@pytest.mark.slow
def test_a_damaged_publication_is_named_and_not_called_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = publish_made_up(tmp_path)
    file.write_bytes(b"not a database")
    monkeypatch.setenv("IOC_HOME", str(tmp_path))
    at = open_page("phan-anh", "vi")
    assert not at.exception
    assert "Không đọc được số liệu" in at.error[0].value
    assert not at.code
