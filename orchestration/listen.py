"""`ioc listen`: holds a source's session with its MQTT broker and brings every message into the lake, until stopped."""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from lake.errors import IocError, SettingsError
from lake.settings import Settings, load_settings
from lake.sources.base import HttpClient, Payload
from lake.sources.declared import Source, load_sources
from lake.sources.mqtt import BATCH_S, Subscription
from lake.sources.turn import sole_subscriber

log = logging.getLogger(__name__)

ROUND_S = 300.0  # a round is one harvest in the accounts: the age of the figures goes by it
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen(
    source: Annotated[str | None, typer.Argument(help="source id; needed where several have format mqtt")] = None,
) -> None:
    """Listen to an MQTT broker until Ctrl-C or SIGTERM; `ioc serve` runs this for every source with format mqtt."""
    settings = load_settings()
    chosen = _chosen(settings, source)
    stop = threading.Event()
    for number in STOPPING:
        signal.signal(number, lambda *_: stop.set())
    listen_to(settings, chosen, stop)


def listening_sources(settings: Settings) -> list[Source]:
    """Declared sources that need a listener."""
    return [source for source in load_sources(settings.sources_file) if source.format == "mqtt"]


def listen_to(settings: Settings, source: Source, stop: threading.Event, *, batch_s: float = BATCH_S) -> None:
    """Harvest round after round until `stop`; what fails is in the accounts, and tried again after a pause.

    A message is acknowledged once its batch is committed, or refused and kept. Raises SettingsError when another
    process listens already.
    """
    with sole_subscriber(settings, source.id) as is_alone:
        if not is_alone:
            raise SettingsError(f"Another process of this lake listens to {source.id} already; stop it first.")
        pause = FIRST_PAUSE_S
        while not stop.is_set():
            try:
                is_well = _rounds(settings, source, stop, batch_s)
            except IocError as failure:
                log.warning("%s", failure)
                is_well = False
            pause = FIRST_PAUSE_S if is_well else min(2 * pause, LONGEST_PAUSE_S)
            stop.wait(pause)


def _rounds(settings: Settings, source: Source, stop: threading.Event, batch_s: float) -> bool:
    """Rounds until one fails or `stop`; whether any went well."""
    from lake.catalog import open_catalog
    from lake.schema import ensure_tables
    from orchestration.harvest import harvest

    n_well = 0
    with (
        open_catalog(settings) as catalog,
        Subscription(source, source.location, batch_s=batch_s, is_stopped=stop.is_set, sleep=stop.wait) as subscription,
    ):
        con = catalog.connect()
        try:
            ensure_tables(catalog, con)
            fetch = partial(_fetch, subscription)
            while not stop.is_set():
                run_id = uuid.uuid4().hex
                outcome = harvest(catalog, con, source, run_id=run_id, location=source.location, fetch=fetch)
                if outcome.error:
                    log.warning("%s", outcome.error)
                    break
                n_well += 1
        finally:
            con.close()
    return n_well > 0


def _fetch(
    subscription: Subscription,
    source: Source,
    *,
    location: str,
    since: datetime | None,
    until: datetime,
    http: HttpClient,
) -> Iterator[list[Payload]]:
    """The connector of a round: the subscription outlives it."""
    yield from subscription.batches(for_s=ROUND_S)


def _chosen(settings: Settings, identity: str | None) -> Source:
    sources = listening_sources(settings)
    if identity is not None:
        sources = [source for source in sources if source.id == identity]
    if len(sources) == 1:
        return sources[0]
    if not sources:
        wanted = f" {identity}" if identity else ""
        raise SettingsError(f"No source{wanted} with format mqtt is declared; add it to {settings.sources_file}.")
    raise SettingsError(f"Several sources have format mqtt; name one: {', '.join(source.id for source in sources)}.")
