"""Keys are made once and for their owner alone; what is sealed opens with them and with nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.errors import LakeError, SettingsError
from lake.keys import digest_key, known_pseudonym_keys, pseudonym_keys
from lake.settings import Settings
from lake.vault import Vault

MB = 1 << 20


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_each_year_has_a_key_of_its_own_made_once_for_the_owner_alone(home: Settings) -> None:
    keys = pseudonym_keys(home, 2026)
    assert list(keys) == list(range(2000, 2027))
    assert len(set(keys.values())) == len(keys)
    assert {len(key) for key in keys.values()} == {32}
    assert pseudonym_keys(home, 2026) == known_pseudonym_keys(home) == keys
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in home.secrets.iterdir()} == {0o600}


def test_destroyed_key_of_a_year_does_not_come_back(home: Settings) -> None:
    before = pseudonym_keys(home, 2026)
    (home.secrets / "pseudonym-2024.key").unlink()
    assert 2024 not in known_pseudonym_keys(home)
    after = pseudonym_keys(home, 2026)
    assert after[2024] != before[2024]
    assert after | {2024: before[2024]} == before


def test_processes_that_start_together_agree_on_the_keys(home: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: (digest_key(home, "x"), Vault(home).digest(b"x").hexdigest()), range(8)))
    assert len(set(made)) == 1
    assert not [file for file in home.secrets.iterdir() if file.suffix != ".key"]


def test_damaged_key_is_named_and_not_replaced(home: Settings) -> None:
    digest_key(home, "x")
    (home.secrets / "digest.key").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"digest\.key is damaged; put back the copy"):
        digest_key(home, "x")


def test_what_is_sealed_opens_again_and_differs_every_time(home: Settings) -> None:
    vault = Vault(home)
    for data in (b"", b"95A-123.45", os.urandom(200_000)):
        one, other = vault.seal(data), vault.seal(data)
        assert one != other
        assert vault.open(one) == Vault(home).open(other) == data
        assert data == b"" or data not in one


def test_another_lake_opens_nothing(home: Settings, tmp_path: Path) -> None:
    sealed = Vault(home).seal(b"95A-123.45")
    with pytest.raises(LakeError, match=r"cannot be opened .*vault\.key"):
        Vault(Settings(home=tmp_path / "other")).open(sealed)
    with pytest.raises(LakeError, match="cannot be opened"):
        Vault(home).open(sealed[:-1])


def test_stream_is_whole_and_a_cut_one_is_refused(home: Settings) -> None:
    vault, data = Vault(home), os.urandom(3 * MB)
    sealed, opened = io.BytesIO(), io.BytesIO()
    vault.seal_stream(io.BytesIO(data), sealed)
    vault.open_stream(io.BytesIO(sealed.getvalue()), opened)
    assert opened.getvalue() == data
    for cut in (10, MB, len(sealed.getvalue()) - 1):
        with pytest.raises(LakeError, match="cannot be opened"):
            vault.open_stream(io.BytesIO(sealed.getvalue()[:cut]), io.BytesIO())


def test_digest_is_keyed(home: Settings, tmp_path: Path) -> None:
    digest = Vault(home).digest(b"95A-123.45").hexdigest()
    assert digest == Vault(home).digest(b"95A-123.45").hexdigest()
    assert digest != hashlib.sha256(b"95A-123.45").hexdigest()
    assert digest != Vault(Settings(home=tmp_path / "other")).digest(b"95A-123.45").hexdigest()
