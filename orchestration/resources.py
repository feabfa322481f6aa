"""What assets are given: the lake and the declared sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import dagster as dg
import duckdb

from lake.catalog import Catalog, open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings, load_settings
from lake.simulator.server import CAMERAS, Simulator
from lake.sources.declared import Source, load_sources


class LakeResource(dg.ConfigurableResource[None]):
    """The lake of the settings in force. Nothing is opened before an asset asks for it."""

    @property
    def settings(self) -> Settings:
        """Settings from the environment."""
        return load_settings()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The session of this process if one is open (`ioc run` keeps one for all its steps), else one of its own."""
        if _open:
            yield _open[-1]
            return
        with open_session(self.settings) as session:
            yield session


@dataclass(frozen=True)
class Session:
    """An open catalogue and a connection with the raw tables present."""

    catalog: Catalog
    con: duckdb.DuckDBPyConnection


_open: list[Session] = []


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Open the lake for the block, for every LakeResource of this process; starting an engine costs a third of a
    second, and steps of an in-process run come one after another."""
    with open_catalog(settings) as catalog:
        con = catalog.connect()
        try:
            ensure_tables(catalog, con)
            _open.append(Session(catalog, con))
            try:
                yield _open[-1]
            finally:
                _open.pop()
        finally:
            con.close()


@contextmanager
def locations(settings: Settings, sources: Sequence[Source]) -> Iterator[Callable[[Source], str]]:
    """Function from a source to where to fetch it. One synthetic province is up for the block if a source names it."""
    if not any(source.has_standing_clock for source in sources):
        yield lambda source: source.location
        return
    if _provinces:
        yield partial(_locate, _provinces[-1])
        return
    with Simulator(settings.home / "simulator") as simulator:
        if len(sources) > 1 and any(source.location == CAMERAS for source in sources):
            simulator.write_ahead()
        _provinces.append(simulator)
        try:
            yield partial(_locate, simulator)
        finally:
            _provinces.pop()


_provinces: list[Simulator] = []


def _locate(simulator: Simulator, source: Source) -> str:
    return simulator.resolve(source.location) if source.has_standing_clock else source.location


def declared(settings: Settings, slug: str | None = None) -> list[Source]:
    """Declared sources, all or of one slug."""
    return [s for s in load_sources(settings.sources_file) if slug is None or s.slug == slug]
