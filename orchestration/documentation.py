"""The data dictionary: dbt's own documentation site as one file, descriptions in both languages, served on loopback."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

from lake.settings import Settings, private_folder
from orchestration import dbt_build
from orchestration.descriptions import bilingual
from orchestration.resources import open_session

PAGE = "index.html"


def write_site(settings: Settings) -> Path:
    """Generate the documentation of the warehouse as it is in the lake; returns the page, one file without any other.

    Raises BuildFailed if dbt cannot.
    """
    with open_session(settings) as session, dbt_build.environment(settings, session.catalog.dsn):
        command = [str(dbt_build.DBT), "docs", "generate", "--project-dir", str(dbt_build.PROJECT), "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise dbt_build.BuildFailed(
            f"The documentation cannot be written ({(done.stdout + done.stderr).strip()[-500:]}); run `ioc run` first."
        )
    manifest = json.loads((settings.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
        for described in (node, *node["columns"].values()):
            described["description"] = _both(described["description"])
    # What `dbt docs generate --static` does, with these descriptions.
    page = files("dbt.task.docs").joinpath(PAGE).read_text(encoding="utf-8")
    catalog = (settings.dbt_target / "catalog.json").read_text(encoding="utf-8")
    page = page.replace('"MANIFEST.JSON INLINE DATA"', _inline(manifest))
    page = page.replace('"CATALOG.JSON INLINE DATA"', _inline(json.loads(catalog)))
    target = private_folder(settings.dbt_target / "docs") / PAGE
    target.write_text(page, encoding="utf-8")
    return target


def server(page: Path, port: int) -> ThreadingHTTPServer:
    """A web server of the page's folder on loopback, not yet running; port 0 takes a free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=str(page.parent)))


def _both(description: str) -> str:
    vietnamese, english = bilingual(description)
    return " / ".join(filter(None, (vietnamese, english)))


def _inline(document: Any) -> str:
    """JSON inside a script element: no text of a model may end it."""
    return json.dumps(document, ensure_ascii=False).replace("</", "<\\/")
