"""Traffic cameras: newline JSON of Frigate -> events and status, as SQL text that DuckDB runs over a file.

`fast_sql` reads the whole file with DuckDB's own JSON reader, strictly: a document that is malformed, of another shape
or has a key twice stops it. It keeps typed columns and a `fault`, but neither the text of a line nor what is wrong with
it; so every line with a fault is read again from its bytes by `careful_sql`, and only that reading may reject it.
`lake.lines.stage_lines` runs the two.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lake.contracts.base import Delivery
from lake.contracts.camera import EVENTS, STATUS
from lake.contracts.lines import CAREFUL, FAST, MALFORMED, OVERSIZED, RAW
from lake.contracts.pseudonym import MIN_KEY_BYTES, TOKEN_DIGITS

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
KM_PER_MILE = 1.609344  # international mile (1959), exact
BLOCK_BYTES = 64  # of SHA-256, for HMAC (RFC 2104)
NAME_LENGTH = 256  # characters of a camera's, object's or label's name; more is a writer's error

# Numbers and booleans are read as text: a wrong type would otherwise become a silent null, or true a silent 1.
_TEXT_FIELDS = (
    "id",
    "camera",
    "label",
    "top_score",
    "false_positive",
    "stationary",
    "average_estimated_speed",
    "recognized_license_plate",
    "recognized_license_plate_score",
)
_TIMES = ("frame_time", "start_time", "end_time")  # 0 and 1 are impossible, so the fast reading takes them as numbers
_ZONES = ("entered_zones", "current_zones")
_WRITTEN_NAMES = ("camera", "id", "label")
# One search over the three; a byte is at most a character.
_DOUBTFUL_NAMES = "not is_status and ({} or regexp_matches({}, '[\\x00-\\x1f\\x7f\\[{{]'))".format(
    " or ".join(f"strlen(after.{field}) > {NAME_LENGTH}" for field in _WRITTEN_NAMES),
    " || ".join(f"after.{field}" for field in _WRITTEN_NAMES),
)
_NAMES = {  # JSON path of an object -> what is read of it
    "$": ("type", "after", "service", "cameras"),
    "$.after": (*_TEXT_FIELDS, *_TIMES, *_ZONES),
    "$.service": ("last_updated",),
}


class _Fault(NamedTuple):
    code: str
    condition: str  # SQL over `_numbers`; the first that holds names the fault
    reason: str  # SQL text
    doubtful: str = ""  # cheaper SQL that holds wherever `condition` does: the fast reading need not be sure


def _is_unfit(name: str) -> str:
    """Whether a name cannot be kept: the catalogue, PostgreSQL, stores no NUL, and min and max of every column."""
    return f"(length({name}) > {NAME_LENGTH} or regexp_matches({name}, '[\\x00-\\x1f\\x7f]'))"


def _name(written: str) -> str:
    """A name as it is compared: NFC, without the invisible marks that turn the direction of writing."""
    # Most names are ASCII, one byte a character, and are passed by.
    return (
        f"case when strlen({written}) = length({written}) then {written} "
        f"else nfc_normalize(regexp_replace({written}, '\\p{{Cf}}', '', 'g')) end"
    )


_SHAPE = _Fault(
    "unknown_shape",
    "after is null and cameras is null",
    "'The line is neither a frigate/events payload (`after`) nor frigate/stats (`cameras`).'",
)
_STATUS_FAULTS = (
    _Fault(
        "impossible_time",
        "is_status and not coalesce(status_s between $earliest and $latest, false)",
        "'service.last_updated ' || coalesce(left(service.last_updated, 80), 'is missing and')"
        " || ' is not a time from 2000 to a day after the harvest.'",
    ),
    _Fault(
        "bad_cameras",
        "is_status and (json_type(cameras) <> 'OBJECT' or list_contains(json_keys(cameras), '') or "
        f"len(list_filter(json_keys(cameras), lambda name: {_is_unfit('name')})) > 0 or "
        "len(json_keys(cameras)) <> len(list_distinct(json_keys(cameras))) or "
        "len(json_keys(cameras)) <> len(list_filter(json_extract_string(cameras, '$.*.camera_fps'), "
        "lambda fps: coalesce(isfinite(try_cast(fps as double)), false))))",
        "'`cameras` must hold a number camera_fps for every camera, each named once.'",
    ),
)


def _missing(field: str) -> _Fault:
    absent = f"after.{field} is null"
    doubtful = ""
    if field not in _TIMES:
        absent = f"nullif(trim({_name(f'after.{field}')}), '') is null"
        doubtful = f"not is_status and coalesce({_name(f'after.{field}')} < '!', true)"  # or begins with a space
    reason = f"'after.{field} is missing.'"
    return _Fault(f"missing_{field}", f"not is_status and {absent}", reason, doubtful)


def _unfit(field: str) -> _Fault:
    condition = f"not is_status and ({_is_unfit(f'after.{field}')} or left(after.{field}, 1) in ('[', '{{'))"
    reason = f"'after.{field} is no text, holds a control character or more than {NAME_LENGTH} characters.'"
    return _Fault("unfit_name", condition, reason, _DOUBTFUL_NAMES if field == _WRITTEN_NAMES[0] else "false")


def _unreadable(code: str, field: str, condition: str, must: str) -> _Fault:
    reason = f"'after.{field} ' || coalesce(left(after.{field}, 80), '(none)') || ' must be {must}.'"
    return _Fault(code, f"after.{field} is not null and not coalesce({condition}, false)", reason)


_EVENT_FAULTS = (
    _Fault(
        "bad_type",
        "not is_status and not coalesce(type in ('new', 'update', 'end'), false)",
        "'type ' || coalesce(left(type, 80), '(none)') || ' must be new, update or end.'",
    ),
    *(_missing(field) for field in ("camera", "id", "label", "frame_time", "start_time")),
    *(_unfit(field) for field in _WRITTEN_NAMES),
    *(
        _unreadable("impossible_time", f"{name}_time", f"{name}_s between $earliest and $latest", must)
        for name, must in (
            ("frame", "seconds since 1970, from 2000 to a day after the harvest"),
            ("start", "seconds since 1970, from 2000 to a day after the harvest"),
            ("end", "seconds since 1970, from 2000 to a day after the harvest"),
        )
    ),
    _unreadable("impossible_time", "end_time", "end_s >= start_s", "no earlier than start_time"),
    _unreadable("bad_top_score", "top_score", "top_score between 0 and 1", "a number from 0 to 1"),
    _unreadable("bad_flag", "false_positive", "is_false_positive is not null", "true or false"),
    _unreadable("bad_flag", "stationary", "is_stationary is not null", "true or false"),
    _unreadable("bad_speed", "average_estimated_speed", "speed between 0 and 1000", "a number from 0 to 1000"),
    # The plate itself is personal data and stays out of the reason.
    _Fault(
        "bad_plate",
        "left(after.recognized_license_plate, 1) in ('[', '{')",
        "'after.recognized_license_plate must be text.'",
    ),
    _unreadable(
        "bad_plate_score",
        "recognized_license_plate_score",
        "plate_confidence between 0 and 1",
        "a number from 0 to 1",
    ),
)
_FAULTS = (_SHAPE, *_STATUS_FAULTS, *_EVENT_FAULTS)


def fast_sql(path: str, delivery: Delivery) -> str:
    """SELECT over a plain UTF-8 newline file: one row per non-blank line, `fault` null where it is good.

    Materialise it as `fast_lines` with preserve_insertion_order on: then rowid is the line's position.
    DuckDB refuses the file as a whole where a line is not as expected; then all of it is read by `careful_sql`.
    """
    fields = (
        *(f"{f} VARCHAR" for f in _TEXT_FIELDS),
        *(f"{f} DOUBLE" for f in _TIMES),
        *(f"{f} VARCHAR[]" for f in _ZONES),
    )
    columns = (
        f"{{type: 'VARCHAR', after: 'STRUCT({', '.join(fields)})', service: 'STRUCT(last_updated VARCHAR)', "
        "cameras: 'JSON'}"
    )
    # `uncompressed`, or DuckDB would unpack whatever calls itself .gz, however large.
    # Without `records` DuckDB 1.5 looks into the documents to guess it, and a deep one overflows its stack.
    options = "format = 'newline_delimited', records = true, compression = 'uncompressed'"
    return _typed(f"select * from read_ndjson({_text(path)}, {options}, columns = {columns})", delivery)


def careful_sql(delivery: Delivery) -> str:
    """SELECT over `raw_lines(position, raw, is_whole)`: the columns of `fast_sql` with position, raw and `reason`.

    `raw` is kept for lines with a fault alone: this reading may be of a whole large file.
    """
    after = ", ".join([f'"{f}": "VARCHAR"' for f in (*_TEXT_FIELDS, *_TIMES)] + [f'"{f}": ["VARCHAR"]' for f in _ZONES])
    shape = f'{{"type": "VARCHAR", "after": {{{after}}}, "service": {{"last_updated": "VARCHAR"}}, "cameras": "JSON"}}'
    places = ", ".join(map(_text, _NAMES))
    twofold = " or ".join(map(_is_twofold, range(1, len(_NAMES) + 1), _NAMES.values()))
    # A byte order mark may open the first line.
    source = (
        f"with line as (select position, raw, is_whole, try(ltrim(decode(raw), chr(65279))) as line from {RAW}), "
        "checked as (select *, is_whole and coalesce(json_valid(line), false) as is_json from line), "
        "document as (select position, raw, is_whole, is_json, "
        f"if(is_json, json_keys(line, [{places}]), null) as keys, "
        f"case when is_json then json_transform(line, {_text(shape)}) end as d from checked) "
        "select position, raw, is_whole, is_json, d.type as type, d.after as after, d.service as service, "
        f"d.cameras as cameras, {twofold} as is_twofold from document"
    )
    first = (
        _Fault(OVERSIZED, "not is_whole", "'The line is too long for one record; the landing zone holds it whole.'"),
        _Fault(MALFORMED, "not is_json", "'The line is not a whole JSON document in UTF-8.'"),
        _Fault("duplicate_key", "is_twofold", "'The line has a key twice, so what it says is uncertain.'"),
    )
    keep = ("position", "if(fault is null, null, raw) as raw", "reason")
    return _typed(source, delivery, keep=keep, first=first)


def _is_twofold(nth: int, names: tuple[str, ...]) -> str:
    """Whether the nth list of `keys` has one of the names twice; few lists have any key twice."""
    keys = f"keys[{nth}]"
    named = f"list_filter({keys}, lambda key: key in ({', '.join(map(_text, names))}))"
    return f"case when len({keys}) <> list_unique({keys}) then len({named}) <> list_unique({named}) else false end"


def variables(delivery: Delivery) -> dict[str, list[bytes]]:
    """Session variables that the two readings use: the key pads of HMAC-SHA256 (RFC 2104), one per year from 2000.

    Kept out of the SQL text, which ends up in error messages. Raises ValueError for a key under 32 bytes, or a year
    without one.
    """
    latest = delivery.received_at + CLOCK_TOLERANCE
    pads: dict[str, list[bytes]] = {"plate_inner": [], "plate_outer": []}
    for year in range(EARLIEST.year, latest.year + 1):
        key = delivery.pseudonym_keys.get(year, b"")
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"A pseudonym key needs at least {MIN_KEY_BYTES} bytes, that of {year} has {len(key)}.")
        block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
        pads["plate_inner"].append(bytes(byte ^ 0x36 for byte in block))
        pads["plate_outer"].append(bytes(byte ^ 0x5C for byte in block))
    return pads


def _both(columns: str, condition: str) -> str:
    return " union all ".join(
        f"select {columns} from {relation} where fault is null and {condition}" for relation in (FAST, CAREFUL)
    )


ROWS_SQL: dict[str, str] = {
    EVENTS.table: _both(", ".join(f'"{name}"' for name in EVENTS.names), "not is_status"),
    STATUS.table: f"""
        select {_name("written")} as camera_id, reported_at, camera_fps, camera_fps > 0 as is_online from (
            select sent_at as reported_at, unnest(json_keys(cameras)) as written,
                unnest(json_extract_string(cameras, '$.*.camera_fps'))::double as camera_fps
            from ({_both("sent_at, cameras", "is_status")}))""",
}
"""Raw table -> SELECT of exactly its columns, over the staged readings; duplicates are the writer's matter."""

