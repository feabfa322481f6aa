"""Every page in a real browser: nothing leaves the machine, nothing breaks, nothing scrolls sideways."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.app import PAGES
from tests.dashboards.serving_file import HOSTILE

sync_api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
APP = Path(__file__).parents[2] / "dashboards" / "app.py"
# On the first load of an inner page Streamlit looks for its own base path and is told 404 once or twice.
BASE_PATH_PROBE = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")
TOO_WIDE = """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
    .some(box => box.scrollWidth > window.innerWidth + 1)"""
DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt-get install chromium)"),
]


def serve(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Started from another folder: the app's own configuration must be found all the same.
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)],
        cwd=home,
        env={**os.environ, "IOC_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        else:
            pytest.fail("the dashboard did not answer within 30 s")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def address(made_up_home: Path) -> Iterator[str]:
    yield from serve(made_up_home)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield found
        found.close()


@pytest.fixture
def page(browser: sync_api.Browser, address: str) -> Iterator[sync_api.Page]:
    """A page that notes every request outside the machine, every failed one and every console error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    opened = context.new_page()
    opened.faults = []  # type: ignore[attr-defined]
    faults = opened.faults  # type: ignore[attr-defined]

    def on_request(sent: sync_api.Request) -> None:
        if not sent.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
            faults.append(f"left the machine: {sent.url}")

    def on_response(answer: sync_api.Response) -> None:
        if answer.status >= 400 and not BASE_PATH_PROBE.search(answer.url):
            faults.append(f"{answer.status}: {answer.url}")

    def on_console(message: sync_api.ConsoleMessage) -> None:
        if message.type == "error" and not BASE_PATH_PROBE.search(message.location.get("url", "")):
            faults.append(f"console: {message.text}")

    opened.on("request", on_request)
    opened.on("response", on_response)
    opened.on("console", on_console)
    opened.on("pageerror", lambda error: faults.append(f"script: {error}"))
    opened.on("websocket", on_request)
    yield opened
    context.close()


