"""What the owner declares: source instances (`sources.toml`) and column profiles (small TOML files)."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from lake.contracts.profile import Format, Profile, Slug, ZoneName
from lake.errors import SettingsError
from lake.sources.address import is_url, shown

FORMATS: dict[Slug, tuple[Format, ...]] = {
    "ticket": ("open311", "open311-xml", "csv", "excel"),
    "server": ("prometheus", "openmetrics", "csv", "zabbix"),
    "media": ("feed", "sitemap", "article", "outlets", "posts", "form"),
    "camera": ("ndjson", "mqtt", "frigate_update", "onvif", "isapi", "axis", "counts", "registry"),
    "indicator": ("gso", "jsonstat", "px", "sdmx", "worldbank", "form"),
    "place": ("csv", "markdown", "geojson"),
    "dossier": ("form",),
    "document": ("form",),
    "task": ("form",),
    "system": ("form",),
}
PROFILED = frozenset({"csv", "excel", "counts", "registry"})  # formats whose columns only a profile can tell
PRESENT_STATE = frozenset({"registry", "outlets"})  # formats that say what is so now, not since when
MQTT_SCHEMES = ("mqtt://", "mqtts://")
SIMULATOR = "simulator:"
SIMULATOR_MARKER = ".simulator.json"  # the simulator leaves it beside the files it writes
PROFILE_FOLDER = Path(__file__).parent / "profiles"
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/")  # one letter is a Windows drive


class Source(BaseModel):
    """One source instance. `id` is the `source` column of every table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    slug: Slug
    format: Format
    location: str = Field(min_length=1)  # URL, file, folder, or simulator:/path
    name_vi: str
    name_en: str
    profile: Profile | None = None
    # the unit it speaks for; by default only for itself, so that a stranger's data are no figure of the province
    unit_code: str = Field(default_factory=lambda fields: fields.get("id", ""))
    time_zone: ZoneName = "Asia/Ho_Chi_Minh"  # whose calendar days the KPIs use
    schedule: str = Field(default="*/15 * * * *", pattern=r"^[\d*/,-]+( [\d*/,-]+){2} [\d*/,A-Za-z-]+ [\d*/,A-Za-z-]+$")
    freshness_s: int = Field(default=86_400, gt=0)  # promise: data older than this is late
    first_day: date | None = None  # where a time-partitioned history begins
    step_s: int = Field(default=60, gt=0)  # expected sampling interval; prometheus, undeclared: its targets' own
    queries: tuple[str, ...] = ("up",)  # prometheus only, over all steps
    instant_queries: tuple[str, ...] = ()  # prometheus only, once a harvest
    # nothing made of it is a real figure; said by whoever declares a simulator, always so for the built-in one's places
    is_synthetic: bool = Field(default_factory=lambda fields: _stands(fields.get("location", "")))
    is_crawled: bool = False  # media only: the pages its items lead to are read too
    # mqtt only; the password itself stands in neither sources.toml nor the address
    topics: tuple[str, ...] = ("frigate/events", "frigate/tracked_object_update", "frigate/stats")
    user: str | None = None
    password_file: Path | None = None
    password_variable: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")  # of the environment
    ca_file: Path | None = None  # certificate of the broker's own authority; else those of the system

    @field_validator("location")
    @classmethod
    def _no_other_scheme(cls, location: str) -> str:
        """Taken for a path, a mistyped address would show its password in a sentence about a missing file."""
        location = location.strip()
        is_known = is_url(location) or location.startswith((SIMULATOR, *MQTT_SCHEMES))
        if _SCHEME.match(location) and not is_known:
            raise ValueError("it begins neither with http:// nor https://, and a file is named by its path alone")
        if location.startswith(MQTT_SCHEMES) and "@" in location:
            raise ValueError("a user and password do not belong in the address; write user and password_file")
        return location

    @property
    def is_undated(self) -> bool:
        """Each delivery is the source's present state, whose records do not say when they changed."""
        if self.slug == "place" or self.format in PRESENT_STATE:
            return True
        if self.format not in ("csv", "excel", "zabbix"):
            return False
        return self.profile is None or "updated_at" not in self.profile.columns

    @field_validator("is_synthetic")
    @classmethod
    def _stays_synthetic(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and _stands(info.data.get("location", "")):
            raise ValueError("what the simulator delivers is synthetic; remove the line")
        return value

    @property
    def has_standing_clock(self) -> bool:
        """Its rows are the built-in simulator's, whose clock stands at 30/09/2021 17:00."""
        return _stands(self.location)


def _stands(location: str) -> bool:
    if location.startswith(SIMULATOR):
        return True
    path = Path(location)
    return (path / SIMULATOR_MARKER).exists() or (path.parent / SIMULATOR_MARKER).exists()


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by name (`boston311`) or any TOML file by path. Raises SettingsError."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = PROFILE_FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in PROFILE_FOLDER.glob("*.toml")))
        raise SettingsError(
            f"Profile {name_or_path!r} was not found; use one of {shipped}, or give the path of a .toml file."
        )
    try:
        return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"Profile {path.name} cannot be used: {_first(error)}; correct the file.") from error