REJECTED_SQL = f"select position, fault as reason_code, reason, raw from {CAREFUL} where fault is not null"
"""SELECT of the shape REJECTED_SCHEMA; position counts non-blank lines from 0."""


def _typed(source: str, delivery: Delivery, *, keep: tuple[str, ...] = (), first: tuple[_Fault, ...] = ()) -> str:
    """Typed columns and `fault` over a relation (type, after, service, cameras), all of one expression set."""
    profile = delivery.profile
    factor = KM_PER_MILE if profile is not None and profile.speed_unit == "mph" else 1
    kept = "".join(f"{name}, " for name in keep)
    faults = (*first, *_FAULTS)
    conditions = [fault.condition if keep else fault.doubtful or fault.condition for fault in faults]
    code = " ".join(f"when {c} then {_text(fault.code)}" for c, fault in zip(conditions, faults, strict=True))
    reason = " ".join(f"when {fault.condition} then {fault.reason}" for fault in faults)
    sql = f"""
        with parsed as ({source}), numbers as (
            select *, after is null as is_status,
                try_cast(service.last_updated as double) as status_s,
                try_cast(after.frame_time as double) as frame_s,
                try_cast(after.start_time as double) as start_s,
                try_cast(after.end_time as double) as end_s,
                try_cast(after.top_score as double) as top_score,
                try_cast(after.false_positive as boolean) as is_false_positive,
                try_cast(after.stationary as boolean) as is_stationary,
                try_cast(after.average_estimated_speed as double) as speed,
                try_cast(after.recognized_license_plate_score as double) as plate_confidence,
                {_PLATE} as plate
            from parsed),
        judged as (
            select *, case {code} end as fault {f", case {reason} end as reason" if keep else ""} from numbers)
        select {kept}fault, is_status,
            {_name("after.camera")} as camera_id, after.id as event_id, type as event_type,
            {_instant("if(is_status, status_s, frame_s)")} as sent_at,
            {_instant("start_s")} as start_at, {_instant("end_s")} as end_at,
            {_name("after.label")} as label, top_score, is_false_positive, is_stationary,
            {_direction(profile.direction if profile else {})} as direction,
            speed * {factor} as speed_km_h,
            {_TOKEN} as plate_token, plate_confidence,
            case when is_status then cameras end as cameras
        from judged"""
    earliest, latest = EARLIEST.timestamp(), (delivery.received_at + CLOCK_TOLERANCE).timestamp()
    return sql.replace("$earliest", repr(earliest)).replace("$latest", repr(latest))


