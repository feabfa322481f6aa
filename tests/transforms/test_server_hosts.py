"""Zabbix host exports: the real one and its twins in XML and YAML; nothing that opens a machine gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts.base import Delivery, Parsed
from lake.contracts.server import HOSTS
from lake.errors import PayloadRefused
from transforms.server import parse

NOW = datetime(2021, 9, 30, 10, tzinfo=UTC)


def read(body: bytes) -> Parsed:
    return parse(body, Delivery("zabbix", None, NOW, "zbx_export_hosts", {}))


def hosts(parsed: Parsed) -> list[dict[str, object]]:
    return parsed.rows[HOSTS.table].to_dicts()


AS_JSON = """{"zabbix_export": {"version": "7.0", "host_groups": [{"name": "Máy chủ"}], "hosts": [
 {"host": "sv-01", "name": "Máy chủ cổng", "status": "DISABLED", "templates": [{"name": "Linux"}, {"name": "ICMP"}],
  "groups": [{"name": "Máy chủ"}], "macros": [{"macro": "{$SECRET}", "value": "geheim"}],
  "interfaces": [{"ip": "10.0.0.5", "interface_ref": "if1"},
                 {"default": "NO", "type": "SNMP", "useip": "NO", "dns": "sv-01.lan", "port": "161",
                  "details": {"community": "geheim"}, "interface_ref": "if2"}],
  "ipmi_password": "geheim", "tls_psk": "geheim", "inventory": {"poc_1_email": "geheim@x.vn"}},
 {"host": "sv-02"}]}}"""
AS_XML = """<?xml version="1.0" encoding="UTF-8"?>
<zabbix_export><version>6.0</version><date>2021-09-30T10:00:00Z</date>
<groups><group><uuid>1</uuid><name>Máy chủ</name></group></groups>
<hosts><host><host>sv-01</host><name>Máy chủ cổng</name><status>DISABLED</status>
<templates><template><name>Linux</name></template><template><name>ICMP</name></template></templates>
<groups><group><name>Máy chủ</name></group></groups>
<interfaces><interface><ip>10.0.0.5</ip><interface_ref>if1</interface_ref></interface>
<interface><default>NO</default><type>SNMP</type><useip>NO</useip><dns>sv-01.lan</dns><port>161</port>
<details><community>geheim</community></details></interface></interfaces>
<macros><macro><macro>{$SECRET}</macro><value>geheim</value></macro></macros>
</host><host><host>sv-02</host></host></hosts>
<graphs><graph><name>x</name></graph></graphs></zabbix_export>"""
AS_YAML = """zabbix_export:
  version: '7.0'
  hosts:
    - host: sv-01
      name: 'Máy chủ cổng'
      status: DISABLED
      templates: [{name: Linux}, {name: ICMP}]
      groups:
        - name: 'Máy chủ'
      interfaces:
        - ip: 10.0.0.5
          interface_ref: if1
        - default: 'NO'
          type: SNMP
          useip: 'NO'
          dns: sv-01.lan
          port: '161'
          details:
            community: geheim
      macros:
        - macro: '{$SECRET}'
          value: geheim
    - host: sv-02