def load_sources(path: Path) -> list[Source]:
    """Source instances declared in `path`, in file order; [] if the file does not exist. Raises SettingsError.

    Each `[id]` table is one instance; a relative path starts from the folder of the file; `profile` names a profile,
    whose `unit_code` and `time_zone` are its defaults.
    """
    if not path.is_file():
        return []
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} is not valid TOML ({error}); correct that line.") from error
    sources = [declare(identity, **_from(path.parent, identity, fields)) for identity, fields in tables.items()]
    spelt: dict[str, str] = {}
    for source in sources:
        twin = spelt.setdefault(source.id.replace("-", "_"), source.id)
        if twin != source.id:
            raise SettingsError(f"Sources [{twin}] and [{source.id}] differ only in a dash; rename one.")
    return sources


def _from(folder: Path, identity: str, fields: object) -> dict[str, object]:
    """Relative paths in sources.toml start from its own folder, wherever the command is run."""
    if not isinstance(fields, dict):
        raise SettingsError(f"{identity} in sources.toml is no [{identity}] table; put every line under its source.")
    resolved = dict(fields)
    location, profile = fields.get("location"), fields.get("profile")
    if isinstance(location, str) and location and not _SCHEME.match(location):
        resolved["location"] = str(folder / location)
    if isinstance(profile, str) and profile.endswith(".toml"):
        resolved["profile"] = str(folder / profile)
    for field in ("password_file", "ca_file"):
        if isinstance(path := fields.get(field), str):
            resolved[field] = str(folder / path)
    return resolved


def declare(identity: str, /, **fields: object) -> Source:
    """One Source from its fields as written in TOML. Raises SettingsError naming the source and the field."""
    if "id" in fields:
        raise SettingsError(f"Source [{identity}] has a field id; its name in brackets is its id, so remove the line.")
    profile = fields.get("profile")
    defaults: dict[str, object] = {}
    if isinstance(profile, str):
        try:
            loaded = load_profile(profile)
        except SettingsError as error:
            raise SettingsError(f"Source [{identity}], field profile: {error}") from error
        # Only what the profile itself says: a profile without a zone does not move the source out of the province.
        defaults = loaded.model_dump(include={"time_zone", "unit_code"} & loaded.model_fields_set)
        fields["profile"] = loaded
    try:
        source = Source.model_validate({"id": identity, **defaults, **fields})
    except ValidationError as error:
        raise SettingsError(f"Source [{identity}] cannot be used: {_first(error)}; correct sources.toml.") from error
    if source.format not in FORMATS[source.slug]:
        allowed = ", ".join(FORMATS[source.slug])
        raise SettingsError(
            f"Source [{identity}] has format {source.format!r}; a {source.slug} source takes {allowed}."
        )
    if source.profile and source.profile.slug != source.slug:
        raise SettingsError(
            f"Source [{identity}] is a {source.slug} source, its profile is for {source.profile.slug}; choose another."
        )
    if source.format in PROFILED and source.profile is None:
        raise SettingsError(
            f"Source [{identity}] has format {source.format}; name a profile that tells what its columns mean."
        )
    if source.location.startswith(MQTT_SCHEMES) is not (source.format == "mqtt"):
        raise SettingsError(
            f"Source [{identity}] has format {source.format} at {shown(source.location)}; format mqtt, and no other, "
            "takes mqtt://host:1883 or mqtts://host:8883."
        )
    return source


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
    return str(error)