def _instant(seconds: str) -> str:
    """Seconds since 1970 -> TIMESTAMPTZ; null for a row with a fault, whose seconds may be out of any range."""
    return f"case when fault is null then make_timestamptz(({seconds} * 1e6)::bigint) end"


_PLATE = "regexp_replace(upper(nfc_normalize(after.recognized_license_plate)), '[^\\p{L}\\p{N}]', '', 'g')"
# One passage has one token, though its messages may lie in two years: the year is that of its start.
_YEAR = f"year(make_timestamp((start_s * 1e6)::bigint)) - {EARLIEST.year - 1}"
_TOKEN = (  # lake.contracts.pseudonym.token in SQL
    f"case when fault is null and plate <> '' then left(sha256(getvariable('plate_outer')[{_YEAR}] || "
    f"unhex(sha256(getvariable('plate_inner')[{_YEAR}] || encode(plate)))), {TOKEN_DIGITS}) end"
)


def _direction(zones: dict[str, str]) -> str:
    """Direction of the first zone entered, else of a zone the object is in, that the profile knows."""
    if not zones:
        return "null::varchar"
    known = ", ".join(map(_text, zones))
    cases = " ".join(f"when {_text(zone)} then {_text(direction)}" for zone, direction in zones.items())
    return (
        "case list_filter(list_concat(after.entered_zones, after.current_zones), "
        f"lambda zone: zone in ({known}))[1] {cases} end"
    )


def _text(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
