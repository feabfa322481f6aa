"""Upkeep and backup of a lake whose catalogue and files lie on servers of someone else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from external import BUCKET, PASSWORD, S3_KEY_ID, S3_SECRET, object_store, postgres_on_tcp, s3_client
from pydantic import SecretStr
from small_lake import NOON, deliver, hashes

from lake import checksums
from lake.backup import backup, restore
from lake.catalog import open_catalog
from lake.schema import ensure_tables
from lake.settings import Settings
from lake.upkeep import upkeep

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.xdist_group("external")]
Elsewhere = Callable[..., Settings]


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with object_store() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def elsewhere(store: str, open_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """`elsewhere("a")` -> settings of a lake with its files under the prefix `a`, one database for all."""
    folder = open_folder / "other-server"
    folder.mkdir()
    with postgres_on_tcp(folder) as address:

        def settings(prefix: str, *, is_embedded: bool = False) -> Settings:
            return Settings(
                home=tmp_path_factory.mktemp(prefix) / "home",
                catalog_url=None
                if is_embedded
                else SecretStr(f"postgresql://keeper:{quote(PASSWORD, safe='')}@{address}"),
                lake_url=f"s3://{BUCKET}/{prefix} lake",
                s3_endpoint=store,
                s3_key_id=S3_KEY_ID,
                s3_secret=SecretStr(S3_SECRET),
                s3_url_style="path",
                s3_use_ssl=False,
            )

        yield settings


def test_lake_on_other_servers_is_looked_after_and_comes_back_whole(
    elsewhere: Elsewhere, store: str, tmp_path: Path
) -> None:
    settings = elsewhere("first")
    s3 = s3_client(store)

    def objects(prefix: str) -> list[str]:
        return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    with open_catalog(settings) as catalog, catalog.connect() as con:
        ensure_tables(catalog, con)
        for i in range(4):
            deliver(catalog, con, "far", str(i), first=NOON + timedelta(minutes=i))
        rows = hashes(con)["raw.server__samples"]
        for hours in (0, 25):  # merged on the first day, freed on the second
            assert upkeep(catalog, con, settings, datetime.now(UTC) + timedelta(hours=hours)).failures == []
        assert len(objects("first lake/raw/server__samples")) == 1
        assert hashes(con)["raw.server__samples"] == rows

        backup(catalog, settings, tmp_path / "backup")
        before = hashes(con)

        (key,) = objects("first lake/raw/server__samples")
        content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        s3.put_object(Bucket=BUCKET, Key=key, Body=content[:99] + bytes([content[99] ^ 0xFF]) + content[100:])
        assert [damage.kind for damage in checksums.scan(catalog)] == ["changed"]
        s3.delete_object(Bucket=BUCKET, Key=key)
        assert [damage.kind for damage in checksums.scan(catalog)] == ["missing"]

    restored = elsewhere("second", is_embedded=True)
    restore(tmp_path / "backup", restored)
    with open_catalog(restored) as catalog, catalog.connect() as con:
        assert hashes(con) == before
        assert checksums.scan(catalog) == []
    assert objects("second lake/raw/server__samples") == [key.replace("first ", "second ")]
