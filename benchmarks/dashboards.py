"""What a reader of the dashboards waits for: `python -m benchmarks.dashboards HOME`, HOME a demo that was published.

- `figures`: every question every page asks, on the published file and on one of a year and 100M camera events.
- `sessions`: one reader, then many at once, through Streamlit's own protocol without a browser: time of the server's
  script for a page opened, drawn again and drawn for another period; memory of the server.
- `wall`: the wall in a real browser for some minutes; memory of server and page at the end and after the first minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import year_file

ROOT = Path(__file__).parents[1]
APP = ROOT / "dashboards" / "app.py"
REPEAT = 5
BUDGET_MS = 50.0
PERIODS = ("2021-08", "2021-07", "2021-06", "all", "2021")


def figures(home: Path, grown: Path) -> None:
    """Median time of every question asked by any page, on both files; the slowest, and how many pass the budget."""
    asked = _asked(home)
    small, large = _timed(home, asked), _timed(grown, asked)
    over = [name for name, ms in large.items() if ms > BUDGET_MS]
    print(f"{len(asked)} questions of {len({name for name, _ in asked})} kinds, median of {REPEAT}:", end=" ")
    print(f"{statistics.median(large.values()):.0f} ms, slowest {max(large.values()):.0f} ms;", end=" ")
    print(f"over {BUDGET_MS:.0f} ms: {', '.join(sorted(over)) or 'none'}")
    for name in sorted(large, key=large.__getitem__, reverse=True)[:8]:
        print(f"{name:24} {large[name]:6.1f} ms, of the published file {small[name]:6.1f} ms")
    print(f"a year / published, median of all: {statistics.median(large[n] / small[n] for n in large):.2f}")


def _asked(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every question and its parameters, as the pages ask them in their default view and for the whole span."""
    from streamlit.testing.v1 import AppTest

    import dashboards.figures
    from dashboards.app import PAGES

    os.environ["IOC_HOME"] = str(home)
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    answer = dashboards.figures._ask.__wrapped__

    def note(run_id: str, file: str, question: str, parameters: dict[str, Any], *rest: Any) -> Any:
        found[f"{question} {parameters}"] = (question, parameters)
        return answer(run_id, file, question, parameters, *rest)

    dashboards.figures._ask = note
    first = AppTest.from_file(str(APP), default_timeout=300).run()
    keys = {page["url_pathname"]: key for key, page in first._registered_pages.items()}
    for entry in PAGES:
        for query in ({}, {"ky": "all"}):
            page = AppTest.from_file(str(APP), default_timeout=300)
            page._page_hash = keys[entry.path]
            for name, value in query.items():
                page.query_params[name] = value
            page.run()
    return list(found.values())


def _timed(home: Path, asked: list[tuple[str, dict[str, Any]]]) -> dict[str, float]:
    """Question -> the slowest of its medians (ms), through a file that is open, as the pages keep it."""
    from dashboards.figures import sql_of
    from lake.serving import connect
    from lake.settings import Settings

    settings = Settings(home=home)
    slowest: dict[str, float] = {}
    with connect(settings) as opened:
        for question, parameters in asked:
            times = []
            for _ in range(REPEAT):
                begun = time.perf_counter()
                with opened.cursor() as con:
                    con.execute("set TimeZone = 'UTC'")
                    con.execute(sql_of(question), parameters or None).pl()
                times.append(1000 * (time.perf_counter() - begun))
            slowest[question] = max(slowest.get(question, 0.0), statistics.median(times))
    return slowest


