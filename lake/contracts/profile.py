"""Vocabulary of deliveries: slugs, wire formats, and the profile that tells how one source writes its records."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Slug = Literal["ticket", "server", "media", "camera", "indicator", "dossier", "document", "task", "system"]
Format = Literal[
    "open311",
    "csv",
    "prometheus",
    "openmetrics",
    "feed",
    "ndjson",
    "gso",
    "jsonstat",
    "px",
    "sdmx",
    "worldbank",
    "form",
]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"time zone {name!r} is not an IANA name such as Asia/Ho_Chi_Minh") from None
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class Profile(BaseModel):
    """How one source writes its records: names, time zone, vocabulary. Keys on the left are contract columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: Slug
    format: Format
    description: str = ""
    unit_code: str | None = None
    time_zone: ZoneName = "UTC"  # of times written without an offset
    date_format: str | None = None  # strptime format such as "%d/%m/%Y %H:%M"; ISO 8601 if not given
    columns: dict[str, str] = Field(default_factory=dict)  # contract column -> source column
    status: dict[str, str] = Field(default_factory=dict)  # source status -> open | closed
    direction: dict[str, str] = Field(default_factory=dict)  # zone -> direction
    speed_unit: Literal["km/h", "mph"] = "km/h"
    delimiter: str = ","
    encoding: str = "utf-8"