"""
NUMBERED = """<zabbix_export><version>3.4</version><hosts>
<host><host>sv-01</host><name>Máy chủ cổng</name><status>1</status>
<templates><template><name>Linux</name></template><template><name>ICMP</name></template></templates>
<groups><group><name>Máy chủ</name></group></groups>
<interfaces><interface><default>1</default><type>1</type><useip>1</useip><ip>10.0.0.5</ip><dns/><port>10050</port>
</interface><interface><default>0</default><type>2</type><useip>0</useip><ip/><dns>sv-01.lan</dns><port>161</port>
</interface></interfaces>
</host><host><host>sv-02</host><name>sv-02</name><status>0</status></host></hosts></zabbix_export>"""


@pytest.mark.parametrize("body", [AS_JSON, AS_XML, AS_YAML, NUMBERED], ids=["json", "xml", "yaml", "numbers"])
def test_same_inventory_in_every_format(body: str) -> None:
    parsed = read(body.encode())
    assert parsed.rejected.is_empty()
    assert parsed.rows[HOSTS.table].schema == HOSTS.polars_schema
    first, second = hosts(parsed)
    interfaces = json.loads(str(first.pop("interfaces")))
    assert first == {
        "host": "sv-01",
        "exported_at": NOW,
        "name": "Máy chủ cổng",
        "status": "disabled",
        "group_names": ["Máy chủ"],
        "template_names": ["Linux", "ICMP"],
        "n_interfaces": 2,
    }
    assert interfaces == [
        {"type": "agent", "address": "10.0.0.5", "port": "10050", "is_default": True},
        {"type": "snmp", "address": "sv-01.lan", "port": "161", "is_default": False},
    ]
    assert (second["name"], second["status"], second["interfaces"]) == ("sv-02", "enabled", "[]")
    assert "geheim" not in parsed.rows[HOSTS.table].write_json()


def test_real_export_is_read_host_by_host(shared_data: Callable[[str], Path]) -> None:
    body = shared_data("metrics/zabbix/zbx_export_hosts_70.json").read_bytes()
    parsed = read(body)
    assert parsed.rejected.is_empty()
    found = {str(host["host"]): host for host in hosts(parsed)}
    assert list(found) == ["backend01", "backend02", "frontend01", "frontend02", "Zabbix server"]
    assert len(found) == body.count(b'"inventory_mode"')
    assert found["Zabbix server"]["template_names"] == ["Linux by Zabbix agent", "Zabbix server health"]
    assert found["backend01"]["group_names"] == ["Backend", "Linux servers"]
    assert json.loads(str(found["frontend02"]["interfaces"]))[0]["address"] == "zas_frontend_02"
    assert {host["status"] for host in found.values()} == {"enabled"}


@pytest.mark.parametrize(
    ("host", "code", "said"),
    [
        ('{"name": "x"}', "bad_host", "technical name"),
        ('"x"', "bad_host", "not an object"),
        ('{"host": "x", "status": "MAYBE"}', "unknown_status", "MAYBE"),
        ('{"host": "x", "status": ["ENABLED"]}', "bad_host", "status is not a text"),
        ('{"host": "x", "interfaces": [{"type": "TELEX"}]}', "unknown_interface", "TELEX"),
        ('{"host": "x", "interfaces": ["if1"]}', "bad_host", "interfaces is no list of objects"),
        ('{"host": "x", "groups": [{"uuid": "1"}]}', "bad_host", "has no name"),
        ('{"host": "x", "host": "y"}', "duplicate_key", "twice"),
    ],
)
def test_bad_host_costs_only_itself(host: str, code: str, said: str) -> None:
    body = f'{{"zabbix_export": {{"version": "7.0", "hosts": [{{"host": "a"}}, {host}, {{"host": "b"}}]}}}}'
    parsed = read(body.encode())
    assert [found["host"] for found in hosts(parsed)] == ["a", "b"]
    assert parsed.rejected.select("position", "reason_code", "raw").rows() == [(1, code, host.encode())]
    assert said in parsed.rejected["reason"][0]


BOMB = "zabbix_export:\n  version: '7.0'\n  hosts:\n    - &a {host: x}\n" + "    - *a\n" * 3
DEEP = "zabbix_export:\n  version: '7.0'\n  hosts: " + "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "has an alias"),
        (DEEP, "deeper or longer"),
        ("zabbix_export:\n  version: '7.0'\n  hosts:\n   - host: 'x", "not a whole Zabbix export"),
        ("zabbix_export:\n  version: !!python/object:os.system x\n", "no `zabbix_export` with a version and hosts"),
        (AS_JSON[:-20], "not a whole Zabbix export"),
        (AS_XML[:-20], "not a whole Zabbix export"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><zabbix_export/>', "document type declaration"),
        ("<html><body>login</body></html>", "an HTML page"),
        ("", "empty body"),
        ("[]", "no `zabbix_export`"),
        ('{"zabbix_export": {"version": "7.0", "templates": []}}', "export hosts, not templates or maps"),
        ("<zabbix_export><version>7.0</version><templates/></zabbix_export>", "export hosts, not templates"),
        ("up 1\n", "no `zabbix_export`"),
        ("timestamp,value\n", "no `zabbix_export`"),
    ],
)
def test_what_is_no_inventory_is_refused(body: str, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        read(body.encode())