@contextmanager
def _served(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)],
        cwd=ROOT, env={**os.environ, "IOC_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20


class Reader:
    """One session as a browser would hold it, without drawing."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._socket: Any = None

    async def open(self, path: str, query: str) -> float:
        """Open a page; returns the time of the server's script (ms)."""
        self._socket = await websockets.connect(f"ws://{self._address}/_stcore/stream", max_size=None)
        return await self.draw(path, query)

    async def draw(self, path: str, query: str) -> float:
        """Draw a page for a query string; returns as `open`."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = path
        begun = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while True:
            said = ForwardMsg()
            said.ParseFromString(await self._socket.recv())
            is_end = said.WhichOneof("type") == "script_finished"
            if is_end and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return 1000 * (time.perf_counter() - begun)

    async def close(self) -> None:
        """End the session."""
        await self._socket.close()


def sessions(home: Path, n: int) -> None:
    """One reader, then `n` at once who change the period again and again."""
    with _served(home) as (address, process):
        alone = asyncio.run(_alone(address))
        before = _mb(process)
        opened, changed = asyncio.run(_together(address, n))
        print(f"one reader: first page {alone[0]:.0f} ms, the same page cached {statistics.median(alone[1:]):.0f} ms")
        print(
            f"{n} readers at once: page p95 {_p95(opened):.0f} ms, another period p95 {_p95(changed):.0f} ms, ", end=""
        )
        print(f"server {before:.0f} MB before, {_mb(process):.0f} MB after")
        print(f"{n} at once / alone: {_p95(changed) / statistics.median(alone[1:]):.1f}")


async def _alone(address: str) -> list[float]:
    reader = Reader(address)
    times = [await reader.open("tong-quan", "ky=2021-09")]
    times += [await reader.draw("tong-quan", "ky=2021-09") for _ in range(10)]
    await reader.close()
    return times


async def _together(address: str, n: int) -> tuple[list[float], list[float]]:
    """Readers open their pages within a minute and then read: each waits some seconds between two changes."""
    readers = [Reader(address) for _ in range(n)]
    pages = ("tong-quan", "phan-anh", "trung-tam-du-lieu", "giao-thong", "dich-vu-cong")

    async def read(number: int, reader: Reader) -> tuple[float, list[float]]:
        path = pages[number % len(pages)]
        await asyncio.sleep(number * 0.5)
        first = await reader.open(path, "ky=2021-09")
        times = []
        for turn in range(len(PERIODS)):
            await asyncio.sleep(4 + number % 5)
            times.append(await reader.draw(path, f"ky={PERIODS[(turn + number) % len(PERIODS)]}"))
        return first, times

    results = await asyncio.gather(*(read(*pair) for pair in enumerate(readers)))
    for reader in readers:
        await reader.close()
    return [first for first, _ in results], [ms for _, times in results for ms in times]


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(0.95 * len(times)) - 1)]


def wall(home: Path, minutes: int) -> None:
    """The wall in Chromium; memory once it has settled and at the end."""
    from playwright.sync_api import sync_playwright

    with _served(home) as (address, process), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://{address}/man-hinh")
        measures = page.context.new_cdp_session(page)

        def heap() -> float:
            measures.send("HeapProfiler.collectGarbage")
            return float(measures.send("Runtime.getHeapUsage")["usedSize"]) / 2**20

        page.wait_for_timeout(90_000)  # every scene once
        first = _mb(process), heap()
        page.wait_for_timeout(minutes * 60_000 - 90_000)
        last = _mb(process), heap()
        browser.close()
    print(f"wall, {minutes} min: server {first[0]:.0f} → {last[0]:.0f} MB ({last[0] / first[0]:.2f}), ", end="")
    print(f"page {first[1]:.1f} → {last[1]:.1f} MB ({last[1] / first[1]:.2f})")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--only", choices=("figures", "sessions", "wall"))
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ioc-benchmark-") as folder:
        grown = Path(folder) / "home"
        rows = year_file.write(given.home, grown)
        print("rows: " + ", ".join(f"{table} {n:,}" for table, n in rows.items()))
        if given.only in (None, "figures"):
            figures(given.home, grown)
        if given.only in (None, "sessions"):
            sessions(grown, given.sessions)
        if given.only in (None, "wall"):
            wall(grown, given.minutes)


if __name__ == "__main__":
    main()
