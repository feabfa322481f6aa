"""Vocabulary of deliveries: slugs, wire formats, and the profile that tells how one source writes its records."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Slug = Literal[
    "ticket",
    "server",
    "media",
    "camera",
    "indicator",
    "place",
    "dossier",
    "document",
    "task",
    "system",
]
Format = Literal[
    "open311",
    "open311-xml",
    "csv",
    "excel",
    "prometheus",
    "openmetrics",
    "zabbix",
    "feed",
    "sitemap",
    "article",
    "posts",
    "registry",
    "outlets",
    "ndjson",
    "mqtt",
    "frigate_update",
    "onvif",
    "isapi",
    "axis",
    "counts",
    "gso",
    "jsonstat",
    "px",
    "sdmx",
    "worldbank",
    "markdown",
    "geojson",
    "form",
]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"time zone {name!r} is not an IANA name such as Asia/Ho_Chi_Minh") from None
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class Series(BaseModel):
    """Counts of one lane, direction or class that stand in a column of their own.

    `{station_id}`, `{lane}`, `{direction}` and `{vehicle_class}` in `column` stand for any text, which is then the
    value of that name: "{station_id} IN" is one declaration for every station.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1)
    lane: str = "all"
    direction: str = "all"
    vehicle_class: str = "all"


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
    constants: dict[str, str] = Field(default_factory=dict)  # contract column -> value the whole file leaves unsaid
    status: dict[str, str] = Field(default_factory=dict)  # source status -> open | closed
    events: dict[str, str] = Field(default_factory=dict)  # source's note type -> code of seed ticket_event_types
    crs: str = Field(default="EPSG:4326", pattern=r"^EPSG:\d{4,6}$")  # of lat and long, or of easting and northing
    sheet: str | None = None  # excel only; the first sheet that is not hidden if not given
    labels: dict[str, str] = Field(default_factory=dict)  # server csv: labels of every series, __name__ among them
    header_labels: tuple[str, ...] = ()  # server csv with a series per column: the label each header row holds
    direction: dict[str, str] = Field(default_factory=dict)  # zone -> direction
    speed_unit: Literal["km/h", "mph"] = "km/h"
    cameras: dict[str, str] = Field(default_factory=dict)  # what a device calls itself -> camera id
    interval_s: int = Field(default=0, ge=0, le=86_400)  # length of a counted interval; 0: a row is one vehicle
    is_end_stamped: bool = False  # the time of a counted interval is that of its end
    series: tuple[Series, ...] = ()  # counts in a column per lane, direction or class
    vehicle_class: dict[str, str] = Field(default_factory=dict)  # source class -> label of seeds/object_labels.csv
    station_id: str | None = None  # where neither a column nor the head of the file names it; else the file's name
    preamble: dict[str, str] = Field(default_factory=dict)  # contract column -> its name in the lines above the header
    delimiter: str = ","
    encoding: str = "utf-8"
