"""SDMX-ML 2.1 data messages, generic and structure-specific -> observations.

Read with expat event by event: nothing is fetched, no entity is expanded, and a message with a DTD is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.parsers import expat

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms.observation import MAX_OBSERVATIONS, Fault, Observation, Vintage, number, stated, status_of_flag
from transforms.period import from_code
from transforms.text import clean, what_arrived

MAX_DEPTH = 50  # a data message nests nine deep
MAX_TEXT = 1 << 16  # characters of one attribute or text

DATA_MESSAGES = frozenset(
    {"GenericData", "GenericTimeSeriesData", "StructureSpecificData", "StructureSpecificTimeSeriesData"}
)
TIME, VALUE, STATUS = "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"
GEO = ("REF_AREA", "GEO", "GEO_PICT", "COUNTRY", "AREA", "REGION")
INDICATOR = ("INDICATOR", "INDICATOR_CODE", "SERIES", "INDIC", "MEASURE")
TITLES = ("TITLE_COMPL", "SERIES_NAME", "TITLE", "INDICATOR_NAME")
UNITS = ("UNIT_MEASURE", "UNIT")
# Concepts that describe a series and may change from one vintage to the next; after the SDMX cross-domain concepts and
# the attributes ECB, IMF, OECD and Eurostat add. In a structure-specific message nothing else tells them from the
# dimensions; a profile may list the dimensions instead.
DESCRIPTIONS = frozenset(
    {
        *TITLES,
        *("UNIT", "UNIT_MULT", "DECIMALS", "SCALE", "OVERLAP", "TIME_FORMAT", "COLLECTION", "SOURCE_AGENCY", "SOURCE"),
        *("OBS_CONF", "CONF_STATUS", "PRE_BREAK_VALUE", "COMMENT", "BASE_PER", "BASE_YEAR", "REFERENCEPERIOD"),
        *("COMPILING_ORG", "DISS_ORG", "AVAILABILITY", "COVERAGE", "COMPILATION", "DOM_SER_IDS", "UNIT_INDEX_BASE"),
        *("LAST_UPDATE", "EMBARGO", "NOTE", "NOTES", "METHODOLOGY", "REF_PERIOD_DETAIL", "TIME_PER_COLLECT"),
    }
)
DESCRIPTION_ENDINGS = ("_DATE", "_NOTE", "_NOTES", "_DISPLAYED", "_SOURCE", "_CITATION")

Values = dict[str, str]


def read(body: bytes, delivery: Delivery) -> Iterator[Observation | Fault]:
    """Observations in message order.

    The dimensions of a structure-specific series are its attributes without those that describe it (DESCRIPTIONS), or
    those the profile lists, separated by blanks, under `dimensions`; a profile's `geo_code` and `indicator_code` name
    the dimensions that hold them.
    Reason codes: missing_period, unreadable_period, not_a_number. Raises PayloadRefused for anything that is no whole
    SDMX-ML 2.1 data message.
    """
    arrived = what_arrived(body)
    if arrived != "an XML document" and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PayloadRefused(f"{delivery.origin} sent {arrived}, not SDMX-ML; ask for application/xml of SDMX 2.1.")
    message = _Message(delivery)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = message.start
    parser.EndElementHandler = message.end
    parser.CharacterDataHandler = message.text
    parser.StartDoctypeDeclHandler = message.doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise PayloadRefused(f"{delivery.origin} is no whole XML document ({error}); fetch it again.") from error
    if not message.read:
        raise PayloadRefused(f"{delivery.origin} is an SDMX message without an observation; widen the query.")
    yield from message.read


class _Message:
    """Handlers of the parser, and what they have read."""

    def __init__(self, delivery: Delivery) -> None:
        self.read: list[Observation | Fault] = []
        self._delivery = delivery
        self._path: list[str] = []
        self._text = ""
        self._flow = ""
        self._dataset: Values = {}
        self._groups: list[Values] = []
        self._key: Values = {}
        self._described: Values = {}
        self._group: Values = {}
        self._obs: Values = {}
        self._obs_described: Values = {}
        self._is_generic = False
        self._at_observation = TIME

    def doctype(self, *_: object) -> None:
        raise PayloadRefused(f"{self._delivery.origin} has a document type with entities, which SDMX has not; refused.")

    def text(self, characters: str) -> None:
        if len(self._text) < MAX_TEXT:
            self._text += characters

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        self._text = ""
        self._path.append(tag)
        if len(self._path) > MAX_DEPTH:
            raise PayloadRefused(
                f"{self._delivery.origin} nests more than {MAX_DEPTH} deep, which no SDMX does; refused."
            )
        if len(self._path) == 1:
            self._check_root(name)
        own = {n: clean(v[:MAX_TEXT]) for n, v in attributes.items() if " " not in n}
        if tag == "Structure" and "structureID" in own:
            self._at_observation = own.get("dimensionAtObservation", TIME)
            self._flow = self._flow or own["structureID"]
        elif tag == "Ref" and "Structure" in self._path and own.get("id"):
            self._flow = ":".join(own[n] for n in ("agencyID", "id") if own.get(n))
        elif tag == "DataSet":
            self._dataset, self._groups, self._key, self._described = own, [], {}, {}
        elif tag == "Group":
            self._group = own
        elif tag == "Series":
            self._key, self._described = self._split(own)
        elif tag == "Obs":
            self._obs, self._obs_described = own, {}
        elif tag == "Value" and "id" in own:
            self._take(own["id"], own.get("value", ""))
        elif tag == "ObsDimension":
            self._obs[own.get("id") or self._at_observation] = own.get("value", "")
        elif tag == "ObsValue":
            self._obs[VALUE] = own.get("value", "")

    def end(self, name: str) -> None:
        tag = self._path.pop()
        if tag == "URN" and "Structure" in self._path and not self._path.count("DataSet"):
            self._flow = clean(self._text).rpartition("=")[2].partition("(")[0] or self._flow
        elif tag == "Group":
            self._groups.append(self._group)
        elif tag == "Series":
            self._key, self._described = {}, {}
        elif tag == "Obs":
            if len(self.read) >= MAX_OBSERVATIONS:
                raise PayloadRefused(
                    f"{self._delivery.origin} holds more than {MAX_OBSERVATIONS:,} values; ask for less."
                )
            self.read.append(self._observation())

    def _check_root(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag not in DATA_MESSAGES or "/v2_1/" not in name:
            kind = "structures, not data" if tag == "Structure" else f"<{tag[:40]}>, not an SDMX-ML 2.1 data message"
            raise PayloadRefused(f"{self._delivery.origin} holds {kind}; ask the data query of the service.")
        self._is_generic = tag.startswith("Generic")

    def _take(self, concept: str, value: str) -> None:
        """A Value of the generic form, by the element around it."""
        parent = self._path[-2]
        if parent == "SeriesKey":
            self._key[concept] = value
        elif parent == "ObsKey" or ("Obs" in self._path and concept == STATUS):
            self._obs[concept] = value
        elif "Obs" in self._path:
            self._obs_described[concept] = value
        elif "Series" in self._path:
            self._described[concept] = value
        elif "Group" in self._path:
            self._group[concept] = value
        else:
            self._dataset[concept] = value

    def _split(self, attributes: Values) -> tuple[Values, Values]:
        """(dimensions, description) of a structure-specific series."""
        if self._is_generic:  # it names its dimensions itself
            return attributes, {}
        profile = self._delivery.profile
        listed = profile.columns.get("dimensions", "").split() if profile else []
        key = {n: v for n, v in attributes.items() if (n in listed if listed else not _describes(n))}
        return key, {n: v for n, v in attributes.items() if n not in key}

    def _observation(self) -> Observation | Fault:
        obs = self._obs
        raw = repr({**self._key, **obs}).encode("utf-8", "backslashreplace")
        written, flag = obs.get(VALUE, ""), obs.get(STATUS, "")
        extra, described = self._split({n: v for n, v in obs.items() if n not in (TIME, VALUE, STATUS)})
        if self._key and not self._at_other_dimension:
            described, extra = {**described, **extra}, {}  # beside a series an observation has attributes only
        key = {**self._key, **extra}
        told = {**self._dataset, **self._of_groups(key), **self._described, **described, **self._obs_described}
        if not obs.get(TIME) and TIME not in key:
            return Fault("missing_period", "the observation has no TIME_PERIOD.", raw)
        period_code = obs.get(TIME) or key.pop(TIME)
        period = from_code(period_code)
        if period is None:
            return Fault("unreadable_period", f"TIME_PERIOD {period_code[:80]!r} is no period that can be read.", raw)
        value = number(written)
        if value is None and written not in ("", "NaN"):
            return Fault("not_a_number", f"the value {written[:80]!r} is not a number.", raw)
        geo, indicator = self._named("geo_code", GEO, key), self._named("indicator_code", INDICATOR, key)
        joined = ".".join(v for n, v in key.items() if v)
        mult = told.get("UNIT_MULT", key.get("UNIT_MULT", ""))
        return Observation(
            dataset_code=self._flow or self._delivery.origin,
            dataset_name=None,
            indicator_code=indicator or joined or None,
            indicator_name=next((told[t] for t in TITLES if told.get(t)), indicator or joined or self._flow),
            dimensions=key,
            period=period,
            value=value,
            vintage=self._vintage(told),
            geo_code=geo,
            unit=next((v for u in UNITS if (v := key.get(u) or told.get(u))), None),
            unit_mult=int(mult) if mult.lstrip("-").isdecimal() and len(mult) <= 3 else None,
            value_status=status_of_flag(flag, has_value=value is not None) if flag or value is None else None,
            status_source=flag or None,
        )

    @property
    def _at_other_dimension(self) -> bool:
        return self._at_observation != TIME

    def _named(self, column: str, candidates: tuple[str, ...], key: Values) -> str | None:
        profile = self._delivery.profile
        named = profile.columns.get(column) if profile else None
        return key.get(named) if named else next((key[name] for name in candidates if key.get(name)), None)

    def _of_groups(self, key: Values) -> Values:
        """What the groups say that this series belongs to: all dimensions they name agree, and they name one."""
        told: Values = {}
        for group in self._groups:
            shared = group.keys() & key.keys()
            if shared and all(group[name] == key[name] for name in shared):
                told.update({name: value for name, value in group.items() if name not in shared})
        return told

    def _vintage(self, told: Values) -> Vintage:
        """When the data were published or updated. `Prepared` and ECB's validFromDate are the time of the question."""
        for name in ("UPDATE_DATE", "LAST_UPDATE", "PUBLICATION_DATE"):
            if told.get(name):
                return stated(told[name], self._delivery)
        return stated(None, self._delivery)


def _describes(concept: str) -> bool:
    return concept in DESCRIPTIONS or concept.startswith("DECIMALS") or concept.endswith(DESCRIPTION_ENDINGS)
