"""What the owner declares: source instances (`sources.toml`) and column profiles (small TOML files)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lake.contracts.profile import Format, Profile, Slug
from lake.errors import SettingsError

FORMATS: dict[Slug, tuple[Format, ...]] = {
    "ticket": ("open311", "csv"),
    "server": ("prometheus", "openmetrics"),
    "media": ("feed",),
    "camera": ("ndjson",),
}
SIMULATOR = "simulator:"
PROFILE_FOLDER = Path(__file__).parent / "profiles"


class Source(BaseModel):
    """One source instance. `id` is the `source` column of every table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    slug: Slug
    format: Format
    location: str  # URL, file, folder, or simulator:/path
    name_vi: str
    name_en: str
    profile: Profile | None = None
    unit_code: str = "93"
    time_zone: str = "Asia/Ho_Chi_Minh"  # whose calendar days the KPIs use
    schedule: str = "*/15 * * * *"
    freshness_s: int = Field(default=86_400, gt=0)  # promise: data older than this is late
    first_day: str | None = None  # YYYY-MM-DD; where a time-partitioned history begins
    step_s: int = Field(default=60, gt=0)  # expected sampling interval
    queries: tuple[str, ...] = ("up",)  # prometheus only

    @property
    def is_synthetic(self) -> bool:
        """Rows come from the built-in simulator, so nothing made of them is a real figure."""
        return self.location.startswith(SIMULATOR)


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

    Each `[id]` table is one instance; `profile` names a profile, whose `unit_code` and `time_zone` are its defaults.
    """
    if not path.is_file():
        return []
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name} is not valid TOML ({error}); correct that line.") from error
    return [declare(identity, **fields) for identity, fields in tables.items()]


def declare(identity: str, **fields: object) -> Source:
    """One Source from its fields as written in TOML. Raises SettingsError naming the source and the field."""
    profile = fields.get("profile")
    if isinstance(profile, str):
        loaded = load_profile(profile)
        fields["profile"] = loaded
        fields.setdefault("time_zone", loaded.time_zone)
        if loaded.unit_code:
            fields.setdefault("unit_code", loaded.unit_code)
    try:
        source = Source.model_validate({"id": identity, **fields})
    except ValidationError as error:
        raise SettingsError(f"Source [{identity}] cannot be used: {_first(error)}; correct sources.toml.") from error
    if source.format not in FORMATS[source.slug]:
        allowed = ", ".join(FORMATS[source.slug])
        raise SettingsError(
            f"Source [{identity}] has format {source.format!r}; a {source.slug} source takes {allowed}."
        )
    return source


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
    return str(error)