def draw(page: sync_api.Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("h1", timeout=20_000)
    page.wait_for_selector(DRAWN, timeout=20_000)
    page.wait_for_timeout(250)


def settle(page: sync_api.Page, trouble: str) -> None:
    """Charts take their new width some time after the window has it, longer on a busy machine."""
    for _ in range(40):
        page.wait_for_timeout(250)
        if not page.evaluate(TOO_WIDE):
            return
    pytest.fail(trouble)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_are_whole_and_stay_on_the_machine(page: sync_api.Page, address: str, lang: str) -> None:
    for path in [entry.path for entry in PAGES]:
        draw(page, f"{address}/{path}?lang={lang}")
        assert page.faults == [], path  # type: ignore[attr-defined]
        assert page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count() == 0, path
        page.wait_for_function("lang => document.documentElement.lang === lang", arg=lang, timeout=5_000)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            settle(page, f"{path} scrolls sideways at {width} px")
        page.set_viewport_size({"width": 1440, "height": 900})
        assert page.locator("h1").count() == 1


def test_figures_are_vietnamese_in_an_american_browser(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/phan-anh?ky=all")
    text = page.inner_text('[data-testid="stMain"]')
    assert "93,5%" in text
    assert "1.329 phản ánh đã xử lý / 1.422 phản ánh tiếp nhận" in text
    assert "30/09/2021 17:00" in text
    assert "1,422" not in text


def test_hostile_text_is_shown_letter_for_letter(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/phan-anh")
    note = page.get_by_text("Số công bố lấy từ").first
    assert HOSTILE in note.inner_text().replace("\u200b", "")
    assert note.locator("b, strong, a, img, span[style]").count() == 0


def test_a_page_is_taken_out_as_paper_and_noted_in_the_journal(
    page: sync_api.Page, address: str, made_up_home: Path
) -> None:
    draw(page, f"{address}/doi-chieu")
    page.get_by_role("button", name="Tải trang này").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.suggested_filename == "mo-phong-doi-chieu-2021-08.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    line = json.loads((made_up_home / "exports.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (line["kind"], line["is_synthetic"], line["titles"]) == ("pdf", True, ["Mọi số đã công bố"])
    assert page.faults == []  # type: ignore[attr-defined]


def test_filters_write_the_address_and_phones_fold_them(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/phan-anh?ky=2021-13")
    page.get_by_text("“2021-13”").wait_for()
    page.get_by_role("radio", name="Quý").or_(page.get_by_role("button", name="Quý", exact=True)).first.click()
    page.wait_for_url(re.compile("ky=quarter"), timeout=10_000)
    page.get_by_text("Bộ lọc: Quý 2/2021").wait_for(state="attached", timeout=10_000)
    page.set_viewport_size({"width": 390, "height": 900})
    assert not page.get_by_role("combobox", name="Kỳ").is_visible()
    page.get_by_text("Bộ lọc: Quý 2/2021").click()
    page.get_by_role("combobox", name="Kỳ").wait_for(timeout=10_000)


def test_charts_speak_vietnamese_and_have_a_description(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/giao-thong")
    chart = page.locator('[data-testid="stVegaLiteChart"]').first
    chart.locator("canvas, svg").first.wait_for(timeout=10_000)
    # The drawing is there before its description: wait for both.
    page.get_by_label("Lưu lượng theo giờ trong ngày").first.wait_for(state="attached", timeout=10_000)


def click_in(page: sync_api.Page, chart: int, across: float, down: float) -> None:
    drawing = page.locator('[data-testid="stVegaLiteChart"]').nth(chart)
    drawing.locator("canvas, svg").first.wait_for(timeout=10_000)
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


def test_a_click_on_a_map_chooses_the_unit_and_a_click_on_a_camera_opens_it(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/phan-anh?ky=all")
    click_in(page, 3, 0.5, 0.5)
    page.wait_for_url(re.compile("dv=3"), timeout=10_000)
    draw(page, f"{address}/giao-thong?ky=all")
    for down in (0.52, 0.54, 0.56, 0.58):  # twelve cameras on one straight road: one of these hits the sixth
        click_in(page, 0, 0.5, down)
        page.wait_for_timeout(1_000)
        if page.get_by_role("dialog").count():
            break
    page.get_by_role("dialog").get_by_text("Camera QL1A-").wait_for(timeout=10_000)
    assert page.faults == []  # type: ignore[attr-defined]


def test_language_and_source_travel_in_the_address(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/phan-anh?lang=en&nguon=boston&ky=all")
    assert "40 reports received" in page.inner_text('[data-testid="stMain"]')
    page.get_by_role("link", name="Data quality").first.click()
    page.wait_for_selector("h1:has-text('Data quality')")
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(300)
    assert page.url.startswith(f"{address}/chat-luong")
    assert "lang=en" in page.url
    page.get_by_role("radio", name="VI").or_(page.get_by_role("button", name="VI", exact=True)).first.click()
    page.wait_for_selector("h1:has-text('Chất lượng dữ liệu')", timeout=10_000)


def test_the_root_address_leads_to_the_overview(page: sync_api.Page, address: str) -> None:
    draw(page, address)
    page.wait_for_url(f"{address}/tong-quan*", timeout=10_000)
    assert page.faults == []  # type: ignore[attr-defined]


def test_ctrl_enter_runs_the_query_while_typing(page: sync_api.Page, address: str) -> None:
    draw(page, f"{address}/sql")
    page.locator("textarea").fill("select 6 * 7 as answer")
    page.locator("textarea").press("Control+Enter")
    page.get_by_text("1 dòng · 1 cột").wait_for(timeout=15_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải CSV").click()
    saved = download.value.path()
    assert Path(saved).read_bytes() == b"\xef\xbb\xbfanswer\r\n42\r\n"
    assert page.faults == []  # type: ignore[attr-defined]
