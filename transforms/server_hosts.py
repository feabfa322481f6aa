"""Inventory of monitored hosts: a Zabbix host export in JSON, XML or YAML -> rows of `server__hosts`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import polars as pl
import yaml

from lake.contracts.base import Delivery, Parsed, rejected_frame
from lake.contracts.server import HOSTS
from lake.errors import PayloadRefused
from transforms import json_records, xml_records
from transforms.json_records import Fault
from transforms.server_harvest import as_json
from transforms.text import clean, what_arrived

MAX_YAML_BYTES = 16 << 20
MAX_YAML_EVENTS = 2_000_000
MAX_YAML_DEPTH = 32

# Names since Zabbix 4.4, numbers before; a value that is left out is the default, which stands first.
STATUS = {"ENABLED": "enabled", "DISABLED": "disabled", "0": "enabled", "1": "disabled"}
INTERFACE = {"ZABBIX": "agent", "SNMP": "snmp", "IPMI": "ipmi", "JMX": "jmx"}
INTERFACE |= {"1": "agent", "2": "snmp", "3": "ipmi", "4": "jmx"}
YES = {"YES", "1"}


class _Host(NamedTuple):
    value: Any
    raw: bytes
    fault: Fault | None = None


class _UnfitError(Exception):
    """A host that cannot become a row: reason code, and the reason as the message."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def parse(body: bytes, delivery: Delivery) -> Parsed:
    """The hosts of an export, with names, groups, templates and interfaces; macros, keys and passwords are dropped.

    Reason codes: those of `json_records` and `xml_records`, bad_host, unknown_status, unknown_interface.
    Raises PayloadRefused where it is no Zabbix export of hosts.
    """
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, str, str, bytes]] = []
    for position, host in enumerate(_hosts(body, delivery)):
        if host.fault:
            rejects.append((position, *host.fault, host.raw))
            continue
        try:
            rows.append(_row(host.value, delivery))
        except _UnfitError as error:
            rejects.append((position, error.code, str(error), host.raw))
    frame = pl.DataFrame(rows, schema=HOSTS.polars_schema, orient="row")
    return Parsed(rows={HOSTS.table: frame}, rejected=rejected_frame(rejects))


def _hosts(body: bytes, delivery: Delivery) -> Iterator[_Host]:
    arrived = what_arrived(body)
    try:
        if arrived == "a JSON document":
            version, hosts = _from_json(body)
        elif arrived == "an XML document":
            version, hosts = _from_xml(body)
        elif arrived == "text or binary data":
            version, hosts = _from_yaml(body)
        else:
            version, hosts = None, None
    except ValueError as error:
        raise PayloadRefused(
            f"{delivery.origin} sent {arrived}, not a whole Zabbix export ({error}); export it again."
        ) from error
    if not version or hosts is None:
        raise PayloadRefused(
            f"{delivery.origin} sent {arrived}, but no `zabbix_export` with a version and hosts; "
            "export hosts, not templates or maps."
        )
    yield from hosts


def _from_json(body: bytes) -> tuple[object, list[_Host] | None]:
    document, records = json_records.read(body, path=("zabbix_export", "hosts"), number=str)
    export = document.get("zabbix_export") if isinstance(document, dict) else None
    if records is None or not isinstance(export, dict):
        return None, None
    return export.get("version"), [_Host(record.value, record.raw, record.fault) for record in records]


def _from_xml(body: bytes) -> tuple[object, list[_Host] | None]:
    document = xml_records.read(body, parent="hosts")
    if document.root != "zabbix_export" or not document.records:
        return None, None
    return document.texts.get("version"), [_Host(record.value, record.raw, record.fault) for record in document.records]


def _from_yaml(body: bytes) -> tuple[object, list[_Host] | None]:
    if len(body) > MAX_YAML_BYTES:
        raise ValueError(f"more than {MAX_YAML_BYTES >> 20} MB of YAML")
    try:
        _check_yaml(body)
        document = yaml.load(body, Loader=yaml.CBaseLoader)  # noqa: S506  # makes texts, lists and dictionaries only
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None
    export = document.get("zabbix_export") if isinstance(document, dict) else None
    hosts = export.get("hosts") if isinstance(export, dict) else None
    if not isinstance(export, dict) or not isinstance(hosts, list):
        return None, None
    return export.get("version"), [_Host(host, as_json(host)) for host in hosts]


def _check_yaml(body: bytes) -> None:
    """Raises ValueError for what makes a small file a large structure: aliases, depth, numbers of nodes."""
    depth = 0
    for n_events, event in enumerate(yaml.parse(body, Loader=yaml.CBaseLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it has an alias, which Zabbix never writes")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH or n_events > MAX_YAML_EVENTS:
            raise ValueError("it is deeper or longer than an inventory is")


def _row(host: Any, delivery: Delivery) -> tuple[object, ...]:
    """A contract row. Raises _UnfitError."""
    if not isinstance(host, dict):
        raise _UnfitError("bad_host", "The host is not an object.")
    name = _text(host, "host")
    if name is None:
        raise _UnfitError("bad_host", "host, its technical name, is empty.")
    status = STATUS.get(_text(host, "status") or "ENABLED")
    if status is None:
        raise _UnfitError("unknown_status", f"status {_text(host, 'status')!r} is neither ENABLED nor DISABLED.")
    interfaces = [_interface(item) for item in _items(host, "interfaces", "interface")]
    row = {
        "host": name,
        "exported_at": delivery.received_at,
        "name": _text(host, "name") or name,
        "status": status,
        "group_names": [_named(item) for item in _items(host, "groups", "group")],
        "template_names": [_named(item) for item in _items(host, "templates", "template")],
        "interfaces": json.dumps(interfaces, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "n_interfaces": len(interfaces),
    }
    return tuple(row[column] for column in HOSTS.names)


def _interface(item: dict[str, Any]) -> dict[str, object]:
    written = _text(item, "type") or "ZABBIX"
    if written not in INTERFACE:
        raise _UnfitError("unknown_interface", f"interface type {written[:40]!r} is none of Zabbix.")
    uses_ip = (_text(item, "useip") or "YES") in YES
    return {
        "type": INTERFACE[written],
        "address": (_text(item, "ip") or "127.0.0.1") if uses_ip else (_text(item, "dns") or ""),
        "port": _text(item, "port") or "10050",
        "is_default": (_text(item, "default") or "YES") in YES,
    }


def _items(host: dict[str, Any], name: str, single: str) -> list[dict[str, Any]]:
    """Objects of a list; XML wraps them once more, each in an element of the single name."""
    items = host.get(name) or []
    if isinstance(items, dict):
        items = items.get(single) or []
        items = items if isinstance(items, list) else [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _UnfitError("bad_host", f"{name} is no list of objects.")
    return items


def _named(item: dict[str, Any]) -> str:
    name = _text(item, "name")
    if name is None:
        raise _UnfitError("bad_host", "a group or template has no name.")
    return name


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _UnfitError("bad_host", f"{name} is not a text.")
    return clean(value) or None
