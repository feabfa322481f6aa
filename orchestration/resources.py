"""What assets are given: the lake and the declared sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import duckdb

from lake import tables
from lake.catalog import Catalog, open_catalog
from lake.settings import Settings, load_settings
from lake.simulator.server import Simulator
from lake.sources.declared import Source, load_sources


class LakeResource(dg.ConfigurableResource[None]):
    """The lake of the settings in force. Nothing is opened before an asset asks for it."""

    @property
    def settings(self) -> Settings:
        """Settings from the environment."""
        return load_settings()

    @contextmanager
    def catalog(self) -> Iterator[Catalog]:
        """The attached catalogue; its database runs for the block."""
        with open_catalog(self.settings) as catalog:
            yield catalog

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the raw tables present."""
        with self.catalog() as catalog, catalog_connection(catalog) as con:
            yield con


@contextmanager
def catalog_connection(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an open catalogue, raw tables present."""
    con = catalog.connect()
    try:
        tables.ensure_tables(con)
        yield con
    finally:
        con.close()


@contextmanager
def locations(settings: Settings, sources: Sequence[Source]) -> Iterator[Callable[[Source], str]]:
    """Function from a source to where to fetch it. The synthetic province is up for the block if a source names it."""
    if not any(source.is_synthetic for source in sources):
        yield lambda source: source.location
        return
    with Simulator(settings.home / "simulator") as simulator:
        yield lambda source: simulator.resolve(source.location) if source.is_synthetic else source.location


def declared(settings: Settings, slug: str | None = None) -> list[Source]:
    """Declared sources, all or of one slug."""
    return [s for s in load_sources(settings.sources_file) if slug is None or s.slug == slug]
