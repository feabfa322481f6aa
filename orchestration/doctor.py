"""What the lake needs of the machine, examined one by one."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from lake.catalog import EXTENSIONS, OBJECT_STORE_EXTENSION, open_catalog
from lake.errors import IocError
from lake.serving import POINTER, published
from lake.settings import Settings, private_folder
from lake.sources.address import is_url
from lake.sources.declared import MQTT_SCHEMES, Source, load_sources
from orchestration import dbt_build

FREE_GB = 2
CONNECT_S = 3.0
DEFAULT_PORTS = {"http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    is_ok: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Findings in the order in which they build on each other; nothing is repaired."""
    steps: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("Python", _python),
        ("home", _home),
        ("disk", _disk),
        ("catalogue and extensions", _lake),
        ("dbt project", _dbt),
        ("sources", _sources),
        ("reachability", _reachability),
        ("publication", _publication),
    )
    for check, step in steps:
        try:
            yield Finding(check, True, step(settings))
        except (IocError, OSError) as error:
            yield Finding(check, False, str(error))


def _python(settings: Settings) -> str:
    if sys.version_info[:2] != (3, 11):
        raise OSError(f"Python {sys.version.split()[0]} runs; install Python 3.11 and run `make setup`.")
    return sys.version.split()[0]


def _home(settings: Settings) -> str:
    private_folder(settings.scratch)
    probe = settings.scratch / "doctor"
    probe.write_bytes(b"x")
    probe.unlink()
    return str(settings.home)


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home).free / 1e9
    if free < FREE_GB:
        raise OSError(f"{free:.1f} GB free; free at least {FREE_GB} GB or move IOC_HOME.")
    return f"{free:.0f} GB free"


def _lake(settings: Settings) -> str:
    with open_catalog(settings) as catalog:
        con = catalog.connect()
        try:
            row = con.execute("select count(*) from ducklake_snapshots('lake')").fetchone()
        finally:
            con.close()
    where = "IOC_CATALOG_URL" if settings.catalog_url else "embedded PostgreSQL"
    extensions = (*EXTENSIONS, OBJECT_STORE_EXTENSION) if settings.lake_url else EXTENSIONS
    return f"{where}, files in {settings.data_path}, {', '.join(extensions)}, {row[0] if row else 0} snapshots"


def _dbt(settings: Settings) -> str:
    return f"{dbt_build.manifest(settings).name} is up to date"


def _publication(settings: Settings) -> str:
    if not (settings.serving / POINTER).exists():
        return "none yet; run `ioc demo` or `ioc run`"
    current = published(settings)
    return f"run {current.run_id} of {current.published_at:%Y-%m-%d %H:%M} UTC"


def _sources(settings: Settings) -> str:
    sources = load_sources(settings.sources_file)
    if not sources:
        return f"none declared in {settings.sources_file}; copy sources.example.toml or run `ioc demo`"
    return ", ".join(f"{source.id} ({source.slug})" for source in sources)


def _reachability(settings: Settings) -> str:
    """Whether a server listens where sources.toml says; nothing is asked of it, and no session is touched."""
    wanted = {source.id: server for source in load_sources(settings.sources_file) if (server := _server(source))}
    if not wanted:
        return "no source lies on a server"
    with ThreadPoolExecutor(8) as pool:
        failures = dict(zip(wanted, pool.map(_refusal, wanted.values()), strict=True))
    if silent := [f"{identity} ({why})" for identity, why in failures.items() if why]:
        raise OSError(
            f"{', '.join(silent)} cannot be reached; check the address in sources.toml, the network and the firewall."
        )
    return f"{len(wanted)} servers answer"


def _server(source: Source) -> tuple[str, int] | None:
    """Host and port of a source's server; None for a file, a folder and the simulator."""
    if not is_url(source.location) and not source.location.startswith(MQTT_SCHEMES):
        return None
    address = urlsplit(source.location)
    return address.hostname or "", address.port or DEFAULT_PORTS[address.scheme.lower()]


def _refusal(server: tuple[str, int]) -> str:
    """Why no connection comes about; "" if it does."""
    try:
        socket.create_connection(server, timeout=CONNECT_S).close()
    except (OSError, UnicodeError) as error:
        host, port = server
        return f"{host}:{port}: {getattr(error, 'strerror', None) or error}"
    return ""
