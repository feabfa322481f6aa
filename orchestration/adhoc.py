"""Sources given on the command line instead of in sources.toml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from lake.contracts.profile import Slug
from lake.errors import SettingsError
from lake.sources.declared import FORMATS, Source, declare, load_profile


def adhoc_sources(
    slug: Slug,
    locations: Sequence[str],
    *,
    format: str | None,
    profile: str | None,
    identity: str | None,
    unit: str | None = None,
    zone: str | None = None,
) -> list[Source]:
    """One Source per file or URL, all under one id: the given one, else the profile's name, else the first name.

    Without `unit` it speaks for the profile's unit, else for itself: a stranger's file is no figure of the province.
    Raises SettingsError for a profile of another slug or an unknown format.
    """
    declared_format = format
    if profile is not None:
        loaded = load_profile(profile)
        if loaded.slug != slug:
            raise SettingsError(f"Profile {profile} is for {loaded.slug} sources; choose one for {slug}.")
        declared_format = format or loaded.format
    given = {"profile": profile, "unit_code": unit, "time_zone": zone}
    name = identity or _identity(profile or locations[0])
    return [
        declare(
            name,
            slug=slug,
            format=declared_format or _guess(slug, location),
            location=location,
            name_vi=name,
            name_en=name,
            **{key: value for key, value in given.items() if value is not None},
        )
        for location in locations
    ]


def _guess(slug: Slug, location: str) -> str:
    """Some formats are told by the ending of the file; anything else is the slug's first format."""
    path = urlsplit(location).path.lower()
    if slug == "server" and "zbx_export" in path:
        return "zabbix"
    if slug in ("ticket", "server") and path.endswith((".csv", ".csv.gz")):
        return "csv"
    if slug == "ticket" and path.endswith(".xml"):
        return "open311-xml"
    if slug == "ticket" and path.endswith((".xlsx", ".xls", ".xlsb", ".ods")):
        return "excel"
    if slug == "server" and (path.endswith((".txt", ".prom")) or path.rstrip("/").endswith("/metrics")):
        return "openmetrics"
    if slug == "indicator":
        endings = {".json": "jsonstat", ".px": "px", ".xml": "sdmx", ".csv": "worldbank"}
        return next((format for ending, format in endings.items() if path.endswith(ending)), FORMATS[slug][0])
    return FORMATS[slug][0]


def _identity(text: str) -> str:
    parts = urlsplit(text)
    base = f"{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else re.split(r"[/\\]", text)[-1]
    stem = re.sub(r"\.(toml|csv|xlsx|xlsb|xls|ods|json|ndjson|jsonl|xml|txt|prom|gz)\b", "", base.lower())
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:60] or "adhoc"
