"""The owner's declarations: a mistake in sources.toml is named by source and field, never passed on to a later step."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from lake.errors import SettingsError
from lake.sources.declared import FORMATS, PROFILE_FOLDER, SIMULATOR, load_profile, load_sources

ROOT = Path(__file__).parents[2]
GOOD = """
slug = "ticket"
format = "csv"
location = "https://example.vn/phan-anh.csv"
name_vi = "Phản ánh"
name_en = "Reports"
profile = "boston311"
"""


def declared(folder: Path, text: str) -> Path:
    file = folder / "sources.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(folder: Path, text: str) -> str:
    """The sentence a declaration is refused with."""
    with pytest.raises(SettingsError) as held:
        load_sources(declared(folder, text))
    return str(held.value)


def test_good_declaration_loads_with_the_defaults_of_its_profile(tmp_path: Path) -> None:
    (source,) = load_sources(declared(tmp_path, f"[boston]\n{GOOD}"))
    assert (source.id, source.slug, source.format) == ("boston", "ticket", "csv")
    assert (source.time_zone, source.unit_code) == ("America/New_York", "us-boston")
    assert source.profile == load_profile("boston311")
    assert not source.is_synthetic


def test_what_is_declared_wins_over_the_profile(tmp_path: Path) -> None:
    text = f'[boston]\n{GOOD}\ntime_zone = "Asia/Ho_Chi_Minh"\nunit_code = "93"\n'
    (source,) = load_sources(declared(tmp_path, text))
    assert (source.time_zone, source.unit_code) == ("Asia/Ho_Chi_Minh", "93")


def test_sources_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = "".join(f"[{name}]\n{GOOD}" for name in ("z", "a", "m"))
    assert [source.id for source in load_sources(declared(tmp_path, text))] == ["z", "a", "m"]


def test_no_file_declares_nothing(tmp_path: Path) -> None:
    assert load_sources(tmp_path / "sources.toml") == []


def test_simulator_addresses_are_synthetic(tmp_path: Path) -> None:
    text = f"[mo-phong]\n{GOOD}".replace("https://example.vn", SIMULATOR)
    assert load_sources(declared(tmp_path, text))[0].is_synthetic


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("", 'colour = "red"'), "colour"),
        (('slug = "ticket"', 'slug = "tickets"'), "slug"),
        (('slug = "ticket"', ""), "slug"),
        (('format = "csv"', 'format = "xml"'), "format"),
        (('format = "csv"', 'format = "feed"'), "format"),
        (('name_vi = "Phản ánh"', ""), "name_vi"),
        (('location = "https://example.vn/phan-anh.csv"', "location = 5"), "location"),
        (("", "step_s = 0"), "step_s"),
        (("", 'freshness_s = "a day"'), "freshness_s"),
        (("", 'queries = "up"'), "queries"),
        (
            ('profile = "boston311"', 'profile = {slug = "ticket", format = "csv", time_zone = "Asia/Hochiminh"}'),
            "profile.time_zone",
        ),
        pytest.param(
            ('profile = "boston311"', 'profile = "unheard"'),
            "profile",
        ),
        pytest.param(
            ("", 'time_zone = "Asia/Hochiminh"'),
            "time_zone",
        ),
        pytest.param(("", 'first_day = "2021-13-45"'), "first_day"),
        pytest.param(("", 'schedule = "every day"'), "schedule"),
        pytest.param(
            ('profile = "boston311"', 'profile = "frigate"'),
            "profile",
        ),
        pytest.param(
            ('profile = "boston311"', ""),
            "profile",
        ),
        pytest.param(
            ('location = "https://example.vn/phan-anh.csv"', 'location = ""'),
            "location",
        ),
        pytest.param(("", 'id = "other"'), "id"),
        pytest.param(("", 'identity = "other"'), "identity"),
    ],
    ids=lambda value: value if isinstance(value, str) else " → ".join(value)[:60],
)
def test_mistake_is_named_by_source_and_field(tmp_path: Path, change: tuple[str, str], field: str) -> None:
    old, new = change
    assert old in GOOD
    mistaken = GOOD.replace(old, new) if old else f"{GOOD}{new}\n"
    said = refusal(tmp_path, f"[first]\n{GOOD}\n[phan-anh]\n{mistaken}")
    assert "[phan-anh]" in said
    assert re.search(rf"\b{re.escape(field)}\b", said), said
    assert "first" not in said.replace("first_day", "")


@pytest.mark.parametrize("name", ["Phản ánh", "a/b", "../a", "A", "", "a" * 64, "-a"])
def test_id_unfit_for_a_folder_and_a_column_is_refused(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, f'["{name}"]\n{GOOD}')
    assert f"[{name}]" in said
    assert "id:" in said


def test_id_declared_twice_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"[phan-anh]\n{GOOD}[phan-anh]\n{GOOD}")
    assert "phan-anh" in said
    assert "twice" in said


def test_ids_that_differ_only_in_the_dash_are_refused(tmp_path: Path) -> None:
    assert "a_b" in refusal(tmp_path, f"[a-b]\n{GOOD}[a_b]\n{GOOD}")


@pytest.mark.parametrize("text", ["[a]\nslug = ticket\n", "[a\n", "<?xml version='1.0'?>"])
def test_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path, text: str) -> None:
    assert re.search(r"sources\.toml is not valid TOML \(.*line \d.*\)", refusal(tmp_path, text))


@pytest.mark.parametrize("text", ["a = 1\n", "a = 'x'\n", f"[[a]]\n{GOOD}"], ids=["number", "text", "array of tables"])
def test_entry_that_is_no_table_is_named(tmp_path: Path, text: str) -> None:
    assert "[a]" in refusal(tmp_path, text)


def test_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_bytes("[a]\nname_vi = 'Phản ánh'\n".encode("utf-16"))
    with pytest.raises(SettingsError, match="utf-8"):
        load_sources(file)


@pytest.mark.parametrize("name", sorted(file.stem for file in PROFILE_FOLDER.glob("*.toml")))
def test_shipped_profile_loads(name: str) -> None:
    profile = load_profile(name)
    assert profile.format in FORMATS[profile.slug]
    assert profile.description


def test_unknown_profile_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(SettingsError, match=r"'unheard' was not found; use one of boston311, frigate"):
        load_profile("unheard")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('slug = "ticket"', "format"),
        ('slug = "ticket"\nformat = "csv"\ncolor = 1', "color"),
        ('slug = "ticket"\nformat = "csv"\ntime_zone = "Mars/Olympus"', "time_zone"),
        ('slug = "ticket"\nformat = "csv"\n[columns]\nstatus = 1', "columns.status"),
        ('slug = "camera"\nformat = "ndjson"\nspeed_unit = "knots"', "speed_unit"),
        ("slug = ticket", "line 1"),
    ],
)
def test_mistake_in_a_profile_is_named_by_file_and_field(tmp_path: Path, text: str, field: str) -> None:
    file = tmp_path / "our_hotline.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as held:
        load_profile(str(file))
    assert "our_hotline.toml" in str(held.value)
    assert field in str(held.value)


@pytest.fixture
def example() -> str:
    file = ROOT / "sources.example.toml"
    if not file.exists():
        pytest.skip("sources.example.toml is absent")
    return file.read_text(encoding="utf-8")


def test_example_of_the_repository_loads_and_has_one_of_each_kind(tmp_path: Path, example: str) -> None:
    sources = load_sources(declared(tmp_path, example))
    assert {source.slug for source in sources} == set(FORMATS)
    assert not any(source.is_synthetic for source in sources)


def test_example_declares_well_what_it_leaves_commented(tmp_path: Path, example: str) -> None:
    """The profile it prints and the source to take the # away from work together."""
    lines = example.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("#   slug"))
    start = next(number for number, line in enumerate(lines) if re.match(r"# \[[a-z0-9_-]+\]$", line))
    profile = tmp_path / "profile.toml"
    profile.write_text("\n".join(line[1:] for line in lines[first:start]), encoding="utf-8")
    text = "\n".join(line[2:] for line in takewhile(lambda line: line.startswith("# "), lines[start:]))
    (source,) = load_sources(declared(tmp_path, re.sub(r"(?m)^profile = .*$", f'profile = "{profile}"', text)))
    assert source.profile is not None
    assert source.profile.columns.keys() >= {"request_id", "status", "requested_at"}
    assert set(source.profile.status.values()) == {"open", "closed"}


def test_sources_of_the_synthetic_province_are_all_synthetic() -> None:
    sources = load_sources(ROOT / "lake" / "simulator" / "sources.toml")
    assert {source.slug for source in sources} <= set(FORMATS)
    assert all(source.is_synthetic for source in sources)
