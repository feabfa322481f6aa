"""How long the lake keeps rows and payloads, by a dated policy, and their deletion.

Age is counted from the time of the event (quarantine and checks: of their writing), on the clock of the source: the
synthetic province stands still, and its rows must not vanish because the years pass outside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lake import clock
from lake.errors import SettingsError
from lake.schema import CONTRACTS, QUARANTINE
from lake.settings import Settings

FILE = "retention.toml"
SHIPPED = Path(__file__).with_name(FILE)


class Rule(BaseModel):
    """How long one table, or the payloads of one slug (`landing.<slug>`), may be kept, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    keep_days: int = Field(ge=1)
    valid_from: date
    purpose: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)


class _Hours(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: int = Field(ge=1)  # less would take files from under running readers and writers


class _Days(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(ge=1)


class Policy(BaseModel):
    """The content of `retention.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    history: _Hours
    orphans: _Hours
    logs: _Days
    rule: tuple[Rule, ...]

    def in_force(self, day: date) -> dict[str, Rule]:
        """The rule of each table that has one on `day`."""
        dated = sorted((rule for rule in self.rule if rule.valid_from <= day), key=lambda rule: rule.valid_from)
        return {rule.table: rule for rule in dated}


def load_policy(settings: Settings) -> Policy:
    """The home's `retention.toml`, or the one shipped. Raises SettingsError naming the entry that cannot be used."""
    own = settings.home / FILE
    file = own if own.exists() else SHIPPED
    try:
        policy = Policy.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML ({error}); correct it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{file}: {where} cannot be used ({first['msg']}); correct it.") from None
    known = {*AGE, *(f"landing.{contract.slug}" for contract in CONTRACTS.values())}
    if unknown := {rule.table for rule in policy.rule} - known:
        raise SettingsError(f"{file} has rules for {', '.join(sorted(unknown))}; only {', '.join(sorted(known))} age.")
    return policy


@dataclass(frozen=True)
class Age:
    """Where the age of a table's rows is read: a column, counted on the source's own clock or on the wall clock."""

    column: str
    is_on_source_clock: bool
    only: str = "true"  # condition of the rows that age at all


AGE: Mapping[str, Age] = {
    **{f"raw.{contract.table}": Age(contract.event_at, is_on_source_clock=True) for contract in CONTRACTS.values()},
    # A series is told once and named by its samples for as long as they come.
    "raw.server__series": Age(
        "first_at",
        is_on_source_clock=True,
        only="not exists (from lake.raw.server__samples s where s.source = t.source and s.series_id = t.series_id)",
    ),
    f"raw.{QUARANTINE}": Age("quarantined_at", is_on_source_clock=False),
    # That a batch was checked is known by its results alone.
    "ops.check_results": Age("checked_at", is_on_source_clock=False, only="batch_id is null"),
}


@dataclass(frozen=True)
class Removed:
    """Rows of one table removed under `rule`; `oldest_left_at` is the age of what stays, None for an empty table."""

    rule: Rule
    n_rows: int
    oldest_left_at: datetime | None


def remove_rows(con: duckdb.DuckDBPyConnection, rule: Rule, now: datetime) -> Removed:
    """Delete the rows of one table that are older than its rule allows, in the caller's transaction."""
    age = AGE[rule.table]
    kept = timedelta(days=rule.keep_days)
    cutoff = "?::timestamptz"
    cutoffs = [now - kept]
    if age.is_on_source_clock:
        cutoff = (
            "case when t.source in (from lake.ops.sources select source where is_synthetic) "
            "then ?::timestamptz else ?::timestamptz end"
        )
        cutoffs = [clock.now(is_standing=True) - kept, now - kept]
    is_old = f't."{age.column}" < {cutoff} and {age.only}'
    # A delete that finds nothing would still be a commit, and disturb writers.
    found = con.execute(f"select count(*) from lake.{rule.table} t where {is_old}", cutoffs).fetchone()
    assert found is not None
    if found[0]:
        con.execute(f"delete from lake.{rule.table} t where {is_old}", cutoffs)
    oldest = con.execute(f'select min("{age.column}") from lake.{rule.table}').fetchone()
    return Removed(rule, int(found[0]), oldest[0] if oldest else None)


def remove_payloads(
    con: duckdb.DuckDBPyConnection, settings: Settings, rules: Mapping[str, Rule], now: datetime
) -> int:
    """Delete landed payloads older than their slug's rule; returns how many.

    Only what a commit or a refusal has on record goes: bytes nobody has read yet are never old.
    """
    n_removed = 0
    for slug in sorted({contract.slug for contract in CONTRACTS.values()}):
        if (rule := rules.get(f"landing.{slug}")) is None:
            continue
        received = con.execute(
            "select source, sha256, max(recorded_at) from ("
            "  select o.source, o.sha256, o.received_at as recorded_at from lake.ops.objects o"
            "  union all select r.source, r.sha256, r.refused_at from lake.ops.refusals r) "
            "semi join (from lake.ops.sources where slug = ? and not is_synthetic) using (source) "
            "group by all having max(recorded_at) < ?",
            [slug, now - timedelta(days=rule.keep_days)],
        ).fetchall()
        for source, digest, _ in received:
            payload = settings.landing / source / digest[:2] / digest
            n_removed += payload.exists()
            payload.unlink(missing_ok=True)
            payload.with_suffix(".json").unlink(missing_ok=True)
    return n_removed
