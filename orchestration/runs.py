"""One run from the terminal: harvest the declared sources, check, build, publish, in this process through Dagster."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from lake import clock
from lake.errors import ServingError, SettingsError
from lake.serving import Published, published
from lake.settings import Settings, private_folder
from lake.sources.declared import Source
from orchestration import due
from orchestration.checks import closed_gates, validate_new_batches
from orchestration.harvest import FETCH, Outcome, harvest
from orchestration.interrupts import interruptible
from orchestration.labelling import is_waiting, labelled_ahead
from orchestration.partitions import day_of
from orchestration.policies import INCREMENTAL, INSTANCE_YAML, INTERACTIVE
from orchestration.progress import report
from orchestration.replay import Replayed, replayable, unknown_batches
from orchestration.replay import replay as replay_source
from orchestration.resources import Session, declared, locations, open_session

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunReport:
    """How a run ended: the sentences of what failed, and the publication now in force (None: never published)."""

    failures: tuple[str, ...]
    published: Published | None


def run(settings: Settings, slugs: Sequence[str] = ()) -> RunReport:
    """Harvest the declared sources of `slugs` (all if none named), then build and publish what is there.

    A failed source does not keep the others from the publish; it is named in the report.
    Raises SettingsError when nothing is declared.
    """
    sources = [s for s in declared(settings) if not slugs or s.slug in slugs]
    if not sources:
        wanted = f" with slug {', '.join(slugs)}" if slugs else ""
        raise SettingsError(f"No source{wanted} is declared; add one to {settings.sources_file} or run `ioc demo`.")
    failures: list[str] = []
    with (
        open_session(settings) as session,
        dagster_instance(settings) as instance,
        locations(settings, sources),  # one synthetic province for all steps
        ExitStack() as meanwhile,
    ):
        definitions = _definitions()
        labels: Callable[[], object] | None = None
        order = list(dict.fromkeys(s.slug for s in sources))
        for slug in order:
            job = definitions.resolve_job_def(f"harvest_{slug}")
            day = _today([s for s in sources if s.slug == slug]) if job.partitions_def else None
            failures += _execute(job, instance, {INTERACTIVE: "true", INCREMENTAL: "true"}, day=day)
            if slug == "media" and slug != order[-1] and is_waiting(session.con):
                labels = meanwhile.enter_context(labelled_ahead(settings))
        if labels:
            report("media", "waiting for the labels of new articles")
            labels()
        failures += _build_and_publish(session, definitions, instance)
    return RunReport(tuple(failures), _current(settings))


def ingest(settings: Settings, sources: Sequence[Source], *, build: bool) -> tuple[list[Outcome], RunReport]:
    """Harvest sources that need not be declared (files and URLs from the command line), check, build, publish."""
    run_id = uuid.uuid4().hex
    if taken := {source.id for source in sources} & {source.id for source in declared(settings)}:
        raise SettingsError(f"Source {', '.join(taken)} is declared in sources.toml; choose another id with --source.")
    with open_session(settings) as session, locations(settings, sources) as locate:
        outcomes = [harvest(session.catalog, session.con, s, run_id=run_id, location=locate(s)) for s in sources]
        for slug in dict.fromkeys(s.slug for s in sources):
            validate_new_batches(session.con, slug, run_id)
        failures = [outcome.error for outcome in outcomes if outcome.error]
        if build:
            with dagster_instance(settings) as instance:
                failures += _build_and_publish(session, _definitions(), instance)
    return outcomes, RunReport(tuple(failures), _current(settings))


def replay(
    settings: Settings,
    ids: Sequence[str],
    *,
    since: datetime | None,
    batches: Sequence[str],
    build: bool,
) -> tuple[list[Replayed], RunReport]:
    """Read landed payloads of the sources again, all if none is named; check, build, publish.

    `since` and `batches` are those of `orchestration.replay.replay`. Raises SettingsError for an unknown source or
    batch.
    """
    run_id = uuid.uuid4().hex
    with open_session(settings) as session:
        sources, left_out = replayable(session.con, declared(settings), ids)
        if unknown := unknown_batches(session.con, [source.id for source in sources], batches):
            raise SettingsError(f"No delivery {', '.join(unknown)} of these sources is known; see `ops.batches`.")
        done = [
            replay_source(session.catalog, session.con, source, run_id=run_id, since=since, batches=batches)
            for source in sources
        ]
        failures = [failure for replayed in done for failure in replayed.failures]
        if build:
            with dagster_instance(settings) as instance:
                failures += _build_and_publish(session, _definitions(), instance)
    return [*done, *left_out], RunReport(tuple(failures), _current(settings))


@contextmanager
def dagster_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage of this lake, telemetry off."""
    home = private_folder(settings.dagster_home)
    file = home / "dagster.yaml"
    if not file.exists() or file.read_text() != INSTANCE_YAML:
        file.write_text(INSTANCE_YAML)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as instance:
        yield instance


def _definitions() -> dg.Definitions:
    from orchestration.definitions import defs

    return defs()


def _today(sources: Sequence[Source]) -> str:
    """The partition of one run, as of a schedule's tick: it goes on where the last one ended, whatever days those are.

    A materialisation of each of them would take Dagster ten milliseconds per day and table.
    """
    return day_of(max(clock.now(is_standing=source.has_standing_clock) for source in sources))


def _label(definitions: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    return _execute(definitions.resolve_job_def("label_media"), instance, {INTERACTIVE: "true"})


def _build_and_publish(session: Session, definitions: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    # Behind a closed gate nothing is built either: the publish says which checks closed it.
    for slug in FETCH:  # a failed source skips the checks of its slug; nothing goes out unchecked
        validate_new_batches(session.con, slug, uuid.uuid4().hex)
    failures = []
    if is_waiting(session.con):  # articles that cannot be labelled are published without
        failures = _label(definitions, instance)
    is_closed = bool(closed_gates(session.con))
    publish_only = is_closed or due.is_current(session.con, session.catalog.settings)
    report("warehouse", "held back" if is_closed else "nothing new" if publish_only else "starting")
    job = definitions.resolve_job_def("warehouse")
    selection = [dg.AssetKey(["published", "serving_file"])] if publish_only else None
    with session.catalog.lock("warehouse"):  # two builds at once would refuse each other's commits
        return failures + _execute(job, instance, {INTERACTIVE: "true"}, selection=selection)


def _execute(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    tags: dict[str, str],
    *,
    day: str | None = None,
    selection: Sequence[dg.AssetKey] | None = None,
) -> list[str]:
    """Run a job in this process; the sentences of its failed steps, [] when all went well.

    Raises KeyboardInterrupt if Ctrl-C came meanwhile: Dagster takes it for a failed step, or no failure at all.
    """
    with interruptible():
        result = job.execute_in_process(
            run_config=QUIET,
            instance=instance,
            tags=tags,
            partition_key=day,
            raise_on_error=False,
            asset_selection=selection,
        )
    # A failed blocking check is told by the publish it stops, in words.
    failed = [event for event in result.all_events if event.is_step_failure and not _is_check(event)]
    return [_sentence(event) for event in failed]


def _is_check(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error
    return error is not None and error.cls_name == "DagsterAssetCheckFailedError"


def _sentence(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error.cause if failure.error and failure.error.cause else failure.error
    return f"{event.step_key}: {error.message.strip() if error else 'failed'}"


def _current(settings: Settings) -> Published | None:
    try:
        return published(settings)
    except ServingError:
        return None
