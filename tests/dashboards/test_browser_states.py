"""Every page in every state of its data, in both languages, as a leader sees it: nothing clipped, nothing on top of
something else, figures and days written as the language writes them.

`IOC_DEMO_HOME` names a demo that is there already, else one is made. `IOC_SCREENS` names a folder for the pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from dashboards.app import PAGES
from tests.dashboards.serving_file import publish_made_up
from tests.dashboards.test_browser import BASE_PATH_PROBE, CHROMIUM, draw, serve

sync_api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt-get install chromium)"),
]

STATES = ("demo", "empty", "stale", "held")
STALE = "update marts.dim_sources set last_event_at = last_event_at - interval 400 day"
HELD = "update ops.check_results set is_success = false where severity = 'blocking'"
# Text that is there but cut off, and text that lies over other text. Tables and charts are drawings, not text.
TROUBLE = (Path(__file__).parent / "trouble.js").read_text(encoding="utf-8")
ENGLISH_FIGURE = re.compile(r"\d\.\d+\s?%|\b20\d\d-\d\d-\d\d\b")
VIETNAMESE_FIGURE = re.compile(r"\d,\d{1,2}\s?%|\b\d\d/\d\d/20\d\d\b")
AS_WRITTEN = ("sql", "chung-minh", "danh-muc")  # pages that show SQL, ids and names letter for letter


class Shown(NamedTuple):
    state: str
    address: str


def _home(state: str, folder: Path) -> Path:
    if state == "demo":
        if "IOC_DEMO_HOME" in os.environ:
            return Path(os.environ["IOC_DEMO_HOME"])
        ioc = Path(sys.executable).with_name("ioc")
        subprocess.run([str(ioc), "demo"], env=os.environ | {"IOC_HOME": str(folder)}, check=True, capture_output=True)
    elif state != "empty":
        with duckdb.connect(str(publish_made_up(folder))) as con:
            con.execute(STALE if state == "stale" else HELD)
    return folder


@pytest.fixture(scope="module", params=STATES)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    for address in serve(_home(request.param, tmp_path_factory.mktemp(request.param))):
        yield Shown(request.param, address)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_can_be_read(shown: Shown, browser: sync_api.Browser, lang: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "request",
        lambda sent: (
            None
            if sent.url.startswith((shown.address, shown.address.replace("http", "ws"), "data:", "blob:"))
            else faults.append(f"left the machine: {sent.url}")
        ),
    )
    page.on(
        "console",
        lambda said: (
            faults.append(said.text)
            if said.type == "error" and not BASE_PATH_PROBE.search(said.location.get("url", ""))
            else None
        ),
    )
    troubles: list[str] = []
    for path in [entry.path for entry in PAGES]:
        draw(page, f"{shown.address}/{path}?lang={lang}")
        found = [*faults, *_wide_and_narrow(page, shown, path, lang)]
        troubles += [f"{shown.state} {path} {lang}: {trouble}" for trouble in found]
        faults.clear()
    context.close()
    assert troubles == []


def _wide_and_narrow(page: sync_api.Page, shown: Shown, path: str, lang: str) -> list[str]:
    found: list[str] = []
    boxes = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
    found += [f"error box: {text}" for text in boxes.all_inner_texts()]
    for width in (1920,) if path == "man-hinh" else (390, 1440):  # the wall hangs in a room
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(800)
        height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(6000, max(900, height + 40))})
        page.wait_for_timeout(800)
        found += [f"at {width} px: {trouble}" for trouble in page.evaluate(TROUBLE)]
        if "IOC_SCREENS" in os.environ and (shown.state == "demo" or path in ("tong-quan", "phan-anh")):
            name = f"{shown.state}-{path}-{lang}-{width}.png".removeprefix("demo-")
            page.screenshot(path=str(Path(os.environ["IOC_SCREENS"]) / name))
    if path not in AS_WRITTEN:
        wrong = ENGLISH_FIGURE if lang == "vi" else VIETNAMESE_FIGURE
        text = page.inner_text('[data-testid="stMain"]')
        found += [f"written for the other language: {figure}" for figure in sorted(set(wrong.findall(text)))]
    return found
